"""What several tests need: pictures that may be shipped, and the shared data where it is there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from emotion_classifier.evaluation.predictions import Predictions

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# A few dozen photos are fitted faster by one thread than by several that wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A shell that starts the tests in the background lets them, and all that they start, ignore Ctrl+C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
RENDERED = Path(__file__).parent / "faces_rendered"
LABELS = ("happy", "sad")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
SHARED = Path(__file__).parents[2] / "shared" / "data"


# How a picture is stored so that the tag of its orientation turns it upright again.
_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.fixture(scope="session")
def stored() -> Callable[[Image.Image, int], tuple[Image.Image, Image.Exif]]:
    """Turn an upright picture as a camera stores it for an orientation of EXIF: the picture, and the tag."""

    def turned(picture: Image.Image, orientation: int) -> tuple[Image.Image, Image.Exif]:
        exif = Image.Exif()
        exif[0x0112] = orientation
        way = _STORED.get(orientation)
        return (picture if way is None else picture.transpose(way)), exif

    return turned


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data that is not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("the data in ../shared/data is not on this machine")
    return SHARED


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the program as its command line does, errors and exit codes included, but in this process."""
    from emotion_classifier.cli import main

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        given = [str(argument) for argument in arguments]
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(given)
        return subprocess.CompletedProcess(given, int(end.value.code or 0), *capsys.readouterr())

    return call


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Say that a package is not installed: importing it fails until the end of the test."""
    return lambda package: monkeypatch.setitem(sys.modules, package, None)


@pytest.fixture(scope="session")
def rendered_faces() -> Path:
    """A folder with happy/ and sad/ faces, rendered by this project."""
    return RENDERED


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A smiling woman (Eileen Collins, NASA, public domain), 512 × 512 × 3 uint8."""
    data = pytest.importorskip("skimage.data")
    return np.asarray(data.astronaut())


@pytest.fixture(scope="session")
def astronaut_file(astronaut: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a JPEG file."""
    path = tmp_path_factory.mktemp("photos") / "astronaut.jpg"
    Image.fromarray(astronaut).save(path, quality=92)
    return path


@pytest.fixture
def knowing_bundle(tmp_path: Path) -> Path:
    """The shipped bundle, which says that it learned from three of the rendered faces."""
    from emotion_classifier.model.bundle import SHIPPED, Bundle, rewrite
    from emotion_classifier.model.known_photos import KnownPhotos, hash_photos

    copy = Bundle.load(shutil.copytree(SHIPPED / "default", tmp_path / "knowing"))
    some = [RENDERED / "happy" / "01.jpg", RENDERED / "sad" / "01.jpg", RENDERED / "sad" / "05.jpg"]
    return rewrite(copy, photos=KnownPhotos.of(hash_photos(some))).path


@pytest.fixture
def unknowing_bundle(tmp_path: Path) -> Path:
    """The shipped bundle without its record of photos, as bundles were before they kept one."""
    from emotion_classifier.model.bundle import PHOTOS, SHIPPED

    copy = Path(shutil.copytree(SHIPPED / "default", tmp_path / "unknowing"))
    config = json.loads((copy / "config.json").read_text())
    config["files"].pop(PHOTOS, None)
    (copy / PHOTOS).unlink(missing_ok=True)
    (copy / "config.json").write_text(json.dumps(config | {"id": "unknowing"}))
    return copy


@pytest.fixture
def plain_folder(tmp_path: Path) -> Iterator[Path]:
    """Class folders of small coloured squares: happy bright, sad dark, eight each."""
    rng = np.random.default_rng(0)
    for label, low in (("Happy", 150), ("Sad", 0)):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(8):
            pixels = rng.integers(low, low + 100, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / label / f"{number}.png")
    yield tmp_path / "photos"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium that asks for nothing by itself, with a camera that shows a test picture."""
    playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        pytest.skip(
            f"no Chromium on this machine (looked for {', '.join(CHROMIUM)}; set CHROMIUM to its path)"
        )
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def text_contrasts() -> Callable[[Any, list[str]], dict[str, float]]:
    """Contrast ratio (WCAG 2.2, 1.4.3) of text and ground at places, CSS selectors, of an open page."""

    def measure(page: Any, places: list[str]) -> dict[str, float]:
        colours = page.evaluate(
            """places => places.map(place => {
              const element = document.querySelector(place);
              const ground = of => {
                const colour = getComputedStyle(of).backgroundColor;
                return colour === 'rgba(0, 0, 0, 0)' ? ground(of.parentElement) : colour;
              };
              return [getComputedStyle(element).color, ground(element)];
            })""",
            places,
        )
        found = {}
        for place, pair in zip(places, colours, strict=True):
            light, dark = sorted(map(_luminance, pair), reverse=True)
            found[place] = (light + 0.05) / (dark + 0.05)
        return found

    return measure


@pytest.fixture(scope="session")
def serious_problems() -> Callable[[Any], set[str]]:
    """What axe-core finds serious or critical on an open page; skips where it is not installed."""
    if not AXE.is_file():
        pytest.skip("axe-core is not in node_modules (npm install --no-save axe-core@4)")

    def find(page: Any) -> set[str]:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run({resultTypes: ['violations']})")  # A third of the time.
        return {
            f"{each['id']} ({node['html'][:150]})"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        }

    return find


@pytest.fixture(scope="session")
def write_video() -> Callable[..., Path]:
    """Write frames, at times in seconds (25 a second where none are given), turned as a telephone stores them."""
    av: Any = pytest.importorskip("av")

    def write(
        path: Path, frames: Iterable[np.ndarray], times: Iterable[float] | None = None, *, rotation: int = 0
    ) -> Path:
        frames = list(frames)
        times = [number / 25 for number in range(len(frames))] if times is None else list(times)
        with av.open(str(path), "w") as container:
            stream = container.add_stream(
                "h264", rate=25, options={"crf": "18", "preset": "ultrafast", "g": "10"}
            )
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = Fraction(1, 1000)
            if rotation:
                if not hasattr(stream, "set_display_rotation"):
                    pytest.skip("this PyAV reads turned videos but writes none")
                stream.set_display_rotation(rotation)
            for pixels, time in zip(frames, times, strict=True):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
                frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


def _luminance(colour: str) -> float:
    parts = [float(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.fixture(scope="session")
def known_predictions() -> Callable[..., Predictions]:
    """Make predictions from labels and what is said of P(happy)."""
    return _predictions


def _predictions(
    truth: Sequence[str], p_happy: Sequence[float | None], *, grade: str = "neutral"
) -> Predictions:
    """Predictions of a bundle that says `p_happy` of every photo; None: no face. Within 0.4 to 0.6 it is uncertain."""
    given = np.array([np.nan if p is None else p for p in p_happy], np.float64)
    found = ~np.isnan(given)
    truths = np.array([LABELS.index(label) for label in truth], np.int64)
    stated = [
        None if p is None else "uncertain" if 0.4 < p < 0.6 else "happy" if p > 0.5 else "sad"
        for p in p_happy
    ]
    shares = np.zeros((len(truth), 4))
    shares[np.arange(len(truth)), 2 * truths] = 1
    return Predictions(
        labels=LABELS,
        y_true=truths,
        y_pred=np.where(found, np.where(given >= 0.5, 0, 1), 2).astype(np.int64),
        probabilities=np.stack([given, 1 - given], axis=1),
        stated=tuple(stated),
        degree=2 * given - 1,
        p_happy=given,
        shares=shares,
        grades=tuple(None if p is None else grade for p in p_happy),
    )
