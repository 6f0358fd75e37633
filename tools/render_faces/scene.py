"""One picture: pose the head, find what is seen, paint it, light it, lay the hair over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from body import HeadModel
from hair import LAYERS, Strands, opacity, shade, strands, thickness
from light import Lamp, creases, develop, diffuse, highlight, lamps, scatter, shadow, sky
from mesh import Floats, Ints, floats, vertex_normals
from noise import noise, smoothstep
from numpy.typing import NDArray
from paint import blend, hair_cover, paint_eye, paint_shirt, paint_skin, paint_teeth, shirt_cover, smile_fold
from person import Person, View
from raster import Fragments, rasterise

DISTANCE = 1.4  # metres from camera to face
SOLID = ("skin", "eye", "teeth", "tongue")
SKIN_WRAP = (0.32, 0.18, 0.13)


@dataclass(frozen=True)
class Scene:
    """A posed head in front of a camera of `size` pixels."""

    model: HeadModel
    person: Person
    view: View
    points: Floats
    normals: Floats
    cover: Floats
    size: int
    fold: float = 0.0

    @property
    def scale(self) -> float:
        """Pixels per metre at the face."""
        return self.size / self.view.width

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Screen position and depth of world points."""
        depth = DISTANCE - points[:, 2]
        column = self.size / 2 + points[:, 0] / depth * DISTANCE * self.scale
        row = self.size / 2 - points[:, 1] / depth * DISTANCE * self.scale
        return np.stack([column, row], axis=1).astype(np.float32), depth.astype(np.float32)


def turned(points: Floats, view: View, template: Floats) -> Floats:
    """Turn the head about the neck, and the shoulders by a third as much."""
    pivot = floats([0, points[(template[:, 1] > 0.6) & (template[:, 1] < 0.62)][:, 1].mean(), 0])
    share = (0.35 + 0.65 * smoothstep(0.56, 0.66, template[:, 1]))[:, None]
    yaw, pitch, roll = (np.radians(angle) * share for angle in (view.yaw, view.pitch, view.roll))
    x, y, z = ((points - pivot)[:, k : k + 1] for k in range(3))
    y, z = np.cos(pitch) * y - np.sin(pitch) * z, np.sin(pitch) * y + np.cos(pitch) * z
    x, z = np.cos(yaw) * x + np.sin(yaw) * z, -np.sin(yaw) * x + np.cos(yaw) * z
    x, y = np.cos(roll) * x - np.sin(roll) * y, np.sin(roll) * x + np.cos(roll) * y
    return np.concatenate([x, y, z], axis=1).astype(np.float32) + pivot


def build(model: HeadModel, person: Person, actions: dict[str, float], view: View, size: int) -> Scene:
    """Shape, clothe, pose and centre one head."""
    points = model.shape(phenotype=person.phenotype, local=person.local, actions=actions)
    skin = model.tris["skin"]
    normals = vertex_normals(points, skin)
    cloth = shirt_cover(model.template)
    folds = 0.006 + 0.002 * noise(model.template * 25)
    points = points + normals * (cloth * folds)[:, None]
    points = turned(points, view, model.template)
    eyes = points[np.unique(model.tris["eye"])].mean(axis=0)
    mouth = points[model.masks["lips"] > 0.5].mean(axis=0)
    centre = 0.5 * eyes + 0.5 * mouth
    centre[1] += 0.01
    points = (points - centre).astype(np.float32)
    all_tris = np.concatenate(list(model.tris.values()))
    cover = hair_cover(model.template, model.masks["ears"], person.hairline)
    fold = person.folds * min(actions.get("mouthSmileLeft", 0.0), 1.3)
    return Scene(model, person, view, points, vertex_normals(points, all_tris), cover, size, fold)


def _surface(scene: Scene, seen: Fragments) -> tuple[Floats, Floats, Floats]:
    """Albedo, gloss and material (0 skin, 1 wet, 2 cloth) of the fragments."""
    model, person = scene.model, scene.person
    template = seen.mix(model.template)
    masks = {name: seen.mix(values) for name, values in model.masks.items()}
    albedo, gloss = paint_skin(template, masks, person)
    if person.hair_length > 0:
        # The scalp under the hair, so that no skin shines through.
        under = smoothstep(-0.003, 0.012, seen.mix(scene.cover) + 0.004 * noise(template * 500))
        albedo = blend(albedo, albedo * floats([0.16, 0.14, 0.13]), under)
        gloss = gloss * (1 - under)
    cloth = shirt_cover(template)
    albedo = blend(albedo, paint_shirt(template, person), cloth)
    gloss = gloss * (1 - cloth)
    material = np.where(cloth > 0.5, 2, 0).astype(np.float32)
    for name, painted in (("eye", paint_eye(template, person)), ("teeth", paint_teeth(template))):
        here = np.isin(seen.corners[:, 0], np.unique(model.tris[name]))
        albedo[here], gloss[here], material[here] = painted[here], 1.0, 1
    tongue = np.isin(seen.corners[:, 0], np.unique(model.tris["tongue"]))
    albedo[tongue], gloss[tongue], material[tongue] = (0.32, 0.1, 0.09), 0.6, 1
    return albedo, gloss.astype(np.float32), material


def _bumped(scene: Scene, seen: Fragments, normals: Floats) -> Floats:
    """Bend normals by pores and fine unevenness of the skin."""
    template = seen.mix(scene.model.template)
    step = 0.0004
    eyes = np.isin(seen.corners[:, 0], np.unique(scene.model.tris["eye"]))

    def height(at: Floats) -> Floats:
        pores = noise(at * 900) * 0.00003 + noise(at * 330) * 0.00004
        return np.asarray(pores + scene.fold * smile_fold(at) if scene.fold else pores, np.float32)

    here = height(template)
    slope = np.stack(
        [height(template + step * np.eye(3, dtype=np.float32)[k]) - here for k in range(3)], axis=1
    )
    bent = normals - np.where(eyes[:, None], 0, slope / step)
    return np.asarray(bent / np.linalg.norm(bent, axis=1, keepdims=True), np.float32)


def _picture(values: Floats, seen: Fragments, size: int, fill: float = 0.0) -> Floats:
    flat = np.full((size * size, *values.shape[1:]), fill, np.float32)
    flat[seen.pixel] = values
    return flat.reshape(size, size, *values.shape[1:])


def render_solid(scene: Scene, lights: tuple[Lamp, Lamp, Lamp]) -> tuple[Floats, Floats]:
    """Everything but hair and lashes: picture `(h, w, 3)` and depth `(h, w)` (9 where empty)."""
    size, model = scene.size, scene.model
    tris = np.concatenate([model.tris[name] for name in SOLID])
    seen = rasterise(*scene.project(scene.points), tris, size, facing=1)
    normals = seen.mix(scene.normals)
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    places = seen.mix(scene.points)
    albedo, gloss, material = _surface(scene, seen)
    bumped = _bumped(scene, seen, normals)
    eye = floats([0, 0, DISTANCE]) - places
    eye = eye / np.linalg.norm(eye, axis=1, keepdims=True)
    key, fill, rim = lights
    reaches = shadow(*_casters(scene), places + normals * 0.002, key.towards)
    mask = _picture(np.ones(len(places), np.float32), seen, size)
    hollow = creases(_picture(seen.depth, seen, size), mask, scene.scale).reshape(-1)[seen.pixel]
    teeth = np.isin(seen.corners[:, 0], np.unique(model.tris["teeth"]))
    # Lips are thin and let light through; a hard shadow makes teeth look grey.
    least = 0.7 + 0.2 * scene.person.folds
    reaches = np.where(teeth, least + (1 - least) * reaches, reaches)
    hollow = np.where(teeth, least + 0.05 + (0.95 - least) * hollow, hollow)
    hollow = hollow * (1 - 0.8 * smoothstep(0.4, 0.95, seen.mix(model.masks["mouth"])))
    light = diffuse(bumped, key, SKIN_WRAP) * reaches[:, None]
    light = (light + diffuse(bumped, fill, SKIN_WRAP)) * (0.35 + 0.65 * hollow)[:, None]
    light = light + diffuse(bumped, rim, SKIN_WRAP) * 0.6 * hollow[:, None] + sky(normals) * hollow[:, None]
    skin = _picture((material == 0).astype(np.float32), seen, size)
    light = scatter(_picture(light, seen, size), skin, scene.scale).reshape(-1, 3)[seen.pixel]
    shine = _shine(bumped, eye, (key, fill, rim), reaches, material == 1)
    colour = albedo * light / np.pi * 1.55 + shine * (gloss * hollow)[:, None]
    return _picture(colour, seen, size), _picture(seen.depth, seen, size, 9.0)


def _casters(scene: Scene) -> tuple[Floats, Ints]:
    """Points and triangles that throw shadows: the skin, raised where hair lies."""
    raised = scene.points + scene.normals * (0.6 * thickness(scene.cover, scene.person))[:, None]
    return raised.astype(np.float32), scene.model.tris["skin"]


def _shine(
    normals: Floats, eye: Floats, lights: tuple[Lamp, ...], reaches: Floats, wet: NDArray[np.bool_]
) -> Floats:
    total = np.zeros_like(normals)
    for lamp, share in zip(lights, (reaches, 1.0, 1.0), strict=True):
        broad = 0.5 * highlight(normals, eye, lamp, 12) + 0.35 * highlight(normals, eye, lamp, 45)
        sharp = 1.2 * highlight(normals, eye, lamp, 500)
        total += (np.where(wet, sharp, broad) * share)[:, None] * lamp.colour
    return total


def lay_lashes(scene: Scene, picture: Floats, depth: Floats) -> None:
    """Draw the lashes, cut into hairs, over the picture."""
    tris = scene.model.tris["lashes"]
    seen = rasterise(*scene.project(scene.points), tris, scene.size)
    seen = seen.take(seen.depth < depth.reshape(-1)[seen.pixel] + 0.001)
    template = seen.mix(scene.model.template)
    hairs = noise(template * floats([3600, 60, 60]))
    upper = smoothstep(0.727, 0.7285, template[:, 1])
    flat = picture.reshape(-1, 3)
    cut = (0.2 + 0.45 * upper) * smoothstep(-0.5, 0.4, hairs)
    flat[seen.pixel] = blend(flat[seen.pixel], floats([0.012, 0.009, 0.008]), cut)


def lay_hair(scene: Scene, picture: Floats, depth: Floats, lights: tuple[Lamp, Lamp, Lamp]) -> None:
    """Draw the hair shells, innermost first, over the picture."""
    person, model = scene.person, scene.model
    if person.hair_length <= 0:
        return
    skin = model.tris["skin"]
    scalp = skin[(scene.cover[skin] > -0.006).all(axis=1)]
    height = thickness(scene.cover, person)
    flat, deep = picture.reshape(-1, 3), depth.reshape(-1)
    for layer in (np.arange(LAYERS) + 1) / LAYERS:
        points = (scene.points + scene.normals * (height * layer)[:, None]).astype(np.float32)
        seen = rasterise(*scene.project(points), scalp, scene.size, facing=1)
        seen = seen.take(seen.depth < deep[seen.pixel] + 0.001)
        found = strands(seen.mix(model.template), person)
        cut = opacity(found.value, seen.mix(scene.cover), float(layer))
        some = cut > 0.02
        seen, cut = seen.take(some), cut[some]
        found = Strands(found.value[some], found.direction[some])
        normals = seen.mix(scene.normals)
        places = seen.mix(points)
        eye = floats([0, 0, DISTANCE]) - places
        eye = eye / np.linalg.norm(eye, axis=1, keepdims=True)
        depth_of_layer = np.full(len(cut), 0.35 + 0.65 * layer, np.float32)
        colour = shade(found, normals, eye, tuple((lamp, depth_of_layer) for lamp in lights), person)
        flat[seen.pixel] = blend(flat[seen.pixel], colour, cut)


def backdrop(view: View, size: int) -> Floats:
    """Paint a plain wall, lighter behind the head."""
    row, column = np.mgrid[0:size, 0:size].astype(np.float32) / size - 0.5
    glow = 1.12 - 0.9 * (row**2 + column**2) - 0.12 * row
    value = (floats(view.background) / 255) ** 2.2
    return np.asarray(glow[..., None] * value * 1.25, np.float32)


def render(
    model: HeadModel,
    person: Person,
    actions: dict[str, float],
    view: View,
    *,
    size: int,
    oversampling: int = 2,
) -> NDArray[np.uint8]:
    """Render one face, `(size, size, 3)` sRGB bytes."""
    fine = size * oversampling
    scene = build(model, person, actions, view, fine)
    lights = lamps(view)
    picture, depth = render_solid(scene, lights)
    empty = depth > 8
    picture[empty] = backdrop(view, fine)[empty]
    lay_lashes(scene, picture, depth)
    lay_hair(scene, picture, depth, lights)
    cells = picture.reshape(size, oversampling, size, oversampling, 3).mean(axis=(1, 3))
    return develop(cells * floats(view.tint), view.exposure)
