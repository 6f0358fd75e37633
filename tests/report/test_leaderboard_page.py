"""The page of a leaderboard: one file that asks for nothing, and the same in Markdown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from emotion_classifier.report.leaderboard_page import leaderboard_in_markdown, write_leaderboard_page

pytest.importorskip("jinja2", reason="the package jinja2 is not installed")


def estimate(value: float | None) -> dict[str, Any]:
    if value is None:
        return {"value": None, "low": None, "high": None, "n": 16}
    return {"value": value, "low": value - 0.05, "high": value + 0.04, "n": 16}


def entry(recipe: str, accuracy: float, *, behind: float | None = None, tied: bool = True) -> dict[str, Any]:
    return {
        "recipe": recipe,
        "summary": "a <b>recipe</b>",
        "label_accuracy": estimate(accuracy),
        "accuracy": estimate(accuracy),
        "balanced_accuracy": estimate(accuracy),
        "log_loss": estimate(None),
        "calibration_error": estimate(0.031),
        "behind": None if behind is None else estimate(behind),
        "tied": tied,
        "training_seconds": 31.27,
        "megabytes": 2.975,
        "milliseconds_a_face": float("nan"),
        "fits": 25,
    }


def board(**others: Any) -> dict[str, Any]:
    entries = [
        entry("transfer", 0.95),
        entry("compact", 0.93, behind=-0.02),
        entry("initial", 0.6, behind=-0.35, tied=False),
    ]
    return {
        "photos": 266,
        "counts": {"happy": 166, "sad": 100},
        "groups": 263,
        "options": {"folds": 5, "repeats": 5, "seed": 0},
        "recipes": entries,
        "failed": {"attempt_5": "no <script>alert(1)</script> memory | left"},
    } | others


def test_the_page_is_one_file_with_every_recipe_and_how_it_was_measured(tmp_path: Path) -> None:
    out = tmp_path / "board.html"
    write_leaderboard_page(board(), out, title="holiday & more")
    html = out.read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["'](?!data:|#)|@import|url\(""", html)
    assert "default-src 'none'" in html
    assert "<script>alert" not in html and "a &lt;b&gt;recipe" in html and "holiday &amp; more" in html
    assert "n = 266 photos" in html and "5 folds, 5 times, seed 0" in html and "corrected resampled t" in html
    assert html.count('class="dots tied"') == 2
    assert "95.0 % (90.0 to 99.0)" in html and "not defined" in html and "not known" in html
    assert "numpy" not in html and "onnxruntime" in html
    assert "With --workers 1 a fit takes all cores" in html


def test_a_board_on_which_nothing_could_be_fitted(tmp_path: Path) -> None:
    out = tmp_path / "board.html"
    write_leaderboard_page(board(recipes=[]), out, title="t")
    html = out.read_text(encoding="utf-8")
    assert "No recipe could be fitted" in html and "attempt_5" in html


def test_the_same_in_markdown() -> None:
    text = leaderboard_in_markdown(board(), title="holiday")
    assert "n = 266 photos (happy 166, sad 100) in 263 groups; 5 folds, 5 times, seed 0; measured 20" in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 5 and len({line.count("|") for line in lines}) == 1
    assert (
        "−2.0 points (−7.0 to 2.0), tied" in lines[3] and "tied" not in lines[4] and "| first |" in lines[2]
    )
    assert "- attempt\\_5 failed: no &lt;script&gt;" in text and "memory \\| left" in text
    assert "Versions: " in text


def test_whether_to_train_at_all_is_said_beside_the_default_model(tmp_path: Path) -> None:
    def beside(behind: dict[str, Any]) -> str:
        untrained = {**entry("mobilenet-1", 0.9), "behind": {"n": 16, **behind}}
        return leaderboard_in_markdown(board(baseline=untrained), title="mine")

    worse = beside({"value": -0.08, "low": -0.12, "high": -0.04})
    assert "Should I train? Yes" in worse and "by 8.0 points (4.0 to 12.0)" in worse
    assert worse.index("default model, untrained") < worse.index("transfer")
    assert "Should I train? No:" in beside({"value": 0.05, "low": 0.01, "high": 0.09})
    unsure = beside({"value": -0.02, "low": -0.06, "high": 0.02})
    assert "evidence: transfer, the best recipe, is ahead of the default model by 2.0 points" in unsure
    ahead = beside({"value": 0.008, "low": -0.06, "high": 0.07})
    assert "evidence: the default model is ahead of transfer, the best recipe, by 0.8 points" in ahead
    assert "Should I train" not in leaderboard_in_markdown(board(), title="mine")


def test_photos_that_the_default_model_had_learned_from_are_told(tmp_path: Path) -> None:
    behind, out = {"value": 0.05, "low": 0.01, "high": 0.09, "n": 16}, tmp_path / "board.html"
    untrained = {**entry("mobilenet-1", 0.9), "behind": behind}
    for known, told in ((3, "3 of 266 photos are among those the default model learned from"), (0, "")):
        shown = board(baseline=untrained | {"trained_on": {"value": known, "n": 266}})
        write_leaderboard_page(shown, out, title="mine")
        for text in (leaderboard_in_markdown(shown, title="mine"), out.read_text(encoding="utf-8")):
            assert told in text and ("Warning" in text) == bool(known)
