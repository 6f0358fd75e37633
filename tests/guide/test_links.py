"""Every link of README and the guide leads somewhere, and the start page leads to what readers ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(GUIDE.rglob("*.md")), ROOT / "benchmarks" / "README.md"]
PAGES = [page for page in PAGES if "_build" not in page.parts]
ASKED_FOR = {
    "a CSV of a folder": "predict.md#tables-and-pictures",
    "how to train": "train.md",
    "what uncertain means": "readings.md#uncertain",
    "how good it is on dark skin": "fairness.md#dark-skin",
    "how to serve it": "serve.md",
    "how to add a recipe": "api.md#a-recipe-of-your-own",
}


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> Iterator[str]:
    """Yield where a page's links and pictures lead."""
    for block in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        for token in block.children or []:
            target = token.attrGet("href") or token.attrGet("src")
            if token.type in ("link_open", "image") and target:
                yield str(target)


def anchors(page: Path) -> set[str]:
    """Names of a page's headings, as GitHub and the guide make them."""
    found: set[str] = set()
    tokens = MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
    for heading, inline in zip(tokens, tokens[1:], strict=False):
        if heading.type == "heading_open":
            text = "".join(
                one.content for one in inline.children or [] if one.type in ("text", "code_inline")
            )
            found.add(re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-"))
    return found


def followed(page: Path, link: str) -> tuple[Path, str]:
    """File and anchor that a link leads to."""
    path, _, anchor = unquote(link).partition("#")
    return ((page.parent / path).resolve() if path else page), anchor


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"(https?|mailto):", link):
            continue
        target, anchor = followed(page, link)
        assert target.exists(), f"{name(page)}: {link}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{name(page)}: {link}"


@pytest.mark.parametrize("asked", ASKED_FOR)
def test_the_start_page_leads_there_in_two_clicks(asked: str) -> None:
    page, anchor = followed(GUIDE / "index.md", ASKED_FOR[asked])
    first = {followed(GUIDE / "index.md", link) for link in links(GUIDE / "index.md") if ":" not in link}
    second = {
        followed(one, link)
        for one, _ in first
        if one.suffix == ".md"
        for link in links(one)
        if ":" not in link
    }
    assert (page, anchor) in first | second
