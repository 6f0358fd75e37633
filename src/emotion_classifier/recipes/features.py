"""Classical classifiers on engineered features: texture, edges, geometry, what the default model sees in a face."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_classifier.errors import RecipeError, missing_extra
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes.features_graph import NETWORK, features_graph, preprocessing_of
from emotion_classifier.recipes.features_space import SETS, SPACES, Parameters, ask_features
from emotion_classifier.recipes.fitting import FitPlan, FitTask, Fitted
from emotion_classifier.recipes.geometry import GEOMETRY
from emotion_classifier.recipes.recipe import Recipe

if TYPE_CHECKING:
    import onnx

# Trees choose among all features; a linear model or a kernel is better off without the many weak ones.
ALL, NETWORK_ONLY = SETS["all"], SETS["network"]
TREES = 200
FOREST = 300
# Keeps a forest on tens of thousands of photos within a few megabytes.
LARGEST_TREE = 128


@dataclass(frozen=True, kw_only=True)
class FeaturesRecipe(Recipe):
    """A classifier of scikit-learn's kind on engineered features.

    Parameters
    ----------
    features : tuple of str
        Out of `emotion_classifier.recipes.features_graph.FEATURES`.
    estimator : callable
        ``estimator(photos per label, seed)`` gives an unfitted Pipeline whose last step is named ``head``.
    fewest : int
        Photos that every label must have.

    Examples
    --------
    >>> from emotion_classifier import recipes
    >>> recipes.get("svm").with_features("hog", "geometry").preprocessing.width
    240
    """

    features: tuple[str, ...]
    estimator: Callable[[Sequence[int], int], Any]
    fewest: int = 1

    @property
    def reads_network(self) -> bool:
        """Whether features come from a bundle's network."""
        return bool(NETWORK & set(self.features))

    def fit(self, task: FitTask) -> Fitted:
        """Compute the features and fit the classifier."""
        return task.fit_estimator(self)

    @property
    def takes(self) -> frozenset[str]:
        """Weights where a bundle's network gives features."""
        return super().takes | ({"weights"} if self.reads_network else set())

    def as_member(self, plan: FitPlan) -> FitPlan:
        """Leave out the weights, too: in an ensemble they are for the member whose network is trained on."""
        return replace(super().as_member(plan), weights=None)

    def check(self, labels: tuple[str, ...], plan: FitPlan) -> None:
        """Build the graph of features once, and refuse to begin without the libraries."""
        self.require_libraries()
        self.graph(plan.weights)

    def require_libraries(self) -> None:
        """Refuse to begin without the libraries that the fit or the conversion needs.

        Raises
        ------
        MissingExtraError
            Naming the first that is not installed.
        """
        try:
            import skl2onnx  # noqa: F401
            import sklearn  # noqa: F401

            self.estimator((1, 1) if self.fewest < 2 else (2, 2), 0)
        except ImportError as error:
            raise missing_extra("train", error.name or "scikit-learn") from error

    def check_counts(self, counts: Mapping[str, int]) -> None:
        """Refuse photos of one label only, and fewer than `fewest` of any."""
        found = [label for label, count in counts.items() if count]
        if len(found) < 2:
            raise RecipeError(
                f"All {sum(counts.values())} photos to learn from are mostly {found[0]}: there is nothing to tell "
                f"apart. Add photos of another label."
            )
        for label, count in counts.items():
            if 0 < count < self.fewest:
                raise RecipeError(
                    f"Only {count} of the photos to learn from is mostly {label}, and {self.name} needs "
                    f"{self.fewest} of every label. Add photos of it, hold fewer back for validation, or choose "
                    f"another recipe, such as logistic_regression."
                )

    def begins_with(self, plan: FitPlan) -> tuple[Bundle, ...]:
        """Load the bundle whose network gives features."""
        if not self.reads_network:
            return ()
        return (Bundle.load(plan.weights) if plan.weights else Bundle.default(),)

    def with_features(self, *features: str) -> FeaturesRecipe:
        """Take other features, and the pictures they are computed from."""
        return replace(self, features=features, preprocessing=preprocessing_of(features))

    def graph(self, weights: Path | None = None) -> onnx.ModelProto:
        """Build the graph of features.

        Parameters
        ----------
        weights : Path or None
            Folder of the bundle whose network gives the embedding; None: the default one.

        Raises
        ------
        BundleError
            If there is no bundle in that folder.
        RecipeError
            If its network takes in something else or has no embedding.
        """
        bundle = Bundle.load(weights) if weights else None
        return features_graph(self.features, bundle, picture=self.preprocessing)


def _pipeline(head: Any, *, scaled: bool = False) -> Any:
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    return Pipeline([*([("scale", StandardScaler())] if scaled else []), ("head", head)])


def _smallest_leaf(counts: Sequence[int]) -> int:
    """Photos per leaf: ten, and fewer where there are few."""
    return max(1, min(10, sum(counts) // 20))


def random_forest(counts: Sequence[int], seed: int) -> Any:
    """Trees on random parts of photos and features, and the mean of their shares (Breiman 2001)."""
    from sklearn.ensemble import RandomForestClassifier

    return _pipeline(
        RandomForestClassifier(
            FOREST, min_samples_leaf=2, max_leaf_nodes=LARGEST_TREE, n_jobs=-1, random_state=seed
        )
    )


def gradient_boosting(counts: Sequence[int], seed: int) -> Any:
    """Small trees, each on what those before it left over: LightGBM (Ke et al. 2017).

    Four leaves, a tenth of the features and seven tenths of the photos for each tree keep two hundred photos from
    being learnt by heart.
    """
    try:
        from lightgbm import LGBMClassifier
    except ImportError as error:
        raise missing_extra("train", "lightgbm") from error

    return _pipeline(
        LGBMClassifier(
            n_estimators=TREES,
            learning_rate=0.05,
            num_leaves=4,
            min_child_samples=_smallest_leaf(counts),
            colsample_bytree=0.1,
            subsample=0.7,
            subsample_freq=1,
            reg_lambda=1.0,
            deterministic=True,
            force_col_wise=True,
            random_state=seed,
            verbose=-1,
        )
    )


def hist_gradient_boosting(counts: Sequence[int], seed: int) -> Any:
    """Boost the same small trees by scikit-learn's own implementation, on all photos every time."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return _pipeline(
        HistGradientBoostingClassifier(
            max_iter=TREES,
            learning_rate=0.05,
            max_leaf_nodes=4,
            min_samples_leaf=_smallest_leaf(counts),
            max_features=0.1,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=seed,
        )
    )


def logistic_regression(counts: Sequence[int], seed: int) -> Any:
    """Weigh the standardised features and add them up, strongly regularised."""
    from sklearn.linear_model import LogisticRegression

    return _pipeline(LogisticRegression(C=0.01, max_iter=2000, random_state=seed), scaled=True)


def svm(counts: Sequence[int], seed: int) -> Any:
    """Support vectors with a Gaussian kernel; probabilities by Platt's sigmoid on held-out folds (Platt 1999)."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.model_selection import StratifiedKFold
    from sklearn.svm import SVC

    folds = StratifiedKFold(min(5, *counts), shuffle=True, random_state=seed)
    return _pipeline(CalibratedClassifierCV(SVC(C=1.0), cv=folds, ensemble=False), scaled=True)


def geometry(counts: Sequence[int], seed: int) -> Any:
    """Weigh two dozen standardised measures, each with a name, and add them up."""
    from sklearn.linear_model import LogisticRegression

    return _pipeline(LogisticRegression(C=0.5, max_iter=2000, random_state=seed), scaled=True)


def _recipe(estimator: Callable[[Sequence[int], int], Any], summary: str, **fields: Any) -> FeaturesRecipe:
    recipe = FeaturesRecipe(
        name=estimator.__name__,
        summary=summary,
        preprocessing=preprocessing_of(fields["features"]),
        estimator=estimator,
        **fields,
    )
    return replace(recipe, variants=partial(_variant, recipe=recipe))


def _variant(hp: Any, *, recipe: FeaturesRecipe) -> FeaturesRecipe:
    features, parameters = ask_features(hp, recipe.features), SPACES[recipe.name](hp)
    estimator = partial(_tuned, estimator=recipe.estimator, parameters=parameters)
    return replace(recipe, features=features, estimator=estimator)


def _tuned(
    counts: Sequence[int],
    seed: int,
    *,
    estimator: Callable[[Sequence[int], int], Any],
    parameters: Parameters,
) -> Any:
    return estimator(counts, seed).set_params(**parameters)


RECIPES = (
    _recipe(
        gradient_boosting, "boosted trees (LightGBM) on engineered features; for few photos", features=ALL
    ),
    _recipe(hist_gradient_boosting, "boosted trees (scikit-learn) on engineered features", features=ALL),
    _recipe(random_forest, "a random forest on engineered features", features=ALL),
    _recipe(
        logistic_regression, "logistic regression on the default model's features", features=NETWORK_ONLY
    ),
    _recipe(svm, "support vector machine on the default model's features", features=NETWORK_ONLY, fewest=2),
    _recipe(
        geometry,
        f"logistic regression on {len(GEOMETRY)} measures of mouth, brows, eyes and cheeks",
        features=("geometry",),
    ),
)
