"""Several recipes that answer as one: their mean, or a learnt mixture of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from emotion_classifier.errors import RecipeError
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.known_photos import KnownPhotos
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.fitting import FitPlan, FitTask, Fitted
from emotion_classifier.recipes.inner_crop import inner_crop
from emotion_classifier.recipes.recipe import Recipe

Method = Literal["vote", "stack"]
METHODS: tuple[Method, ...] = ("vote", "stack")
_HOW = "Write vote:A+B or stack:A+B with names of recipes, for example vote:transfer+svm."


@dataclass(frozen=True, kw_only=True)
class EnsembleRecipe(Recipe):
    """Recipes fitted on the same photos, whose models become one.

    Parameters
    ----------
    members : tuple of Recipe
        At least two, each named once, no ensembles.
    method : {"vote", "stack"}
        ``vote``: the mean of the members' probabilities. ``stack``: a multinomial logistic regression on their
        log-probabilities (Wolpert 1992), learnt on photos that the members answering for them had not seen.
    """

    method: Method

    def fit(self, task: FitTask) -> Fitted:
        """Fit every member and merge them."""
        return task.fit_members(self)

    @property
    def takes(self) -> frozenset[str]:
        """What any member does."""
        return frozenset().union(*(member.takes for member in self.members))

    @property
    def trains_keras(self) -> bool:
        """Whether any member does."""
        return any(member.trains_keras for member in self.members)

    def refuse_unknown(self, plan: FitPlan) -> None:
        """Refuse what no member can do anything with, and weights that could be for several.

        Raises
        ------
        RecipeError
            Naming every such option.
        """
        super().refuse_unknown(plan)
        beginning = sum(member.as_member(plan).weights is not None for member in self.members)
        if plan.weights and beginning != 1:
            raise RecipeError(
                f"{beginning or 'No'} members of {self.name} begin with trained weights, and --weights is for one. "
                f"Leave it out."
            )

    def require_libraries(self) -> None:
        """Require those of every member."""
        for member in self.members:
            member.require_libraries()

    def check(self, labels: tuple[str, ...], plan: FitPlan) -> None:
        """Check every member."""
        for member in self.members:
            member.check(labels, member.as_member(plan))

    def check_counts(self, counts: Mapping[str, int]) -> None:
        """Check every member."""
        for member in self.members:
            member.check_counts(counts)

    def begins_with(self, plan: FitPlan) -> tuple[Bundle, ...]:
        """Load those of all members, each once."""
        found = [bundle for member in self.members for bundle in member.begins_with(member.as_member(plan))]
        return tuple({bundle.id: bundle for bundle in found}.values())

    def photos_before(self, plan: FitPlan) -> tuple[KnownPhotos, ...]:
        """Give those of all members."""
        return tuple(
            known for member in self.members for known in member.photos_before(member.as_member(plan))
        )


def ensemble(members: Sequence[Recipe], method: Method, *, name: str | None = None) -> EnsembleRecipe:
    """Put recipes together.

    Parameters
    ----------
    members : sequence of Recipe
    method : {"vote", "stack"}
    name : str or None
        None: as it is written on the command line, such as ``vote:transfer+svm``.

    Returns
    -------
    EnsembleRecipe
        It takes in the widest picture among those of its members; the others are cut out of that.

    Raises
    ------
    RecipeError
        If there are fewer than two members, the same one twice or an ensemble among them, or they take in
        pictures none of which holds all the others.
    """
    names = [member.name for member in members]
    listed = "+".join(names)
    if len(members) < 2:
        raise RecipeError(f"An ensemble has at least two members; {listed or 'nothing'} was named. {_HOW}")
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise RecipeError(f"{' and '.join(twice)} is named twice in {listed}. Name each member once.")
    nested = [member.name for member in members if member.members]
    if nested:
        raise RecipeError(
            f"{nested[0]} is an ensemble itself and cannot be a member of one. Name its members instead."
        )
    how = {"vote": "mean of the probabilities of", "stack": "learnt mixture of"}[method]
    return EnsembleRecipe(
        name=name or f"{method}:{listed}",
        summary=f"{how} {', '.join(names)}",
        preprocessing=_shared_picture(members),
        labels=_shared_labels(members),
        augment=any(member.augment for member in members),
        grouped=method == "stack",
        members=tuple(members),
        method=method,
    )


def composed(text: str, find: Callable[[str], Recipe]) -> EnsembleRecipe | None:
    """Read an ensemble as written on the command line.

    Parameters
    ----------
    text : str
        ``vote:A+B`` or ``stack:A+B``.
    find : callable
        Gives the recipe of a name, or raises RecipeError.

    Returns
    -------
    EnsembleRecipe or None
        None if the text is not of that form.

    Raises
    ------
    RecipeError
        As `ensemble` does, or if a member is unknown.

    Examples
    --------
    >>> from emotion_classifier import recipes
    >>> recipes.get("vote:transfer+compact").method
    'vote'
    """
    method, colon, listed = text.partition(":")
    if not colon:
        return None
    if method not in METHODS:
        raise RecipeError(f"{method!r} is no way to put recipes together. {_HOW}")
    names = [name.strip() for name in listed.split("+")]
    if "" in names or ":" in listed:
        raise RecipeError(f"{text!r} cannot be read. {_HOW}")
    return ensemble([find(name) for name in names], "vote" if method == "vote" else "stack")


def _shared_picture(members: Sequence[Recipe]) -> Preprocessing:
    for candidate in members:
        if all(inner_crop(candidate.preprocessing, member.preprocessing) for member in members):
            return candidate.preprocessing
    told = "; ".join(f"{member.name}: {_described(member.preprocessing)}" for member in members)
    raise RecipeError(
        f"These recipes take in pictures none of which holds all the others ({told}). "
        f"Put recipes together that look at the same part of a photo."
    )


def _described(preprocessing: Preprocessing) -> str:
    size = f"{preprocessing.width} × {preprocessing.height} px {preprocessing.channels}"
    if preprocessing.input == "photo":
        return f"the whole frame, {size}"
    return f"a face, {preprocessing.framing.width_in_eye_distances:.3g} eye distances wide, {size}"


def _shared_labels(members: Sequence[Recipe]) -> tuple[str, ...] | None:
    asked = {member.labels for member in members if member.labels}
    if len(asked) > 1:
        told = " and ".join(", ".join(labels) for labels in sorted(asked))
        raise RecipeError(f"Members of an ensemble tell the same labels apart; these want {told}.")
    return next(iter(asked), None)
