"""Whether a bundle knows the photos it learned from: copies recognised, and other photos mistaken for one."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from results import interval, write_results

from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.model.known_photos import LIMIT, Hashes, KnownPhotos, photo_hash
from emotion_classifier.photo import read_photo

SEED = 0
LIMITS = (16, 20, 24, 28, 32, 36)
THUMB, SHIFT = 48, 4
SAME = 0.85  # of the correlation of two thumbnails at the best shift: one picture, cut twice
Thumbs = npt.NDArray[np.uint8]
Copy = Callable[[Image.Image], bytes]


def encoded(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=70)
    return buffer.getvalue()


def smaller(picture: Image.Image) -> Image.Image:
    return picture.resize((round(picture.width * 0.7), round(picture.height * 0.7)), Image.Resampling.BICUBIC)


def lossless(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


COPIES: dict[str, Copy] = {
    "encoded anew (JPEG 70)": encoded,
    "70 % of the size": lambda picture: lossless(smaller(picture)),
    "both": lambda picture: encoded(smaller(picture)),
}


@dataclass(frozen=True)
class Photos:
    """Hashes of photos, and thumbnails to hold two of them against each other."""

    hashes: Hashes
    thumbs: Thumbs


def sets(data: Path) -> Iterator[tuple[str, Dataset, Dataset]]:
    """Name, photos that are learned from, other photos."""
    for name in ("ferplus", "lfw"):
        yield (
            name,
            open_dataset(data / name / "train.parquet"),
            open_dataset(data / name / "validation.parquet"),
        )
    fairface = open_dataset(data / "fairface" / "train.parquet")
    drawn = np.random.default_rng(SEED).permutation(len(fairface))
    half = len(drawn) // 2
    yield "fairface", fairface.take(np.sort(drawn[half:])), fairface.take(np.sort(drawn[:half]))


def look(dataset: Dataset) -> Photos:
    hashes, thumbs = [], []
    for source in dataset.sources:
        photo = read_photo(source)
        hashes.append(photo_hash(photo))
        small = Image.fromarray(photo).convert("L").resize((THUMB, THUMB), Image.Resampling.BOX)
        thumbs.append(np.asarray(small))
    return Photos(np.array(hashes), np.array(thumbs))


def nearest(known: Hashes, asked: Hashes) -> npt.NDArray[np.int64]:
    """Bits by which each photo differs from the nearest that is known."""
    words = np.ascontiguousarray(known).view(np.uint64)
    rows = np.ascontiguousarray(asked).view(np.uint64)
    return np.array([np.bitwise_count(words ^ row).sum(axis=1).min() for row in rows], np.int64)


def by_limit(away: npt.NDArray[np.int64]) -> dict[str, int]:
    """Count photos within each limit that might have been chosen."""
    return {f"within {limit} bits": int((away <= limit).sum()) for limit in LIMITS}


def recognised(known: KnownPhotos, dataset: Dataset, copy: Copy) -> dict[str, object]:
    hashes = [photo_hash(read_photo(copy(Image.fromarray(read_photo(source))))) for source in dataset.sources]
    found = known.among(np.array(hashes))
    return {
        "recognised": wilson(int(found.sum()), len(found)).to_dict(),
        **by_limit(nearest(known.hashes, np.array(hashes))),
    }


def alike(first: Thumbs, second: Thumbs) -> float:
    """Correlation of two thumbnails at the shift where it is largest: 1 for copies, whatever the light."""
    inner = first[SHIFT:-SHIFT, SHIFT:-SHIFT].astype(np.float64).ravel()
    side = THUMB - 2 * SHIFT
    return max(
        float(np.corrcoef(inner, second[y : y + side, x : x + side].astype(np.float64).ravel())[0, 1])
        for y in range(2 * SHIFT + 1)
        for x in range(2 * SHIFT + 1)
    )


def mistaken(known: KnownPhotos, everything: Photos, asked: Photos) -> dict[str, object]:
    """Ask about photos that were not learned from; those that are the same picture as one that was count apart."""
    away = nearest(known.hashes, asked.hashes)
    twins = [row for row in np.flatnonzero(away <= max(LIMITS)) if same_picture(everything, asked, int(row))]
    others = np.setdiff1d(np.arange(len(away)), twins)
    wrong = int(known.among(asked.hashes[others]).sum())
    return {
        "same picture, cut again": {"n": len(twins), **by_limit(away[twins])},
        "mistaken": wilson(wrong, len(others)).to_dict(),
        **by_limit(away[others]),
    }


def told(figure: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {interval(value) if 'value' in value else value}"
        if isinstance(value, dict)
        else f"{name}: {value}"
        for name, value in figure.items()
    )


def same_picture(known: Photos, others: Photos, row: int) -> bool:
    """Whether one of the photos that another is nearest to is, by its pixels, a cut of the same picture."""
    away = np.bitwise_count(known.hashes ^ others.hashes[row]).sum(axis=1)
    return any(
        alike(others.thumbs[row], known.thumbs[near]) >= SAME for near in np.flatnonzero(away <= max(LIMITS))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--copies", type=int, default=600, help="photos of each set that are copied")
    arguments = parser.parse_args()
    learned, held, looks = {}, {}, []
    for name, train, others in sets(arguments.data):
        learned[name], held[name] = train, look(others)
        looks.append(look(train))
        plain = int((~looks[-1].hashes.any(axis=1)).sum())
        counted = f"{len(train):,} learned from ({plain} too plain to be known), {len(others):,} others"
        print(f"{name}: {counted}", flush=True)
    everything = Photos(
        np.concatenate([each.hashes for each in looks]), np.concatenate([each.thumbs for each in looks])
    )
    known = KnownPhotos.of(everything.hashes)
    figures: dict[str, object] = {"known": len(known), "limit": LIMIT, "bytes": len(known.to_bytes())}
    for name, asked in held.items():
        figures[f"{name}, others"] = figure = mistaken(known, everything, asked)
        print(f"{name}, other photos: {told(figure)}", flush=True)
    rng = np.random.default_rng(SEED)
    for name, dataset in learned.items():
        some = dataset.take(np.sort(rng.permutation(len(dataset))[: arguments.copies]))
        for what, copy in COPIES.items():
            figures[f"{name}, {what}"] = figure = recognised(known, some, copy)
            print(f"{name}, {what}: {told(figure)}", flush=True)
    write_results("trained_on", figures)


if __name__ == "__main__":
    main()
