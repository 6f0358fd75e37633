"""Options of a verb from a TOML file; what stands on the command line wins."""

from __future__ import annotations

import inspect
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

from emotion_classifier.text import closest

# What TOML has to give for an option of a type, and how that is said.
_TAKES: Mapping[type, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    str: ((str,), "a text in quotes"),
    Path: ((str,), "a path in quotes"),
}


def _read(context: typer.Context, file: Path | None) -> Path | None:
    """Make the file's values the defaults of this command."""
    if file is None:
        return None
    try:
        written = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} is not TOML ({error}).") from error
    # With hyphens as on the command line, or with underscores.
    values = {name.replace("-", "_"): value for name, value in written.items()}
    if len(values) < len(written):
        raise typer.BadParameter(f"{file} names an option twice, with hyphens and with underscores.")
    known = {str(option.name) for option in context.command.params if option.name != "config"}
    if unknown := sorted(name for name in written if name.replace("-", "_") not in known):
        raise typer.BadParameter(f"{file} names {_unknown(unknown, known)}.")
    assert context.command.callback is not None
    hints = get_type_hints(inspect.unwrap(context.command.callback))
    for name, as_written in zip(values, written, strict=True):
        values[name] = _checked(values[name], hints[name], f"{file}: {as_written}")
    context.default_map = {**(context.default_map or {}), **_resolved(file.parent, values)}
    return file


def _unknown(names: list[str], known: set[str]) -> str:
    """Name what is no option, and what was meant, or else all there are."""
    options = sorted(name.replace("_", "-") for name in known)
    near = {name: closest(name.replace("_", "-"), options) for name in names}
    told = ", ".join(f"{name} (did you mean {meant}?)" if meant else name for name, meant in near.items())
    return told if all(near.values()) else f"{told}; the options are {', '.join(options)}"


def _checked(value: Any, hint: Any, where: str) -> Any:
    """Refuse a value of another type than the option's, and an empty one; one path is a list of one."""
    kind = (
        next(each for each in get_args(hint) if each is not NoneType) if isinstance(hint, UnionType) else hint
    )
    several = get_origin(kind) is list
    given = value if several and isinstance(value, list) else [value]
    types, said = _TAKES[get_args(kind)[0] if several else kind]
    if any(type(each) not in types for each in given):
        stands = json.dumps(value, ensure_ascii=False, default=str)
        raise typer.BadParameter(
            f"{where} takes {said}{', or a list of them' if several else ''}, not {stands}."
        )
    if "" in given:
        raise typer.BadParameter(f"{where} is empty. Give it a value, or leave it out.")
    return given if several else value


def _resolved(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Take the files named in a configuration relative to it."""
    for name in ("about", "weights"):
        if name in values:
            values[name] = str(folder / values[name])
    for name in ("extra", "calibrate"):
        if name in values:
            values[name] = [str(folder / file) for file in values[name]]
    return values


Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="TOML file with values for the options here; the command line wins.",
        callback=_read,
        is_eager=True,
        show_default=False,
    ),
]
