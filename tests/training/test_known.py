"""What a trained bundle says of the photos it learned from."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("keras")
pytest.importorskip("scipy")

from emotion_classifier import recipes
from emotion_classifier.data import read_folder
from emotion_classifier.errors import DatasetError
from emotion_classifier.model.bundle import SHIPPED, Bundle, rewrite
from emotion_classifier.model.known_photos import KnownPhotos, hash_photos
from emotion_classifier.recipes.fitting import FitPlan
from emotion_classifier.training.fit import train
from emotion_classifier.training.inputs import prepare_inputs
from emotion_classifier.training.known import photos_known
from emotion_classifier.training.options import TrainOptions

TOOL = Path(__file__).parents[2] / "tools" / "hash_known_photos.py"


@pytest.fixture
def base(tmp_path: Path, astronaut: np.ndarray) -> Bundle:
    """A bundle that says it learned from one photo."""
    copy = Bundle.load(shutil.copytree(SHIPPED / "default", tmp_path / "base"))
    return rewrite(copy, photos=KnownPhotos.of(hash_photos([astronaut])))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fine_tuned_bundle_knows_its_photos_and_those_of_its_base(
    rendered_faces: Path, tmp_path: Path, base: Bundle, astronaut: np.ndarray
) -> None:
    data = read_folder(rendered_faces)
    odd, even = data.take(range(1, len(data), 2)), data.take(range(0, len(data), 2))
    options = TrainOptions(validation=0.25, epochs=1, weights=base.path)
    trained = train(
        odd, recipe=recipes.get("transfer"), out=tmp_path / "model", options=options, extra=even.take([0])
    )
    known = trained.bundle.known_photos()
    assert known is not None and known.unrecorded == ()
    assert known.among(hash_photos([*odd.sources, even.sources[0], astronaut])).all()
    assert not known.among(hash_photos(even.sources[1:])).any()


def test_hashes_go_with_their_rows(rendered_faces: Path, tmp_path: Path) -> None:
    data, recipe = read_folder(rendered_faces), recipes.get("compact")
    first = prepare_inputs(data, recipe.preprocessing, cache=tmp_path)
    again = prepare_inputs(data, recipe.preprocessing, cache=tmp_path)
    chosen = np.array([5, 2])
    some = again.take(chosen).join(first.take(chosen[:1]))
    assert some.hashes is not None
    wanted = hash_photos([data.sources[row] for row in (*first.rows[chosen], first.rows[5])])
    assert (some.hashes == wanted).all()


def test_what_is_not_known_of_a_beginning_is_told(
    rendered_faces: Path, unknowing_bundle: Path, base: Bundle
) -> None:
    data = read_folder(rendered_faces).take([0, 1, 12, 13])
    inputs = prepare_inputs(data, recipes.get("compact").preprocessing)
    unknown = Bundle.load(unknowing_bundle)

    def known(recipe: str, weights: Path | None) -> KnownPhotos:
        found = photos_known(recipes.get(recipe), FitPlan(weights=weights), (inputs, None))
        assert found is not None
        return found

    assert (known("compact", None).unrecorded, len(known("compact", None))) == ((), 4)
    assert known("mobilenet", None).unrecorded == (), "random weights know no photos"
    for recipe in ("transfer", "svm", "vote:transfer+compact"):
        assert known(recipe, unknown.path).unrecorded == (unknown.id,), recipe
        assert (known(recipe, base.path).unrecorded, len(known(recipe, base.path))) == ((), 5), recipe
    assert known("transfer_mobilenet_v3", None).unrecorded == ("the weights it began with",)


def test_the_tool_tells_a_bundle_afterwards(
    rendered_faces: Path, base: Bundle, astronaut: np.ndarray
) -> None:
    spec = importlib.util.spec_from_file_location("hash_known_photos", TOOL)
    assert spec and spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    rewrite(base, photos=KnownPhotos(unrecorded=("before",)) | KnownPhotos.of(hash_photos([astronaut])))
    told = tool.add_photos(Bundle.load(base.path), [rendered_faces])
    known = Bundle.load(told.path).known_photos()
    assert known is not None and known.unrecorded == ("before",)
    assert known.among(hash_photos([astronaut, *read_folder(rendered_faces).sources])).all()
    whole = tool.add_photos(told, [rendered_faces], whole=True).known_photos()
    assert whole is not None and (whole.unrecorded, len(whole)) == ((), len(known))
    with pytest.raises(DatasetError):
        tool.add_photos(told, [rendered_faces / "nowhere"])
