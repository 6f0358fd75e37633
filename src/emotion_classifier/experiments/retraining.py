"""The trainings after a search: with what it chose, and with the recipe as it was."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from emotion_classifier.data import Dataset
from emotion_classifier.experiments.journal import Journal
from emotion_classifier.experiments.tune import TuneOptions
from emotion_classifier.faces.cache import FaceCache
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.fitting import Progress
from emotion_classifier.training.fit import train
from emotion_classifier.training.options import TrainOptions

TRAINED = "trained.jsonl"


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
    face_cache : FaceCache or None
        Faces found before.
    """

    rest: Dataset
    out: Path
    options: TuneOptions
    progress: Progress
    face_cache: FaceCache | None = None

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
        path, journal = self.out / name, Journal(self.out / TRAINED)
        this = {"key": name, "epochs": epochs, "about": about, "rows": len(self.rest)}
        known = journal.get(name)
        if known == this | {"done": True} and path.is_dir():
            return Bundle.load(path)
        work = path.with_name(f"{name}.training")
        if known != this | {"done": False}:
            # What a kill left there is of other parameters, which `train` would not see.
            shutil.rmtree(work, ignore_errors=True)
            journal.add(name, this | {"done": False})
        work.mkdir(parents=True, exist_ok=True)
        for cut in self.out.glob("inputs-*.np[yz]"):
            shutil.copy2(cut, work)
        options = TrainOptions(
            seed=self.options.seed,
            epochs=epochs,
            validation=None,
            group_column=self.options.group_column,
            weights=self.options.weights,
            about=about,
        )
        bundle = train(
            self.rest,
            recipe=recipe,
            out=path,
            options=options,
            face_cache=self.face_cache,
            progress=lambda stage, *rest: self.progress(f"{name}: {stage}", *rest),
        ).bundle
        journal.add(name, this | {"done": True})
        return bundle
