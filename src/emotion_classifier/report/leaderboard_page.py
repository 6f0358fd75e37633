"""A leaderboard as one HTML file that anyone can open, and as a table in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from emotion_classifier.evaluation.metrics import Metric, get, names
from emotion_classifier.evaluation.trained_on import TrainedOn, warning
from emotion_classifier.report.audit_table import plain
from emotion_classifier.report.audit_words import in_words
from emotion_classifier.report.html_page import asset, load_template, write_page
from emotion_classifier.report.page_plots import fit_axis, whisker
from emotion_classifier.report.versions import versions
from emotion_classifier.text import counted

COSTS = (
    ("training_seconds", "Training, s"),
    ("megabytes", "Size, MB"),
    ("milliseconds_a_face", "A face, ms"),
)
_PACKAGES = (
    "emotion-classifier",
    "keras",
    "tensorflow-cpu",
    "tensorflow",
    "scikit-learn",
    "lightgbm",
    "onnxruntime",
)
HOW = (
    "Every recipe was trained and tried on the same folds, by the photo path: from the file on, and no face counts as "
    "wrong. Figures are means over the fits; intervals are 95 %: corrected resampled t over photos and fits (Nadeau "
    "and Bengio 2003), for the calibration error a bootstrap over groups of photos.",
    "Tied means: over the same folds, the difference to the first recipe is not shown at 95 %. It does not mean as "
    "good as. The first of many recipes owes a little of its place to luck, so its own figure is somewhat too good; "
    "photos that none of this saw say how good it is.",
    "Training: seconds of one fit, faces found beforehand. With --workers 1 a fit takes all cores; with more it takes "
    "one thread, but for random forests and features that ONNX Runtime computes, which take all cores. A face: "
    "milliseconds of the network alone, on one thread; finding the face takes the same for every recipe and is not in "
    "it. Medians over the fits, as many at once as there were workers: on a busy machine all are too long, and small "
    "differences say nothing.",
)
UNTRAINED = "default model, untrained"


def should_train(board: Mapping[str, Any]) -> str:
    """Say whether training pays, by how the best recipe does beside the default model; empty where nothing tells.

    Parameters
    ----------
    board : mapping
        As `leaderboard --json` prints it.
    """
    untrained = board.get("baseline")
    if not (untrained and board["recipes"]):
        return ""
    best, away = board["recipes"][0]["recipe"], untrained["behind"]
    told = in_words({**away, **_turned(away)}, get("accuracy").unit_of_difference)
    if away["high"] is not None and away["high"] < 0:
        return (
            f"Should I train? Yes: {best} is more accurate than the default model on these photos, by {told}."
        )
    if away["low"] is not None and away["low"] > 0:
        return f"Should I train? No: the default model is more accurate than {best}, the best recipe, on these photos."
    if not away["value"]:
        return f"Should I train? Not on this evidence: {best}, the best recipe, scored the same as the default model."
    if away["value"] > 0:
        ahead = in_words(away, get("accuracy").unit_of_difference)
        return (
            f"Should I train? Not on this evidence: the default model is ahead of {best}, the best recipe, by {ahead}, "
            f"which is not enough to show that it is better."
        )
    return (
        f"Should I train? Not on this evidence: {best}, the best recipe, is ahead of the default model by {told}, "
        f"which is not enough to show that it is better. More photos might tell."
    )


def known_photos(board: Mapping[str, Any]) -> str:
    """Warn of photos that the default model had learned from; empty where none is known to be.

    Parameters
    ----------
    board : mapping
        As `leaderboard --json` prints it.
    """
    found = TrainedOn.from_dict((board.get("baseline") or {}).get("trained_on"))
    said = warning(found, "the default model")
    return f"{said} Recipes that begin with it know them too." if said else ""


def _turned(difference: Mapping[str, Any]) -> dict[str, float | None]:
    low, high = difference["low"], difference["high"]
    return {
        "value": 0.0 - difference["value"],
        "low": None if high is None else 0.0 - high,
        "high": None if low is None else 0.0 - low,
    }


def write_leaderboard_page(board: Mapping[str, Any], out: Path, *, title: str) -> None:
    """Write a leaderboard as one HTML file: a dot and whisker for each recipe, and a table that can be sorted.

    Parameters
    ----------
    board : mapping
        As `leaderboard --json` prints it.
    out : Path
        HTML file to write, in UTF-8.
    title : str
        What the recipes learned from, as its owner knows it.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.
    """
    template = load_template("leaderboard.html")
    entries = _rows(board)
    ranked = get("accuracy")
    axis = fit_axis([entry[ranked.name] for entry in entries], ranked.unit)
    values = {
        "title": title,
        "photos": board["photos"],
        "groups": board["groups"],
        "counts": board["counts"],
        "folds": folds_in_words(board),
        "axis": axis,
        "entries": [
            {
                "name": entry["recipe"],
                "explained": "",
                "summary": entry["summary"],
                "kind": "tied" if entry["tied"] and entry["recipe"] != UNTRAINED else "open",
                "n": counted(entry["fits"], "fit"),
                "dot": whisker(axis, entry[ranked.name]),
                "text": in_words(entry[ranked.name], ranked.unit),
                "behind": behind_in_words(entry),
                "figures": [
                    {"sort": entry[each.name]["value"], "text": in_words(entry[each.name], each.unit)}
                    for each in _figures()
                ],
                "costs": [{"sort": entry[name], "text": cost_in_words(entry[name])} for name, _ in COSTS],
            }
            for entry in entries
        ],
        "figure_heads": [(each.title, each.greater_is_better) for each in _figures()],
        "cost_heads": [heading for _, heading in COSTS],
        "advice": should_train(board),
        "known": known_photos(board),
        "failed": dict(board["failed"]),
        "how": HOW,
        "versions": versions(_PACKAGES),
    }
    styles = [asset("page.css") + asset("leaderboard.css")]
    write_page(template, values, out, styles=styles, scripts=[asset("leaderboard.js")])


def leaderboard_in_markdown(board: Mapping[str, Any], *, title: str) -> str:
    """Tell a leaderboard as Markdown: what was measured, the table, what failed, how to read it.

    Parameters
    ----------
    board : mapping
        As `leaderboard --json` prints it.
    title : str
    """
    heads = [
        "recipe",
        *(each.title for each in _figures()),
        "behind the first",
        *(head for _, head in COSTS),
    ]
    lines = [heads, ["---"] * len(heads)]
    for entry in _rows(board):
        figures = [in_words(entry[each.name], each.unit) for each in _figures()]
        costs = [cost_in_words(entry[name]) for name, _ in COSTS]
        lines.append([plain(entry["recipe"]), *figures, behind_in_words(entry), *costs])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    advice = _paragraph(should_train(board)) + _paragraph(known_photos(board))
    failed = "".join(
        f"- {plain(name)} failed: {plain(why, longest=400)}\n" for name, why in board["failed"].items()
    )
    counts = ", ".join(f"{plain(label)} {count:,}" for label, count in board["counts"].items())
    used = ", ".join(f"{package} {number}" for package, number in versions(_PACKAGES).items())
    return (
        f"# Leaderboard: {plain(title)}\n\n"
        f"n = {board['photos']:,} photos ({counts}) in {board['groups']:,} groups; {folds_in_words(board)}; "
        f"measured {datetime.now(UTC):%Y-%m-%d}.\n\n{table}\n\n{advice}{failed}{chr(10) if failed else ''}"
        + "\n\n".join(HOW)
        + f"\n\nVersions: {used}.\n"
    )


def _paragraph(text: str) -> str:
    return f"{plain(text, longest=400)}\n\n" if text else ""


def _rows(board: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """List what is shown: the default model, then the recipes."""
    untrained = board.get("baseline")
    return [*([{**untrained, "recipe": UNTRAINED}] if untrained else []), *board["recipes"]]


def _figures() -> list[Metric]:
    return [get(name) for name in names("leaderboard")]


def folds_in_words(board: Mapping[str, Any]) -> str:
    """Say how often and in how many parts."""
    options = board["options"]
    repeats = "once" if options["repeats"] == 1 else f"{options['repeats']} times"
    return f"{options['folds']} folds, {repeats}, seed {options['seed']}"


def behind_in_words(entry: Mapping[str, Any]) -> str:
    """Say how far an entry is from the first, and whether that is shown."""
    if entry["behind"] is None:
        return "first"
    told = in_words(entry["behind"], get("accuracy").unit_of_difference)
    return f"{told}, tied" if entry["tied"] and entry["recipe"] != UNTRAINED else told


def cost_in_words(value: float) -> str:
    """Write seconds, megabytes or milliseconds to three digits.

    Examples
    --------
    >>> cost_in_words(0.1234), cost_in_words(31.27), cost_in_words(1234.5)
    ('0.123', '31.3', '1,234')
    """
    if value != value:
        return "not known"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
