"""Can exchanged colours be told from a face? LFW and FairFace, training parts, faces drawn at random.

    python benchmarks/exchanged_colours.py ../shared/data

Each face is judged as it is, where a warning is a false alarm, and with red and blue exchanged, where it is due. Grey
pictures are among them, whose colours cannot be told to be exchanged, nor need to be.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from results import interval, write_results

from emotion_classifier.data import open_dataset
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.faces.colours import look_exchanged
from emotion_classifier.faces.pipeline import FacePipeline

FACES = 3000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the folder that has lfw/ and fairface/")
    parser.add_argument("--faces", type=int, default=FACES, help="pictures of each")
    arguments = parser.parse_args()
    figures = {}
    for name in ("lfw", "fairface"):
        dataset = open_dataset(arguments.data / name / "train.parquet")
        pipeline = FacePipeline()
        judged = []
        for row in np.random.default_rng(0).permutation(len(dataset))[: arguments.faces]:
            photo = pipeline.open(dataset.sources[row])
            if photo.main is not None:
                exchanged = photo.pixels[..., ::-1]
                judged.append(
                    (look_exchanged(photo.pixels, photo.main.box), look_exchanged(exchanged, photo.main.box))
                )
        alarms, hits = (wilson(sum(each), len(judged)).to_dict() for each in zip(*judged, strict=True))
        print(f"{name}: false alarms {interval(alarms)}, exchanged and told {interval(hits)}")
        figures[name] = {"false_alarms": alarms, "told": hits}
        write_results("exchanged_colours", figures)


if __name__ == "__main__":
    main()
