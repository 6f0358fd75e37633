"""Compare this project with other open tools on photos labelled happy and sad: accuracy, speed, size.

All tools read the same photos in one run on one thread each, in alternating blocks, so that whatever else the
machine does falls on all of them.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parents[1]))

import installed
from results import interval, write_results
from scores import score, ties, time_ratio
from speed import spread
from worker import Answer, Tool, ToolError, Worker, cold_start

from emotion_classifier.data.folder import read_folder
from emotion_classifier.data.labels import require_happy_and_sad
from emotion_classifier.errors import EmotionClassifierError

Answers = dict[str, list[Answer]]
WARM_UP = 10
BLOCK = 10


def labelled_photos(folder: Path, limit: int | None) -> list[tuple[Path, str, bool]]:
    """Path, path below the folder, and whether happy, of every photo labelled happy or sad.

    Raises
    ------
    DatasetError
        If there is no such folder, or either class is absent.
    """
    # The default model learned from the rows of that split.
    dataset = read_folder(folder).with_split("", "validation", "test")
    labels = [dataset.labels[index] for index in dataset.hard]
    require_happy_and_sad(labels, str(folder))
    photos = []
    for wanted in ("happy", "sad"):
        rows = [row for row, label in enumerate(labels) if label == wanted][:limit]
        photos += [(Path(str(dataset.sources[row])), dataset.ids[row], wanted == "happy") for row in rows]
    return photos


def present_tools(arguments: argparse.Namespace) -> list[Tool]:
    """Find the tools; this project first."""
    tools = [installed.ours(arguments.model, arguments.site_packages), installed.human()]
    if arguments.mesh:
        tools.append(installed.human(mesh=True))
    if arguments.fer_python is None:
        print("fer: skipped, since no --fer-python names a Python that has it")
        return tools
    try:
        tools.append(installed.fer(arguments.fer_python))
    except ToolError as error:
        print(f"fer: skipped, since {error}")
    return tools


def read_all(tools: list[Tool], files: list[Path]) -> Answers:
    """Let every tool read every photo, in blocks in turn, after a warm-up."""
    answers: Answers = {tool.name: [] for tool in tools}
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(tool)) for tool in tools]
        for worker in workers:
            for file in files[:WARM_UP]:
                worker.ask(file)
        for start in range(0, len(files), BLOCK):
            for worker in workers:
                answers[worker.tool.name] += [worker.ask(file) for file in files[start : start + BLOCK]]
            # Forwards and backwards, so that none always follows the same one.
            workers.reverse()
            print(f"\r{min(start + BLOCK, len(files))} of {len(files)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    return answers


def cold_starts(tools: list[Tool], photo: Path, runs: int) -> dict[str, list[float]]:
    """Seconds to the first answer of every tool in turn; the first round, on a cold disk, is left out."""
    rounds = [[cold_start(tool, photo) for tool in tools] for _ in range(runs + 1)][1:]
    return {tool.name: list(seconds) for tool, seconds in zip(tools, zip(*rounds, strict=True), strict=True)}


def describe(
    tool: Tool, happy: Any, ids: list[str], answers: list[Answer], starts: list[float]
) -> dict[str, Any]:
    """Gather every figure of one tool."""
    read = [answer for answer in answers if answer.error is None]
    return {
        "version": tool.version,
        **{name: estimate.to_dict() for name, estimate in score(happy, answers).items()},
        "ties": ties(answers),
        "photo_ms": spread([answer.ms for answer in read if answer.ms is not None]) if read else None,
        "decode_ms": spread([answer.decode_ms for answer in read if answer.decode_ms is not None])
        if read
        else None,
        "cold_start_s": spread(starts),
        "installed_mib": tool.size_mib,
        "unreadable": [
            {"file": printable(name), "error": printable(answer.error)}
            for name, answer in zip(ids, answers, strict=True)
            if answer.error is not None
        ],
    }


def printable(text: str) -> str:
    """Escape what is no text, as file names may hold."""
    return text.encode(errors="backslashreplace").decode()


def show(name: str, figures: dict[str, Any]) -> None:
    print(f"\n{name}: {figures['version']}")
    for key, figure in figures.items():
        if not isinstance(figure, dict):
            continue
        if "median" in figure:
            middle = f"5–95 %: {figure['p5']:.2f} to {figure['p95']:.2f}"
            print(f"  {key:14} median {figure['median']:.2f}  ({middle}, n = {figure['n']})")
        else:
            print(f"  {key:14} {interval(figure)}")
    size = figures["installed_mib"]
    print(f"  {'installed':14} {'not measured' if size is None else f'{size} MiB'}")
    if figures["ties"]:
        print(f"  {'ties':14} {figures['ties']} with equal scores for happy and sad, counted as wrong")
    for photo in figures["unreadable"]:
        print(f"  not read: {photo['file']}: {photo['error']}")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "photos", type=Path, help="a folder of folders of photos, one named happy and one sad"
    )
    parser.add_argument("--model", type=Path, help="a bundle instead of the default one")
    parser.add_argument(
        "--mesh", action="store_true", help="also measure human with its face mesh, its default"
    )
    parser.add_argument("--fer-python", type=Path, help="the Python of an environment that has fer")
    parser.add_argument("--site-packages", type=Path, help="of a fresh environment of ours, to be measured")
    parser.add_argument("--runs", type=int, default=5, help="cold starts of each tool")
    parser.add_argument(
        "--limit", type=int, help="only so many photos of each class; then nothing is written"
    )
    arguments = parser.parse_args()
    for name in ("runs", "limit"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            parser.error(f"--{name} must be at least 1, not {value}")
    return arguments


def compare(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure every tool that is there."""
    photos = labelled_photos(arguments.photos, arguments.limit)
    tools = present_tools(arguments)
    files, ids = [file for file, _, _ in photos], [name for _, name, _ in photos]
    happy = np.array([truth for _, _, truth in photos])
    starts = cold_starts(tools, files[0], arguments.runs)
    answers = read_all(tools, files)
    ratio = time_ratio(answers["human"], answers["ours"])
    return {
        "photos": {"folder": arguments.photos.name, "happy": int(happy.sum()), "sad": int((~happy).sum())},
        "tools": {
            tool.name: describe(tool, happy, ids, answers[tool.name], starts[tool.name]) for tool in tools
        },
        "human_over_ours_median_ms": ratio.to_dict(),
    }


def main() -> None:
    arguments = parse()
    try:
        figures = compare(arguments)
    except (EmotionClassifierError, ToolError) as error:
        sys.exit(str(error))
    for name, tool in figures["tools"].items():
        show(name, tool)
    print(f"\nhuman / ours, median ms: {interval(figures['human_over_ours_median_ms'])}")
    if arguments.limit is None:
        write_results("peers", figures)


if __name__ == "__main__":
    main()
