"""Agreement among raters as tables on a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group
from rich.table import Table
from rich.text import Text

from emotion_classifier.evaluation.agreement import Agreement
from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.text import estimate

_TITLES = {
    "alpha": "Krippendorff's alpha, five grades (ordinal)",
    "alpha_labels": "Krippendorff's alpha, labels (nominal)",
    "icc": "ICC(1,1) of the degree",
    "alpha_with_model": "alpha, five grades, the model as one more rater",
    "degree_spearman": "the model's degree against the mean vote: rank correlation",
    "degree_mae": "the same: mean absolute error",
}


def render_agreement(agreement: Agreement) -> Group:
    """Lay agreement out for a terminal: who graded how many, the coefficients, then pairs of raters."""
    counted = ", ".join(f"{rater} {count:,}" for rater, count in agreement.raters.items())
    groups = f" in {agreement.groups:,} groups" if agreement.groups < agreement.photos else ""
    model = [Text(f"Model: {agreement.model}")] if agreement.model else []
    metrics = {_TITLES[name]: found for name, found in agreement.metrics.items()}
    pairs = {" and ".join(pair): found for pair, found in agreement.kappa.items()}
    return Group(
        Text(f"{agreement.photos:,} graded photos{groups}: {counted}."),
        *model,
        _table("Agreement, with 95 % intervals", metrics),
        Text(),
        _table("Weighted kappa (quadratic) of pairs, five grades", pairs),
    )


def _table(title: str, estimates: Mapping[str, Estimate]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("of", overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    for name, found in estimates.items():
        shown = estimate(found, "") if found.n else "no such photos"
        table.add_row(Text(name), shown, f"{found.n:,}")
    return table
