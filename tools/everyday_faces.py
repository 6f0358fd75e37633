"""Split the FairFace readings into faces to learn from and everyday faces to fit the scale on.

    python tools/everyday_faces.py ../shared/data/fairface/train.parquet build/everyday

Set aside are the faces that were drawn at random and read twice. All that the first reading calls sad were read again,
of the others only some: a column ``weight`` says how many faces drawn at random each stands for. ``--read-again
default-model/readings/read_again.csv`` adds the votes of one more reading to faces to learn from.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

# A reading counts as five votes.
VOTES = {
    "H": {"happiness": 5},
    "h": {"happiness": 3, "neutral": 2},
    "n": {"neutral": 5},
    "s": {"sadness": 3, "neutral": 2},
    "S": {"sadness": 5},
    "o": {"unknown": 5},
    "x": {"NF": 5},
}


def main() -> None:
    """Write ``learn/train.parquet`` and ``calibrate/validation.parquet``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("faces", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--read-again", type=Path, metavar="CSV", help="further readings: file, reading")
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
    calibrate = table.append_column("weight", weight).filter(aside)
    learn, again = table.filter(pc.invert(aside)), 0
    if arguments.read_again:
        learn, again = with_votes_added(learn, arguments.read_again)
    pq.write_table(learn, arguments.out / "learn" / "train.parquet")
    pq.write_table(calibrate, arguments.out / "calibrate" / "validation.parquet")
    print(
        f"{learn.num_rows:,} faces to learn from, {again:,} of them read again; {calibrate.num_rows:,} set aside; "
        f"one not called sad stands for {stands_for:.2f}"
    )


def with_votes_added(table: pa.Table, readings: Path) -> tuple[pa.Table, int]:
    """Add the votes of the faces that were read again; also say how many those are."""
    with readings.open(encoding="utf-8", newline="") as file:
        again = {row["file"]: VOTES[row["reading"]] for row in csv.DictReader(file)}
    files = pc.struct_field(table["image"], "path").to_pylist()
    for name in ("neutral", "happiness", "sadness", "unknown", "NF"):
        votes = [
            count + again.get(file, {}).get(name, 0)
            for count, file in zip(table[name].to_pylist(), files, strict=True)
        ]
        index = table.schema.get_field_index(name)
        table = table.set_column(index, name, pa.array(votes, table.schema.field(name).type))
    return table, sum(file in again for file in files)


if __name__ == "__main__":
    main()
