"""Figures in a card are added once and replaced after."""

from __future__ import annotations

from emotion_classifier.report.card import with_figures

CARD = (
    "---\nlicense: apache-2.0\n---\n# model\n\n## Training\n\nLong.\n\n## Limits\n\nNot for judging people.\n"
)


def test_figures_stand_before_the_limits() -> None:
    card = with_figures(
        CARD, title="Test photos", figures=[("Area under the ROC curve", "0.997 (0.993 to 1.000)", 266)]
    )
    assert card.index("## Evaluation") < card.index("### Test photos") < card.index("## Limits")
    assert "| Area under the ROC curve | 0.997 (0.993 to 1.000) | 266 |" in card
    assert card.endswith("Not for judging people.\n")


def test_a_card_promises_only_what_was_looked_at() -> None:
    old = CARD.replace(
        "## Limits",
        "## Evaluation\n\nNo photo below was trained on, or used to fit the scale.\n\n### A\n\nGood.\n\n## Limits",
    )
    card = with_figures(old, title="B", figures=[("accuracy", "0.1", 5)], known="5 of 5 photos <are> known.")
    assert "No photo below" not in card and "### A\n\nGood." in card
    assert "### B\n\n5 of 5 photos &lt;are&gt; known.\n\n| metric" in card


def test_measuring_again_replaces() -> None:
    card = with_figures(CARD, title="A (1)", figures=[("accuracy", "0.1", 5)])
    card = with_figures(card, title="B", figures=[("accuracy", "0.2", 6)])
    card = with_figures(card, title="A (1)", figures=[("accuracy", "0.3", 7)])
    assert card.count("## Evaluation\n") == 1
    assert card.count("### A (1)") == 1 and "0.1" not in card and "| accuracy | 0.3 | 7 |" in card
    assert card.index("### A (1)") < card.index("### B")
