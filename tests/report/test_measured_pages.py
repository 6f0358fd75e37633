"""The pages of `evaluate` and `compare`: figures with n, the misclassified photos, one file below 1 MB."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("scipy")
pytest.importorskip("jinja2", reason="the package jinja2 is not installed")

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.labels import one_hot
from emotion_classifier.drawing import COLOURS
from emotion_classifier.evaluation.compare import comparison_of
from emotion_classifier.evaluation.evaluate import evaluation_of
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.evaluation.slices import slices
from emotion_classifier.evaluation.trained_on import TrainedOn
from emotion_classifier.report import page_plots
from emotion_classifier.report.comparison_page import write_comparison_page
from emotion_classifier.report.contact_sheet import cut_out
from emotion_classifier.report.evaluation_page import write_evaluation_page

LIMIT = 1_000_000
WIDE = (320, 820, 1280)
Make = Callable[..., Predictions]


@pytest.fixture
def write(tmp_path: Path, faces: Dataset, seen: Predictions) -> Callable[..., str]:
    """Write the page of an evaluation and give back its text."""

    def write_it(dataset: Dataset = faces, predictions: Predictions = seen, **others: Any) -> str:
        found = replace(evaluation_of("compact-1", predictions, ids=dataset.ids), **others)
        out = tmp_path / "report.html"
        write_evaluation_page(found, dataset, out, title="holiday & more")
        return out.read_text(encoding="utf-8")

    return write_it


def text_of(html: str) -> str:
    return " ".join(
        re.sub(r"<[^>]+>", " ", re.sub(r"<(style|svg).*?</\1>", "", html, flags=re.DOTALL)).split()
    )


def pictures(html: str) -> list[Image.Image]:
    found = re.findall(r'<img src="data:image/webp;base64,([^"]+)"', html)
    return [Image.open(io.BytesIO(base64.b64decode(each))) for each in found]


def test_what_people_meet_first_stands_first_with_n_and_interval(write: Callable[..., str]) -> None:
    told = text_of(write())
    order = [
        "Label accuracy",
        "Happy faces called happy",
        "Sad faces called sad",
        "Called uncertain",
        "Forced-choice accuracy",
        "All figures",
    ]
    begin = told.index("What people see: the label")
    assert [told.index(part, begin) for part in order] == sorted(told.index(part, begin) for part in order)
    assert "87.5 % (69.0 to 95.7) n = 24" in told, "21 of 24 labels"
    assert "91.7 % (64.6 to 98.5) n = 12" in told, "11 of 12 sad faces"
    assert "Not measured. Neutral faces called sad: no photo is labelled neutral." in told
    assert "holiday &amp; more" in told


def test_everything_is_in_the_one_file_and_in_order(write: Callable[..., str]) -> None:
    html = write()
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']?(?:https?:|//|file:)""", html)
    assert not re.search(r"@import|url\((?!data:)| style=", html)
    assert "default-src 'none'" in html and "unsafe" not in html and "<script" not in html
    levels = [int(level) for level in re.findall(r"<h([1-6])", html)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    assert len(html.encode()) < LIMIT


def test_photos_that_were_got_wrong_are_shown_with_truth_and_label(write: Callable[..., str]) -> None:
    html = write()
    shots = [text_of(part) for part in html.split('<li class="shot">')[1:]]
    assert len(shots) == 3 == len(pictures(html))
    assert shots[0].startswith(
        "labelled happy called sad degree −0.80 forced choice: sad, wrong; p(happy) 0.10"
    )
    assert "happy/01.jpg" in shots[0] and "called uncertain" in shots[1] and "called no face" in shots[2]


def test_what_speaks_for_the_label_stands_beside_the_face(
    faces: Dataset, seen: Predictions, tmp_path: Path
) -> None:
    found = evaluation_of("compact-1", seen, ids=faces.ids)
    write_evaluation_page(found, faces, tmp_path / "r.html", title="faces", classifier=EmotionClassifier())
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    first = html.split('<li class="shot">')[1]
    assert len(pictures(first)) == 2 and 'alt="What speaks for the label of happy/01.jpg"' in first
    assert "blurred" in text_of(first) and "A second picture, of 3 of them" in text_of(html)


def test_pictures_hold_no_metadata(write: Callable[..., str], faces: Dataset, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera that tells"
    sources = []
    for row, source in enumerate(faces.sources):
        Image.open(source).save(tmp_path / f"{row}.jpg", exif=exif)  # type: ignore[arg-type]
        sources.append(tmp_path / f"{row}.jpg")
    html = write(replace(faces, sources=tuple(sources)))
    assert len(pictures(html)) == 3
    for each in pictures(html):
        assert not each.getexif() and max(each.size) <= 132


def test_a_crowd_of_wrong_photos_stays_below_a_megabyte_and_is_counted(
    write: Callable[..., str], known_predictions: Make
) -> None:
    noise = np.random.default_rng(0)
    files = []
    for _ in range(20):
        buffer = io.BytesIO()
        Image.fromarray(noise.integers(0, 256, (150, 150, 3), dtype=np.uint8)).save(buffer, "PNG")
        files.append(buffer.getvalue())
    n = 2_000
    targets = one_hot(["happy"] * n, ("happy", "sad"))
    names = tuple(f"happy/{'x' * 200}{number}.png" for number in range(n))
    crowd = Dataset(
        ("happy", "sad"),
        tuple(files[number % 20] for number in range(n)),
        targets,
        names,
        ("",) * n,
        (False,) * n,
    )
    predictions = known_predictions(["happy"] * n, [0.1] * n)
    columns = {"who": {f"{'y' * 150}{number}": np.arange(10) for number in range(50)}}
    html = write(crowd, predictions, slices=slices(predictions, columns))
    assert len(html.encode()) < LIMIT
    shown = html.count('<li class="shot">')
    assert 50 < shown <= 120
    assert f"{n - shown:,} more of these photos are not on this page" in html and "lists all 2,000" in html


def test_any_name_is_shown_and_none_runs(
    write: Callable[..., str], faces: Dataset, known_predictions: Make, strange_name: tuple[str, str]
) -> None:
    name, shown = strange_name
    one = replace(faces.take([0]), ids=(name,), problems=((name, "<b>broken</b>"),))
    html = write(one, known_predictions(["happy"], [0.1]))
    assert "<script>alert" not in html and "<b>broken" not in html
    assert html.count(f'<code dir="auto">{shown}</code>') == 2, (
        "among the misclassified, and among those left out"
    )


def test_a_photo_that_cannot_be_shown_says_why(write: Callable[..., str], faces: Dataset) -> None:
    broken = replace(faces, sources=(b"no picture", *faces.sources[1:]))
    html = write(broken)
    assert '<span class="none">cannot be read</span>' in html and len(pictures(html)) == 2


def test_photos_it_learned_from_and_those_left_out_are_told(
    write: Callable[..., str], faces: Dataset
) -> None:
    told = text_of(
        write(replace(faces, problems=(("sad/x.jpg", "The file is empty."),)), trained_on=TrainedOn(3, 24))
    )
    assert "Warning: 3 of 24 photos are among those the model learned from" in told
    assert "1 left out, and why" in told and "sad/x.jpg : The file is empty." in told


def test_votes_get_a_plot_of_their_own(write: Callable[..., str], faces: Dataset, seen: Predictions) -> None:
    assert "Degree against votes" not in write()
    net = np.linspace(-1, 1, len(seen))
    shares = np.stack([(1 + net) / 2, 0 * net, (1 - net) / 2, 0 * net], axis=1)
    assert "Degree against votes" in write(faces, replace(seen, shares=shares))


def test_more_classes_have_their_leanings_too(
    write: Callable[..., str], faces: Dataset, seen: Predictions
) -> None:
    assert "By leaning" not in write()
    labels = ("happy", "neutral", "sad")
    stated = np.insert(seen.probabilities, 1, 0.0, axis=1)
    chosen = np.where(seen.y_pred == 2, 3, seen.y_pred * 2)
    three = replace(seen, labels=labels, y_true=seen.y_true * 2, y_pred=chosen, probabilities=stated)
    data = replace(faces, labels=labels, targets=np.eye(3, dtype=np.float32)[three.y_true])
    told = text_of(write(data, three))
    assert "By leaning: happy or sad, whatever the label" in told


@pytest.mark.parametrize("said", [[None] * 3, [0.9], [0.9, 0.9]])
def test_little_to_say_is_said(
    write: Callable[..., str], faces: Dataset, known_predictions: Make, said: list[float | None]
) -> None:
    """No face anywhere, one photo, or no misclassified photo."""
    told = text_of(write(faces.take(range(len(said))), known_predictions(["happy"] * len(said), said)))
    assert "no photo is labelled sad" in told
    assert ("3 of 3: first those" if None in said else f"None of {len(said)}.") in told
    assert ("no photo has a face" in told) == (None in said)


def test_a_cut_stays_within_the_photo() -> None:
    photo = np.zeros((100, 300, 3), np.uint8)
    assert cut_out(photo, None).size == (132, 44)
    assert cut_out(photo, (250.0, 40.0, 90.0, 90.0)).size[1] <= 132
    assert cut_out(photo, (900.0, 40.0, 9.0, 9.0)).size == (132, 44), "a box outside is none"


@pytest.fixture
def compared(tmp_path: Path, faces: Dataset, seen: Predictions, known_predictions: Make) -> str:
    """B is right on all photos but the first; the page of the comparison."""
    truth = [faces.labels[label] for label in faces.hard]
    said = [0.95 if label == "happy" else 0.05 for label in truth]
    said[0] = 0.1
    found = comparison_of(("old <b>", "new"), (seen, known_predictions(truth, said)), ids=faces.ids)
    write_comparison_page(found, faces, tmp_path / "report.html", title="holiday")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_comparison_says_who_is_better_and_shows_where_they_differ(compared: str) -> None:
    told = text_of(compared)
    assert "neither is shown to be better: B is ahead by 8.3 points (95 % −6.6 to 25.8, n = 24)." in told
    assert "A, by the label people see n = 24" in told and "B, by forced choice n = 24" in told
    shots = [text_of(part) for part in compared.split('<li class="shot">')[1:]]
    assert len(shots) == 2 == len(pictures(compared))
    assert shots[0].startswith("labelled happy A uncertain −0.10 B happy +0.90")
    assert "forced choice and p(happy): A no face, B sad (0.05)" in shots[1]
    assert "old &lt;b&gt;" in compared and len(compared.encode()) < LIMIT
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", compared)


def test_a_comparison_has_links_to_all_its_parts(compared: str) -> None:
    linked = re.findall(r'<li><a href="#(\w+)">', compared)
    assert linked == ["figures", "confusion", "differ", "photos"]
    assert all(f'<section id="{name}"' in compared for name in linked)


def test_neutral_has_the_colour_of_its_boxes_on_every_page() -> None:
    box = f"--ec-neutral: {COLOURS['neutral'][0]};"
    here = Path(page_plots.__file__).parent
    for style in (here / "templates" / "page.css", here.parent / "serving" / "page.css"):
        assert box in style.read_text(encoding="utf-8"), style


def test_rows_of_photos_left_out_do_not_shift_the_pictures(
    faces: Dataset, seen: Predictions, known_predictions: Make
) -> None:
    other = known_predictions([faces.labels[label] for label in faces.hard], [0.9] * len(faces))
    found = comparison_of(("a", "b"), (seen, other), ids=faces.ids, places=np.arange(len(faces)) + 100)
    assert min(photo.row for photo in found.label_differences) >= 100
    assert all("row" not in photo.to_dict() for photo in (*found.differences, *found.label_differences))


@pytest.fixture
def open_page(browser: Any, write: Callable[..., str], tmp_path: Path) -> Callable[..., Any]:
    def open_it(**options: Any) -> Any:
        write()
        page = browser.new_page(**options)
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text))
        page.goto((tmp_path / "report.html").as_uri())
        return page

    return open_it


def test_a_small_loss_is_drawn_left_of_nothing() -> None:
    axis = page_plots.fit_axis([{"value": -0.004, "low": -0.006, "high": 0.0}], "points")
    assert axis.at(-0.006) < axis.at(-0.004) < axis.at(0.0)


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDE)
def test_nothing_is_wider_than_the_window(open_page: Callable[..., Any], width: int) -> None:
    page = open_page(viewport={"width": width, "height": 740})
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.complaints == []
    page.close()
