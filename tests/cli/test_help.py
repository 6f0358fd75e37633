"""``--help`` of every verb: nothing cropped, options in groups, examples that the program understands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from emotion_classifier.cli.program import VERBS, program

COMMANDS: dict[str, Any] = typer.main.get_command(program).commands  # type: ignore[attr-defined]
INNER = CliRunner()


def help_of(*verb: str, width: int = 80) -> str:
    done = INNER.invoke(program, [*verb, "--help"], env={"COLUMNS": str(width)})
    assert done.exit_code == 0
    return done.output


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize("verb", VERBS)
def test_every_text_is_whole(verb: str, width: int) -> None:
    shown = help_of(verb, width=width)
    if width == 80:
        assert max(map(len, shown.splitlines())) <= 80
    words = set(shown.split())
    for parameter in COMMANDS[verb].params:
        missing = set((getattr(parameter, "help", None) or "").split()) - words
        assert not missing, f"{parameter.name}: {missing}"
        assert {
            *parameter.opts,
            *parameter.secondary_opts,
        } <= words or parameter.param_type_name == "argument"


@pytest.mark.parametrize("verb", VERBS)
def test_options_say_what_they_take_and_not_its_type_in_python(verb: str) -> None:
    assert not re.findall(r"--[a-z-]+ +(?:path|list\[)", help_of(verb))


@pytest.mark.parametrize("verb", VERBS)
def test_examples_run_and_groups_name_what_there_is(verb: str) -> None:
    command = COMMANDS[verb]
    known = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert command.shown_examples
    for example, what in command.shown_examples:
        assert shlex.split(example)[0] == verb and what.endswith(".")
        assert {word for word in shlex.split(example) if word.startswith("--")} <= known, example
        assert f"$ emotion-classifier {example}\n" in help_of(verb)
    grouped = [name for names in command.shown_groups.values() for name in names]
    assert len(grouped) == len(set(grouped)) and set(grouped) <= {
        parameter.name for parameter in command.params
    }
    options = {one.name for one in command.params if one.param_type_name == "option"}
    assert len(options - set(grouped)) <= 5, "where there are many, most have their place"


def test_the_guide_names_the_verbs_that_end_with_3() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "predict.md").read_text(encoding="utf-8")
    row = next(line for line in guide.splitlines() if line.startswith("| 3 |"))
    named = {words.split()[0] for words in re.findall(r"`([^`]+)`", row)}
    assert named == {verb for verb in VERBS if "Exit code 3" in help_of(verb)}


def test_the_programs_own_help_is_whole() -> None:
    shown = help_of()
    assert "…" not in shown and max(map(len, shown.splitlines())) <= 80
    assert set(VERBS) <= set(shown.split())


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["photo.jpg"], "emotion-classifier predict photo.jpg"),
        (["my photo.HEIC", "--json"], "emotion-classifier predict 'my photo.HEIC' --json"),
        (["a.png", "b.png", "c.png", "d.png"], "emotion-classifier predict a.png b.png c.png …"),
        (["."], "emotion-classifier predict ."),
        (["-"], "emotion-classifier predict -"),
    ],
)
def test_a_photo_without_a_verb(given: list[str], meant: str) -> None:
    done = INNER.invoke(program, given, env={"COLUMNS": "100"})
    assert done.exit_code == 2 and meant in done.output


def test_a_word_that_is_neither() -> None:
    done = INNER.invoke(program, ["fly"])
    assert done.exit_code == 2 and "No such command" in done.output and "predict" not in done.output


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, emotion_classifier.cli; "
        "print([name for name in ('numpy', 'PIL', 'onnxruntime', 'pydantic', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent
    )
    assert done.stdout == "[]\n", done.stderr
