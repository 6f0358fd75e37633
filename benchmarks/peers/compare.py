"""Compare this project with other open tools on four sets of photos: by the label shown, and by forced choice.

The peers' answers are kept below ``--work``, so that only this project is asked anew.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

import installed
from comparison_table import in_markdown
from figures import Figures, measure, ties
from readings import Readings, of_ours, of_peer
from results import write_results
from sets import PhotoSet, open_sets
from worker import Tool, ToolError

from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.reading import NO_FACE

PEERS = ("human", "human with mesh", "fer", "facex")
WORK = Path(__file__).parents[2] / "build" / "peers"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="holds stock_photos/, lfw/, fairface/ and web/")
    parser.add_argument(
        "--sad-to-the-eye", type=Path, help="names of the stock photos that look sad, one a line"
    )
    parser.add_argument("--model", type=Path, help="a bundle instead of the default one")
    parser.add_argument("--fer-python", type=Path, help="the Python of an environment that has fer")
    parser.add_argument("--facex-python", type=Path, help="the Python of an environment that has facex")
    parser.add_argument(
        "--work", type=Path, default=WORK, help="where pictures and the peers' answers are kept"
    )
    parser.add_argument("--anew", action="append", choices=PEERS, default=[], help="ask this peer again")
    return parser.parse_args()


def find(name: str, arguments: argparse.Namespace) -> Tool:
    """Find an installed peer.

    Raises
    ------
    ToolError
        If it is not there.
    """
    if name.startswith("human"):
        return installed.human(mesh=name != "human")
    python = getattr(arguments, f"{name}_python")
    if python is None:
        raise ToolError(f"no answers are kept and no --{name}-python names a Python that has it")
    return installed.fer(python) if name == "fer" else installed.facex(python)


def read_all(sets: list[PhotoSet], arguments: argparse.Namespace) -> dict[str, list[Readings]]:
    """Let every tool that is there read every set; this project first."""
    readings = {"ours": [of_ours(photos, arguments.model) for photos in sets]}
    for name in PEERS:
        look, anew = partial(find, name, arguments), name in arguments.anew
        try:
            readings[name] = [
                of_peer(name, photos, look, arguments.work / "answers", anew=anew) for photos in sets
            ]
        except ToolError as error:
            print(f"{name}: skipped, since {error}")
    return readings


def describe(sets: list[PhotoSet]) -> dict[str, Any]:
    """Say what the sets hold."""
    return {
        photos.name: {
            "title": photos.title,
            "about": photos.about,
            "photos": len(photos.photos),
            "truth": dict(Counter(photo.truth for photo in photos.photos if photo.truth).most_common()),
        }
        for photos in sets
    }


def plain(of_tool: list[Readings], of_sets: dict[str, Figures]) -> dict[str, Any]:
    """Gather every figure of one tool, as JSON has it."""
    return {
        "version": of_tool[0].version,
        "sets": {
            name: {
                **{key: estimate.to_dict() for key, estimate in measured.items()},
                "ties": ties(readings.answers),
                "unreadable": sum(answer.error not in (None, NO_FACE) for answer in readings.answers),
            }
            for readings, (name, measured) in zip(of_tool, of_sets.items(), strict=True)
        },
    }


def main() -> None:
    arguments = parse()
    try:
        sets = open_sets(arguments.data, arguments.work / "photos", arguments.sad_to_the_eye)
        readings = read_all(sets, arguments)
    except (EmotionClassifierError, ToolError) as error:
        sys.exit(str(error))
    figures = {
        tool: {
            photos.name: measure(photos, read.answers, step=read.step)
            for photos, read in zip(sets, of_tool, strict=True)
        }
        for tool, of_tool in readings.items()
    }
    tools = {tool: plain(of_tool, figures[tool]) for tool, of_tool in readings.items()}
    path = write_results("peers", {"sets": describe(sets), "tools": tools}).with_suffix(".md")
    versions = {tool: of_tool[0].version for tool, of_tool in readings.items()}
    table = in_markdown(describe(sets), versions, figures)
    path.write_text(f"# Beside other open tools, measured on {path.stem[-10:]}\n\n{table}", encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
