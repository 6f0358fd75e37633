"""Compare this project with other open tools: milliseconds a photo, seconds to the first answer, size.

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
import numpy.typing as npt

sys.path.append(str(Path(__file__).parents[1]))

import installed
from results import interval, write_results
from sets import labelled_folder
from speed import spread
from worker import Answer, Tool, ToolError, Worker, cold_start

from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.evaluation.intervals import Estimate, bootstrap

Answers = dict[str, list[Answer]]
WARM_UP = 10
BLOCK = 10


def present_tools(arguments: argparse.Namespace) -> list[Tool]:
    """Find the tools; this project first."""
    tools = [installed.ours(arguments.model, arguments.site_packages), installed.human()]
    if arguments.mesh:
        tools.append(installed.human(mesh=True))
    for name, find in (("fer", installed.fer), ("facex", installed.facex)):
        python = getattr(arguments, f"{name}_python")
        if python is None:
            print(f"{name}: skipped, since no --{name}-python names a Python that has it")
            continue
        try:
            tools.append(find(python))
        except ToolError as error:
            print(f"{name}: skipped, since {error}")
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


def describe(tool: Tool, answers: list[Answer], starts: list[float]) -> dict[str, Any]:
    """Gather every figure of one tool."""
    read = [answer for answer in answers if answer.error is None]
    return {
        "version": tool.version,
        "photo_ms": spread([answer.ms for answer in read if answer.ms is not None]) if read else None,
        "decode_ms": spread([answer.decode_ms for answer in read if answer.decode_ms is not None])
        if read
        else None,
        "cold_start_s": spread(starts),
        "installed_mib": tool.size_mib,
        "unreadable": [
            {"file": printable(answer.file), "error": printable(answer.error)}
            for answer in answers
            if answer.error is not None
        ],
    }


def time_ratio(slower: list[Answer], faster: list[Answer]) -> Estimate:
    """Divide two tools' median milliseconds, over the photos both could read."""
    pairs = np.array(
        [(a.ms, b.ms) for a, b in zip(slower, faster, strict=True) if a.ms is not None and b.ms is not None]
    ).reshape(-1, 2)

    def ratio(rows: npt.NDArray[np.int64]) -> float:
        above, below = np.median(pairs[rows], axis=0)
        return float(above / below)

    return bootstrap(ratio, len(pairs))


def printable(text: str) -> str:
    """Escape what is no text, as file names may hold."""
    return text.encode(errors="backslashreplace").decode()


def show(name: str, figures: dict[str, Any]) -> None:
    print(f"\n{name}: {figures['version']}")
    for key, figure in figures.items():
        if isinstance(figure, dict):
            middle = f"5–95 %: {figure['p5']:.2f} to {figure['p95']:.2f}"
            print(f"  {key:14} median {figure['median']:.2f}  ({middle}, n = {figure['n']})")
    size = figures["installed_mib"]
    print(f"  {'installed':14} {'not measured' if size is None else f'{size} MiB'}")
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
    parser.add_argument("--facex-python", type=Path, help="the Python of an environment that has facex")
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
    photos = labelled_folder(arguments.photos)
    files = []
    for wanted in ("happy", "sad"):
        of_class = [photos.path(photo) for photo in photos.photos if photo.truth == wanted]
        files += of_class[: arguments.limit]
    tools = present_tools(arguments)
    starts = cold_starts(tools, files[0], arguments.runs)
    answers = read_all(tools, files)
    ratio = time_ratio(answers["human"], answers["ours"])
    return {
        "photos": {"folder": arguments.photos.name, "n": len(files)},
        "tools": {tool.name: describe(tool, answers[tool.name], starts[tool.name]) for tool in tools},
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
        write_results("peers_timing", figures)


if __name__ == "__main__":
    main()
