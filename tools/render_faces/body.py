"""Heads from the parametric body model `anny` (MakeHuman shapes, ARKit-style facial actions)."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from mesh import Floats, Ints, Subdivision, floats, read_obj_quads, triangles
from numpy.typing import NDArray
from PIL import Image

# Which Wavefront groups make which material.
PARTS: dict[str, tuple[str, ...]] = {
    "skin": ("body",),
    "eye": ("helper-l-eye", "helper-r-eye"),
    "teeth": ("helper-upper-teeth", "helper-lower-teeth"),
    "tongue": ("helper-tongue",),
    "lashes": tuple(f"helper-{side}-eyelashes-{row}" for side in "lr" for row in "12"),
}
MASKS = {
    "lips": "mpfb_lips.jpg",
    "lids": "mpfb_eyelids.jpg",
    "mouth": "mpfb_inside-mouth.jpg",
    "ears": "mpfb_ears.jpg",
}
LOWEST = 0.42  # metres above the pelvis in the template: below the chest, out of the picture


class HeadModel:
    """The upper body as one refined mesh whose shape follows anny's parameters.

    Coordinates are metres: x to the subject's left, y up, z towards the viewer.

    Attributes
    ----------
    template : (v, 3) float32
        Every vertex on the unposed average body; painting is done in these coordinates, so that
        brows and lips move with the expression.
    tris : dict of str to (t, 3) int64
        Triangles of each part.
    masks : dict of str to (v,) float32
        Strength of lips, lids and mouth interior, 0 to 1.
    """

    def __init__(self) -> None:
        torch, anny = importlib.import_module("torch"), importlib.import_module("anny")
        torch.set_num_threads(1)
        self._torch = torch
        self._model: Any = anny.Anny(
            rig="makehuman",
            topology="makehuman-full",
            local_changes="default",
            facial_actions="all",
            phenotypes="all",
        )
        data = Path(anny.__path__[0]) / "data" / "mpfb2"
        obj = read_obj_quads(data / "3dobjs" / "base.obj")
        rest = _to_viewer(self._model.template_vertices.numpy())
        high = rest[obj.quads].mean(axis=1)[:, 1] > LOWEST
        wanted = {name: high & np.isin(obj.groups, groups) for name, groups in PARTS.items()}
        quads = np.concatenate([obj.quads[keep] for keep in wanted.values()])
        self._used, renumbered = np.unique(quads, return_inverse=True)
        self._subdivision = Subdivision(renumbered.reshape(quads.shape), len(self._used))
        self.template = self._subdivision.apply(rest[self._used])
        self.uv = self._subdivision.apply(obj.uv[self._used])
        self.tris = self._split(wanted)
        self.masks = {
            name: self._subdivision.apply(_sample(data / "textures" / file, obj.uv)[self._used])[:, 0]
            for name, file in MASKS.items()
        }

    def _split(self, wanted: Mapping[str, NDArray[np.bool_]]) -> dict[str, Ints]:
        parts: dict[str, Ints] = {}
        start = 0
        for name, keep in wanted.items():
            stop = start + 4 * int(keep.sum())
            parts[name] = triangles(self._subdivision.quads[start:stop])
            start = stop
        return parts

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of the facial actions."""
        return tuple(self._model.facial_action_labels)

    def shape(
        self,
        *,
        phenotype: Mapping[str, float],
        local: Mapping[str, float],
        actions: Mapping[str, float],
    ) -> Floats:
        """Vertices of one head, `(v, 3)` float32 in metres.

        Parameters
        ----------
        phenotype : mapping
            anny's phenotype parameters, 0 to 1 (age, gender, weight, african, asian, caucasian...).
        local : mapping
            Local shape changes, -1 to 1.
        actions : mapping
            Facial actions, 0 to 1.
        """
        with self._torch.no_grad():
            coefficients = self._model._get_phenotype_blendshape_coefficients(
                *self._model.get_tensor_inputs(None, dict(phenotype), dict(local), dict(actions))[1:]
            )
            rest = self._model.get_rest_vertices(coefficients)[0].numpy()
        return self._subdivision.apply(_to_viewer(rest)[self._used])


def _to_viewer(points: NDArray[Any]) -> Floats:
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1).astype(np.float32)


def _sample(path: Path, uv: Floats) -> Floats:
    """Nearest grey value of a texture at every vertex, `(v, 1)` in 0 to 1."""
    with Image.open(path) as image:
        grey = np.asarray(image.convert("L"), np.float32) / 255
    height, width = grey.shape
    column = np.clip((uv[:, 0] * width).astype(int), 0, width - 1)
    row = np.clip(((1 - uv[:, 1]) * height).astype(int), 0, height - 1)
    return floats(grey[row, column])[:, None]
