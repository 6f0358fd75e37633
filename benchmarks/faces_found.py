"""How many faces are found on everyday photos: FairFace, training part, drawn at random, one face each.

    python benchmarks/faces_found.py ../shared/data

The pictures are 224 by 224 pixels with a quarter of margin, so the face fills them. The audit part of FairFace is left
alone here, because the limits of `faces/filling.py` were chosen on these pictures: the figure on the audit part, which
`labels.py` prints, is the fair one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from results import interval, write_results

from emotion_classifier.data import open_dataset
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.photo import read_photo


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the folder that has fairface/train.parquet")
    arguments = parser.parse_args()
    dataset = open_dataset(arguments.data / "fairface" / "train.parquet")
    rows = [row for row, drawn in enumerate(dataset.columns["drawn"]) if drawn == "random"]
    detector = FaceDetector()
    counts = [len(detector.detect(read_photo(dataset.sources[row]))) for row in rows]
    found = wilson(sum(count > 0 for count in counts), len(rows)).to_dict()
    several = wilson(sum(count > 1 for count in counts), len(rows)).to_dict()
    print(f"faces found on FairFace train random: {interval(found)}")
    print(f"more than one face reported: {interval(several)}")
    write_results("faces_found", {"found": found, "several": several})


if __name__ == "__main__":
    main()
