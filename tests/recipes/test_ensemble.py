from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion_classifier import recipes
from emotion_classifier.errors import RecipeError
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes import Recipe
from emotion_classifier.recipes.compact import PREPROCESSING as GREY
from emotion_classifier.recipes.ensemble import EnsembleRecipe, ensemble
from emotion_classifier.recipes.fitting import FitPlan, Fitted
from emotion_classifier.recipes.inner_crop import inner_crop
from emotion_classifier.training.ensemble_fit import MEMBERS, fit_ensemble, tidy
from emotion_classifier.training.inputs import Inputs
from emotion_classifier.training.stacking import fit_mixture, mix, stacking_folds

COLOUR = GREY.model_copy(
    update={
        "height": 192,
        "width": 192,
        "channels": "rgb",
        "framing": replace(GREY.framing, width_in_eye_distances=4.4, eye_line=0.41),
    }
)
LABELS = ("happy", "sad")
RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(0, 1, 4096).astype(np.float32)


def dense(preprocessing: Preprocessing, slope: float, *, sigmoid: bool = False) -> bytes:
    """A model of one matrix on every pixel: softmax of two columns, or one sigmoid."""
    from onnx import TensorProto, helper, numpy_helper

    columns, size = 1 if sigmoid else 2, int(np.prod(preprocessing.input_shape))
    kernel = slope * RNG.normal(0, size**-0.5, (size, columns)).astype(np.float32)
    shape = ["batch", *preprocessing.input_shape]
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["pixels"], ["flat"], axis=1),
            helper.make_node("MatMul", ["flat", "kernel"], ["scores"]),
            helper.make_node("ReduceSum", ["shared"], ["sum"], keepdims=0),
            helper.make_node("Add", ["scores", "sum"], ["moved"]),
            helper.make_node("Sigmoid" if sigmoid else "Softmax", ["moved"], ["probabilities"]),
        ],
        "dense",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", columns])],
        [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(WEIGHTS * 1e-3, "shared")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def recipe(name: str, preprocessing: Preprocessing = GREY, **options: object) -> Recipe:
    return Recipe(name=name, summary="", preprocessing=preprocessing, **options)  # type: ignore[arg-type]


def inputs(preprocessing: Preprocessing, rows: int = 40) -> Inputs:
    rng = np.random.default_rng(1)
    hard = np.arange(rows) % 2
    return Inputs(
        pixels=rng.integers(0, 256, (rows, *preprocessing.input_shape), np.uint8),
        targets=np.eye(2, dtype=np.float32)[hard],
        rows=np.arange(rows),
        problems=(),
        importance=np.linspace(0.5, 1.5, rows, dtype=np.float32),
        groups=np.arange(rows) // 4,
    )


class Fits:
    """Stands in for training, and remembers what it was asked to fit."""

    def __init__(self, stop_after: int = 10**6) -> None:
        self.seen: list[tuple[str, Inputs, FitPlan]] = []
        self._stop_after = stop_after

    def __call__(self, member: Recipe, parts: object, plan: FitPlan, folder: Path, stage: str) -> Fitted:
        if len(self.seen) == self._stop_after:
            raise KeyboardInterrupt
        learn: Inputs = parts[0]  # type: ignore[index]
        self.seen.append((stage, learn, plan))
        (folder / "history.csv").write_text("epoch\n0\n", encoding="utf-8")
        sigmoid = member.output == "sigmoid"
        return Fitted(dense(member.preprocessing, 3.0, sigmoid=sigmoid), 7, ({"epoch": 0.0},), True)


def expected(parts: Inputs, together: EnsembleRecipe, work: Path) -> list[np.ndarray]:
    answers = []
    for member in together.members:
        crop = inner_crop(together.preprocessing, member.preprocessing)
        assert crop is not None
        numbers = crop.levels(parts.pixels) * member.preprocessing.scale + member.preprocessing.offset
        model = Fitted((work / MEMBERS / member.name / "model.onnx").read_bytes(), 0)
        found = model.predict(numbers.astype(np.float32))
        answers.append(np.concatenate([1 - found, found], axis=1) if member.output == "sigmoid" else found)
    return answers


def test_names_on_the_command_line_are_put_together() -> None:
    found = recipes.get("vote:transfer+compact")
    assert isinstance(found, EnsembleRecipe)
    assert [member.name for member in found.members] == ["transfer", "compact"]
    assert found.augment and not found.grouped and recipes.get("stack:transfer+compact").grouped
    assert recipes.get("vote:attempt_1+attempt_2").labels == LABELS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vote:ensemble+compact", "ensemble is an ensemble itself"),
        ("vote:transfer+resnet", "no recipe named 'resnet'"),
        ("vote:transfer", "at least two"),
        ("stack:compact+compact", "named twice"),
        ("vote:transfer+", "cannot be read"),
        ("vote:", "cannot be read"),
        ("vote:compact+stack:transfer+compact", "cannot be read"),
        ("bag:transfer+compact", "no way to put recipes together"),
        ("vote:transfer+initial", "initial: the whole frame"),
    ],
)
def test_what_cannot_be_put_together_is_told(text: str, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        recipes.get(text)


def test_an_ensemble_is_no_member_of_another() -> None:
    inner = ensemble([recipe("a"), recipe("b")], "vote", name="both")
    with pytest.raises(RecipeError, match="both is an ensemble itself"):
        ensemble([inner, recipe("c")], "vote")


def test_the_inner_crop_is_grey_as_pillow_has_it_and_averaged() -> None:
    crop = inner_crop(COLOUR, GREY)
    assert crop is not None and (crop.top, crop.left, crop.block) == (48, 48, 2)
    pictures = np.repeat(np.repeat(RNG.integers(0, 256, (2, 96, 96, 3), np.uint8), 2, 1), 2, 2)
    found = crop.pixels(pictures)
    assert found.shape == (2, 48, 48, 1) and found.dtype == np.uint8
    of_pillow = [COLOUR.model_copy(update={"channels": "grey"}).order_channels(each) for each in pictures]
    assert np.abs(found[..., 0] - np.array(of_pillow)[:, 48:144:2, 48:144:2, 0].astype(int)).max() <= 1


def test_what_does_not_lie_inside_has_no_crop() -> None:
    assert inner_crop(GREY, COLOUR) is None
    assert inner_crop(COLOUR, GREY.model_copy(update={"height": 50, "width": 50})) is None
    assert inner_crop(COLOUR, recipes.get("initial").preprocessing) is None


def test_a_vote_is_the_mean_of_its_members(tmp_path: Path) -> None:
    together = ensemble([recipe("wide", COLOUR), recipe("grey"), recipe("one", output="sigmoid")], "vote")
    parts = inputs(COLOUR, 8)
    fitted = fit_ensemble(together, LABELS, (parts, None), FitPlan(), work=tmp_path, fit=Fits())
    found = fitted.predict(COLOUR.normalise(parts.pixels))
    assert np.abs(found - np.mean(expected(parts, together, tmp_path), axis=0)).max() < 1e-4
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)
    assert fitted.parameters == 21 and fitted.mirror


def test_weights_that_members_share_are_stored_once(tmp_path: Path) -> None:
    import onnx

    together = ensemble([recipe("a"), recipe("b")], "vote")
    fitted = fit_ensemble(together, LABELS, (inputs(GREY, 8), None), FitPlan(), work=tmp_path, fit=Fits())
    stored = onnx.load_from_string(fitted.onnx).graph.initializer
    assert sum(list(tensor.dims) == [4096] for tensor in stored) == 1
    assert sum(list(tensor.dims) == [2304, 2] for tensor in stored) == 2


def test_a_stack_learns_from_answers_to_unseen_groups_alone(tmp_path: Path) -> None:
    together = ensemble([recipe("wide", COLOUR), recipe("grey")], "stack")
    parts, fits = inputs(COLOUR), Fits()
    fitted = fit_ensemble(together, LABELS, (parts, None), FitPlan(), work=tmp_path, fit=fits)
    in_folds = [learn for stage, learn, _ in fits.seen if stage.startswith("grey-fold")]
    left_out = [set(parts.rows) - set(learn.rows) for learn in in_folds]
    assert sorted(row for rows in left_out for row in rows) == list(parts.rows)
    for learn, rows in zip(in_folds, left_out, strict=True):
        assert not set(learn.groups) & set(parts.groups[list(rows)])
        assert np.array_equal(learn.importance, parts.importance[learn.rows])
    assert [len(learn.rows) for stage, learn, _ in fits.seen if "fold" not in stage] == [40, 40]
    found = fitted.predict(COLOUR.normalise(parts.pixels))
    assert np.allclose(found.sum(axis=1), 1, atol=1e-5)


def test_a_killed_fit_goes_on_with_what_is_finished(tmp_path: Path) -> None:
    together = ensemble([recipe("a"), recipe("b")], "stack")
    arguments = (together, LABELS, (inputs(GREY), None), FitPlan())
    with pytest.raises(KeyboardInterrupt):
        fit_ensemble(*arguments, work=tmp_path, fit=Fits(stop_after=7))
    rest = Fits()
    fit_ensemble(*arguments, work=tmp_path, fit=rest)
    assert [stage for stage, _, _ in rest.seen] == ["b-fold-2", "b-fold-3", "b-fold-4", "a", "b"]
    assert json.loads((tmp_path / MEMBERS / "a" / "fitted.json").read_text())["parameters"] == 7
    tidy(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-history.csv", "b-history.csv"]


def test_a_mixture_of_few_photos_stays_near_the_average_and_of_many_finds_who_knows() -> None:
    rng = np.random.default_rng(3)
    losses = {}
    for rows in (20, 4000):
        hard = rng.integers(0, 2, rows)
        knows = np.where(hard == 1, 0.8, 0.2) + rng.uniform(-0.15, 0.15, rows)
        answers = [np.stack([1 - p, p], axis=1) for p in (knows, rng.uniform(0.05, 0.95, rows))]
        mixture = fit_mixture(answers, np.eye(2)[hard])
        losses[rows] = [-np.log(mix(answers, each)[np.arange(rows), hard]).mean() for each in (mixture, None)]
        away = np.abs(mixture.kernel - np.tile(np.eye(2) / 2, (2, 1))).max()
        assert away < 0.5 if rows == 20 else away > 0.4
    assert losses[4000][0] < losses[4000][1] - 0.1


def test_stacking_needs_independent_photos_of_every_label() -> None:
    parts = replace(inputs(GREY), groups=np.arange(40) % 2)
    with pytest.raises(RecipeError, match="'happy' has photos of one kind or person only"):
        stacking_folds(parts, LABELS, seed=0)


@pytest.mark.parametrize("method", ["vote", "stack"])
def test_too_few_photos_for_one_member_are_told_before_any_is_trained(method: str, tmp_path: Path) -> None:
    # In a stack some part has but one of the three sad ones left to learn from.
    rows = [0, 1, 2, 4, 6] if method == "vote" else [0, 1, 2, 3, 4, 6]
    parts = replace(inputs(GREY), groups=np.arange(40)).take(np.array(rows))
    trained = Fits()
    with pytest.raises(RecipeError, match="Only 1 of the photos"):
        fit_ensemble(
            recipes.get(f"{method}:transfer+svm"),  # type: ignore[arg-type]
            LABELS,
            (parts, None),
            FitPlan(),
            work=tmp_path,
            fit=trained,
        )
    assert trained.seen == []


def test_options_no_member_knows_are_refused() -> None:
    together = ensemble([recipe("a"), recipe("b")], "vote")
    plans = (
        FitPlan(weights=Path("x")),
        FitPlan(learning_rate=1e-3),
        FitPlan(more_light=True),
        FitPlan(bad_photos=True),
    )
    for plan in plans:
        with pytest.raises(RecipeError):
            together.refuse_unknown(plan)
    with pytest.raises(RecipeError, match="leave out --bfloat16"):
        together.refuse_unknown(FitPlan(bfloat16=True))
    with pytest.raises(RecipeError, match="leave out --augment-quality and --int8"):
        together.refuse_unknown(FitPlan(bad_photos=True, int8=True))
    recipes.get("vote:transfer+svm").refuse_unknown(FitPlan(bfloat16=True, int8=True, bad_photos=True))


def test_epochs_are_for_the_members_that_have_them() -> None:
    mixed, trees = recipes.get("vote:transfer+svm"), recipes.get("vote:svm+random_forest")
    plan = FitPlan(epochs=1)
    assert [member.as_member(plan).epochs for member in mixed.members] == [1, None]
    mixed.refuse_unknown(plan)
    with pytest.raises(RecipeError, match="has no epochs; leave out --epochs"):
        trees.refuse_unknown(plan)
