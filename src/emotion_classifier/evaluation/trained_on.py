"""How many of the photos a model was measured on it had learned from, in numbers and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_KNOWN = "learned from or was fitted on"


@dataclass(frozen=True)
class TrainedOn:
    """How many photos are among those a model learned from or was fitted on, copies of them included.

    Parameters
    ----------
    value : int
    n : int
        Photos it was measured on.
    unrecorded : tuple of str
        Models that it began with, of which nobody recorded what they learned from; `value` knows nothing of those.
    """

    value: int
    n: int
    unrecorded: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, found: Mapping[str, Any] | None) -> TrainedOn | None:
        """Read what `to_dict` gave; None stays None: not recorded."""
        if found is None:
            return None
        return cls(int(found["value"]), int(found["n"]), tuple(found.get("unrecorded", ())))

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it; ``unrecorded`` is left out where there is nothing of that kind."""
        missing = {"unrecorded": list(self.unrecorded)} if self.unrecorded else {}
        return {"value": self.value, "n": self.n, **missing}


def known_in_words(found: TrainedOn | None, model: str = "the model") -> str:
    """Say it in one or two sentences.

    Examples
    --------
    >>> known_in_words(TrainedOn(3, 266))
    '3 of 266 photos are among those the model learned from or was fitted on.'
    >>> known_in_words(None)
    'The photos the model learned from are not recorded.'
    """
    if found is None:
        return f"The photos {model} learned from are not recorded."
    counted = f"{found.value:,} of {found.n:,} photos"
    said = f"{counted} {'is' if found.value == 1 else 'are'} among those {model} {_KNOWN}."
    if found.unrecorded:
        said += f" The photos {' and '.join(found.unrecorded)} learned from are not recorded."
    return said


def warning(found: TrainedOn | None, model: str = "the model") -> str:
    """Warn of photos that were learned from; empty where none is known to be.

    Examples
    --------
    >>> warning(TrainedOn(0, 266))
    ''
    """
    if found is None or not found.value:
        return ""
    counted = known_in_words(TrainedOn(found.value, found.n), model)
    return f"Warning: {counted} Figures on such photos are too good; measure on others."
