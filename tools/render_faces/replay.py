"""Draw the same scene with other colours without working out its shape, shadows and strands again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import paint
import scene

# Functions whose results depend on shape, pose and lamps but on no colour of skin, in the modules that call them.
SHAPE_ONLY: tuple[tuple[Any, str], ...] = (
    (scene, "build"),
    (scene, "rasterise"),
    (scene, "shadow"),
    (scene, "creases"),
    (scene, "scatter"),
    (scene, "diffuse"),
    (scene, "noise"),
    (scene, "_bumped"),
    (scene, "_shine"),
    (scene, "strands"),
    (scene, "opacity"),
    (scene, "shade"),
    (paint, "noise"),
    (paint, "brow_cover"),
)


class Replay:
    """Keep what the shape-only functions return in the first drawing and return it in the following ones.

    A drawing calls them in the same order whatever the colours are, so the results are told apart by their place
    in that order.
    """

    def __init__(self) -> None:
        self._kept: list[Any] = []
        self._place = 0
        self._inside = False

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """One drawing of the scene."""
        self._place = 0
        before = [getattr(module, name) for module, name in SHAPE_ONLY]
        for (module, name), function in zip(SHAPE_ONLY, before, strict=True):
            setattr(module, name, self._wrap(function))
        try:
            yield
        finally:
            for (module, name), function in zip(SHAPE_ONLY, before, strict=True):
                setattr(module, name, function)

    def _wrap(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if self._inside:
                return function(*arguments, **options)
            if self._place == len(self._kept):
                self._inside = True
                try:
                    self._kept.append(function(*arguments, **options))
                finally:
                    self._inside = False
            kept = self._kept[self._place]
            self._place += 1
            # The scene itself carries the person, whose colours differ from one drawing to the next.
            return dataclasses.replace(kept, person=arguments[1]) if isinstance(kept, scene.Scene) else kept

        return call
