"""Tell a bundle which photos it learned from, without training it again.

    python tools/hash_known_photos.py build/default ../shared/data/ferplus ../shared/data/lfw \
        ../shared/data/fairface/train.parquet default-model/rendered

For bundles that were trained before bundles kept this. Every row of a dataset counts that a training would have taken:
its split is train, or it has none. What the bundle knows already is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from emotion_classifier.data import open_dataset
from emotion_classifier.errors import DatasetError
from emotion_classifier.model.bundle import Bundle, rewrite
from emotion_classifier.model.known_photos import KnownPhotos, hash_photos


def add_photos(bundle: Bundle, data: Sequence[Path], *, whole: bool = False) -> Bundle:
    """Write a bundle again, with the hashes of the training rows of some datasets among those it keeps.

    Parameters
    ----------
    bundle : Bundle
    data : sequence of Path
        Whatever `open_dataset` takes.
    whole : bool
        These are all, those of the models that the bundle began with included.

    Raises
    ------
    DatasetError
        If one of them has no rows to learn from.
    """
    before = bundle.known_photos()
    known = KnownPhotos() if before is None else before
    for path in data:
        rows = open_dataset(path).with_split("train", "")
        if not len(rows):
            raise DatasetError(f"{path} has no rows whose split is train, or that have none.")
        known |= KnownPhotos.of(hash_photos(rows.sources))
        print(f"{path}: {len(rows):,} photos; the bundle knows {len(known):,} now", flush=True)
    return rewrite(bundle, photos=KnownPhotos(known.hashes) if whole else known)


def main() -> None:
    """Add the photos of the datasets named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", type=Path, help="folder of the bundle; its config.json is written anew")
    parser.add_argument("data", type=Path, nargs="+", help="class folders or Parquet")
    parser.add_argument(
        "--whole", action="store_true", help="these are all, those of the models it began with included"
    )
    arguments = parser.parse_args()
    add_photos(Bundle.load(arguments.bundle), arguments.data, whole=arguments.whole)


if __name__ == "__main__":
    main()
