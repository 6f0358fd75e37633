"""Whether the maps of `explain` follow the network: deletion, insertion and pointing, beside maps that know less.

    python benchmarks/explain.py ../shared/data [--model BUNDLE] [--most 250] [--time]

On the stock photos and on FairFace's audit faces drawn at random, both of which nothing here was chosen on. Places of
a face are blurred away in the order of a map (deletion), or given back to a blurred face (insertion; Petsiuk et al.
2018). The area under the probability of the label, over the share of places, says how good the order was: lower is
better for deletion, higher for insertion. The same is done in the order of

- a random map: smooth noise on the map's grid, drawn anew for every face;
- a centred map: the middle first;
- the mean map: of all faces with that label, each in its own crop; crops are aligned, so it knows where mouths are;
- the parts of the face by what is lost when each is hidden, which `explain` draws where it has no map.

Differences are paired by face; intervals are a bootstrap of independent photos. Which labels `explain` has a map for
was chosen on FairFace's training faces; here it has to hold: a map that is no better than the mean map is not shown.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from results import interval, write_results

from emotion_classifier import Bundle, Dataset, EmotionClassifier, independent_groups, open_dataset
from emotion_classifier.evaluation.intervals import bootstrap
from emotion_classifier.explain.explainer import Explainer
from emotion_classifier.explain.occlusion import blurred, hide_parts
from emotion_classifier.explain.parts import PARTS, part_masks
from emotion_classifier.explain.score import sides, weights
from emotion_classifier.faces.align import face_window
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.faces.pipeline import FacePipeline
from emotion_classifier.model.scale import CANONICAL, gather, read_scale

Floats = npt.NDArray[np.float64]
Map = npt.NDArray[np.floating]
LABELS = ("happy", "sad", "neutral", "other")
# Shares of the places that are blurred or given back; denser where a mouth or a brow is.
SHARES = np.array([0.0, 0.03, 0.07, 0.12, 0.2, 0.3, 0.45, 0.65, 0.85, 1.0])
SETS = ("stock_photos", "fairface_audit")
PRIORS = ("random", "centred", "mean")
POINTED = ("mouth", "eyes", "brows")


@dataclass
class FaceRun:
    """One face: what the network took in, its label, and the maps to be compared."""

    row: int
    label: str
    pixels: npt.NDArray[np.uint8]
    masks: dict[str, npt.NDArray[np.bool_]]
    losses: dict[str, float]
    greyed: dict[str, float]
    maps: dict[str, Map]


def faces(dataset: Dataset, bundle: Bundle, cache: FaceCache, most: int) -> Iterator[FaceRun]:
    """Read the main face of every photo, up to `most` of a label."""
    pipeline, explainer = FacePipeline(cache=cache), Explainer(bundle)
    template, counts = bundle.config.preprocessing, dict.fromkeys(LABELS, 0)
    size = template.height, template.width
    for row, source in enumerate(dataset.sources):
        if min(counts.values()) == most:
            return
        crop = pipeline.open(source).main_crop(template)
        if crop is None:
            continue
        raw, maps = explainer.read(crop.pixels[np.newaxis])
        assert maps is not None, "this bundle has no maps"
        label = read_scale(raw, bundle.labels, bundle.config.scale)[0].label
        pair = sides(label, raw[0].astype(float), bundle.labels)
        if pair is None or counts[label] == most:
            continue
        counts[label] += 1
        masks = part_masks(crop.face, face_window(crop.face, template.framing, size), size)
        losses, greyed = (
            hidden(bundle, crop.pixels, masks, pair, fill) for fill in (None, grey(crop.pixels, masks))
        )
        told = np.asarray(maps[0] @ weights(raw[0], bundle.labels, pair))
        parts = sum(masks[name] * loss for name, loss in losses.items())
        yield FaceRun(
            row, label, crop.pixels, masks, losses, greyed, {"map": told, "parts": np.asarray(parts)}
        )


def hidden(
    bundle: Bundle, pixels: npt.NDArray[np.uint8], masks: Any, pair: tuple[str, str], fill: Any
) -> dict[str, float]:
    """Loss without each part, blurred or, with a fill, in one colour."""
    normalise = bundle.config.preprocessing.normalise
    found = hide_parts(bundle, pixels, masks, pair, lambda x: bundle.probabilities(normalise(x)), fill=fill)
    return {name: part.loss for name, part in found.items()}


def grey(pixels: npt.NDArray[np.uint8], masks: dict[str, npt.NDArray[np.bool_]]) -> npt.NDArray[np.uint8]:
    """One colour, the face's mean: another way to hide, which the words should not depend on."""
    face = np.any(list(masks.values()), axis=0)
    return np.broadcast_to(pixels[face].mean(axis=0).astype(np.uint8), pixels.shape)


def add_priors(runs: list[FaceRun], rng: np.random.Generator) -> None:
    """Give every face the maps that know less."""
    means = {
        label: np.mean([run.maps["map"] for run in runs if run.label == label], axis=0)
        for label in {run.label for run in runs}
    }
    for run in runs:
        grid = run.maps["map"].shape
        rows, columns = (np.arange(many) - (many - 1) / 2 for many in grid)
        run.maps["random"] = rng.normal(size=grid)
        run.maps["centred"] = -(rows[:, np.newaxis] ** 2 + columns**2)
        run.maps["mean"] = means[run.label]


def ranks(values: Map, size: tuple[int, int]) -> Floats:
    """Share of the places that come before each, shape `size`, by a map of any grid."""
    picture = Image.fromarray(values.astype(np.float32))
    fine = np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BICUBIC)).ravel()
    places = np.empty(fine.size)
    # Where a map says nothing, chance decides, and not the order of the rows.
    chance = np.random.default_rng(0).permutation(fine.size)
    places[chance[np.argsort(-fine[chance], kind="stable")]] = np.arange(fine.size) / fine.size
    return places.reshape(size)


def curves(run: FaceRun, bundle: Bundle) -> dict[str, tuple[float, float]]:
    """Area under the deletion and the insertion curve of each map."""
    pixels, away = run.pixels, blurred(run.pixels)
    size = pixels.shape[0], pixels.shape[1]
    inner = SHARES[1:-1]
    batch = [pixels, away]
    for values in run.maps.values():
        place = ranks(values, size)[..., np.newaxis]
        batch += [np.where(place < share, away, pixels) for share in inner]
        batch += [np.where(place < share, pixels, away) for share in inner]
    template = bundle.config.preprocessing
    raw = np.concatenate(
        [
            bundle.probabilities(template.normalise(np.stack(batch[at : at + 24])))
            for at in range(0, len(batch), 24)
        ]
    )
    said = gather(raw, bundle.labels)[:, CANONICAL.index(run.label)]
    whole, gone = said[0], said[1]
    found = {}
    for number, name in enumerate(run.maps):
        begin = 2 + 2 * number * len(inner)
        deleted, given = said[begin : begin + len(inner)], said[begin + len(inner) : begin + 2 * len(inner)]
        found[name] = (
            float(np.trapezoid([whole, *deleted, gone], SHARES)),
            float(np.trapezoid([gone, *given, whole], SHARES)),
        )
    return found


def peak(run: FaceRun, name: str) -> str | None:
    """Part of the face in which a map is highest; None: in none."""
    size = run.pixels.shape[0], run.pixels.shape[1]
    first = np.unravel_index(int(np.argmin(ranks(run.maps[name], size))), size)
    return next((part for part in PARTS if run.masks[part][first]), None)


def summary(runs: list[FaceRun], areas: list[dict[str, tuple[float, float]]], groups: Any) -> dict[str, Any]:
    """Figures of the faces of one label."""

    def estimate(values: list[float]) -> dict[str, Any]:
        array = np.asarray(values, float)
        return bootstrap(lambda rows: float(array[rows].mean()), len(array), groups=groups).to_dict()

    told: dict[str, Any] = {"n": len(runs)}
    for place, curve in enumerate(("deletion", "insertion")):
        told[curve] = {name: estimate([each[name][place] for each in areas]) for name in areas[0]}
        told[f"{curve}_gain"] = {
            f"{name} over {prior}": estimate(
                [(-1) ** (1 - place) * (each[name][place] - each[prior][place]) for each in areas]
            )
            for name in ("map", "parts")
            for prior in PRIORS
        }
    told["points_at_mouth_eyes_brows"] = {
        name: estimate([peak(run, name) in POINTED for run in runs]) for name in runs[0].maps
    }
    costly = [max(run.losses, key=lambda part: run.losses[part]) for run in runs]
    told["points_at_costliest_part"] = {
        name: estimate([peak(run, name) == part for run, part in zip(runs, costly, strict=True)])
        for name in runs[0].maps
        if name != "parts"
    }
    told["costliest_part"] = {part: costly.count(part) for part in PARTS}
    told["costliest_part_in_one_colour_too"] = estimate(
        [
            max(run.greyed, key=lambda part: run.greyed[part]) == part
            for run, part in zip(runs, costly, strict=True)
        ]
    )
    return told


def measured(dataset: Dataset, bundle: Bundle, most: int) -> dict[str, Any]:
    """Figures of one set, by label and for happy and sad together."""
    cache = FaceCache()
    runs = list(faces(dataset, bundle, cache, most))
    add_priors(runs, np.random.default_rng(0))
    groups = independent_groups(dataset.take([run.row for run in runs]), face_cache=cache)
    areas = [curves(run, bundle) for run in runs]
    told = {}
    for name, labels in {"happy or sad": LABELS[:2], **{label: (label,) for label in LABELS}}.items():
        kept = [number for number, run in enumerate(runs) if run.label in labels]
        if kept:
            told[name] = summary([runs[i] for i in kept], [areas[i] for i in kept], groups[kept])
    return told


def timed(sources: list[Any], bundle: Bundle) -> dict[str, Any]:
    """Milliseconds of a reading, and what the map and the hiding of parts add to it, one thread; medians of photos."""
    classifier = EmotionClassifier(bundle)
    explainer, pipeline = Explainer(bundle), FacePipeline()
    template = bundle.config.preprocessing
    names = ("network", "network_with_map", "predict", "explain")
    rows: list[dict[str, float]] = []
    for number, source in enumerate(sources):
        crop = pipeline.open(source).main_crop(template)
        if crop is None:
            continue
        one = crop.pixels[np.newaxis]
        works: dict[str, Callable[[], object]] = {
            "network": lambda one=one: classifier.predict_proba(one),  # type: ignore[misc]
            "network_with_map": lambda one=one: explainer.read(one),  # type: ignore[misc]
            "predict": lambda source=source: classifier.predict(source),  # type: ignore[misc]
            "explain": lambda source=source: classifier.explain(source),  # type: ignore[misc]
        }
        # Each is first as often as last, so that neither finds the other's caches warm.
        pair = (["network", "network_with_map"] * 3)[number % 2 : number % 2 + 4]
        spent: dict[str, list[float]] = {name: [] for name in works}
        for name in (*pair, "predict", "explain"):
            start = time.perf_counter()
            works[name]()
            spent[name].append(1000 * (time.perf_counter() - start))
        rows.append({name: float(np.mean(values)) for name, values in spent.items()})
    took = {name: np.array([row[name] for row in rows[2:]]) for name in names}  # The first two warm up.
    added, n = took["network_with_map"] - took["network"], len(rows) - 2

    def estimate(statistic: Callable[[npt.NDArray[np.int64]], float]) -> dict[str, Any]:
        return dict(bootstrap(statistic, n).to_dict())

    return {
        "median_ms": {
            name: estimate(lambda rows, each=each: float(np.median(each[rows])))  # type: ignore[misc]
            for name, each in took.items()
        },
        "map_ms": estimate(lambda rows: float(np.median(added[rows]))),
        "map_share_of_predict": estimate(
            lambda rows: float(np.median(added[rows]) / np.median(took["predict"][rows]))
        ),
    }


def show(name: str, told: dict[str, Any]) -> None:
    for label, figures in told.items():
        print(f"\n{name}: {label}, n = {figures['n']}")
        for part in ("deletion", "insertion", "deletion_gain", "insertion_gain"):
            for key, figure in figures[part].items():
                print(f"  {part:15} {key:20} {interval(figure)}")
        for part in ("points_at_mouth_eyes_brows", "points_at_costliest_part"):
            for key, figure in figures[part].items():
                print(f"  {part:27} {key:8} {interval(figure)}")
        print("  costliest part", figures["costliest_part"])
        print("  the same in one colour", interval(figures["costliest_part_in_one_colour_too"]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder with stock_photos and fairface/audit.parquet")
    parser.add_argument("--model", default="default", help="folder of a bundle")
    parser.add_argument("--most", type=int, default=250, help="faces of a label in a set")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--time", action="store_true", help="measure only what the map costs")
    arguments = parser.parse_args()
    bundle = Bundle.load(arguments.model)
    if arguments.time:
        cost = timed(list(open_dataset(arguments.data / "stock_photos").sources), bundle)
        for name, figure in cost["median_ms"].items():
            print(f"{name} (ms): {interval(figure)}")
        print(f"what the map adds (ms): {interval(cost['map_ms'])}")
        print(f"its share of predict: {interval(cost['map_share_of_predict'])}")
        write_results("explain_time", cost)
        return
    for name in arguments.sets:
        told = measured(opened(arguments.data, name), bundle, arguments.most)
        show(name, told)
        write_results(f"explain_{name}", {"model": bundle.id, "most": arguments.most, **told})


def opened(data: Path, name: str) -> Dataset:
    """Open one of `SETS`; of FairFace, the faces drawn at random."""
    if name == "stock_photos":
        return open_dataset(data / name)
    dataset = open_dataset(data / "fairface" / "audit.parquet")
    return dataset.take([row for row, how in enumerate(dataset.columns["drawn"]) if how == "random"])


if __name__ == "__main__":
    main()
