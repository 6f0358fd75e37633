"""A reproduction as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from emotion_classifier.evaluation.intervals import Estimate
from emotion_classifier.experiments.reproduce.flaws import Flaw
from emotion_classifier.experiments.reproduce.summary import ModelResult, Reproduction
from emotion_classifier.files import atomic_write
from emotion_classifier.report.audit_table import plain
from emotion_classifier.report.versions import versions
from emotion_classifier.text import difference, estimate

_PACKAGES = ("emotion-classifier", "keras", "tensorflow-cpu", "tensorflow", "numpy", "scikit-learn")
_HEAD = (
    "| model | published: accuracy, n = 67 | loss | protocol again: accuracy, n = {n} | loss | "
    "at its best epoch | honest accuracy, n = {photos} | loss | fits |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
)
_FLAWS = "| flaw | price, points of accuracy | n | measured as | more |\n| --- | --- | --- | --- | --- |\n"


def to_markdown(result: Reproduction) -> str:
    """Write both tables of a reproduction."""
    options = result.options
    head = _HEAD.format(n=result.always_happy_test.n, photos=result.photos)
    parts = [
        f"{result.photos} photos, {result.groups} without near-duplicates. Always saying happy: "
        f"{_percent(result.always_happy)} of all, {_percent(result.always_happy_test)} of the study's test "
        f"photos.",
        *_left_out(result.problems),
        head + "\n".join(_row(model) for model in result.models),
        f"Honest: {options.repeats} × {options.folds} stratified cross-validation, near-duplicates on one "
        f"side, every model trained for its fixed number of epochs; interval after Nadeau and Bengio (2003). "
        f"Other intervals: Wilson. All 95 %.",
        *(_searched(model) for model in result.models if model.searched),
    ]
    if result.flaws:
        parts.append(_FLAWS + "\n".join(_flaw(flaw) for flaw in result.flaws))
    return "\n\n".join(parts) + "\n"


def write_results(result: Reproduction, folder: str | Path, *, day: date) -> tuple[Path, Path]:
    """Write ``reproduce-DATE.json`` and ``reproduce-DATE.md``.

    Returns
    -------
    (json, markdown) : pair of Path
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    packages = versions(_PACKAGES)
    plain = {"date": day.isoformat(), "packages": packages, **result.to_dict()}
    as_json, as_markdown = (folder / f"reproduce-{day.isoformat()}{suffix}" for suffix in (".json", ".md"))
    atomic_write(as_json, json.dumps(plain, indent=2) + "\n")
    named = ", ".join(f"{name} {number}" for name, number in packages.items())
    heading = f"# The original study, run again on {day.isoformat()}\n\n"
    atomic_write(as_markdown, f"{heading}{to_markdown(result)}\nWith {named}.\n")
    return as_json, as_markdown


def _left_out(problems: Sequence[tuple[str, str]]) -> list[str]:
    if not problems:
        return []
    listed = "\n".join(f"- {plain(name)}: {plain(reason, longest=400)}" for name, reason in problems)
    return [f"Left out, since {'it' if len(problems) == 1 else 'they'} could not be read:\n\n{listed}"]


def _row(model: ModelResult) -> str:
    published = model.published
    cells = (
        model.recipe,
        _percent(model.published_accuracy),
        f"{published.loss:.3f}" if published else "",
        _percent(model.protocol),
        "" if model.protocol_loss is None else f"{model.protocol_loss:.3f}",
        _percent(model.best_epoch),
        _percent(model.honest),
        "" if model.honest_loss is None else estimate(model.honest_loss, ""),
        str(model.fits or ""),
    )
    return f"| {' | '.join(cells)} |"


def _searched(model: ModelResult) -> str:
    best = model.searched
    if best is None:
        return ""
    return (
        f"Our search for {model.recipe} ended at {best.parameters}: {best.accuracy:.4f}, loss "
        f"{best.loss:.4f}, at its best epoch on the photos that chose it."
    )


def _flaw(flaw: Flaw) -> str:
    return f"| {flaw.name} | {_points(flaw.price)} | {flaw.price.n} | {flaw.measured} | {flaw.detail} |"


def _percent(found: Estimate | None) -> str:
    return "" if found is None else estimate(found, "%")


def _points(found: Estimate) -> str:
    return difference(found, "points")
