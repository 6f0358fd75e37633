"""Colours of skin, eyes, teeth and cloth, painted in the coordinates of the average head.

Distances are metres on the average head: eyes lie at y 0.728, the mouth at y 0.672.
"""

from __future__ import annotations

import numpy as np
from mesh import Floats, floats
from noise import bell, noise, smoothstep
from person import EYE_COLOURS, HAIR_COLOURS, SKIN_TONES, Colour, Person

EYE_CENTRE = np.array([0.0313, 0.7285, 0.1245], np.float32)
# Height of the hairline by depth: nape, behind the ear, over it, sideburn, temple, forehead.
HAIRLINE_Z = (-0.12, -0.05, -0.032, -0.022, 0.014, 0.021, 0.034, 0.045, 0.06, 0.085, 0.1, 0.12)
HAIRLINE_Y = (0.655, 0.66, 0.69, 0.738, 0.742, 0.708, 0.712, 0.745, 0.77, 0.792, 0.803, 0.806)

# The fold that runs from the wing of the nose past the corner of the mouth.
FOLD_Y = (0.655, 0.668, 0.680, 0.692, 0.702)
FOLD_X = (0.0395, 0.0385, 0.0340, 0.0265, 0.0205)


def linear(colour: Colour) -> Floats:
    """Turn an sRGB colour, 0 to 255, into linear light 0 to 1."""
    value = np.asarray(colour, np.float32) / 255
    return np.asarray(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4), np.float32)


def blend(base: Floats, colour: Floats, amount: Floats) -> Floats:
    """Mix `colour` into `base` (n, 3) by `amount` (n,)."""
    return np.asarray(base + (colour - base) * amount[:, None], np.float32)


def hair_cover(template: Floats, ears: Floats, hairline: float) -> Floats:
    """How far inside the hairline a point lies: metres, negative outside, shape `(n,)`."""
    raised = (hairline - 0.009) * smoothstep(0.03, 0.1, template[:, 2])
    line = np.interp(template[:, 2], HAIRLINE_Z, HAIRLINE_Y).astype(np.float32) + raised
    return np.asarray(np.where(ears > 0.05, -0.05, template[:, 1] - line), np.float32)


def shirt_cover(template: Floats) -> Floats:
    """1 where the shirt lies, 0 elsewhere, for a round neckline."""
    line = 0.566 + 0.045 * smoothstep(0.08, -0.03, template[:, 2])
    return smoothstep(0.0008, -0.0008, template[:, 1] - line)


def paint_skin(template: Floats, masks: dict[str, Floats], person: Person) -> tuple[Floats, Floats]:
    """Linear albedo `(n, 3)` and gloss `(n,)` of bare skin, lips, brows and stubble."""
    tone = linear(SKIN_TONES[person.skin])
    old = float(smoothstep(0.7, 1.0, floats([person.phenotype.get("age", 0.5)]))[0])
    blotch = noise(template * 45) * 0.05 + noise(template * 160) * (0.04 + 0.05 * old)
    fine = noise(template * 700) * 0.05 + noise(template * 1600) * 0.04
    albedo = tone * (1 + blotch + fine)[:, None]
    red = tone * floats([1.02, 0.68, 0.62])
    flush = 0.55 * bell(template, (0.04, 0.695, 0.105), 0.016) + 0.6 * bell(template, (0, 0.7, 0.155), 0.011)
    flush = flush + 0.35 * masks["ears"] + 0.25 * bell(template, (0, 0.64, 0.14), 0.012)
    albedo = blend(albedo, red, flush)
    shade = 0.3 * bell(template, (0.027, 0.7125, 0.125), 0.007) + 0.35 * masks["lids"]
    albedo = blend(albedo, tone * floats([0.72, 0.55, 0.5]), shade)
    albedo = _stubble(albedo, template, masks, person)
    albedo = _lips(albedo, template, masks, person, tone)
    amount = brow_cover(template)
    albedo = blend(albedo, linear(HAIR_COLOURS[person.hair]) * _brow_shade(person), amount)
    gloss = 0.8 + 0.5 * bell(template, (0, 0.7, 0.15), 0.02) + 0.9 * masks["lips"]
    inside = smoothstep(0.4, 0.9, masks["mouth"])
    albedo = blend(albedo, floats([0.16, 0.035, 0.03]), inside)
    return albedo, np.asarray(gloss * (1 - 0.7 * amount) * (1 - 0.5 * inside), np.float32)


def _brow_shade(person: Person) -> float:
    return 0.6 if person.hair in {"blond", "grey", "white", "red"} else 0.9


def _stubble(albedo: Floats, template: Floats, masks: dict[str, Floats], person: Person) -> Floats:
    if person.beard <= 0:
        return albedo
    x, y, z = np.abs(template[:, 0]), template[:, 1], template[:, 2]
    jaw = smoothstep(0.69, 0.672, floats(y - 0.35 * np.maximum(x - 0.035, 0))) * smoothstep(0.59, 0.62, y)
    jaw = np.maximum(jaw * smoothstep(0.018, 0.03, x + np.maximum(0.668 - y, 0) * 2), 0)
    lip = smoothstep(0.697, 0.69, y) * smoothstep(0.672, 0.678, y) * smoothstep(0.032, 0.022, x)
    chin = smoothstep(0.66, 0.65, y) * smoothstep(0.59, 0.62, y)
    where = np.maximum(np.maximum(jaw, chin), lip) * smoothstep(-0.005, 0.025, z) * (1 - masks["lips"])
    grain = 0.75 + 0.5 * noise(template * 1500)
    colour = linear(HAIR_COLOURS[person.hair]) * 0.8 + 0.01
    return blend(albedo, colour, np.asarray(where * grain * person.beard, np.float32))


def _lips(albedo: Floats, template: Floats, masks: dict[str, Floats], person: Person, tone: Floats) -> Floats:
    natural = tone * floats([0.82, 0.56, 0.54])
    tint = natural + (floats([0.36, 0.06, 0.07]) - natural) * person.lipstick
    lines = 1 + 0.1 * noise(template * floats([1500, 200, 200]))
    return blend(albedo, tint * lines[:, None], smoothstep(0.15, 0.75, masks["lips"]) * 0.85)


def brow_cover(template: Floats) -> Floats:
    """Density of the eyebrows, 0 to 1."""
    x, y = np.abs(template[:, 0]), template[:, 1]
    along = floats(np.clip((x - 0.0105) / 0.042, 0, 1))
    middle = 0.7440 + 0.0048 * np.sin(np.pi * np.clip(along * 0.75 + 0.05, 0, 1)) - 0.003 * along**4
    half = 0.0042 * (1 - along) ** 0.45 * smoothstep(-0.12, 0.16, along) + 0.0006
    ends = smoothstep(0.0085, 0.014, x) * smoothstep(0.0535, 0.046, x)
    slant = np.stack([x * 300 + y * 250, y * 2600 - x * 1500 * (1 - along), template[:, 2] * 120], axis=1)
    hairs = 0.78 + 0.4 * noise(slant.astype(np.float32))
    body = smoothstep(1.25, 0.45, np.asarray(np.abs(y - middle) / half, np.float32))
    return np.asarray(np.clip(body * ends * hairs, 0, 0.92) * (template[:, 2] > 0.06), np.float32)


def smile_fold(template: Floats) -> Floats:
    """Height of the skin around a full nasolabial fold, metres: a groove, and the cheek that bulges beside it."""
    x, y = np.abs(template[:, 0]), template[:, 1]
    line = np.interp(y, FOLD_Y, FOLD_X).astype(np.float32)
    beside = (x - line) * 0.8
    window = smoothstep(0.655, 0.668, y) * smoothstep(0.706, 0.697, y) * (template[:, 2] > 0.06)
    groove = -0.0012 * np.exp(-((beside / 0.0024) ** 2))
    cheek = 0.0018 * np.exp(-(((beside - 0.008) / 0.007) ** 2))
    return np.asarray(window * (groove + cheek), np.float32)


def paint_eye(template: Floats, person: Person) -> Floats:
    """Linear albedo of the eyeball `(n, 3)`: white, iris with fibres, pupil."""
    centre = EYE_CENTRE * np.stack([np.sign(template[:, 0]), *np.ones((2, len(template)))], axis=1)
    offset = template - centre
    radius = floats(np.hypot(offset[:, 0], offset[:, 1]))
    turn = np.arctan2(offset[:, 1], offset[:, 0])
    front = offset[:, 2] > 0
    veins = 0.06 * noise(template * floats([300, 1400, 300]))
    edge = smoothstep(0.006, 0.014, np.abs(offset[:, 0]))
    albedo = floats(floats([0.74, 0.7, 0.67]) - (edge * 0.12 + veins)[:, None] * floats([0.5, 1, 1]))
    circle = np.stack([np.cos(turn) * 9, np.sin(turn) * 9, radius * 500], axis=1).astype(np.float32)
    iris = linear(EYE_COLOURS[person.eyes]) * (1.15 + 0.5 * noise(circle))[:, None]
    ring = smoothstep(0.0045, 0.0060, radius)
    iris = iris * (1 - 0.7 * ring)[:, None]
    albedo = blend(albedo, iris, smoothstep(0.0063, 0.0056, radius) * front)
    return blend(albedo, floats([0.006, 0.005, 0.005]), smoothstep(0.0026, 0.0021, radius) * front)


def paint_teeth(template: Floats) -> Floats:
    """Linear albedo of teeth and gums `(n, 3)`."""
    x, y, z = np.abs(template[:, 0]), template[:, 1], template[:, 2]
    angle = np.arctan2(x, np.maximum(z - 0.105, 1e-4))
    borders = floats([0.0, 0.22, 0.4, 0.62, 0.86, 1.1, 1.35])
    gap = np.exp(-((np.abs(angle[:, None] - borders).min(axis=1) / 0.016) ** 2))
    albedo = floats([0.95, 0.91, 0.82]) * (1 - 0.4 * gap - 0.25 * smoothstep(0.5, 1.2, angle))[:, None]
    gum = smoothstep(0.676, 0.68, y) + smoothstep(0.652, 0.649, y)
    return blend(albedo, floats([0.42, 0.15, 0.14]), np.clip(gum, 0, 1).astype(np.float32))


def paint_shirt(template: Floats, person: Person) -> Floats:
    """Linear albedo of the shirt `(n, 3)`: knitted cloth with a seam at the neck."""
    weave = 1 + 0.06 * noise(template * floats([2200, 2200, 700])) + 0.05 * noise(template * 60)
    return np.asarray(linear(person.shirt) * weave[:, None], np.float32)
