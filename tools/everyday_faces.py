"""Split the FairFace readings into faces to learn from and everyday faces to fit the scale on.

    python tools/everyday_faces.py ../shared/data/fairface/train.parquet build/everyday

Set aside are the faces that were drawn at random and read twice. All that the first reading calls sad were read again,
of the others only some: a column ``weight`` says how many faces drawn at random each stands for.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def main() -> None:
    """Write ``learn/train.parquet`` and ``calibrate/validation.parquet``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faces", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    table = pq.read_table(arguments.faces)
    drawn = pc.equal(table["drawn"], "random")
    twice = pc.is_valid(table["reading_2"])
    aside = pc.and_(drawn, twice)
    first_sad = pc.is_in(table["reading_1"], pa.array(["s", "S"]))
    others = pc.and_(drawn, pc.invert(first_sad))
    stands_for = pc.sum(others).as_py() / pc.sum(pc.and_(others, twice)).as_py()
    weight = pc.if_else(first_sad, 1.0, stands_for)
    (arguments.out / "learn").mkdir(parents=True, exist_ok=True)
    (arguments.out / "calibrate").mkdir(parents=True, exist_ok=True)
    learn, calibrate = table.filter(pc.invert(aside)), table.append_column("weight", weight).filter(aside)
    pq.write_table(learn, arguments.out / "learn" / "train.parquet")
    pq.write_table(calibrate, arguments.out / "calibrate" / "validation.parquet")
    print(
        f"{learn.num_rows:,} faces to learn from, {calibrate.num_rows:,} set aside; "
        f"one not called sad stands for {stands_for:.2f}"
    )


if __name__ == "__main__":
    main()
