"""Options of a verb from a TOML file; what stands on the command line wins."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer


def _read(context: typer.Context, file: Path | None) -> Path | None:
    """Make the file's values the defaults of this command."""
    if file is None:
        return None
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file} is not TOML ({error}).") from error
    known = {str(option.name): option for option in context.command.params if option.name != "config"}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise typer.BadParameter(
            f"{file} names {', '.join(unknown)}; the options are {', '.join(sorted(known))}."
        )
    context.default_map = {**(context.default_map or {}), **_resolved(file.parent, values)}
    return file


def _resolved(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    """Take the files named in a configuration relative to it."""
    for name in ("about", "weights"):
        if name in values:
            values[name] = str(folder / str(values[name]))
    for name in ("extra", "calibrate"):
        if name in values:
            given = values[name] if isinstance(values[name], list) else [values[name]]
            values[name] = [str(folder / str(file)) for file in given]
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
