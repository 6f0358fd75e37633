"""What came of a training."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes.fitting import History

# By how much a network that has learned nothing may be right more often than the commonest label.
_BY_CHANCE = 0.01


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training.

    Parameters
    ----------
    bundle : Bundle
    history : tuple of dict of str to float
        One per epoch: ``epoch`` from 0, ``loss``, ``accuracy``, and ``val_loss`` and ``val_accuracy`` where photos were
        held back. Empty where the recipe has no epochs.
    problems : tuple of (id, reason)
        The photos that could not be used.
    scale_rows : int
        Photos that there were to fit the scale on.
    scale_kept : bool
        Whether the scale is still that of the bundle that the training began with.
    commonest : (label, share)
        The likeliest label of most photos that it learned from, and their share of these.
    unclear : tuple of (id, reason)
        The photos that were learned from or held back although the model calls their faces uncertain.
    """

    bundle: Bundle
    history: History
    problems: tuple[tuple[str, str], ...]
    scale_rows: int = 0
    scale_kept: bool = False
    commonest: tuple[str, float] = ("", 0.0)
    unclear: tuple[tuple[str, str], ...] = ()

    @property
    def learned_nothing(self) -> bool:
        """Whether the network is right no more often than if it gave `commonest` each time; False without epochs."""
        last = self.history[-1] if self.history else {}
        reached = [last[name] for name in ("accuracy", "val_accuracy") if name in last]
        return bool(reached) and max(reached) <= self.commonest[1] + _BY_CHANCE
