"""Write down every public name of the package with its signature: ``python tools/public_surface.py``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import emotion_classifier

SNAPSHOT = Path(__file__).parents[1] / "tests" / "public_surface.txt"


def surface() -> str:
    """List names with parameters and defaults, classes with what they offer; a line each."""
    return "".join(f"{line}\n" for name in sorted(emotion_classifier.__all__) for line in _lines(name))


def _lines(name: str) -> Iterator[str]:
    value = getattr(emotion_classifier, name)
    if not callable(value):
        yield name
        return
    kind = "class " if inspect.isclass(value) else ""
    yield f"{kind}{name}{_signature(value)}"
    if not inspect.isclass(value):
        return
    for member in sorted(vars(value)):
        found = vars(value)[member]
        if member.startswith("_") or member.endswith("_request"):  # scikit-learn adds the latter by itself.
            continue
        if isinstance(found, property):
            yield f"    {name}.{member}"
        elif callable(getattr(value, member)):
            yield f"    {name}.{member}{_signature(getattr(value, member))}"


def _signature(value: object) -> str:
    """Give names, order and defaults of the parameters; types are the type checker's business."""
    assert callable(value)
    try:
        signature = inspect.signature(value)
    except ValueError:  # an exception class
        return ""
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


if __name__ == "__main__":
    SNAPSHOT.write_text(surface(), encoding="utf-8")
    print(f"Wrote {SNAPSHOT}")
