"""Figures in a card are added once and replaced after, for people and in the front matter."""

from __future__ import annotations

import pytest

pytest.importorskip("huggingface_hub")

from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.evaluation.metrics import get
from emotion_classifier.model.card import parse_card
from emotion_classifier.report.card import with_figures

CARD = (
    "---\nlicense: apache-2.0\nmine: kept\n---\n# model\n\n## Training\n\nLong.\n\n"
    "## Limits\n\nNot for judging people.\n"
)
AUC = [(get("roc_auc"), Estimate(0.997, 0.993, 1.0, 266))]


def accuracy(value: float) -> list[tuple]:
    return [(get("accuracy"), Estimate(value, 0.0, 1.0, 5))]


def test_figures_stand_before_the_limits() -> None:
    card = with_figures(CARD, title="Test photos", figures=AUC, model="m")
    assert card.index("## Evaluation") < card.index("### Test photos") < card.index("## Limits")
    assert "| Area under the ROC curve | 0.997 (0.993 to 1.000) | 266 |" in card
    assert card.endswith("Not for judging people.\n")


def test_a_heading_of_another_level_is_not_the_section_of_figures() -> None:
    card = CARD.replace("## Limits", "### Evaluation\n\nOn what it will be tried.\n\n## Limits")
    card = with_figures(card, title="Test photos", figures=AUC, model="m")
    assert "tried.\n\n## Evaluation\n\n### Test photos\n" in card


def test_figures_stand_in_the_model_index_beside_what_was_there() -> None:
    card = with_figures(CARD, title="Test photos", figures=AUC, model="m")
    said = parse_card(with_figures(card, title="B", figures=accuracy(0.25), model="m"), "card").said
    assert (said["license"], said["mine"]) == ("apache-2.0", "kept")
    (index,) = said["model-index"]
    assert index["name"] == "m"
    assert [result["dataset"] for result in index["results"]] == [
        {"name": "Test photos", "type": "test-photos"},
        {"name": "B", "type": "b"},
    ]
    assert index["results"][0]["metrics"] == [
        {
            "type": "roc_auc",
            "value": 0.997,
            "name": "Area under the ROC curve: 0.997 (0.993 to 1.000), n = 266",
        }
    ]


def test_a_card_promises_only_what_was_looked_at() -> None:
    old = CARD.replace(
        "## Limits",
        "## Evaluation\n\nNo photo below was trained on, or used to fit the scale.\n\n### A\n\nGood.\n\n## Limits",
    )
    card = with_figures(old, title="B", figures=accuracy(0.1), model="m", known="5 of 5 photos <are> known.")
    assert "No photo below" not in card and "### A\n\nGood." in card
    assert "### B\n\n5 of 5 photos &lt;are&gt; known.\n\n| metric" in card


def test_measuring_again_replaces() -> None:
    card = with_figures(CARD, title="A (1)", figures=accuracy(0.1), model="m")
    card = with_figures(card, title="B", figures=accuracy(0.2), model="m")
    card = with_figures(card, title="A (1)", figures=accuracy(0.3), model="m")
    assert card.count("## Evaluation\n") == 1
    assert (
        card.count("### A (1)") == 1 and "10.0 %" not in card and "| Forced-choice accuracy | 30.0 % " in card
    )
    assert card.index("### A (1)") < card.index("### B")
    assert len(parse_card(card, "card").said["model-index"][0]["results"]) == 2
    bare = "# mine\n"
    for value in (0.1, 0.3):
        bare = with_figures(bare, title="A", figures=accuracy(value), model="m")
    assert bare.count("### A") == 1 and "10.0 %" not in bare
