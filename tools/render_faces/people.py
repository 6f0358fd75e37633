"""The invented people of the shipped pictures: a seeded draw, balanced over ancestry, sex and age."""

from __future__ import annotations

import numpy as np
from person import Colour, Person, View

# Skin tones drawn for each of anny's three ancestry parameters.
TONES = {
    "african": ("tan", "brown", "dark", "brown"),
    "asian": ("fair", "medium", "light", "medium"),
    "caucasian": ("light", "fair", "fair", "medium"),
}
# anny's age parameter: 2/3 is a young adult, 1 is old.
AGES = (0.6, 0.68, 0.78, 0.9)
SHIRTS: tuple[Colour, ...] = (
    (70, 92, 122),
    (142, 66, 62),
    (188, 186, 178),
    (66, 104, 84),
    (54, 54, 60),
    (172, 140, 92),
)
WALLS: tuple[Colour, ...] = (
    (158, 166, 172),
    (186, 178, 166),
    (132, 146, 142),
    (172, 160, 164),
    (112, 122, 134),
)


def invent(index: int, seed: int) -> Person:
    """One invented person; the same numbers give the same person."""
    draw = np.random.default_rng([seed, index])
    ancestry = ("african", "asian", "caucasian")[index % 3]
    female = index // 3 % 2 == 1
    age = AGES[(index // 6 * 2 + index % 2) % 4] + draw.uniform(-0.03, 0.03)
    phenotype = {"african": 0.0, "asian": 0.0, "caucasian": 0.0, ancestry: 1.0}
    phenotype |= {"gender": 0.93 if female else 0.08, "age": age, "weight": draw.uniform(0.35, 0.7)}
    dark_haired = ancestry != "caucasian"
    colours = ["black", "black", "dark brown"] if dark_haired else ["brown", "dark brown", "blond", "red"]
    hair = str(draw.choice(colours))
    if age > 0.85:
        hair = str(draw.choice(["grey", "white"]))
    eyes = ["dark", "brown"] if dark_haired else ["blue", "green", "brown", "hazel", "grey"]
    combed = "back" if female else str(draw.choice(["crown", "side", "back"]))
    return Person(
        phenotype=phenotype,
        local=_features(draw),
        skin=TONES[ancestry][int(draw.integers(4))],
        hair=hair,
        eyes=str(draw.choice(eyes)),
        hair_length=float(draw.uniform(0.012, 0.02) if female else draw.uniform(0.008, 0.022)),
        combed=combed,
        hairline=0.0 if female else float(max(0.0, age - 0.7) * draw.uniform(0.0, 0.08)),
        beard=0.0 if female else float(draw.choice([0.1, 0.25, 0.45])),
        lipstick=float(draw.choice([0.0, 0.15, 0.35])) if female else 0.0,
        shirt=SHIRTS[int(draw.integers(len(SHIRTS)))],
    )


def _features(draw: np.random.Generator) -> dict[str, float]:
    """Small differences of feature that leave the expression alone."""
    names = ("nose-scale-horiz-incr", "nose-scale-vert-incr", "chin-height-incr", "head-scale-horiz-incr")
    both = ("cheek-bones-incr", "eye-scale-incr", "ear-scale-incr")
    local = {name: float(draw.uniform(-0.35, 0.35)) for name in names}
    for name in both:
        local["l-" + name] = local["r-" + name] = float(draw.uniform(-0.3, 0.3))
    return local


def look(index: int, seed: int, *, width: float) -> View:
    """Choose a slightly turned head in changing light."""
    draw = np.random.default_rng([seed, index, 1])
    side = 1 if draw.random() < 0.5 else -1
    return View(
        yaw=float(draw.uniform(-16, 16)),
        pitch=float(draw.uniform(-5, 6)),
        roll=float(draw.uniform(-5, 5)),
        width=width * float(draw.uniform(0.94, 1.06)),
        key=(side * float(draw.uniform(15, 50)), float(draw.uniform(18, 42))),
        key_strength=float(draw.uniform(0.8, 1.05)),
        fill_strength=float(draw.uniform(0.4, 0.75)),
        background=WALLS[int(draw.integers(len(WALLS)))],
    )
