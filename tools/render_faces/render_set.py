"""Render the counterfactual set into a folder, then pack it into one Parquet file.

python render_set.py draw --work FOLDER          # about 15 minutes of one core; goes on where it stopped
python render_set.py pack --work FOLDER --out ../../src/emotion_classifier/assets/rendered
"""

from __future__ import annotations

import argparse
import io
import itertools
import time
from pathlib import Path

import numpy as np
from counterfactual_set import plan
from numpy.typing import NDArray

SIZE, OVERSAMPLING, QUALITY = 160, 2, 85


def draw(work: Path, shard: int, shards: int) -> None:
    """Render every picture that is not there yet."""
    from body import HeadModel
    from replay import Replay
    from scene import render

    work.mkdir(parents=True, exist_ok=True)
    model = HeadModel()
    groups = list(plan())
    for place, cells in enumerate(groups):
        missing = [cell for cell in cells if not (work / f"{cell.name}.webp").exists()]
        if place % shards != shard or not missing:
            continue
        start, replay = time.perf_counter(), Replay()
        for cell in missing:
            with replay.drawing():
                pixels = render(
                    model, cell.person(), cell.actions(), cell.view(), size=SIZE, oversampling=OVERSAMPLING
                )
            write(pixels, work / f"{cell.name}.webp")
        seconds = time.perf_counter() - start
        print(
            f"{place + 1}/{len(groups)} {cells[0].name} and {len(missing) - 1} more: {seconds:.1f} s",
            flush=True,
        )


def write(pixels: NDArray[np.uint8], target: Path) -> None:
    """Write a WebP; under another name first, since a half-written file must not look finished."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=QUALITY, method=6)
    partial = target.with_suffix(".part")
    partial.write_bytes(buffer.getvalue())
    partial.rename(target)


def pack(work: Path, out: Path) -> None:
    """Put pictures and parameters into `faces.parquet`, a row each, in the plan's order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = []
    for cell in itertools.chain(*plan()):
        data = (work / f"{cell.name}.webp").read_bytes()
        rows.append({"image": {"bytes": data, "path": f"{cell.name}.webp"}} | cell.row())
    out.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows).replace_schema_metadata(
        {
            "license": "CC0-1.0",
            "origin": "rendered by tools/render_faces/render_set.py; the people do not exist",
        }
    )
    # The pictures are compressed already.
    pq.write_table(table, out / "faces.parquet", compression="zstd", use_dictionary=True)
    print(f"{len(rows)} pictures, {(out / 'faces.parquet').stat().st_size / 1e6:.1f} MB")


def main() -> None:
    """Draw or pack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("draw", "pack"))
    parser.add_argument("--work", type=Path, required=True, help="folder of single pictures")
    parser.add_argument("--out", type=Path, help="folder for faces.parquet")
    parser.add_argument("--shard", default="0/1", help="which part of the pictures to draw, as 0/2")
    arguments = parser.parse_args()
    if arguments.step == "draw":
        shard, shards = (int(part) for part in arguments.shard.split("/"))
        draw(arguments.work, shard, shards)
    elif arguments.out is None:
        parser.error("pack needs --out")
    else:
        pack(arguments.work, arguments.out)


if __name__ == "__main__":
    main()
