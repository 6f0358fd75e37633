"""Whether the default model and the study's best are as good for every group of people: everyday faces of FairFace.

    python benchmarks/fairface.py ../shared/data/fairface/audit.parquet [--model BUNDLE] [--study BUNDLE]

Audited are the faces drawn at random on which two readings by a vision-language model agree, by ethnicity, gender and
age as FairFace states them, and by their intersections. ``--study`` is the study's ``attempt_5``, trained on its
photos by ``emotion-classifier train ../shared/data/stock_photos --recipe attempt_5 --validation 0 --seed 1 --out …``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from results import write_results

from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.fairness.audit import audit
from emotion_classifier.fairness.checks import AUDIT_CHECKS
from emotion_classifier.fairness.result import Audit
from emotion_classifier.fairness.survey import AuditOptions
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.report.audit_page import write_audit_page

BY = ("ethnicity", "gender", "age")
SAME = {"H": "happy", "h": "happy", "n": "neutral", "s": "sad", "S": "sad", "o": "other"}
SHOWN = {
    "neutral_called_sad": "neutral called sad",
    "label_accuracy": "label accuracy",
    "happy_against_sad": "leaning right",
    "faces_found": "faces found",
    "abstention": "called uncertain",
}
# Told apart by the colour-blind too (Okabe and Ito 2008).
COLOURS = ("#0072b2", "#d55e00")


def agreed(dataset: Dataset) -> Dataset:
    """Keep the faces drawn at random on whose label both readings agree."""
    columns = dataset.columns
    told = zip(columns["drawn"], columns["reading_1"], columns["reading_2"], strict=True)
    kept = [
        row
        for row, (drawn, first, second) in enumerate(told)
        if drawn == "random" and first in SAME and SAME[first] == SAME.get(second)
    ]
    return dataset.take(kept)


def rows_of(result: Audit) -> list[dict[str, Any]]:
    """Figures of everybody, and of each group of one column."""
    told = result.to_dict()
    everybody = {"by": "", "group": "everybody", "n": told["n"], **told["overall"]}
    return [everybody, *(group for group in told["groups"] if group["by"] in BY)]


def as_markdown(results: list[Audit]) -> str:
    """Lay the figures out, a row for every group and model."""
    lines = [
        "| group | model | n | " + " | ".join(SHOWN.values()) + " |",
        "|---|---|---|" + "---|" * len(SHOWN),
    ]
    for rows in zip(*map(rows_of, results), strict=True):
        for result, row in zip(results, rows, strict=True):
            cells = [_cell(row.get(name)) for name in SHOWN]
            lines.append(f"| {row['group']} | {_short(result)} | {row['n']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(figure: dict[str, Any] | None) -> str:
    if not figure or figure["value"] is None:
        return "–"
    value, low, high = (100 * figure[key] for key in ("value", "low", "high"))
    return f"{value:.1f} % ({low:.1f} to {high:.1f}, n {figure['n']})"


def _short(result: Audit) -> str:
    return "attempt_5" if result.model.startswith("attempt") else "default"


def draw(results: list[Audit], out: Path) -> None:
    """Draw a panel for every metric, a row for every group, a dot and a whisker for every model."""
    from matplotlib.figure import Figure

    names = [row["group"] for row in rows_of(results[0])]
    figure = Figure(figsize=(13, 0.33 * len(names) + 1.2), layout="constrained")
    for axes, (metric, title) in zip(figure.subplots(1, len(SHOWN), sharey=True), SHOWN.items(), strict=True):
        for shift, colour, result in zip((-0.15, 0.15), COLOURS, results, strict=False):
            for place, row in enumerate(rows_of(result)):
                told = row.get(metric)
                if told and told["value"] is not None:
                    axes.plot(
                        [100 * told["low"], 100 * told["high"]], [place + shift] * 2, color=colour, lw=1.3
                    )
                    axes.plot(100 * told["value"], place + shift, "o", color=colour, ms=4)
        axes.set_title(f"{title}, %", fontsize=10)
        axes.grid(axis="x", color="#dddddd", lw=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_yticks(np.arange(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    for colour, result in zip(COLOURS, results, strict=False):
        axes.plot([], [], "o-", color=colour, label=_short(result))
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(out, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faces", type=Path)
    parser.add_argument("--model", default="default", help="folder of a bundle")
    parser.add_argument("--study", type=Path, help="bundle of attempt_5")
    parser.add_argument(
        "--out", type=Path, default=Path("build/fairface"), help="folder for pages and the plot"
    )
    arguments = parser.parse_args()
    dataset = agreed(open_dataset(arguments.faces))
    bundles = [Bundle.default() if arguments.model == "default" else Bundle.load(arguments.model)]
    if arguments.study:
        bundles.append(Bundle.load(arguments.study))
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = []
    for bundle in bundles:
        result = audit(bundle, dataset, BY, options=AuditOptions())
        page = arguments.out / f"{_short(result)}.html"
        pages = {check.code: check.page for check in AUDIT_CHECKS}
        write_audit_page(
            result.to_dict(), page, pages=pages, title=f"FairFace, drawn at random: {_short(result)}"
        )
        results.append(result)
        for finding in result.findings:
            print(_short(result), finding.code, finding.severity, finding.message)
    draw(results, arguments.out / "fairface.png")
    print(as_markdown(results))
    # The pages have the intersections, most of which are too small for a figure.
    write_results(
        "fairface",
        {_short(result): result.to_dict() | {"groups": rows_of(result)[1:]} for result in results},
    )


if __name__ == "__main__":
    main()
