"""What each tool says of each photo: the peers' answers are kept in files, this project's are asked for anew."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sets import PhotoSet
from worker import Answer, Tool, ToolError, Worker

from emotion_classifier.model.bundle import Bundle

OUR_STEP = 1e-4
"""To what ``predict --json`` rounds."""


@dataclass(frozen=True)
class Readings:
    """The answers of one tool to one set of photos, in order."""

    version: str
    step: float
    answers: tuple[Answer, ...]


def of_peer(name: str, photos: PhotoSet, find: Callable[[], Tool], folder: Path, *, anew: bool) -> Readings:
    """Return a peer's kept answers, or ask it and keep them.

    Parameters
    ----------
    name : str
    photos : PhotoSet
    find : callable
        To the installed tool; called only where there are no answers of these very photos.
    folder : Path
        Where answers are kept.
    anew : bool
        Ask even so.

    Raises
    ------
    ToolError
        If it has to be asked and is not installed.
    """
    kept, fingerprint = folder / f"{name.replace(' ', '_')}-{photos.name}.json", photos.fingerprint()
    if not anew and kept.is_file():
        record = json.loads(kept.read_text(encoding="utf-8"))
        if record["fingerprint"] == fingerprint:
            answers = tuple(Answer(**answer) for answer in record["answers"])
            return Readings(record["version"], record["step"], answers)
    tool = find()
    answers = tuple(_ask(tool, photos))
    record = {
        "version": tool.version,
        "step": tool.step,
        "fingerprint": fingerprint,
        "answers": [asdict(answer) for answer in answers],
    }
    folder.mkdir(parents=True, exist_ok=True)
    draft = kept.with_suffix(".draft")
    draft.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    draft.replace(kept)
    return Readings(tool.version, tool.step, answers)


def of_ours(photos: PhotoSet, model: Path | None) -> Readings:
    """Ask ``emotion-classifier predict --json`` of this checkout.

    Parameters
    ----------
    photos : PhotoSet
    model : Path or None
        A bundle; None for the default one.

    Raises
    ------
    ToolError
        If it fails, or a photo is missing from what it prints.
    """
    bundle = Bundle.load(model) if model else Bundle.default()
    options = ["--json", *(["--model", str(model)] if model else []), str(photos.folder)]
    done = subprocess.run(
        [sys.executable, "-m", "emotion_classifier", "predict", *options], capture_output=True, text=True
    )
    # 3: done, but a photo could not be read.
    if done.returncode not in (0, 3):
        raise ToolError(f"emotion-classifier predict failed: {done.stderr.strip()}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    found = {line["file"]: _our_answer(line) for line in lines}
    missing = [photo.name for photo in photos.photos if str(photos.path(photo)) not in found]
    if missing:
        raise ToolError(
            f"emotion-classifier predict says nothing of {missing[0]} and {len(missing) - 1} others."
        )
    about = f"emotion-classifier {version('emotion-classifier')}, {bundle.id}"
    return Readings(about, OUR_STEP, tuple(found[str(photos.path(photo))] for photo in photos.photos))


def _our_answer(line: dict[str, Any]) -> Answer:
    readings = line["readings"]
    if not readings:
        return Answer(line["file"], error=line["reason"])
    # The largest comes first, for versions that do not say which one the photo is about.
    main = next((reading for reading in readings if reading.get("main")), readings[0])
    return Answer(
        line["file"],
        faces=len(readings),
        scores=main["probabilities"],
        shown=main["label"],
        p_happy=main["p_happy"],
    )


def _ask(tool: Tool, photos: PhotoSet) -> list[Answer]:
    answers = []
    with Worker(tool) as worker:
        for number, photo in enumerate(photos.photos, start=1):
            answers.append(worker.ask(photos.path(photo)))
            if number == 1 and not worker.alive:
                raise ToolError(f"{tool.name} does not start. {answers[0].error}")
            progress = f"\r{tool.name}, {photos.title}: {number} of {len(photos.photos)}"
            print(progress, end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return answers
