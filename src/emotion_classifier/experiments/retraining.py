"""The trainings after a search: with what it chose, and with the recipe as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emotion_classifier.data import Dataset
from emotion_classifier.data.groups import independent_groups
from emotion_classifier.errors import DatasetError
from emotion_classifier.experiments.tune import TuneOptions
from emotion_classifier.experiments.tune.enough import require_enough
from emotion_classifier.files import atomic_write
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes import Recipe
from emotion_classifier.training.fit import TrainingOptions, train

TRAINED = "trained.json"
# Share of the photos for calibration, as `train` has it.
_CALIBRATION = 0.1
Progress = Callable[[str, int, int, dict[str, float]], None]


@dataclass(frozen=True)
class Retraining:
    """Trains on everything but the test part, or takes what an earlier call trained.

    Parameters
    ----------
    rest : Dataset
    out : Path
        Folder of the search.
    options : TuneOptions
    progress : callable
        Called with (stage, done, in all, figures).
    """

    rest: Dataset
    out: Path
    options: TuneOptions
    progress: Progress

    def bundle(self, name: str, recipe: Recipe, *, epochs: int | None, about: str) -> Bundle:
        """Train a recipe into a folder of the search.

        Parameters
        ----------
        name : str
            Of the folder.
        recipe : Recipe
        epochs : int or None
        about : str
            For the card; it says what is special about the recipe.
        """
        path, record = self.out / name, self.out / TRAINED
        this = {"epochs": epochs, "about": about, "rows": len(self.rest)}
        known = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
        if known.get(name) == this | {"done": True} and path.is_dir():
            return Bundle.load(path)
        work = path.with_name(f"{name}.training")
        if known.get(name) != this:
            # What a kill left there is of other parameters, which `train` would not see.
            shutil.rmtree(work, ignore_errors=True)
            atomic_write(record, json.dumps(known | {name: this}) + "\n")
        work.mkdir(parents=True, exist_ok=True)
        for cut in self.out.glob("inputs-*.npz"):
            shutil.copy2(cut, work)
        options = TrainingOptions(
            seed=self.options.seed,
            epochs=epochs,
            validation=_calibration_share(self.rest, self.options),
            group_column=self.options.group_column,
            weights=self.options.weights,
        )
        bundle = train(
            recipe,
            self.rest,
            out=path,
            options=options,
            about=about,
            progress=lambda stage, *rest: self.progress(f"{name}: {stage}", *rest),
        ).bundle
        atomic_write(record, json.dumps(known | {name: this | {"done": True}}) + "\n")
        return bundle


def _calibration_share(rest: Dataset, options: TuneOptions) -> float:
    """Carve a tenth out for calibration, and nothing where a class is too small for that."""
    groups = independent_groups(rest, column=options.group_column)
    try:
        require_enough(rest, groups, shares=(_CALIBRATION,))
    except DatasetError:
        return 0.0
    return _CALIBRATION
