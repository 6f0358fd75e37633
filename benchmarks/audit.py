"""What `audit` finds and how long it takes: planted gaps, fair groups, LFW by gender.

Planted: a quarter of the people of the validation part of LFW, drawn by chance, are given the answers to their blurred
photos. Fair: three columns are drawn by chance for the same people, whose answers are left alone; any gap that is
called shown, in a column or an intersection, is a false alarm.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from results import interval, write_results

from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.evaluation.predictions import Predictions, predict_dataset
from emotion_classifier.evaluation.scores import balanced_accuracy
from emotion_classifier.fairness.audit import audit_predictions, keep_labels, prepare
from emotion_classifier.fairness.result import Audit
from emotion_classifier.fairness.survey import AuditOptions
from emotion_classifier.model.bundle import Bundle

COLUMNS = {
    "first": ("a", "b"),
    "second": ("a", "b", "c"),
    "third": ("a", "b", "c", "d"),
}
BLURS = (3.0, 3.5, 4.0)  # pixels; below 3 hardly anything changes
Rows = npt.NDArray[np.int64]


def drawn(dataset: Dataset, columns: dict[str, tuple[str, ...]], seed: int, shares: Any = None) -> Dataset:
    """Give every person a value of each column by chance."""
    generator, people = np.random.default_rng(seed), dataset.columns["identity"]
    known = sorted(set(map(str, people)))
    added: dict[str, tuple[Any, ...]] = {}
    for name, values in columns.items():
        chosen = dict(zip(known, generator.choice(values, len(known), p=shares), strict=True))
        added[name] = tuple(str(chosen[str(person)]) for person in people)
    return replace(dataset, columns={**dataset.columns, **added})


def audited(predictions: Predictions, dataset: Dataset, by: Sequence[str]) -> Audit:
    options = AuditOptions()
    predictions = replace(predictions, groups=independent_groups(dataset))
    return audit_predictions(
        predictions, prepare(dataset, by, options), ids=dataset.ids, unit_name="people", options=options
    )


def blurred(dataset: Dataset, radius: float) -> Dataset:
    """Blur every picture."""
    sources = []
    for source in dataset.sources:
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        picture = Image.open(stream).convert("RGB").filter(ImageFilter.GaussianBlur(radius))
        kept = io.BytesIO()
        picture.save(kept, "PNG")
        sources.append(kept.getvalue())
    return replace(dataset, sources=tuple(sources))


def mixed(clear: Predictions, worse: Predictions, where: npt.NDArray[np.bool_]) -> Predictions:
    """Take the worse answers at some photos."""
    either = ((a, b) for a, b in ((clear.stated, worse.stated), (clear.grades, worse.grades)))
    stated, grades = (
        tuple(w if bad else c for c, w, bad in zip(a, b, where, strict=True)) for a, b in either
    )
    return replace(
        clear,
        y_pred=np.where(where, worse.y_pred, clear.y_pred),
        probabilities=np.where(where[:, np.newaxis], worse.probabilities, clear.probabilities),
        degree=np.where(where, worse.degree, clear.degree),
        p_happy=np.where(where, worse.p_happy, clear.p_happy),
        stated=stated,
        grades=grades,
    )


def planted(predictions: Predictions, dataset: Dataset, repeats: int) -> list[dict[str, Any]]:
    clear = balanced_accuracy(predictions.y_true, predictions.y_pred)
    measured = []
    for radius in BLURS:
        worse = predict_dataset(Bundle.default(), blurred(dataset, radius))
        drop = clear - balanced_accuracy(worse.y_true, worse.y_pred)
        found, drops = _planted(predictions, worse, dataset, repeats)
        share = wilson(found, repeats).to_dict()
        print(f"blur {radius:g} px, {100 * drop:.1f} points over everybody: FAIR001 in {interval(share)}")
        low, middle, high = (round(float(end), 4) for end in np.quantile(drops, [0.025, 0.5, 0.975]))
        gaps = {"median": middle, "from": low, "to": high}
        measured.append({"blur_px": radius, "drop": round(drop, 4), "gaps_seen": gaps, "flagged": share})
    return measured


def _planted(
    predictions: Predictions, worse: Predictions, dataset: Dataset, repeats: int
) -> tuple[int, list[float]]:
    """Count the draws in which the blurred group is named, and gather the gaps that were there to be seen."""
    found, drops = 0, []
    for seed in range(repeats):
        data = drawn(dataset, {"group": ("clear", "blurred")}, seed, (0.75, 0.25))
        where = np.array(data.columns["group"]) == "blurred"
        audit = audited(mixed(predictions, worse, where), data, ["group"])
        (gap,) = [one for one in audit.gaps if one.metric == "balanced_accuracy"]
        drops.append((gap.difference.value or 0.0) * (1 if gap.lowest == "blurred" else -1))
        found += any(one.code == "FAIR001" and one.evidence["lowest"] == "blurred" for one in audit.findings)
    return found, drops


def fair(predictions: Predictions, dataset: Dataset, repeats: int) -> dict[str, Any]:
    alarms, by_code = 0, dict.fromkeys(("FAIR001", "FAIR002", "FAIR003", "FAIR005", "FAIR008"), 0)
    tests = []
    for seed in range(repeats):
        audit = audited(predictions, drawn(dataset, COLUMNS, 1000 + seed), list(COLUMNS))
        codes = {finding.code for finding in audit.findings} & set(by_code)
        alarms += bool(codes)
        tests.append(len(audit.gaps))
        for code in codes:
            by_code[code] += 1
    share = wilson(alarms, repeats).to_dict()
    print(
        f"fair, three columns, {min(tests)} to {max(tests)} tests: any alarm in {interval(share)} {by_code}"
    )
    return {"false_alarm": share, "by_code": by_code, "tests": [min(tests), max(tests)]}


def synthetic(n: int, seed: int = 0) -> tuple[Predictions, Dataset]:
    """Make up answers to photos of happy and sad faces, each of another person but for a fifth."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 2, n)
    logit = generator.normal(np.where(truth == 0, 2.2, -2.2), 1.5)
    p_happy = 1 / (1 + np.exp(-logit))
    said = np.where(np.abs(logit) < 0.5, "uncertain", np.where(logit > 0, "happy", "sad"))
    shares = np.zeros((n, 4))
    shares[np.arange(n), 2 * truth] = 1
    predictions = Predictions(
        labels=("happy", "sad"),
        y_true=truth,
        y_pred=(p_happy < 0.5).astype(np.int64),
        probabilities=np.stack([p_happy, 1 - p_happy], axis=1),
        stated=tuple(said.tolist()),
        degree=2 * p_happy - 1,
        p_happy=p_happy,
        shares=shares,
        grades=("neutral",) * n,
    )
    people = tuple(f"person {number}" for number in generator.integers(0, int(0.8 * n), n))
    dataset = Dataset(
        labels=("happy", "sad"),
        sources=(b"",) * n,
        targets=np.eye(2, dtype=np.float32)[truth],
        ids=tuple(str(row) for row in range(n)),
        splits=("",) * n,
        cropped=(False,) * n,
        columns={"identity": people},
    )
    return predictions, dataset


def speed(lfw: Dataset, photos: int) -> dict[str, Any]:
    predictions, dataset = synthetic(photos)
    started = time.perf_counter()
    audit = audited(predictions, drawn(dataset, COLUMNS, 0), list(COLUMNS))
    made_up = time.perf_counter() - started
    print(f"{photos:,} made-up predictions, three columns, {len(audit.gaps)} tests: {made_up:.1f} s")
    lfw = drawn(lfw.take(np.arange(min(photos, len(lfw)))), COLUMNS, 0)
    started = time.perf_counter()
    predictions = predict_dataset(Bundle.default(), lfw)
    reading = time.perf_counter() - started
    audit = audited(predictions, lfw, list(COLUMNS))
    whole = time.perf_counter() - started
    print(
        f"{len(lfw):,} photos, three columns, {len(audit.gaps)} tests: {whole:.1f} s, reading {reading:.1f} s"
    )
    return {
        "synthetic_seconds": round(made_up, 2),
        "photos": len(lfw),
        "tests": len(audit.gaps),
        "reading_seconds": round(reading, 1),
        "whole_seconds": round(whole, 1),
        "rounds": AuditOptions().rounds,
    }


def by_gender(predictions: Predictions, dataset: Dataset) -> dict[str, Any]:
    audit = audited(predictions, dataset, ["gender"])
    for group in audit.groups:
        if group.metrics:
            figure = group.metrics["balanced_accuracy"].to_dict()
            print(f"   {group.group}: balanced accuracy {interval(figure)}, {group.people} people")
    for gap in audit.gaps:
        if gap.metric == "balanced_accuracy":
            print(
                f"LFW, happy against neutral: {gap.highest} above {gap.lowest} by "
                f"{interval(gap.difference.to_dict())}, corrected p {gap.p_corrected:.3f}"
            )
    return {
        "groups": [group.to_dict() for group in audit.groups],
        "gaps": [gap.to_dict() for gap in audit.gaps],
        "findings": [finding.message for finding in audit.findings],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lfw", type=Path)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--photos", type=int, default=5000)
    parts = ("speed", "lfw_by_gender", "planted", "fair")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts, help="only some of it")
    arguments = parser.parse_args()
    every = open_dataset(arguments.lfw)
    both, _ = keep_labels(every, ["happy", "neutral"])
    validation = both.with_split("validation")
    predictions = predict_dataset(Bundle.default(), validation)
    measure: dict[str, Callable[[], Any]] = {
        "speed": lambda: speed(both, arguments.photos),
        "lfw_by_gender": lambda: by_gender(predictions, validation),
        "planted": lambda: planted(predictions, validation, arguments.repeats),
        "fair": lambda: fair(predictions, validation, arguments.repeats),
    }
    figures: dict[str, Any] = {"model": Bundle.default().id}
    figures |= {part: measure[part]() for part in parts if part in arguments.parts}
    write_results("audit", {"repeats": arguments.repeats, **figures})


if __name__ == "__main__":
    main()
