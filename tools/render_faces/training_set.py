"""Render faces to train on: other people than those of the counterfactual set, drawn by seed.

python training_set.py draw --work FOLDER            # about a quarter of an hour of one core; goes on where it stopped
python training_set.py pack --work FOLDER --out FOLDER/faces.parquet

Every person shows four strengths of expression. Ancestry, sex, age and skin tone are drawn independently of one another
and of the expression, so that nothing about a face but its expression says which one it is.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from counterfactual_set import ANCESTRIES, metered
from people import SHIRTS, WALLS, invent
from person import BROAD_SMILE, DEEP_FROWN, SKIN_TONES, Person, View, expression

SEED, PEOPLE, EACH = 20_000, 112, 4
SIZE, OVERSAMPLING, QUALITY = 128, 2, 88


@dataclass(frozen=True)
class Sitting:
    """One picture: who, from where, and how happy (-1 to 1)."""

    name: str
    person: Person
    view: View
    strength: float


def person(index: int) -> Person:
    """Draw somebody; shapes between the ancestry parameters as well as at them."""
    draw = np.random.default_rng([SEED, index])
    shares = draw.dirichlet([0.35] * 3)
    sex = float(np.clip(draw.choice([0.08, 0.93]) + draw.normal(0, 0.12), 0, 1))
    phenotype = dict(zip(ANCESTRIES, map(float, shares), strict=True))
    phenotype |= {
        "gender": sex,
        "age": float(draw.uniform(0.37, 1.0)),
        "weight": float(draw.uniform(0.3, 0.75)),
    }
    return dataclasses.replace(
        invent(index, SEED),
        phenotype=phenotype,
        skin=str(draw.choice(list(SKIN_TONES))),
        hair=str(draw.choice(["black", "dark brown", "brown", "blond", "red", "grey", "white"])),
        hair_length=float(draw.choice([0.0, 0.009, 0.014, 0.02])),
        combed=str(draw.choice(["crown", "side", "back"])),
        beard=float(draw.choice([0.0, 0.2, 0.45])) if sex < 0.5 else 0.0,
        lipstick=float(draw.choice([0.0, 0.2, 0.4])) if sex > 0.5 else 0.0,
        folds=float(draw.uniform(0, 1)),
        shirt=SHIRTS[int(draw.integers(len(SHIRTS)))],
    )


def sittings() -> Iterator[Sitting]:
    """List every picture, person by person; strengths cover the whole range evenly."""
    for index in range(PEOPLE):
        who = person(index)
        for turn in range(EACH):
            draw = np.random.default_rng([SEED, index, turn])
            # One draw from each quarter of the range, pushed a little to its ends.
            strength = float(np.clip(1.1 * (2 * (turn + draw.random()) / EACH - 1), -1, 1))
            view = View(
                yaw=float(np.clip(draw.normal(0, 16), -45, 45)),
                pitch=float(draw.normal(0, 6)),
                roll=float(draw.normal(0, 5)),
                width=0.28 * float(draw.uniform(0.92, 1.1)),
                key=(float(draw.uniform(-70, 70)), float(draw.uniform(5, 50))),
                key_strength=float(draw.uniform(0.7, 1.1)),
                fill_strength=float(draw.uniform(0.15, 0.8)),
                background=WALLS[int(draw.integers(len(WALLS)))],
                exposure=metered(who.skin) * float(np.exp(draw.normal(0, 0.3))),
                tint=tuple(float(gain) for gain in np.exp(draw.normal(0, 0.1, 3))),  # type: ignore[arg-type]
            )
            yield Sitting(f"{index:03d}-{turn}", who, view, round(strength, 3))


def votes(strength: float) -> dict[str, float]:
    """Say what ten raters are taken to see: the share of the expression grows as its strength to the power of 1.5.

    Nobody rated these pictures. A full smile is given 9.5 votes and a full frown 8, about what raters and the model
    say of the clearest photos; what matters for fairness is that the votes depend on the strength alone.
    """
    happy, sad = 9.5 * max(strength, 0) ** 1.5, 8.0 * max(-strength, 0) ** 1.5
    named = {"happiness": happy, "sadness": sad, "neutral": 9.6 - happy - sad, "unknown": 0.0}
    rest = dict.fromkeys(("surprise", "anger", "disgust", "fear", "contempt"), 0.08)
    return {name: round(count, 3) for name, count in (named | rest).items()}


def draw_all(work: Path) -> None:
    """Render every picture that is not there yet."""
    from body import HeadModel
    from PIL import Image
    from scene import render

    work.mkdir(parents=True, exist_ok=True)
    model = HeadModel()
    for sitting in sittings():
        target = work / f"{sitting.name}.webp"
        if target.exists():
            continue
        start = time.perf_counter()
        actions = expression(sitting.strength, BROAD_SMILE, DEEP_FROWN)
        pixels = render(model, sitting.person, actions, sitting.view, size=SIZE, oversampling=OVERSAMPLING)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "WEBP", quality=QUALITY, method=6)
        # Written under another name first: a half-written file must not look finished.
        partial = target.with_suffix(".part")
        partial.write_bytes(buffer.getvalue())
        partial.rename(target)
        print(f"{sitting.name} {time.perf_counter() - start:.2f} s", flush=True)


def pack(work: Path, out: Path) -> None:
    """Put the pictures that are there, and their parameters, into one Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = []
    for sitting in sittings():
        path = work / f"{sitting.name}.webp"
        if path.exists():
            row: dict[str, Any] = {"image": {"bytes": path.read_bytes(), "path": path.name}}
            row |= {"identity": sitting.name.partition("-")[0], "strength": sitting.strength}
            row |= {"skin_tone": sitting.person.skin, **sitting.person.phenotype}
            row |= {"cropped": False, **votes(sitting.strength)}
            rows.append(row)
    out.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), out, compression="zstd")
    print(f"{len(rows)} pictures, {out.stat().st_size / 1e6:.1f} MB")


def main() -> None:
    """Draw or pack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=("draw", "pack"))
    parser.add_argument("--work", type=Path, required=True, help="folder of single pictures")
    parser.add_argument("--out", type=Path, help="Parquet file")
    arguments = parser.parse_args()
    if arguments.step == "draw":
        draw_all(arguments.work)
    elif arguments.out is None:
        parser.error("pack needs --out")
    else:
        pack(arguments.work, arguments.out)


if __name__ == "__main__":
    main()
