"""Whether a bundle knows the photos it learned from: copies recognised, and other photos mistaken for one."""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from results import interval, write_results

from emotion_classifier.data import Dataset, open_dataset
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.known_photos import LIMIT, Hashes, KnownPhotos, photo_hash
from emotion_classifier.photo import read_photo

SEED = 0
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


def recognised(known: KnownPhotos, dataset: Dataset, copy: Copy) -> dict[str, float | int | None]:
    hashes = [photo_hash(read_photo(copy(Image.fromarray(read_photo(source))))) for source in dataset.sources]
    found = known.among(np.array(hashes))
    return wilson(int(found.sum()), len(found)).to_dict()


def alike(first: Thumbs, second: Thumbs) -> float:
    """Correlation of two thumbnails at the shift where it is largest: 1 for copies, whatever the light."""
    inner = first[SHIFT:-SHIFT, SHIFT:-SHIFT].astype(np.float64).ravel()
    side = THUMB - 2 * SHIFT
    return max(
        float(np.corrcoef(inner, second[y : y + side, x : x + side].astype(np.float64).ravel())[0, 1])
        for y in range(2 * SHIFT + 1)
        for x in range(2 * SHIFT + 1)
    )


def same_picture(known: Photos, others: Photos, row: int) -> bool:
    """Whether one of the photos that another is mistaken for is, by its pixels, a cut of the same picture."""
    away = np.bitwise_count(known.hashes ^ others.hashes[row]).sum(axis=1)
    return any(
        alike(others.thumbs[row], known.thumbs[near]) >= SAME for near in np.flatnonzero(away <= LIMIT)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--copies", type=int, default=1000, help="photos of each set that are copied")
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
    rng = np.random.default_rng(SEED)
    for name, dataset in learned.items():
        some = dataset.take(np.sort(rng.permutation(len(dataset))[: arguments.copies]))
        for what, copy in COPIES.items():
            figure = recognised(known, some, copy)
            figures[f"{name}, {what}"] = figure
            print(f"{name}, {what}: recognised {interval(figure)}", flush=True)
    for name, asked in held.items():
        matched = np.flatnonzero(known.among(asked.hashes))
        twins = [row for row in matched if same_picture(everything, asked, int(row))]
        n = len(asked.hashes)
        mistaken = wilson(len(matched) - len(twins), n - len(twins)).to_dict()
        figures[f"{name}, others"] = {"same picture": len(twins), "mistaken": mistaken}
        print(f"{name}, other photos: {len(twins)} are the same picture, cut again")
        print(f"{name}, other photos: of the rest mistaken {interval(mistaken)}", flush=True)
    write_results("trained_on", figures)


if __name__ == "__main__":
    main()
