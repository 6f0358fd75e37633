"""What ``--help`` shows: examples first, then options in groups, with every text whole on 80 columns."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, get_args, get_type_hints

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from emotion_classifier.text import in_one_line

PROGRAM = "emotion-classifier"
_WIDEST = 28  # columns of an option's name
# Types as typer writes them where an option has no word of its own for its value.
_NUMBER, _TEXT = (
    re.compile(r"<(?:int|float)\b[^>]*>|INTEGER(?: RANGE)?|FLOAT(?: RANGE)?"),
    re.compile(r"<str>"),
)
# What typer says of numbers, as programmers do, and how people say it.
_PLAIN = (
    (re.compile(r"Input should be greater than or equal to (\S+)"), r"Write \1 or more."),
    (re.compile(r"Input should be less than or equal to (\S+)"), r"Write \1 or less."),
    (re.compile(r"Input should be a valid integer.*"), "Write a whole number."),
    (re.compile(r"Input should be a valid number.*"), "Write a number."),
)
_SHOWN_PATHS = 3
# Of everything that is wrong with a command line; typer gives it no name of its own.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]


def add(
    program: typer.Typer,
    verb: Callable[..., Any],
    *,
    section: str,
    examples: Sequence[tuple[str, str]],
    groups: Mapping[str, Sequence[str]],
) -> None:
    """Make a function a verb of the program.

    Parameters
    ----------
    program : typer.Typer
    verb : callable
    section : str
        The heading it stands under in the program's own help.
    examples : sequence of (str, str)
        What follows ``emotion-classifier`` on the command line, and what that does.
    groups : mapping of str to sequence of str
        Names of the parameters under each heading; "Options" has those that are in none.
    """

    class Described(_Verb):
        shown_examples, shown_groups = examples, groups

    program.command(cls=Described, rich_help_panel=section)(verb)


class _Verb(TyperCommand):
    shown_examples: ClassVar[Sequence[tuple[str, str]]] = ()
    shown_groups: ClassVar[Mapping[str, Sequence[str]]] = {}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; say in a user's words what is wrong with them."""
        given = list(args)
        try:
            self._refuse(ctx, given)
            return super().parse_args(ctx, args)
        except _UsageError as error:
            fault: Any = error
            fault.ctx = fault.ctx or ctx  # With it, typer prints the usage; its parser gives none.
            fault.message = _from_file(fault, ctx, _plain(fault.message)) + _meant_file(error, given)
            raise

    def _refuse(self, ctx: Any, args: Sequence[str]) -> None:
        """Refuse an option given again, the last of which would count, and "" where something is to be named.

        Taken as it is, "" would be the current folder as a path, and as a name the same as no option at all. In a list
        of words it says that there are none. Whoever asks for --help gets it all the same.
        """
        given, _, order = self.make_parser(ctx).parse_args(args=list(args))
        if given.get("help"):
            return
        hints: dict[str, Any] = {}
        parameter: Any
        assert self.callback is not None
        for parameter in self.get_params(ctx):
            once = parameter.param_type_name == "option" and not (parameter.multiple or parameter.is_flag)
            if once and order.count(parameter) > 1:
                raise typer.BadParameter(
                    f"It was given {order.count(parameter)} times, and takes one value. Give it once.",
                    ctx=ctx,
                    param=parameter,
                )
            if "" not in _several(given.get(parameter.name)):
                continue
            hints = hints or get_type_hints(inspect.unwrap(self.callback))
            kinds = (hints[parameter.name], *get_args(hints[parameter.name]))
            if {Path, list[Path]} & set(kinds):
                what, instead = "name", "Name a file or a folder."
            elif parameter.param_type_name == "argument":
                what, instead = "name", f"Give {parameter.metavar}; --help says what it may be."
            elif list[str] in kinds:
                continue
            else:
                what, instead = "value", f"Give one, or leave out {parameter.opts[0]}."
            raise typer.BadParameter(
                f"An empty {what} was given, as by a shell variable that is not set. {instead}",
                ctx=ctx,
                param=parameter,
            )

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        console = Console(highlight=False)
        console.print(Text(self.get_usage(ctx), "bold"), f"\n{escape(self.help or '')}\n", sep="\n")
        console.print(Text("Examples", "bold"))
        for command, what in self.shown_examples:
            # Never broken, so that it can be copied.
            console.print(Text(f"  $ {PROGRAM} {command}", "cyan"), soft_wrap=True)
            console.print(Text(f"    {what}"))
        console.print()
        found = list(self._groups(ctx))
        width = min(
            _WIDEST, max(len(line) for _, rows in found for name, _ in rows for line in name.split("\n"))
        )
        for title, rows in found:
            table = Table.grid(padding=(0, 2, 0, 0), expand=True)
            table.add_column(width=width, overflow="fold", style="cyan")
            table.add_column(ratio=1, overflow="fold")
            for name, text in rows:
                table.add_row(Text(name), Text(text))
            console.print(Panel(table, title=title, title_align="left", border_style="dim"))

    def _groups(self, ctx: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """Yield the arguments, the groups in their order, and what is in none."""
        group_of = {name: title for title, names in self.shown_groups.items() for name in names}
        found: dict[str, list[tuple[str, str]]] = {title: [] for title in ("Arguments", *self.shown_groups)}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:  # A hidden one.
                continue
            argument = parameter.param_type_name == "argument"
            title = "Arguments" if argument else group_of.get(parameter.name or "", "Options")
            found.setdefault(title, []).append(_row(*record, argument=argument))
        return ((title, rows) for title, rows in found.items() if rows)


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)


def _plain(message: str) -> str:
    """Say in a user's words what is wrong with a value.

    Examples
    --------
    >>> _plain("Input should be greater than or equal to 1")
    'Write 1 or more.'
    """
    # Of a value that is none of the choices.
    message = message.removeprefix("Value error, ")
    for pattern, words in _PLAIN:
        message = pattern.sub(words, message)
    return message


def _from_file(error: Any, ctx: Any, message: str) -> str:
    """Name the file of options, where what is wrong stands there, and where it is that paths in it begin."""
    name, file = getattr(getattr(error, "param", None), "name", None), ctx.params.get("config")
    source = ctx.get_parameter_source(name) if file and name else None
    if source is None or source.name != "DEFAULT_MAP":
        return message
    searched = f" It was looked for in {file.absolute().parent}." if "does not exist" in message else ""
    return f"{file}: {message}{searched}"


def _meant_file(error: Exception, args: Sequence[str]) -> str:
    """Say how to name a file that begins with a hyphen, where it was taken for options."""
    option = getattr(error, "option_name", None)
    for word in args:
        if option and word.startswith(option) and Path(word).exists():
            return f". For the file of this name, write {in_one_line(shlex.quote(f'./{word}'))}"
    return ""


def _row(name: str, text: str, *, argument: bool) -> tuple[str, str]:
    """Shorten a name with its type, which click writes for programmers.

    Examples
    --------
    >>> _row("--workers <int range>", "Processes.  [default: 1; x>=1]", argument=False)
    ('--workers N', 'Processes. [default: 1; x>=1]')
    >>> _row("--card / --no-card", "Write it.", argument=False)[0].split()
    ['--card', '--no-card']
    """
    if argument:
        name = name.split(" ")[0]
    name = _TEXT.sub("TEXT", _NUMBER.sub("N", name)).replace(" / ", "\n")
    return re.sub(r"<([^>]*)>", r"\1", name), text.replace("  [", " [")


class Program(TyperGroup):
    """The program's verbs; of a photo without a verb it says what was meant."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the verb."""
        if args and self.get_command(ctx, args[0]) is None and _is_photo(args[0]):
            rest = [*args[:_SHOWN_PATHS], *(["…"] if len(args) > _SHOWN_PATHS else [])]
            meant = " ".join(shlex.quote(arg) if arg != "…" else arg for arg in rest)
            ctx.fail(f"The verb is missing. Did you mean: {PROGRAM} predict {in_one_line(meant)}")
        return super().resolve_command(ctx, args)


def _is_photo(name: str) -> bool:
    from emotion_classifier.photo.folders import PHOTO_SUFFIXES

    path = Path(name)
    return name == "-" or path.suffix.lower() in PHOTO_SUFFIXES or path.exists()
