"""Lay some faces of the counterfactual set out on one picture: python contact_sheet.py faces.parquet OUT.jpg."""

from __future__ import annotations

import io
import sys

import pyarrow.parquet as pq
from PIL import Image

CELL = 92
STRENGTHS = (-1.0, -0.5, 0.0, 0.5, 1.0)
ROWS = (
    ("african-female-young-dark-frontal-standard", "caucasian-male-old-light-frontal-standard"),
    ("asian-male-middle-aged-medium-frontal-standard", "african-male-child-light-frontal-standard"),
    ("caucasian-female-child-brown-frontal-standard", "asian-female-old-tan-frontal-standard"),
    ("caucasian-female-young-dark-40-to-the-left-standard", "asian-male-young-light-frontal-side"),
    ("african-male-young-medium-frontal-dim", "caucasian-male-young-light-frontal-warm"),
)


def main() -> None:
    """Write the picture."""
    source, out = sys.argv[1:]
    table = pq.read_table(source, columns=["image", "identity", "expression"]).to_pylist()
    found = {(row["identity"], row["expression"]): row["image"]["bytes"] for row in table}
    sheet = Image.new("RGB", (CELL * 2 * len(STRENGTHS) + 12, CELL * len(ROWS)), "white")
    for down, pair in enumerate(ROWS):
        for side, identity in enumerate(pair):
            for across, strength in enumerate(STRENGTHS):
                with Image.open(io.BytesIO(found[identity, strength])) as picture:
                    small = picture.convert("RGB").resize((CELL, CELL), Image.Resampling.LANCZOS)
                sheet.paste(small, ((side * len(STRENGTHS) + across) * CELL + 12 * side, down * CELL))
    sheet.save(out, quality=85, optimize=True)


if __name__ == "__main__":
    main()
