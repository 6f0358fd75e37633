"""Plan of the counterfactual set: the same expressions on faces that differ in one thing at a time.

Three blocks, each fully crossed:

- core: ancestry x sex x age x skin tone, seen from the front in standard light, at nine strengths;
- pose: one adult head of each ancestry and sex, three tones, turned and tilted, at five strengths;
- light: the same heads and tones under other lights, at five strengths.

Hair, eyes, clothes, features and background never change.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from paint import linear
from person import BROAD_SMILE, DEEP_FROWN, SKIN_TONES, Person, View, expression

ANCESTRIES = ("african", "asian", "caucasian")
SEXES = {"female": 0.93, "male": 0.08}
AGES = {"child": 0.4, "young": 0.66, "middle-aged": 0.82, "old": 0.98}
STRENGTHS = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
FEW_STRENGTHS = (-1.0, -0.5, 0.0, 0.5, 1.0)
FEW_TONES = ("light", "medium", "dark")
FRONTAL, STANDARD = "frontal", "standard"
POSES: dict[str, tuple[float, float]] = {
    "40° to the left": (-40.0, 0.0),
    "20° to the right": (20.0, 0.0),
    "12° up": (0.0, -12.0),
    "12° down": (0.0, 12.0),
}
LIGHTS: dict[str, dict[str, Any]] = {
    "dim": {"gain": 0.35},
    "bright": {"gain": 1.8},
    "side": {"key": (-75.0, 15.0), "fill_strength": 0.12},
    "warm": {"tint": (1.2, 0.95, 0.55)},
}
SAME_LAMPS = ("dim", "bright", "warm")  # Only the camera differs from the standard light.
WIDTH = 0.28  # metres across the picture
# A camera meters the face in part: the exposure follows the skin's luminance by this power.
GREY, METERING = 0.25, 0.35


@dataclass(frozen=True)
class Cell:
    """One picture of the set, by the levels of its factors."""

    block: str
    ancestry: str
    sex: str
    age: str
    skin_tone: str
    expression: float
    pose: str = FRONTAL
    light: str = STANDARD

    @property
    def head(self) -> str:
        """The shape: people of one head differ in skin tone, pose and light only."""
        return f"{self.ancestry}-{self.sex}-{self.age}"

    @property
    def identity(self) -> str:
        """Everything but the expression."""
        name = "-".join((self.head, self.skin_tone, self.pose, self.light))
        return name.replace("°", "").replace(" ", "-")

    @property
    def name(self) -> str:
        """File name without suffix."""
        return f"{self.identity}_{self.expression:+.2f}"

    def person(self) -> Person:
        """Who is drawn."""
        phenotype = dict.fromkeys(ANCESTRIES, 0.0) | {self.ancestry: 1.0}
        phenotype |= {"gender": SEXES[self.sex], "age": AGES[self.age], "weight": 0.5}
        return Person(
            phenotype,
            skin=self.skin_tone,
            hair="dark brown",
            eyes="brown",
            hair_length=0.014,
            combed="back",
            folds=1.0,
            shirt=(70, 92, 122),
        )

    def view(self) -> View:
        """From where, and in what light."""
        yaw, pitch = POSES.get(self.pose, (0.0, 0.0))
        options = dict(LIGHTS.get(self.light, {}))
        exposure = metered(self.skin_tone) * options.pop("gain", 1.0)
        return dataclasses.replace(
            View(yaw=yaw, pitch=pitch, width=WIDTH, exposure=round(exposure, 4)), **options
        )

    def actions(self) -> dict[str, float]:
        """Facial actions of the expression."""
        return expression(self.expression, BROAD_SMILE, DEEP_FROWN)

    def row(self) -> dict[str, Any]:
        """Every parameter, one column each, as the Parquet file holds them."""
        view = self.view()
        row = {"identity": self.identity, "head": self.head} | dataclasses.asdict(self)
        row |= {"age_parameter": AGES[self.age], "gender_parameter": SEXES[self.sex], "weight_parameter": 0.5}
        for name, value in zip(("red", "green", "blue"), SKIN_TONES[self.skin_tone], strict=True):
            row[f"skin_{name}"] = value
        row |= {"yaw": view.yaw, "pitch": view.pitch, "roll": view.roll, "exposure": view.exposure}
        row |= {"key_azimuth": view.key[0], "key_height": view.key[1], "fill_strength": view.fill_strength}
        for name, value in zip(("red", "green", "blue"), view.tint, strict=True):
            row[f"tint_{name}"] = float(value)
        return row


def metered(skin_tone: str) -> float:
    """Exposure that a camera with partial face metering would choose."""
    red, green, blue = linear(SKIN_TONES[skin_tone])
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return float(0.5 * (GREY / luminance) ** METERING)


def plan() -> Iterator[tuple[Cell, ...]]:
    """List every picture, in groups of one shape, one pose and the same lamps."""
    heads = list(itertools.product(ANCESTRIES, SEXES, AGES))
    for head, strength in itertools.product(heads, STRENGTHS):
        yield tuple(Cell("core", *head, tone, strength) for tone in SKIN_TONES)
    adults = [head for head in heads if head[2] == "young"]
    for lights in (SAME_LAMPS, [light for light in LIGHTS if light not in SAME_LAMPS]):
        for head, strength in itertools.product(adults, FEW_STRENGTHS):
            pairs = itertools.product(lights, FEW_TONES)
            yield tuple(Cell("light", *head, tone, strength, light=light) for light, tone in pairs)
    for pose, head, strength in itertools.product(POSES, adults, FEW_STRENGTHS):
        yield tuple(Cell("pose", *head, tone, strength, pose=pose) for tone in FEW_TONES)
