"""Search a recipe's space: trials in processes of their own, all of them kept, and nothing lost to a kill.

`search.tune` is the search. It asks an oracle of Keras Tuner (`oracle`) what to try next, starts a process per trial
on inputs that were cut once (`trial`), and writes down what came of it. `carving` sets photos aside.
"""

from __future__ import annotations

from emotion_classifier.experiments.tune.options import Nested, TuneOptions
from emotion_classifier.experiments.tune.search import tune
from emotion_classifier.experiments.tune.space import recipe_of
from emotion_classifier.experiments.tune.trial import Trial

__all__ = ["Nested", "Trial", "TuneOptions", "recipe_of", "tune"]
