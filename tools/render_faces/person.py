"""What a rendered face is made of: a person, an expression, a view and a light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Colour = tuple[float, float, float]

# Strength of each facial action at a full smile and at a full frown (both sides where paired).
SMILE = {
    "mouthSmile": 1.0,
    "cheekSquint": 0.8,
    "eyeSquint": 0.45,
    "mouthUpperUp": 0.75,
    "mouthLowerDown": 0.45,
    "mouthDimple": 0.25,
    "jawOpen": 0.08,
}
# A broader smile that shows the teeth, and a deeper frown; for the counterfactual set.
BROAD_SMILE = {
    "mouthSmile": 1.3,
    "cheekSquint": 1.0,
    "eyeSquint": 0.4,
    "mouthUpperUp": 1.15,
    "mouthLowerDown": 0.55,
    "mouthDimple": 0.3,
    "jawOpen": 0.06,
    "browOuterUp": 0.2,
    "browInnerUp": 0.25,
}
FROWN = {
    "mouthFrown": 0.85,
    "browInnerUp": 1.5,
    "mouthShrugLower": 0.4,
    "mouthRollLower": 0.2,
    "eyeBlink": 0.06,
    "eyeLookDown": 0.12,
    "eyeSquint": 0.15,
    "browDown": 0.25,
}
DEEP_FROWN = FROWN | {"mouthFrown": 1.5, "browInnerUp": 1.9, "mouthShrugLower": 0.6, "eyeSquint": 0.3}
# Held by a relaxed face as well: lips that meet, since the average head's stand a little apart.
REST = {"mouthClose": 0.02, "mouthPress": 0.06}
UNPAIRED = frozenset(
    {"jawOpen", "mouthClose", "browInnerUp", "mouthShrugLower", "mouthRollLower", "mouthShrugUpper"}
)

SKIN_TONES: dict[str, Colour] = {
    "light": (222, 182, 158),
    "fair": (212, 166, 138),
    "medium": (198, 148, 116),
    "tan": (165, 116, 86),
    "brown": (124, 82, 58),
    "dark": (86, 57, 44),
}
HAIR_COLOURS: dict[str, Colour] = {
    "black": (22, 18, 17),
    "dark brown": (48, 32, 24),
    "brown": (84, 56, 36),
    "blond": (168, 128, 80),
    "red": (122, 58, 30),
    "grey": (138, 134, 130),
    "white": (196, 193, 188),
}
EYE_COLOURS: dict[str, Colour] = {
    "brown": (82, 48, 26),
    "dark": (46, 28, 18),
    "hazel": (110, 84, 44),
    "green": (92, 108, 74),
    "blue": (92, 124, 152),
    "grey": (112, 122, 126),
}


@dataclass(frozen=True)
class Person:
    """Shape and colours of one invented person; colours are names in the tables above.

    Attributes
    ----------
    phenotype, local : mapping
        anny's parameters (phenotype 0 to 1, local changes -1 to 1).
    hair_length : float
        Thickness of the hair, metres; 0 for a shaven head.
    beard : float
        Stubble, 0 to 1.
    folds : float
        How deep a smile folds the skin between nose and mouth, 0 to 1.
    """

    phenotype: Mapping[str, float]
    local: Mapping[str, float] = field(default_factory=dict)
    skin: str = "fair"
    hair: str = "brown"
    eyes: str = "brown"
    hair_length: float = 0.02
    combed: str = "crown"
    hairline: float = 0.0
    beard: float = 0.0
    lipstick: float = 0.0
    folds: float = 0.0
    shirt: Colour = (70, 90, 120)


@dataclass(frozen=True)
class View:
    """Pose, light and picture.

    Attributes
    ----------
    yaw, pitch, roll : float
        Turn of the head, degrees.
    width : float
        Metres across the picture at the face.
    key : tuple of float
        Azimuth (towards the viewer's right) and height of the main light, degrees.
    key_strength, fill_strength : float
        Brightness of main light and of its opposite.
    background : tuple
        Colour behind the head, sRGB 0 to 255.
    exposure : float
        Gain of the camera; 0.55 is right for a grey card.
    tint : tuple
        Gain of red, green and blue: a camera whose white balance does not fit the lamps.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    width: float = 0.36
    key: tuple[float, float] = (-38.0, 32.0)
    key_strength: float = 1.0
    fill_strength: float = 0.45
    background: Colour = (150, 160, 168)
    exposure: float = 0.55
    tint: Colour = (1.0, 1.0, 1.0)


def expression(
    degree: float, smile: Mapping[str, float] = SMILE, frown: Mapping[str, float] = FROWN
) -> dict[str, float]:
    """Facial actions for an expression between a full frown (-1), neutral (0) and a full smile (+1).

    Every action grows in proportion and moves the skin by the same millimetres on every head, so equal degrees are
    equal on every head.

    Raises
    ------
    ValueError
        If `degree` lies outside -1 to 1.
    """
    if not -1 <= degree <= 1:
        raise ValueError(f"degree {degree} is outside -1 (frown) to 1 (smile)")
    actions: dict[str, float] = {}
    for names, share in ((smile if degree > 0 else frown, abs(degree)), (REST, 1 - abs(degree))):
        for name, strength in names.items():
            for side in ("",) if name in UNPAIRED else ("Left", "Right"):
                actions[name + side] = strength * share
    return actions
