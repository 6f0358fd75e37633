"""Where in a face a reading comes from: what `classifier.explain` and `explain` show, and what they leave unsaid."""

from __future__ import annotations

import json
import pickle
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from typer.testing import CliRunner, Result

from emotion_classifier import EmotionClassifier
from emotion_classifier.cli.program import program
from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.explain.activation import ActivationMaps
from emotion_classifier.explain.graph import find_averaged
from emotion_classifier.explain.occlusion import Hidden
from emotion_classifier.explain.overlay import Heat, draw_heat
from emotion_classifier.explain.parts import PARTS, part_masks
from emotion_classifier.explain.words import sentence
from emotion_classifier.faces.align import Framing, face_window
from emotion_classifier.faces.face import nominal_face
from emotion_classifier.faces.window import Window
from emotion_classifier.model.bundle import Bundle, BundleConfig, labels_to_ids, save_bundle
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.photo.clear import SMOOTHED, SPREAD_OUT

EXAMPLES = Path(str(files("emotion_classifier.serving"))) / "examples"


@pytest.fixture(scope="module")
def classifier() -> EmotionClassifier:
    return EmotionClassifier()


def test_a_smile_is_read_from_the_mouth_and_drawn_there(classifier: EmotionClassifier) -> None:
    explained = classifier.explain(EXAMPLES / "smile.jpg")
    face = explained.main
    assert face and face.map is not None
    assert face.reading.label == "happy"
    assert face.sentence == "Mostly the mouth: with it blurred, the face would be called neutral."
    assert max(face.parts, key=lambda name: face.parts[name].loss) == "mouth"
    photo = np.asarray(Image.open(EXAMPLES / "smile.jpg").convert("RGB"), float)
    changed = np.abs(np.asarray(explained.drawing(), float) - photo).sum(axis=2)
    mouth, eye = (face.reading.landmarks[name] for name in ("mouth", "right_eye"))
    assert _around(changed, mouth) > 5 * _around(changed, eye)


def _around(picture: np.ndarray, place: tuple[float, float]) -> float:
    x, y = (round(value) for value in place)
    return float(picture[y - 10 : y + 10, x - 10 : x + 10].mean())


def test_the_reading_is_that_of_predict(classifier: EmotionClassifier) -> None:
    photo = EXAMPLES / "sad.jpg"
    assert classifier.explain(photo).photo == classifier.predict(photo)


def test_a_dark_photo_is_drawn_as_it_was_read_and_says_so(
    classifier: EmotionClassifier, tmp_path: Path
) -> None:
    photo = np.asarray(Image.open(EXAMPLES / "smile.jpg").convert("RGB"))
    dark = tmp_path / "dark.png"
    Image.fromarray(photo // 20).save(dark)
    explained = classifier.explain(dark)
    assert np.asarray(explained.drawing()).std() > 0.8 * photo.std()
    assert explained.photo.note == SPREAD_OUT
    silent = replace(explained, photo=replace(explained.photo, note=None))
    assert explained.plot().height > silent.plot().height, "so that the note has a line"
    assert _explain(dark, tmp_path / "dark.html").exit_code == 0
    assert SPREAD_OUT in (tmp_path / "dark.html").read_text(encoding="utf-8")


def test_a_grainy_photo_is_drawn_smoothed(classifier: EmotionClassifier) -> None:
    photo = np.asarray(Image.open(EXAMPLES / "smile.jpg").convert("RGB"))
    noise = np.random.default_rng(1).normal(0, 45, photo.shape)
    explained = classifier.explain(np.clip(photo + noise, 0, 255).astype(np.uint8))
    assert explained.photo.note == SMOOTHED
    corner = np.asarray(explained.drawing())[:60, :60]
    assert corner.std() < 15


def test_the_mean_of_a_map_is_the_logit() -> None:
    bundle = Bundle.default()
    maps = ActivationMaps.of(bundle)
    assert maps
    inputs = np.random.default_rng(0).uniform(-1, 1, (2, 160, 160, 3)).astype(np.float32)
    raw, told = maps(inputs)
    np.testing.assert_allclose(raw, bundle.probabilities(inputs), atol=1e-6)
    # The bias is the same for both inputs, and what makes the probabilities sum to 1 for all labels.
    logits, means = np.log(raw), told.mean(axis=(1, 2))
    apart = (logits[0] - logits[1]) - (means[0] - means[1])
    np.testing.assert_allclose(apart, apart[0], atol=1e-4)


def test_a_photo_without_a_face_and_one_that_cannot_be_read(
    classifier: EmotionClassifier, tmp_path: Path
) -> None:
    grey = np.full((200, 300, 3), 128, np.uint8)
    empty = classifier.explain(grey)
    assert empty.main is None and empty.photo.reason == "no face found"
    assert empty.plot().width == 480
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    unread = classifier.explain(broken)
    assert unread.faces == () and "not a picture" in (unread.photo.reason or "")
    for draw in (unread.plot, unread.drawing):
        with pytest.raises(UnreadablePhotoError, match="not a picture"):
            draw()


def test_an_uncertain_face_is_not_explained(classifier: EmotionClassifier) -> None:
    dark = np.asarray(Image.open(EXAMPLES / "smile.jpg").convert("RGB")) // 40
    face = classifier.explain(dark, cropped=True).main
    assert face and face.reading.label == "uncertain"
    assert face.sentence.startswith("Not explained, because it is uncertain: ") and not face.parts
    assert face.heat is None


def test_only_the_main_face_where_asked(classifier: EmotionClassifier) -> None:
    """A blurred face fills half of the photo; the other half is about a smaller one."""
    with Image.open(EXAMPLES / "smile.jpg") as picture:
        one = picture.convert("RGB")
    both = Image.new("RGB", (2 * one.width, one.height), "white")
    both.paste(one.filter(ImageFilter.GaussianBlur(20)))
    both.paste(one.resize((one.width // 2, one.height // 2)), (one.width, 0))
    explained = classifier.explain(both, most=1)
    larger, main = explained.faces
    assert explained.main is main and main.parts
    assert larger.sentence == "Not explained: only the main face is."
    with pytest.raises(ValueError, match="most must be a whole number of at least 1, not 0"):
        classifier.explain(both, most=0)


def test_a_classifier_that_explained_can_still_be_pickled(classifier: EmotionClassifier) -> None:
    classifier.explain(EXAMPLES / "smile.jpg")
    assert pickle.loads(pickle.dumps(classifier)).classes_ == classifier.classes_


def test_parts_follow_a_face_wherever_it_is_and_however_it_is_tilted() -> None:
    face = nominal_face(100, 100)
    framing, size = Framing(), (90, 90)
    upright = part_masks(face, face_window(face, framing, size), size)
    turned = replace(
        face, keypoints=tuple((500 - 2 * y, 50 + 2 * x) for x, y in face.keypoints), box=(300, 50, 200, 200)
    )
    tilted = part_masks(turned, face_window(turned, framing, size), size)
    for name in PARTS:
        assert upright[name].any()
        assert (upright[name] == tilted[name]).mean() > 0.995
    assert sum(mask.astype(int) for mask in upright.values()).max() == 1
    height = {name: np.argwhere(mask)[:, 0].mean() for name, mask in upright.items()}
    assert height["brows"] < height["eyes"] < height["nose"] < height["mouth"] < height["chin"]


def test_heat_lies_where_its_window_is() -> None:
    photo = np.full((100, 200, 3), 90, np.uint8)
    drawn = draw_heat(photo, [Heat(np.ones((2, 2), np.float32), Window(150, 50, 40, 20, tilt=90))])
    rows, columns = np.nonzero((drawn != photo).any(axis=2))
    assert (rows.min(), rows.max()) == pytest.approx((30, 69), abs=1)
    assert (columns.min(), columns.max()) == pytest.approx((140, 159), abs=1)
    assert (photo == 90).all()


def test_a_window_maps_there_and_back() -> None:
    window = Window(70, 30, 40, 20, tilt=25)
    points = [(0.1, 0.2), (0.9, 0.5)]
    assert np.allclose(window.from_photo(window.to_photo(points)), points)


def test_words_say_no_more_than_hiding_shows() -> None:
    nothing = {"mouth": Hidden(0.05, "happy"), "eyes": Hidden(-0.1, "happy")}
    assert sentence("happy", nothing).startswith("No single part")
    two = {"mouth": Hidden(1.0, "sad"), "brows": Hidden(0.9, "neutral"), "chin": Hidden(0.3, "sad")}
    assert sentence("sad", two).startswith("The mouth and the brows: ")
    spread = {name: Hidden(0.6, "happy") for name in PARTS}
    assert sentence("happy", spread).startswith("Several parts, ")


def test_a_network_of_another_kind_has_parts_and_no_map(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    bundle = _brightness_bundle(tmp_path / "bundle", onnx)
    assert find_averaged((bundle.path / "model.onnx").read_bytes()) is None
    face = EmotionClassifier(bundle).explain(EXAMPLES / "smile.jpg").main
    assert face and face.map is None and set(face.parts) <= set(PARTS) and face.parts
    assert face.sentence
    empty = EmotionClassifier(bundle).explain(np.full((64, 64, 3), 250, np.uint8)).main
    assert empty and empty.sentence == "No face was found whose parts could be hidden one by one."


def _brightness_bundle(out: Path, onnx: object) -> Bundle:
    """A model of whole photos that calls bright ones happy and dark ones sad."""
    from onnx import TensorProto, helper

    def tensor(name: str, shape: tuple[object, ...]) -> object:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])

    axes = helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3])
    shape = helper.make_tensor("shape", TensorProto.INT64, [2], [-1, 1])
    four = helper.make_tensor("four", TensorProto.FLOAT, [], [80.0])
    half = helper.make_tensor("half", TensorProto.FLOAT, [], [0.5])
    nodes = [
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Sub", ["mean", "half"], ["off"]),
        helper.make_node("Mul", ["off", "four"], ["scaled"]),
        helper.make_node("Sigmoid", ["scaled"], ["bright"]),
        helper.make_node("Reshape", ["bright", "shape"], ["probability"]),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [tensor("pixels", (32, 32, 3))],
        [tensor("probability", (1,))],
        [axes, shape, four, half],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    config = BundleConfig(
        id="brightness",
        created=datetime.now(UTC),
        recipe="none",
        id2label=labels_to_ids(("sad", "happy")),
        output="sigmoid",
        preprocessing=Preprocessing(input="photo", height=32, width=32),
    )
    return save_bundle(out, onnx=model.SerializeToString(), config=config, card="")


def test_the_verb_prints_and_draws(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "smile.jpg", tmp_path / "a photo.jpg")
    out = tmp_path / "where.png"
    done = CliRunner().invoke(program, ["explain", str(tmp_path / "a photo.jpg"), "--out", str(out)])
    assert done.exit_code == 0
    assert "Mostly the mouth" in done.stdout
    with Image.open(out) as picture:
        assert picture.width >= 480


def test_the_verb_prints_json(tmp_path: Path) -> None:
    done = CliRunner().invoke(program, ["explain", str(EXAMPLES / "sad.jpg"), "--json"])
    explanation = json.loads(done.stdout)["readings"][0]["explanation"]
    assert set(explanation) == {"sentence", "map", "parts"}
    assert set(explanation["parts"]) == set(PARTS)


def test_the_verb_refuses_a_name_that_is_no_picture_before_it_reads(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        program, ["explain", str(EXAMPLES / "sad.jpg"), "--out", str(tmp_path / "a.pdf")]
    )
    assert done.exit_code == 2 and "ends in .png" in done.stderr


def test_the_verb_does_not_replace_the_photo(tmp_path: Path) -> None:
    photo = Path(shutil.copy(EXAMPLES / "sad.jpg", tmp_path))
    (tmp_path / "link.jpg").symlink_to(photo)
    before = photo.read_bytes()
    for out in (photo, tmp_path / "link.jpg"):
        done = _explain(photo, out)
        assert done.exit_code == 2 and "the photo itself" in done.stderr
    assert photo.read_bytes() == before


def test_the_verb_ends_with_3_where_the_photo_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    done = CliRunner().invoke(
        program, ["explain", str(tmp_path / "broken.jpg"), "--out", str(tmp_path / "a.png")]
    )
    assert done.exit_code == 3 and not (tmp_path / "a.png").exists()


def test_the_verb_draws_nothing_where_there_is_no_face(tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "grey").save(tmp_path / "wall.png")
    done = _explain(tmp_path / "wall.png", tmp_path / "a.png")
    assert done.exit_code == 3 and "No face was found: nothing is drawn" in done.stderr
    assert not (tmp_path / "a.png").exists()


def test_the_verb_writes_a_page_with_every_part_of_every_face(tmp_path: Path) -> None:
    pair = Image.new("RGB", (1000, 480), "white")
    for column, name in enumerate(("smile", "neutral")):
        with Image.open(EXAMPLES / f"{name}.jpg") as picture:
            pair.paste(picture.resize((480, 480)), (column * 520, 0))
    pair.save(tmp_path / "a <b>pair.png")
    done = _explain(tmp_path / "a <b>pair.png", tmp_path / "where.html")
    html = (tmp_path / "where.html").read_text(encoding="utf-8")
    assert done.exit_code == 0 and "Wrote" in done.stderr
    assert html.count('<article class="card face">') == 2
    assert "Mostly the mouth" in html and html.count('role="rowheader">forehead') == 2
    assert "<b>pair" not in html and "http://" not in html and "https://" not in html
    assert len(html) < 1_000_000


def test_a_page_says_that_there_is_no_face_and_why_a_face_is_not_explained(tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), "grey").save(tmp_path / "wall.png")
    assert _explain(tmp_path / "wall.png", tmp_path / "wall.html").exit_code == 3
    assert "No face found." in (tmp_path / "wall.html").read_text(encoding="utf-8")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    assert _explain(tmp_path / "broken.jpg", tmp_path / "broken.html").exit_code == 3
    assert not (tmp_path / "broken.html").exists()


def test_a_panorama_is_scrolled_on_its_page(tmp_path: Path) -> None:
    with Image.open(EXAMPLES / "smile.jpg") as picture:
        wide = Image.new("RGB", (3000, 300), "white")
        wide.paste(picture.resize((300, 300)), (1500, 0))
    wide.save(tmp_path / "wide.png")
    assert _explain(tmp_path / "wide.png", tmp_path / "wide.html").exit_code == 0
    html = (tmp_path / "wide.html").read_text(encoding="utf-8")
    assert 'aria-label="The photo, to be scrolled" tabindex="0"' in html
    Image.new("RGB", (300, 200), "grey").save(tmp_path / "wall.png")
    _explain(tmp_path / "wall.png", tmp_path / "wall.html")
    wall = (tmp_path / "wall.html").read_text(encoding="utf-8")
    assert "to be scrolled" not in wall and 'alt="The photo"' in wall and "How to read it" not in wall


def test_a_page_of_a_model_that_looks_at_whole_photos(tmp_path: Path) -> None:
    from emotion_classifier.report.explanation_page import write_explanation_page

    bundle = _brightness_bundle(tmp_path / "bundle", pytest.importorskip("onnx"))
    explained = EmotionClassifier(bundle).explain(EXAMPLES / "sad.jpg")
    write_explanation_page(explained, tmp_path / "whole.html", title="sad.jpg", model="whole")
    html = (tmp_path / "whole.html").read_text(encoding="utf-8")
    assert "The whole photo:" in html and explained.faces[0].sentence in html


def _explain(photo: Path, out: Path) -> Result:
    return CliRunner().invoke(program, ["explain", str(photo), "--out", str(out)])


def test_a_photo_from_standard_input_is_explained() -> None:
    photo = (EXAMPLES / "sad.jpg").read_bytes()
    done = CliRunner().invoke(program, ["explain", "-", "--json"], input=photo)
    told = json.loads(done.stdout)
    assert told["file"] == "standard input" and told["readings"][0]["label"] == "sad"


def test_only_its_own_drawings_are_replaced(tmp_path: Path) -> None:
    photo, other, drawing = EXAMPLES / "sad.jpg", tmp_path / "other.jpg", tmp_path / "drawing.jpg"
    shutil.copy(EXAMPLES / "smile.jpg", other)
    before = other.read_bytes()
    assert _explain(photo, other).exit_code == 2
    assert other.read_bytes() == before
    assert _explain(photo, drawing).exit_code == _explain(photo, drawing).exit_code == 0
