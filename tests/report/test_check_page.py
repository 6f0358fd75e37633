"""The page of a data check: one file, safe whatever the photos are called, quick with many findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.errors import MissingExtraError
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.outcome import Outcome
from emotion_classifier.report.check_page import write_check_page

pytest.importorskip("jinja2", reason="the package jinja2 is not installed")

ENDED = (
    Outcome("DATA001", "Unreadable file", "passed"),
    Outcome("DATA014", "Leakage between splits", "not applicable", reason="no <splits>"),
    Outcome("DATA012", "Class imbalance", "ignored"),
)
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path, faces: Dataset) -> Write:
    """Write a page and give back its text."""

    def write_it(findings: list[Finding], dataset: Dataset = faces, **options: Any) -> str:
        out = tmp_path / "report.html"
        write_check_page(findings, dataset, out, title="holiday", **options)
        return out.read_text(encoding="utf-8")

    return write_it


def renamed(dataset: Dataset, names: tuple[str, ...]) -> Dataset:
    """The first photos of a dataset under other names."""
    part = dataset.take(range(len(names)))
    return Dataset(part.labels, part.sources, part.targets, names, part.splits, part.cropped)


def finding(*names: str, code: str = "DATA005", severity: Any = "warning", **evidence: Any) -> Finding:
    return Finding(code, f"Title of {code}", severity, names, f"Found by {code}.", evidence)


def many(faces: Dataset, count: int) -> list[Finding]:
    """Findings of all severities, some about the whole, some about pairs."""
    whole = [finding(code="DATA011", ratio=3.0), finding(code="DATA014", severity="error", accuracy=0.91)]
    kinds: list[tuple[str, Any, int]] = [
        ("DATA001", "error", 1),
        ("DATA003", "error", 2),
        ("DATA005", "warning", 1),
    ]
    kinds += [("DATA009", "info", 1)]
    for number in range(count - len(whole)):
        code, severity, files = kinds[number % len(kinds)]
        names = [faces.ids[(number * 7 + step) % len(faces)] for step in range(files)]
        whole.append(finding(*names, code=code, severity=severity, score=number / 7))
    return whole


def test_everything_is_in_the_one_file(write: Write, faces: Dataset) -> None:
    html = write(many(faces, 40), pages={"DATA005": "How `x`.\n\nWhy <b>."}, outcomes=ENDED)
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?(?:https?:|//|file:)""", html)
    assert not re.search(r"@import|url\((?!data:)", html)
    assert "default-src 'none'" in html and "unsafe" not in html
    assert "<p>How <code>x</code>.</p><p>Why &lt;b&gt;.</p>" in html


def test_a_photo_is_put_in_once_however_often_it_is_named(write: Write, faces: Dataset) -> None:
    html = write(many(faces, 1_000))
    assert html.count("data:image/webp;base64,") == len(faces)
    assert len(html.encode()) < 2_500_000
    longest = max(map(len, re.findall(r"base64,([^)]+)", html)))
    assert longest < 4_000


def test_only_photos_that_findings_name_are_read(write: Write, faces: Dataset) -> None:
    html = write([finding(faces.ids[3]), finding(faces.ids[3], code="DATA009")])
    assert html.count("data:image/webp;base64,") == 1


def test_any_name_is_shown_and_none_runs(write: Write, faces: Dataset, strange_name: tuple[str, str]) -> None:
    name, shown = strange_name
    html = write([finding(name, file_name=name)], renamed(faces, (name,)))
    assert "<script>alert" not in html
    assert f'<code dir="auto">{shown}</code>' in html


def test_a_photo_that_cannot_be_shown_says_why(write: Write, faces: Dataset) -> None:
    part = faces.take(range(3))
    broken = Dataset(
        part.labels,
        (b"no picture", Path("absent.jpg"), part.sources[2]),
        part.targets,
        ("broken.jpg", "absent.jpg", "good.jpg"),
        part.splits,
        part.cropped,
    )
    html = write([finding("broken.jpg", "absent.jpg", "good.jpg"), finding("listed only.jpg")], broken)
    assert html.count('<span class="photo none">cannot be read</span>') == 2
    assert html.count('<span class="photo none">no such photo</span>') == 1
    assert html.count("data:image/webp;base64,") == 1


def test_what_is_left_out_is_said_and_the_worst_stays(write: Write, faces: Dataset) -> None:
    infos = [finding(name, severity="info", code="DATA009") for name in faces.ids[:20]]
    findings = [*infos, finding(faces.ids[22], severity="error", code="DATA001"), finding(code="DATA011")]
    html = write(findings, most_findings=10, most_pictures=5)
    assert "12 findings are not on this page" in html and "lists all 22" in html
    assert html.count('<tr role="row" id="finding-') == 9
    assert html.index("DATA011</a>") < html.index('id="finding-0" class="error"')
    assert "4 photos have no picture here" in html and html.count("data:image/webp") == 5


def test_many_files_of_one_finding_are_cut_short(write: Write, faces: Dataset) -> None:
    html = write([finding(*faces.ids, *(f"happy/{number}.png" for number in range(1_000)))])
    assert html.count("<figure>") == 12
    assert "and 1,012 more" in html and "and 524 further" in html


def test_evidence_is_put_into_words(write: Write, faces: Dataset) -> None:
    evidence = {
        "across_splits": True,
        "counts": {"happy": 12_000, "sad": 3},
        "share": 0.123456,
        "others": list(range(11)),
        "rater": None,
    }
    html = write([finding(faces.ids[0], **evidence)])
    for name, value in (
        ("across splits", "yes"),
        ("counts", "happy 12,000, sad 3"),
        ("share", "0.1235"),
        ("others", "0, 1, 2, 3, 4, 5, 6, 7 and 3 more"),
        ("rater", "not known"),
    ):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in html


@pytest.mark.parametrize("rows", [0, 24])
def test_no_findings(write: Write, faces: Dataset, rows: int) -> None:
    dataset = faces.take(range(rows))
    html = write([], dataset)
    assert "Nothing was found" in html and "no proof" in html and "<table" not in html


def test_files_are_ranked_as_people_count(write: Write, faces: Dataset) -> None:
    dataset = renamed(faces, ("b10.jpg", "b9.jpg", "a.jpg"))
    html = write([finding(name) for name in dataset.ids], dataset)
    assert list(dict.fromkeys(re.findall(r"[ab]\d*\.jpg", html))) == ["a.jpg", "b9.jpg", "b10.jpg"]


def test_soft_targets_count_as_their_likeliest_label(write: Write, faces: Dataset) -> None:
    part = faces.take(range(2))
    soft = np.array([[0.4, 0.6], [0.9, 0.1]], np.float32)
    dataset = Dataset(("happy", "sad"), part.sources, soft, part.ids, part.splits, part.cropped)
    html = write([finding(*dataset.ids)], dataset)
    assert html.count('<span class="chip happy">') == html.count('<span class="chip sad">') == 2


def test_the_extra_is_named(write: Write, absent: Callable[[str], None]) -> None:
    absent("jinja2")
    with pytest.raises(MissingExtraError, match=r"\[evaluate\]"):
        write([])


@pytest.fixture
def open_page(browser: Any, faces: Dataset, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a page of a thousand findings in a fresh window that notes complaints and requests."""
    contexts = []

    def open_it(**options: Any) -> Any:
        out = tmp_path / "report.html"
        write_check_page(many(faces, 1_000), faces, out, title="faces", pages={"DATA005": "Look at it."})
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(90_000)  # a busy machine takes its time
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda asked: page.complaints.append(asked.url) if _outside(asked.url) else None)
        page.goto(out.as_uri())
        return page

    yield open_it
    for context in contexts:
        context.close()


def _outside(url: str) -> bool:
    return not url.startswith("data:") and not url.endswith("/report.html")


def column(page: Any, place: str) -> list[str]:
    texts: list[str] = page.locator(f"table.findings tbody {place}").all_text_contents()
    return texts


@pytest.mark.browser
def test_a_thousand_findings_are_sorted_and_filtered(open_page: Callable[..., Any]) -> None:
    page = open_page()
    see = page.locator("output")
    assert see.text_content() == "998 findings"
    assert set(column(page, "a.code")) == {"DATA001"}

    page.get_by_role("button", name="Code").click()
    page.get_by_role("button", name="Code").click()
    assert set(column(page, "a.code")) == {"DATA009"}
    sorts = [head.get_attribute("aria-sort") for head in page.locator("th[aria-sort]").all()]
    assert sorts == ["none", "descending", "none", "none"]

    page.locator("[name=code]").select_option("DATA003")
    assert see.text_content() == "250 of 998 findings"
    page.locator("[name=search]").fill("HAPPY/0")
    page.locator("[name=class]").select_option("sad")
    assert all("happy/0" in names and "sad/" in names for names in column(page, ".file"))
    page.locator("[name=search]").fill("nowhere")
    assert page.get_by_text("No finding fits this choice.").is_visible()
    page.get_by_role("button", name="Show all").click()
    page.get_by_text("998 findings", exact=True).wait_for()

    page.get_by_role("link", name="of DATA005: show").click()
    assert set(column(page, "a.code")) == {"DATA005"}
    page.locator("table.findings a.code").first.click()
    assert page.get_by_text("Look at it.").is_visible()
    assert page.complaints == []


@pytest.mark.browser
def test_further_rows_come_with_scrolling(open_page: Callable[..., Any]) -> None:
    page = open_page()
    rows = page.locator("table.findings tbody tr")
    first = rows.count()
    assert first < 200
    page.locator(".further").scroll_into_view_if_needed()
    rows.nth(first).wait_for(state="attached")
    assert page.complaints == []


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [360, 820, 1280])
def test_nothing_is_wider_than_the_window(open_page: Callable[..., Any], width: int, scripts: bool) -> None:
    page = open_page(viewport={"width": width, "height": 740}, java_script_enabled=scripts)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if not scripts:
        assert page.locator("table.findings tbody tr").count() == 998
        assert not page.locator("[name=search]").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    open_page: Callable[..., Any], scheme: str, text_contrasts: Callable[..., dict[str, float]]
) -> None:
    page = open_page(color_scheme=scheme)
    places = [
        ".notice",
        ".soft",
        ".kicker",
        ".badge.error",
        ".badge.warning",
        ".badge.info",
        ".chip",
        ".kind span",
        ".proof dt",
        ".findings thead button",
        "details summary",
        ".chip",
        "footer",
        ".tools label",
    ]
    for place, contrast in text_contrasts(page, places).items():
        assert contrast >= 4.5, place


def test_the_page_tells_how_each_check_ended(write: Write) -> None:
    html = write([], outcomes=ENDED)
    assert "<b>DATA001</b> Unreadable file: passed" in html
    assert "did not apply: no &lt;splits&gt;" in html
    assert "<b>DATA012</b> Class imbalance: ignored" in html
