"""What README and the guide show runs, page by page, as somebody would type it in.

A block marked ``<!-- not run: why -->`` is left out. In a ``console`` block the lines without ``$`` are what the
command before them prints; numbers may differ, and ``…`` stands for anything. Blocks that train, measure or open a
page are slow, and so is what follows them in a walk that begins with nothing but rendered faces.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import pytest
from PIL import Image

for needed in ("pyarrow", "pandas", "huggingface_hub"):
    pytest.importorskip(needed)

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "src" / "emotion_classifier" / "serving" / "examples"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"^(?:<!-- not run(?:: (?P<why>[^>]+?))? -->\n)?```(?P<language>\S+)\n(?P<code>.*?)^```$", re.M | re.S
)
WALK = "tests/faces_rendered"  # Such a page is walked through with these faces alone.
SHOWN = {"text", "json"}  # Output and files, which nobody runs.
SLOW = re.compile(
    r"emotion-classifier (app|audit|check|clean|compare|evaluate|label|leaderboard|serve|train|tune)\b"
    r"|\b(audit|check|compare|evaluate|train|RecipeClassifier)\("
)
# What runs until Ctrl+C.
SERVES = re.compile(r"emotion-classifier (?:(?:app|serve)\b|clean .*--review|label (?!.*--agreement))")
# What installs, builds or starts containers; .ci/run and deploy/try.sh do that.
INSTALLS = ("pip ", ".venv/bin/pip ", "make ", "docker ", "source ")
# The same on so few photos, and with fewer trials and epochs.
SMALLER = {
    "--trials 20": "--trials 2 --epochs 1",
    "--folds 5": "--folds 2 --repeats 1 --epochs 1",
    "leaderboard photos/": "leaderboard photos/ --recipes svm,geometry --folds 2 --repeats 1",
    "--quick": "--recipes svm,geometry --folds 2 --repeats 1",
    "--recipe transfer --out": "--recipe transfer --validation 0.2 --out",
}
FINDINGS = 3


@dataclass(frozen=True)
class Block:
    """A fenced block: where it begins, what it holds, and why it is not run, if it is not."""

    line: int
    language: str
    code: str
    why: str | None

    @property
    def slow(self) -> bool:
        return bool(SLOW.search(self.code))


def blocks(page: Path) -> list[Block]:
    """List the blocks of a page that are commands or Python."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("code"))
        if match["language"] in ("console", "python"):
            found.append(Block(line, match["language"], match["code"], match["why"]))
    return found


def quick(page: Path) -> list[Block]:
    """List what runs quickly."""
    found = [one for one in blocks(page) if not one.why]
    if WALK in page.read_text(encoding="utf-8"):
        return list(itertools.takewhile(lambda one: not one.slow, found))
    return [one for one in found if not one.slow]


def has_slow(page: Path) -> bool:
    return any(one.slow and not one.why for one in blocks(page))


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@dataclass
class Reader:
    """Somebody who tries a page in a folder of their own."""

    folder: Path
    port: int
    names: dict[str, object] = field(default_factory=dict)
    serving: list[subprocess.Popen[str]] = field(default_factory=list)

    def run(self, page: Path, block: Block) -> None:
        if block.language == "python":
            # Blank lines first, so that an error names the line of the page.
            code = block.code.replace(":8000", f":{self.port}")
            exec(compile("\n" * block.line + code, str(page), "exec"), self.names)
            return
        for command, expected in _commands(block.code):
            if command.startswith("cd "):
                self.folder /= command.removeprefix("cd ")
                os.chdir(self.folder)
            elif not command.startswith(INSTALLS):
                self._try(command, expected)

    def _try(self, command: str, expected: list[str]) -> None:
        for long, short in SMALLER.items():
            command = command.replace(long, short)
        command = command.replace(":8000", f":{self.port}")
        if SERVES.match(command):
            self._serve(command)
            return
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {command}"],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode in (0, FINDINGS), f"{command}\n{done.stdout[-3000:]}"
        assert not re.search(r"Traceback|oneDNN", done.stdout), f"{command}\n{done.stdout[-3000:]}"
        printed = [_masked(line) for line in done.stdout.splitlines()]
        for line in expected:
            pattern = ".*".join(map(re.escape, _masked(line).split("…")))
            assert any(re.fullmatch(pattern, one) for one in printed), f"{line!r} is not in\n{done.stdout}"

    def _serve(self, command: str) -> None:
        if "serve" in command:
            command += f" --port {self.port}"
        server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.serving.append(server)
        assert server.stderr is not None
        said = []
        for line in server.stderr:
            said.append(line)
            if "http://" in line:
                if "serve" in command:
                    self._wait_until_ready()
                return
        pytest.fail(f"{command} ended: {''.join(said)}")

    def _wait_until_ready(self) -> None:
        for _ in range(600):
            try:
                with urlopen(f"http://127.0.0.1:{self.port}/health/ready"):
                    return
            except OSError:  # An HTTPError while it loads its model.
                time.sleep(0.1)
        pytest.fail("The service does not get ready.")

    def leave(self) -> None:
        """Close what was opened, as Ctrl+C does."""
        for server in self.serving:
            server.send_signal(signal.SIGINT)
            _, said = server.communicate(timeout=60)
            assert server.returncode in (0, 128 + signal.SIGINT), said

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return os.environ | {"PATH": path, "BROWSER": "true", "COLUMNS": "120"}


def _commands(code: str) -> list[tuple[str, list[str]]]:
    """Commands of a console block, each with the lines that it prints."""
    found: list[tuple[str, list[str]]] = []
    for line in code.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            found.append((re.sub(r"\s+#.*", "", line[2:]), []))
        elif line.strip() not in ("", "…"):
            found[-1][1].append(line)
    return found


def _masked(line: str) -> str:
    return re.sub(r"\d+(?:[.,]\d+)*", "#", " ".join(line.split()))


@pytest.fixture
def reader(
    request: pytest.FixtureRequest, rendered_faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Reader]:
    """A folder with what the page speaks of, and somebody in it."""
    text = request.getfixturevalue("page").read_text(encoding="utf-8")
    if WALK in text:
        (tmp_path / "tests").mkdir()
        shutil.copytree(rendered_faces, tmp_path / "tests" / "faces_rendered")
    else:
        _lay_out(tmp_path, rendered_faces, text)
    monkeypatch.chdir(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    one = Reader(tmp_path, port, {"paths": sorted((tmp_path / "holiday").glob("[abc]*"))})
    yield one
    one.leave()


def _lay_out(folder: Path, faces: Path, text: str) -> None:
    """Photos, a folder of a holiday, tables and bundles, under the names that pages use."""
    for place in ("photos", "test-photos"):
        for label in ("happy", "sad"):
            shutil.copytree(faces / label, folder / place / label)
    files = [f"{label}/{number:02}.jpg" for label in ("happy", "sad") for number in range(1, 13)]
    people = [(f"p{n}", ("female", "male")[n % 2], (8, 30, 70)[n % 3]) for n in range(len(files))]
    for place in ("photos", "test-photos") if "split photos/\n" not in text else ():
        with (folder / place / "metadata.csv").open("w", newline="") as file:
            rows = [(file_name, *person) for file_name, person in zip(files, people, strict=True)]
            csv.writer(file).writerows([("file_name", "identity", "gender", "age"), *rows])
    for single in ("photo", "one", "two", "new", "portrait", "party"):
        shutil.copy(EXAMPLES / "smile.jpg", folder / f"{single}.jpg")
    _holiday(folder / "holiday", faces)
    for file_name in ("ana.jpg", "sky.jpg"):
        shutil.copy(folder / "holiday" / file_name, folder)
    if "talk.mp4" in text:
        _video(folder / "talk.mp4", EXAMPLES / "smile.jpg")
    if not re.search(r"out[ =]\"?my-model", text):
        for model in ("my-model", "old-model"):
            _own_model(folder / model)
    if "--decisions" in text:
        (folder / "decisions.csv").write_text("file,decision\nhappy/01.jpg,reject\n")
    if "--rater" in text:
        for rater in ("ann", "bob"):
            lines = [f"{file_name},{rater},{file_name.split('/')[0]}" for file_name in files]
            (folder / "photos" / f"votes-{rater}.csv").write_text(
                "\n".join(["file_name,rater,grade", *lines])
            )
    _tables(folder, [folder / "photos" / file_name for file_name in files[::6]])


def _holiday(folder: Path, faces: Path) -> None:
    """A sad, a happy and a neutral face, a broken file and a picture without a face."""
    folder.mkdir()
    shutil.copy(faces / "sad" / "01.jpg", folder / "ana.jpg")
    shutil.copy(faces / "happy" / "03.jpg", folder / "ben.jpg")
    (folder / "broken.jpg").write_bytes(b"no picture")
    shutil.copy(EXAMPLES / "neutral.jpg", folder / "carl.jpg")
    Image.new("RGB", (160, 120), (120, 160, 220)).save(folder / "sky.jpg")


def _video(path: Path, photo: Path) -> None:
    """A face that stays as it is for half a second."""
    av = pytest.importorskip("av")
    with Image.open(photo) as image, av.open(str(path), "w") as container:
        stream = container.add_stream("h264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        frame = av.VideoFrame.from_image(image.convert("RGB").resize((320, 320)))
        for number in range(5):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _own_model(path: Path) -> None:
    """The default model under another name."""
    from emotion_classifier.model.bundle import SHIPPED

    shutil.copytree(SHIPPED / "default", path)
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | {"id": path.name}))


def _tables(folder: Path, photos: list[Path]) -> None:
    """Pictures in Parquet, and as numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pictures = [{"bytes": photo.read_bytes(), "path": photo.name} for photo in photos]
    (folder / "faces").mkdir()
    labels = [photo.parent.name for photo in photos]
    pq.write_table(pa.table({"image": pictures, "label": labels}), folder / "faces" / "train.parquet")
    pixels = " ".join(["128"] * 48 * 48)
    (folder / "fer2013.csv").write_text(f"emotion,pixels,Usage\n3,{pixels},Training\n4,{pixels},PublicTest\n")


@pytest.mark.parametrize("page", [page for page in PAGES if quick(page)], ids=name)
def test_quick_blocks_run(page: Path, reader: Reader) -> None:
    for block in quick(page):
        reader.run(page, block)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", [page for page in PAGES if has_slow(page)], ids=name)
def test_all_blocks_run(page: Path, reader: Reader) -> None:
    pytest.importorskip("keras")
    for block in blocks(page):
        if not block.why:
            reader.run(page, block)


def test_every_block_runs_or_says_why_not() -> None:
    for page in PAGES:
        for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
            language = match["language"]
            assert language in SHOWN | {"console", "python"} or language.startswith("{"), (
                name(page),
                language,
            )
            skipped = match[0].startswith("<!-- not run")
            assert not skipped or match["why"], f"{name(page)}: why is this not run?\n{match['code']}"


def test_pages_are_quick_and_slow_as_they_should_be() -> None:
    assert has_slow(ROOT / "docs" / "train.md") and not has_slow(ROOT / "docs" / "predict.md")
    assert quick(ROOT / "docs" / "predict.md") and quick(ROOT / "README.md")
