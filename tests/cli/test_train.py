"""`train` as typed: options, also from a file, and what it says before it trains."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest
from PIL import Image

from emotion_classifier.errors import DatasetError

pytest.importorskip("keras")


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
Train = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def train(run: Callable[..., subprocess.CompletedProcess[str]]) -> Train:
    return partial(run, "train")


@pytest.mark.slow
def test_options_come_from_a_file_and_the_command_line_wins(
    train: Train, plain_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "about.md").write_text("Squares, bright and dark.")
    options = tmp_path / "train.toml"
    options.write_text('recipe = "initial"\nepochs = 3\nseed = 7\nvalidation = 0.25\nabout = "about.md"\n')
    done = train(plain_folder, "--config", options, "--epochs", 1, "--out", tmp_path / "model")
    assert done.returncode == 0, done.stderr
    assert "every neutral face will be called one of them or uncertain" in done.stderr
    assert (tmp_path / "model.training" / "curves.png").stat().st_size > 1000
    card = (tmp_path / "model" / "README.md").read_text()
    assert "Squares, bright and dark." in card
    assert "| epochs | 1 |" in card and "| seed | 7 |" in card and "`initial`" in card


@pytest.mark.slow
def test_a_model_that_computes_in_8_bits_is_said_to(train: Train, plain_folder: Path, tmp_path: Path) -> None:
    given = (plain_folder, "--recipe", "initial", "--epochs", 1, "--validation", 0)
    done = train(*given, "--int8", "--out", tmp_path / "small")
    assert done.returncode == 0, done.stderr
    told = re.search(
        r"Its convolutions compute in 8 bits; that moved probabilities by (0\.\d{3}) on", done.stderr
    )
    assert told
    card = (tmp_path / "small" / "README.md").read_text()
    assert (
        f"| convolutions compute in | 8 bits, which moved probabilities by {told[1]} on average |\n" in card
    )
    # Nothing was fitted or measured.
    assert "scale fitted on | nothing" in card and "calibrated" not in card and "metrics:" not in card
    done = train(*given, "--out", tmp_path / "plain")
    assert "8 bits" not in done.stderr + (tmp_path / "plain" / "README.md").read_text()
    small, plain = ((tmp_path / name / "model.onnx").stat().st_size for name in ("small", "plain"))
    # Of so small a network mostly what is not a convolution is stored.
    assert small < 1.05 * plain


def test_few_photos_are_taught_to_the_default_model(train: Train, plain_folder: Path, tmp_path: Path) -> None:
    done = train(plain_folder, "--validation", 0, "--out", tmp_path / "model")
    assert "Recipe: transfer, which begins with a network that knows faces." in done.stderr
    assert "neutral and other are left to the default model" in done.stderr
    assert done.returncode == 1 and "no face found" in done.stderr


def test_random_weights_are_said_before_they_are_trained(
    train: Train, plain_folder: Path, tmp_path: Path
) -> None:
    done = train(plain_folder, "--recipe", "mobilenet", "--validation", 0, "--out", tmp_path / "model")
    assert "No --weights are given: mobilenet begins with random ones" in done.stderr
    done = train(plain_folder, "--recipe", "compact", "--validation", 0, "--out", tmp_path / "model")
    assert "--weights" not in done.stderr


@pytest.mark.parametrize("recipe", ["svm", "ensemble"])
def test_a_missing_library_is_said_before_the_data_is_read(
    train: Train, recipe: str, tmp_path: Path, absent: Callable[[str], None]
) -> None:
    (tmp_path / "photos").mkdir()  # Nothing is in it, and that is not said first.
    absent("skl2onnx")
    done = train(tmp_path / "photos", "--recipe", recipe, "--out", tmp_path / "out")
    assert done.returncode == 1 and "This needs the package 'skl2onnx'" in done.stderr


def test_options_the_recipe_does_not_take_are_said_before_the_data_is_read(
    train: Train, plain_folder: Path, tmp_path: Path
) -> None:
    given = (plain_folder, "--recipe", "svm", "--out", tmp_path / "model")
    done = train(*given, "--augment-quality", "--augment-light")
    assert done.returncode == 1
    assert done.stderr == (
        "Error: The recipe svm does not vary pictures; leave out --augment-light and --augment-quality.\n"
    )


@pytest.mark.slow
def test_a_scale_that_few_photos_could_not_fit_is_said_to_be_the_default_models(
    train: Train, rendered_faces: Path, tmp_path: Path
) -> None:
    done = train(rendered_faces, "--epochs", 1, "--out", tmp_path / "model")
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"The scale \(slope, intercept and thresholds\) is that of the default model: only \d photos were held back to "
        r"fit a scale on, and that takes 60, of them 20 happy and 20 sad.\n",
        done.stderr,
    )


def test_probabilities_without_a_scale_are_said_to_be_the_models_own(
    train: Train, rendered_faces: Path, tmp_path: Path
) -> None:
    done = train(
        rendered_faces, "--recipe", "hist_gradient_boosting", "--validation", 0, "--out", tmp_path / "model"
    )
    assert "The probabilities are the model's own: no photo was held back" in done.stderr


def test_a_broken_link_is_named_and_left_out(train: Train, rendered_faces: Path, tmp_path: Path) -> None:
    photos = Path(shutil.copytree(rendered_faces, tmp_path / "photos"))
    (photos / "sad" / "gone.jpg").symlink_to(tmp_path / "gone.jpg")
    given = (photos, "--recipe", "logistic_regression", "--out", tmp_path / "model", "--validation", 0)
    done = train(*given)
    assert done.returncode == 0, done.stderr
    assert "sad/gone.jpg" in done.stderr and "is a link to a file that is not there" in done.stderr


@pytest.mark.parametrize("flags", ["avx2 fma", "avx512f avx512_bf16", "amx_bf16", "asimd bf16"])
def test_a_processor_that_is_not_made_for_bfloat16_is_told(
    train: Train, plain_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str
) -> None:
    processor = tmp_path / "cpuinfo"
    processor.write_text(f"flags : {flags}\n")
    monkeypatch.setattr("emotion_classifier.cli.train._PROCESSOR", processor)
    monkeypatch.setattr("emotion_classifier.training.fit.train", Mock(side_effect=DatasetError("enough")))
    done = train(
        plain_folder, "--recipe", "initial", "--bfloat16", "--validation", 0.2, "--out", tmp_path / "m"
    )
    assert done.stderr.endswith("Error: enough\n")
    assert ("not made for bfloat16" in done.stderr) == ("bf16" not in flags)


def test_photos_that_predict_will_call_uncertain_are_named(
    train: Train, rendered_faces: Path, tmp_path: Path
) -> None:
    photos = Path(shutil.copytree(rendered_faces, tmp_path / "photos"))
    with Image.open(photos / "happy" / "01.jpg") as photo:
        tiny = photo.resize((26, 26))
    photo = Image.new("RGB", (184, 184), "grey")
    photo.paste(tiny, (80, 80))
    photo.save(photos / "happy" / "01.jpg", quality=100)
    done = train(photos, "--recipe", "logistic_regression", "--out", tmp_path / "model", "--validation", 0)
    assert done.returncode == 0, done.stderr
    assert "1 used that `predict` will call uncertain:\n  happy/01.jpg: the face is too small" in done.stderr
    assert "left out:" not in done.stderr


def test_photos_of_several_folders_are_named_with_their_folder(
    train: Train, rendered_faces: Path, tmp_path: Path
) -> None:
    for folder in ("a", "b", "more"):
        shutil.copytree(rendered_faces, tmp_path / folder)
        (tmp_path / folder / "happy" / "cut.jpg").write_bytes(b"\xff\xd8\xff")
    (tmp_path / "b" / "metadata.csv").write_text("file_name,age\nhappy/gone.jpg,30\n")
    given = ("--recipe", "logistic_regression", "--out", tmp_path / "model", "--validation", 0)
    done = train(tmp_path / "a", tmp_path / "b", "--extra", tmp_path / "more", *given)
    assert done.returncode == 0, done.stderr
    assert all(f"  {tmp_path / each}/happy/cut.jpg: " in done.stderr for each in ("a", "b", "more"))
    assert f"  {tmp_path}/b/happy/gone.jpg: listed in the metadata" in done.stderr


def test_what_was_left_out_is_named_where_too_few_photos_remain(
    train: Train, rendered_faces: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    for label, names in (("happy", ["01.jpg"]), ("sad", ["01.jpg", "02.jpg"])):
        (photos / label).mkdir(parents=True)
        for name in names:
            shutil.copy(rendered_faces / label / name, photos / label)
    (photos / "happy" / "empty.jpg").touch()
    (photos / "happy" / "cut.jpg").write_bytes((rendered_faces / "happy" / "02.jpg").read_bytes()[:300])
    (photos / "happy" / "text.jpg").write_text("no photo")
    out = tmp_path / "model"
    done = train(photos, "--recipe", "svm", "--validation", 0, "--out", out)
    assert done.returncode == 1
    listed, mark, _ = done.stderr.partition("Error: Only 1 of the photos to learn from is mostly happy")
    assert mark and all(f"happy/{name}.jpg: " in listed for name in ("empty", "cut", "text"))
    done = train(photos, "--recipe", "svm", "--validation", 0.5, "--out", out)
    assert done.returncode == 1 and "happy/cut.jpg: " in done.stderr.partition("Error: ")[0]


def test_no_empty_folder_of_the_training_stays(train: Train, rendered_faces: Path, tmp_path: Path) -> None:
    given = (rendered_faces, "--recipe", "logistic_regression", "--validation", 0)
    assert train(*given, "--out", tmp_path / "model").returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_place_nothing_can_be_written_to_is_said_in_words(
    train: Train, plain_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "model.training").touch()
    given = (plain_folder, "--recipe", "initial", "--validation", 0)
    done = train(*given, "--out", tmp_path / "model")
    assert done.returncode == 1 and "cannot be written: File exists. Name another --out." in done.stderr


def test_a_bundle_is_no_file_of_weights(train: Train, plain_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    given = (plain_folder, "--recipe", "mobilenet", "--validation", 0, "--out", tmp_path / "model")
    done = train(*given, "--weights", tmp_path / "bundle")
    assert done.returncode == 1 and "choose the recipe transfer" in done.stderr


@pytest.mark.slow
def test_what_an_unfinished_training_goes_on_from_or_not(
    train: Train, plain_folder: Path, tmp_path: Path
) -> None:
    from emotion_classifier.data import open_dataset
    from emotion_classifier.training.fit import train as train_recipe
    from emotion_classifier.training.options import TrainOptions

    def stop(stage: str, done: int, total: int, figures: dict[str, float]) -> None:
        if stage == "training":
            raise KeyboardInterrupt

    out = tmp_path / "model"
    with pytest.raises(KeyboardInterrupt):
        train_recipe(
            open_dataset([plain_folder]),
            recipe="initial",
            out=out,
            options=TrainOptions(epochs=2, validation=0),
            progress=stop,
        )
    given = (plain_folder, "--recipe", "initial", "--validation", 0, "--out", out)
    done = train(*given, "--epochs", 3, "--seed", 1)
    assert done.returncode == 1 and "Going on" not in done.stderr
    assert "(--seed: 0 then, 1 now; --epochs: 2 then, 3 now)" in done.stderr
    done = train(*given, "--epochs", 2)
    assert done.returncode == 0 and "Going on after epoch 1.\n" in done.stderr


@pytest.mark.parametrize("verb", ["train", "export"])
def test_the_folder_one_is_in_is_no_place_for_a_bundle(
    run: Callable[..., subprocess.CompletedProcess[str]],
    verb: str,
    plain_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    given = (plain_folder, "--validation", 0.25) if verb == "train" else ("--from-keras", plain_folder)
    done = run(verb, *given, "--out", ".")
    assert done.returncode == 1
    assert "Error: A bundle takes the place of its folder as a whole, and . is the folder" in done.stderr


def test_cropped_is_said_of_extra_photos_too(
    train: Train, rendered_faces: Path, plain_folder: Path, tmp_path: Path
) -> None:
    given = ("--recipe", "logistic_regression", "--validation", 0, "--out", tmp_path / "model")
    done = train(rendered_faces, *given, "--cropped", "--extra", plain_folder, "--calibrate", plain_folder)
    assert done.returncode == 0 and "no face found" not in done.stderr


@pytest.mark.parametrize("where", [".", "model", "Happy/model"])
def test_nothing_is_written_among_the_photos(train: Train, where: str, plain_folder: Path) -> None:
    done = train(plain_folder, "--out", plain_folder / where)
    assert done.returncode == 1
    place = "the folder that is read" if where == "." else f"inside {plain_folder}"
    assert f" is {place}, whose photos are never touched." in done.stderr
    assert sorted(each.name for each in plain_folder.iterdir()) == ["Happy", "Sad"]


def test_patience_needs_photos_held_back(train: Train, plain_folder: Path, tmp_path: Path) -> None:
    given = (plain_folder, "--recipe", "initial", "--out", tmp_path / "model")
    done = train(*given, "--patience", 3, "--validation", 0)
    assert done.returncode == 1 and "--validation 0 holds none back" in done.stderr


def test_one_folder_in_a_file_of_options_needs_no_list(
    train: Train, plain_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "o.toml").write_text('extra = "renders"\n')
    (tmp_path / "renders").mkdir()
    given = ("--recipe", "initial", "--validation", 0.25, "--out", tmp_path / "model")
    done = train(plain_folder, "--config", tmp_path / "o.toml", *given)
    assert done.returncode == 1 and "renders holds no photos in class folders" in done.stderr


def test_a_file_of_options_names_the_photos_and_spells_options_as_typed(
    train: Train, plain_folder: Path, tmp_path: Path
) -> None:
    options = tmp_path / "o.toml"
    options.write_text(f'data = "{plain_folder}"\naugment-quality = true\nrecipe = "svm"\n')
    done = train("--config", options, "--out", tmp_path / "model")
    assert done.returncode == 1 and "leave out --augment-quality." in done.stderr
    options.write_text(f'data = "{plain_folder}"\nrecipe = "svm"\nvalidation = 0\n')
    done = train("--config", options, "--out", tmp_path / "model")
    assert "16 photos: happy 8, sad 8" in done.stderr


def test_too_few_photos_to_hold_a_tenth_back(train: Train, plain_folder: Path, tmp_path: Path) -> None:
    done = train(plain_folder, "--recipe", "initial", "--out", tmp_path / "model")
    assert done.returncode == 1
    counts, error = done.stderr.split("\n", 1)
    assert counts == "16 photos: happy 8, sad 8"
    assert error.removeprefix("Error: ") == (
        "A tenth of the photos is held back for validation (--validation 0.1), which takes at least 10 independent "
        "photos of each class; there are 8 labelled 'happy' and 8 labelled 'sad'. Try --validation 0.2, or 0 to hold "
        "back none.\n"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("epoch = 3\n", "o.toml names epoch (did you mean epochs?)."),
        ("zebra = 3\n", "names zebra; the options are about, augment-light,"),
        ("no-detailed = true\n", "names no-detailed (did you mean detailed?)"),
        ("augment-light = true\naugment_light = false\n", "names an option twice"),
        ('augment-quality = "maybe"\n', 'o.toml: augment-quality takes true or false, not "maybe".'),
        ("epochs = true\n", "o.toml: epochs takes a whole number, not true."),
        ('validation = "half"\n', 'o.toml: validation takes a number, not "half".'),
        ("extra = [3]\n", "o.toml: extra takes a path in quotes, or a list of them, not [3]."),
        ("epochs: 3\n", "is not TOML"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_wrong_use(
    train: Train, tmp_path: Path, content: str | None, says: str
) -> None:
    options = tmp_path / "o.toml"
    if content is not None:
        options.write_text(content)
    done = train(tmp_path, "--config", options, "--out", tmp_path / "model")
    assert done.returncode == 2
    # A long path is broken anywhere.
    told = "".join(done.stderr.replace("│", "").split())
    assert "".join(says.split()) in told


def test_contradictory_copies_and_misspelt_classes_are_warned_of(
    train: Train, plain_folder: Path, tmp_path: Path
) -> None:
    shutil.copy(plain_folder / "Happy" / "0.png", plain_folder / "Sad" / "copy.png")
    shutil.copytree(plain_folder / "Sad", plain_folder / "neutrall")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    done = train(plain_folder, "--out", tmp_path / "full")
    assert done.returncode == 1
    assert "photos lie under two labels, as equal files (Happy/0.png and " in done.stderr
    assert "'neutrall' (did you mean neutral?)" in done.stderr
