"""The page of a fairness audit: one file, safe whatever groups are called, readable on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emotion_classifier.errors import MissingExtraError
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.metrics import get
from emotion_classifier.fairness.result import Gap
from emotion_classifier.report.audit_page import write_audit_page
from emotion_classifier.report.card import with_audit, with_figures

pytest.importorskip("jinja2", reason="the package jinja2 is not installed")

SCRIPT = "<script>alert(1)</script>"
CARD = "# model\n\n## Evaluation\n\nGood.\n\n## Limits\n\nNot for judging people.\n"
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a page and give back its text."""

    def write_it(audit: dict[str, Any], **pages: str) -> str:
        out = tmp_path / "audit.html"
        write_audit_page(audit, out, pages=pages, title="holiday")
        return out.read_text(encoding="utf-8")

    return write_it


def estimate(value: float | None, n: int = 100) -> dict[str, Any]:
    if value is None:
        return {"value": None, "low": None, "high": None, "n": 0}
    return {"value": value, "low": value - 0.05, "high": value + 0.04, "n": n}


def group(name: str, by: str = "gender", value: float = 0.9) -> dict[str, Any]:
    figures = {"accuracy": estimate(value), "abstention": estimate(0.1), "degree_error": estimate(-0.1)}
    return {"by": by, "group": name, "n": 100, "people": 61, "needed": None, **figures}


def small(name: str, by: str = "gender") -> dict[str, Any]:
    return {"by": by, "group": name, "n": 7, "people": 7, "needed": 62}


def finding(message: str = "Read worse.", **evidence: Any) -> dict[str, Any]:
    found = {"code": "FAIR001", "title": "A group is read worse", "severity": "warning", "files": []}
    return found | {"evidence": {"message": message, **evidence}}


def gap(p: float | None, low: float = 0.05, **others: Any) -> dict[str, Any]:
    difference = {"value": 0.1, "low": low, "high": 0.15, "n": 200}
    plain = {"by": "gender", "metric": "accuracy", "highest": "female", "lowest": "male"}
    plain |= {"difference": difference, "ratio": estimate(0.89), "p_value": p, "p_corrected": p}
    plain["shown"] = p is not None and p < 0.05 and low > 0
    return plain | others


def whole(**others: Any) -> dict[str, Any]:
    audit = {
        "model": "compact-1",
        "n": 207,
        "overall": {"accuracy": estimate(0.88), "abstention": estimate(0.12)},
        "groups": [group("female"), group("male", value=0.8), small("other")],
        "gaps": [gap(0.4, low=-0.02), gap(0.0)],
        "findings": [finding(difference=0.1)],
        "labels": ["happy", "sad"],
        "unit": "people",
        "no_answer": [{"file": SCRIPT, "reason": "no face found"}],
        "left_out": {"neutral": 1200},
        "notes": ["People were resampled, not photos."],
        "not_measured": ["other: 7 photos, too few to say."],
    }
    return audit | others


def rendered(levels: int = 3) -> dict[str, Any]:
    strengths = [-1.0, -0.5, 0.0, 0.5, 1.0]
    names = [f"tone {number}" for number in range(levels)]
    return {
        "identities": 12,
        "images": 480,
        "factors": [
            {
                "factor": "skin tone",
                "levels": [
                    {
                        "level": name,
                        "n": 60,
                        "degree": estimate(0.1),
                        "spearman_min": 0.9,
                        "faces_found": None,
                    }
                    for name in names
                ],
            }
        ],
        "curves": [
            {
                "factor": "skin tone",
                "level": name,
                "expression": strengths,
                "degree": [-0.8, None, 0.0, 0.4, 0.9],
            }
            for name in names
        ],
        "violations": [{"identity": "i03", "level": SCRIPT, "step": 0.2}, "a plain sentence"],
        "findings": [finding("Darker faces are read as sadder.")],
    }


def crossed(count: int) -> list[dict[str, Any]]:
    by = "gender × age"
    return [(group if number % 2 else small)(f"female × {number}", by) for number in range(count)]


def test_everything_is_in_the_one_file(write: Write) -> None:
    html = write(whole(counterfactual=rendered()), FAIR001="How `x`.\n\nWhy <b>.\n\nMore photos.")
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?(?:https?:|//|file:)""", html)
    assert not re.search(r"@import|url\((?!data:)| style=", html)
    assert "default-src 'none'" in html and "unsafe" not in html and "<script" not in html
    assert "<b>What to do.</b> More photos." in html and "<code>x</code>" in html and "Why &lt;b&gt;." in html


def test_findings_come_first_and_the_notice_is_there(write: Write) -> None:
    html = write(whole())
    order = ["never a feeling", "What was found", "Group by group", "Gaps between", "What was not measured"]
    assert [html.index(part) for part in order] == sorted(html.index(part) for part in order)
    assert "neutral 1,200" in html and "People were resampled" in html and "1 photo without a reading" in html
    assert "5(1)(f)" in html and "other: 7 photos, too few to say." in html


def test_every_figure_has_its_interval_and_n(write: Write) -> None:
    html = write(whole())
    assert "90.0 % (85.0 to 94.0)" in html and "n = 100" in html
    assert "−0.100 (−0.150 to −0.060)" in html, "the degree is no share"
    assert "Everybody: <b>88.0 % (83.0 to 92.0)</b>" in html
    assert "Happy or sad faces called uncertain" in html, "`evaluate` calls another figure so, of all faces"
    assert "<title>8.0 points less than everybody</title>" in html


def test_a_small_group_has_no_row_and_is_named_below_with_how_many_are_needed(write: Write) -> None:
    html = write(whole())
    plots = html[html.index('id="groups"') : html.index('id="gaps"')]
    assert not re.search(r'<tr role="row"><th scope="row"[^\n]*other', plots)
    assert "Too few to say: " in html and "7 of 62 people needed" in html


def test_gaps_say_whether_they_are_more_than_chance(write: Write) -> None:
    html = write(whole())
    assert html.index('<span class="verdict">shown') < html.index('<span class="verdict">not shown')
    assert "10.0 points (5.0 to 15.0)" in html and "&lt; 0.001" in html
    assert (
        "shown" in with_audit("", title="t", audit=whole(gaps=[gap(0.4, shown=True)])).split("| 0.400 |")[1]
    )
    mixed = write(whole(gaps=[gap(0.001, shown=False, explained=0.08)]))
    assert "No gap is shown." in mixed and "by the mix of classes alone, 8.0 points" in mixed
    untested = write(whole(gaps=[gap(None)]))
    assert "not tested" in untested and '<span class="verdict">not shown' in untested


def test_a_p_value_is_rounded_once() -> None:
    figure = Estimate(0.1, 0.02, 0.18, 200)
    for p, told in ((0.02346, "| 0.023 |"), (0.00096, "| < 0.001 |")):
        found = Gap("gender", "accuracy", "female", "male", figure, figure, p, p).to_dict()
        assert told in with_audit("", title="t", audit=whole(gaps=[found]))


@pytest.mark.parametrize(
    "name", [SCRIPT, 'a" onload="x', "x" * 500, "two\nlines", "\u0633\u0639\u064a\u062f", "\udcff"]
)
def test_any_name_is_shown_and_none_runs(write: Write, name: str) -> None:
    groups = [group(name), group("b", by=name), small(f"{name} × {name}", by="gender × age")]
    html = write(
        whole(groups=groups, gaps=[gap(0.01, highest=name, by=name)], findings=[finding(name, x=name)])
    )
    assert "<script" not in html and 'onload="' not in html
    rows = html[html.index("Group by group") :]
    assert "x" * 161 not in re.sub(r"<svg.*?</svg>| aria-label=\"[^\"]*\"", "", rows, flags=re.DOTALL)
    assert len(name) < 500 or f"{'x' * 160}…" in rows
    assert "\n#" not in with_audit("", title="t", audit=whole(groups=groups)).split("### ")[1]


def test_intersections_stand_apart_and_may_be_many(write: Write) -> None:
    html = write(whole(groups=[*whole()["groups"], *crossed(200)]))
    single, intersections = html.split('<section id="intersections"')
    assert "female × " not in single
    assert "Too few to say: 100 intersections" in intersections
    assert len(html) < 1_500_000


@pytest.mark.parametrize("key", [*whole(), "everything"])
def test_any_part_may_be_absent_or_none(write: Write, key: str) -> None:
    for audit in (
        {} if key == "everything" else {**whole(), key: None},
        {k: v for k, v in whole().items() if k != key},
    ):
        assert "What was not measured" in write(audit)
        assert "## Fairness" in with_audit(CARD, title="t", audit=audit)


def test_undefined_values_are_no_dots(write: Write) -> None:
    group_without = group("female") | {
        "accuracy": estimate(None),
        "abstention": {"value": 0.5, "low": None, "high": None, "n": 3},
    }
    html = write({"groups": [group_without], "overall": {"accuracy": estimate(None)}})
    assert "50.0 % (no interval)" in html
    assert "metric-accuracy" not in html  # Of a figure that no group has, nothing is shown.


def test_a_counterfactual_audit_alone(write: Write) -> None:
    html = write({"model": "m", "n": 0, "counterfactual": rendered(levels=10)})
    assert "labelled photos" not in html
    assert html.count("<polyline") == 10, "a gap parts a line, and a single point is none"
    assert html.count('<g class="line') == 10 and "<desc>tone 0: degree −0.80 at strength −1.00" in html
    assert (
        "Darker faces are read as sadder." in html
        and "480 <small>rendered images of 12 invented people" in html
    )
    assert "Group by group" not in html and "Against the order: 2" in html and "<script" not in html
    names = [float(y) for y in re.findall(r'<text x="240.0" y="([\d.]+)">tone', html)]
    assert (
        len(names) == 10 and min(b - a for a, b in zip(sorted(names), sorted(names)[1:], strict=False)) >= 14
    )


def test_the_extra_is_named(write: Write, absent: Callable[[str], None]) -> None:
    absent("jinja2")
    with pytest.raises(MissingExtraError, match=r"\[evaluate\]"):
        write({})


def test_a_card_tells_groups_gaps_and_what_was_not_measured() -> None:
    card = with_audit(CARD, title="LFW", audit=whole(counterfactual=rendered()))
    assert "| female | 100 | 90.0 % (85.0 to 94.0) | 10.0 % (5.0 to 14.0) |" in card
    assert "other (n = 7)" in card and "10.0 points (5.0 to 15.0)" in card and "| < 0.001 | shown |" in card
    assert "**FAIR001** A group is read worse: Read worse." in card and "Darker faces" in card
    assert (
        card.index("## Evaluation")
        < card.index("## Fairness")
        < card.index("Not measured")
        < card.index("## Limits")
    )


def test_auditing_again_replaces_and_other_figures_stay_apart() -> None:
    card = with_audit(CARD, title="LFW (1)", audit=whole())
    card = with_audit(card, title="rendered", audit={"counterfactual": rendered()})
    card = with_audit(card, title="LFW (1)", audit=whole(groups=[group("a|b", value=0.5)]))
    assert card.count("## Fairness\n") == 1 and card.count("### Groups of people: LFW (1)") == 1
    assert "| female |" not in card and "a\\|b" in card and "### Groups of people: rendered" in card
    card = with_figures(
        card, title="LFW (1)", figures=[(get("accuracy"), Estimate(0.9, 0.5, 1.0, 5))], model="m"
    )
    assert card.index("### LFW (1)") < card.index("## Fairness"), "an evaluation is no audit"
    assert card.count("### Groups of people: LFW (1)") == 1 and card.endswith("Not for judging people.\n")


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a page with everything in it in a fresh window that notes complaints."""
    contexts = []

    def open_it(**options: Any) -> Any:
        out = tmp_path / "audit.html"
        groups = [*whole()["groups"], group("x" * 500), small("w" * 300), *crossed(40)]
        audit = whole(
            groups=groups, counterfactual=rendered(8), gaps=[gap(0.01, highest="x" * 500), gap(0.4)]
        )
        write_audit_page(audit, out, pages={"FAIR001": "Look at it."}, title="holiday " + "y" * 100)
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(90_000)  # a busy machine takes its time
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text))
        page.goto(out.as_uri())
        return page

    yield open_it
    for context in contexts:
        context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 820, 1280])
def test_nothing_is_wider_than_the_window(open_page: Callable[..., Any], width: int) -> None:
    page = open_page(viewport={"width": width, "height": 740}, java_script_enabled=False)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []


@pytest.mark.browser
def test_a_finding_is_unfolded_by_keyboard(open_page: Callable[..., Any]) -> None:
    page = open_page()
    assert not page.get_by_text("Look at it.").first.is_visible()
    page.locator("article summary").first.focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("Look at it.").first.is_visible()
    assert page.get_by_role("img", name="8.0 points less than everybody").count() > 0
    assert page.get_by_role("table", name="Forced-choice accuracy by gender", exact=True).is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    open_page: Callable[..., Any], scheme: str, text_contrasts: Callable[..., dict[str, float]]
) -> None:
    page = open_page(color_scheme=scheme)
    places = [
        ".notice",
        ".lead",
        ".few",
        ".plot .n",
        ".verdict",
        ".shown .verdict",
        ".metric > .soft",
        "footer",
    ]
    for place, contrast in text_contrasts(page, places).items():
        assert contrast >= 4.5, place
