"""Kill writers of results with `kill -9` at random moments, and look whether what is left is old or new, and whole.

A process writes the same result again and again, in two versions in turn, and is killed. Then the result is read, and
written once more, by a process that goes on where the first was. It uses the pictures in `tests/faces_rendered`. With
`--kept`, a run that was stopped goes on after the last kill it has seen through. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from results import write_results

from emotion_classifier.cleaning.clean import clean
from emotion_classifier.cleaning.split_folder import SplitOptions, split_folder
from emotion_classifier.data import read_folder
from emotion_classifier.files import atomic_write
from emotion_classifier.model.bundle import CARD, Bundle, save_bundle

FACES = Path(__file__).parents[1] / "tests" / "faces_rendered"
KILLS = 50


@dataclass(frozen=True)
class Writer:
    """What is killed.

    `write` writes the version of a number, even or odd; `whole` says whether one can be read; a kill comes within the
    time of so many `writes`.
    """

    write: Callable[[int], object]
    whole: Callable[[], bool]
    writes: int = 3


def bundle_writer(folder: Path) -> Writer:
    """Save a bundle over itself."""
    default = Bundle.default()
    onnx = (default.path / "model.onnx").read_bytes()

    def write(number: int) -> None:
        name = f"version-{number % 2}"
        config = default.config.model_copy(update={"id": name})
        save_bundle(folder / "bundle", onnx=onnx, config=config, card=name, photos=default.known_photos())

    def whole() -> bool:
        found = Bundle.load(folder / "bundle")
        return (found.path / CARD).read_text(encoding="utf-8") == found.id

    return Writer(write, whole)


def export_writer(folder: Path) -> Writer:
    """Export a model of Keras over a bundle."""
    import keras

    from emotion_classifier.training.export import import_keras

    layers = keras.layers
    network = [
        layers.Conv2D(32, 3),
        layers.Flatten(),
        layers.Dense(256),
        layers.Dense(1, activation="sigmoid"),
    ]
    keras.Sequential([keras.Input((48, 48, 3)), *network]).save(folder / "model.keras")
    imported = import_keras(folder / "model.keras", labels=("happy", "sad"))
    versions = [imported, imported.fed("bgr", 1.0, 0.0)]
    formats = {(each.config.preprocessing.channels, each.config.preprocessing.scale) for each in versions}

    def whole() -> bool:
        found = Bundle.load(folder / "exported").config.preprocessing
        return (found.channels, found.scale) in formats

    return Writer(lambda number: versions[number % 2].save(folder / "exported"), whole)


def train_writer(folder: Path) -> Writer:
    """Train over a bundle, with a recipe that needs no network to be trained."""
    from emotion_classifier.training.fit import train
    from emotion_classifier.training.options import TrainOptions

    data, out = read_folder(FACES), folder / "trained"

    def write(number: int) -> None:
        version = number % 2
        options = TrainOptions(seed=version, validation=0.25, about=f"Of version-{version}.")
        train(data, recipe="geometry", out=out, options=options)

    def whole() -> bool:
        found = Bundle.load(out)
        card = (out / CARD).read_text(encoding="utf-8")
        return f"version-{found.config.training['options']['seed']}" in card

    return Writer(write, whole)


def tune_writer(folder: Path) -> Writer:
    """Search a space of two trials; each search is a new one, so that every kill meets it half done."""
    from emotion_classifier import recipes
    from emotion_classifier.experiments.search import search_and_test
    from emotion_classifier.experiments.tune import Nested, TuneOptions

    data = read_folder(FACES)

    def search(out: Path) -> None:
        options = TuneOptions(trials=2, workers=1, validation=0.25)
        search_and_test(
            recipes.get("svm"), data, out=out, options=options, nested=Nested(test=0.25, baseline=False)
        )

    def whole() -> bool:
        done = True
        for out in sorted(folder.glob("search-*")):
            tuned = out / "tuned"
            before = Bundle.load(tuned).id if tuned.exists() else None  # Old or new, never half.
            search(out)
            done = done and before in (None, Bundle.load(tuned).id)
            shutil.rmtree(out)
        return done

    # Each write is of a new search and takes long: the first is as good as any.
    return Writer(lambda _: search(unused(folder, "search")), whole, writes=1)


def unused(folder: Path, name: str) -> Path:
    """Name a folder that is not there."""
    return next(
        folder / f"{name}-{number}" for number in count() if not (folder / f"{name}-{number}").exists()
    )


def label_writer(folder: Path) -> Writer:
    """Grade photos, so that a file of votes is written at each grade."""
    from emotion_classifier.data.votes import VOTE_GRADES, photo_key, read_vote_file
    from emotion_classifier.labelling.session import Asked, Labelling

    photos = [
        Asked(path, photo_key(path.relative_to(FACES).as_posix()))
        for path in sorted(FACES.glob("*/*.jpg"))[:6]
    ]
    file = folder / "votes-rater.csv"

    def write(number: int) -> None:
        labelling = Labelling(folder, photos, rater="rater")
        for place in range(len(photos)):
            labelling.give(place, VOTE_GRADES[(number + place) % len(VOTE_GRADES)])

    def whole() -> bool:
        names = {vote.file_name for vote in read_vote_file(file)}
        return file.read_bytes().endswith(b"\n") and names == {photo.name for photo in photos}

    return Writer(write, whole)


def split_writer(folder: Path) -> Writer:
    """Write a split over another, into a metadata file with long texts in a further column."""
    root = Path(shutil.copytree(FACES, folder / "photos", ignore=shutil.ignore_patterns("*.md")))
    names = [path.relative_to(root).as_posix() for path in sorted(root.glob("*/*"))]
    rows = "".join(f"{name},{'x' * 100_000}\n" for name in names)
    file = root / "metadata.csv"
    file.write_text(f"file_name,notes\n{rows}", encoding="utf-8")

    def write(number: int) -> None:
        split_folder(root, options=SplitOptions(0.2, 0.2, None, number % 2), overwrite=True)

    versions = []
    for number in (0, 1):
        write(number)
        versions.append(file.read_bytes())
    return Writer(write, lambda: file.read_bytes() in versions)


def clean_writer(folder: Path) -> Writer:
    """Write a cleaned copy, each time under a new name."""
    photos = len(read_folder(FACES))

    def write(_: int) -> None:
        clean(FACES, unused(folder, "cleaned"), findings=())

    def whole() -> bool:
        found = sorted(folder.glob("cleaned-*"))
        done = all((out / "ledger.csv").is_file() and len(read_folder(out)) == photos for out in found)
        for out in found:
            shutil.rmtree(out)
        return done

    return Writer(write, whole)


WRITERS: dict[str, Callable[[Path], Writer]] = {
    "bundle": bundle_writer,
    "split": split_writer,
    "clean": clean_writer,
    "export": export_writer,
    "label": label_writer,
    "train": train_writer,
    "tune": tune_writer,
}


def done_by_a_process(job: Callable[[], object]) -> None:
    """Do something in a process of its own, so that the one that is forked again holds no threads of any library."""
    child = os.fork()
    if child == 0:
        try:
            job()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError("it could not be read, or not be written again")


def kill(writer: Writer, delay: float) -> None:
    """Let a process write until it is killed, so many seconds after it has begun."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writes, b"!")
        try:
            for number in count():
                writer.write(number)
        finally:
            os._exit(1)
    os.close(writes)
    os.read(reads, 1)
    time.sleep(delay)
    ended, _ = os.waitpid(child, os.WNOHANG)
    if ended:
        raise SystemExit("the writer stopped before it was killed: it fails by itself")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reads)


def look(writer: Writer, number: int) -> None:
    """Read what a kill left, and write once more: it is not in the way."""
    if not writer.whole():
        raise ValueError("something else than the old or the new")
    writer.write(number)


def measure(name: str, kills: int, seed: int, before: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """Kill one writer at so many moments, drawn from the time that its writes take; yield each kill.

    Each kill has a moment of its own number, so a run that goes on after `before` has those that are missing.
    """
    before = before or {"kills": 0, "whole": 0, "half": []}
    whole, half = before["whole"], list(before["half"])
    with tempfile.TemporaryDirectory() as folder:
        writer = WRITERS[name](Path(folder))
        began = time.perf_counter()
        done_by_a_process(partial(writer.write, 0))
        takes = time.perf_counter() - began
        for number in range(before["kills"], kills):
            delay = random.Random(f"{seed} {name} {number}").uniform(0, writer.writes * takes)
            kill(writer, delay)
            try:
                done_by_a_process(partial(look, writer, number))
                whole += 1
            except Exception as error:
                half.append(f"killed after {delay:.4f} s: {type(error).__name__}: {error}")
                shutil.rmtree(folder)
                Path(folder).mkdir()
                writer = WRITERS[name](Path(folder))
                done_by_a_process(partial(writer.write, 0))
            yield {
                "writer": name,
                "seconds_a_write": round(takes, 4),
                "kills": number + 1,
                "whole": whole,
                "half": half,
            }


def measure_in_parts(name: str, kills: int, seed: int, kept: Path | None) -> dict[str, Any]:
    """Say what came of each kill at once, and go on after those that are kept."""
    if kept:
        kept.mkdir(parents=True, exist_ok=True)
    file = kept / f"{name}-{seed}.json" if kept else None
    before = json.loads(file.read_text(encoding="utf-8")) if file and file.is_file() else None
    if before and before["kills"] >= kills:
        return dict(before)
    last, began = {}, time.perf_counter()
    for last in measure(name, kills, seed, before):
        spent = time.perf_counter() - began
        told = f"{name}: whole after {last['whole']} of {last['kills']} kills, {spent:.0f} s"
        print(told, file=sys.stderr, flush=True)
        if file:
            atomic_write(file, json.dumps(last))
    return last


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(WRITERS), action="append", help="all of them without")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--kept", type=Path, help="folder with what came of the kills that are done")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print the figures and write no file")
    arguments = parser.parse_args()
    found = [
        measure_in_parts(name, arguments.kills, arguments.seed, arguments.kept)
        for name in arguments.only or WRITERS
    ]
    if arguments.json:
        print(json.dumps(found))
    else:
        for each in found:
            print(f"{each['writer']}: whole after {each['whole']} of {each['kills']} kills")
            for line in each["half"]:
                print(f"  {line}")
        name = "_".join(["killed_writers", *(arguments.only or ())])
        write_results(name, {"writers": found})
    sys.exit(any(each["half"] for each in found))


if __name__ == "__main__":
    main()
