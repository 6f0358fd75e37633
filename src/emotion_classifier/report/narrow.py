"""A table whose words and numbers stay whole on a narrow terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

_BESIDE = 2
"""A blank after every cell, and one between columns."""


@dataclass(frozen=True)
class Cells:
    """The cells of a column: numbers, of which no line is ever broken, or words, which are set apart at blanks."""

    texts: list[str] = field(default_factory=list)
    number: bool = False


@dataclass(frozen=True)
class Narrow:
    """A table shown in parts where it does not fit, as many columns in each as do.

    Parameters
    ----------
    title : str
    columns : mapping of str to Cells
        By heading, in order.
    keys : int
        The first so many columns, of words, tell the rows apart and begin every part. A word longer than a share of
        the terminal's width is broken all the same.
    """

    title: str
    columns: Mapping[str, Cells]
    keys: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width - 1  # The edges take two, and there is one space fewer than columns.
        longest = room // (self.keys + 1) - _BESIDE
        least = {
            name: _longest([name, *cells.texts], whole=cells.number)
            if cells.number
            else min(_longest([name, *cells.texts], whole=False), longest)
            for name, cells in self.columns.items()
        }
        for part in self._parts(least, room):
            yield self._table(self._widths(part, least, room))

    def _parts(self, least: Mapping[str, int], room: int) -> Iterator[list[str]]:
        keys, others = [*self.columns][: self.keys], [*self.columns][self.keys :]
        part = [*keys]
        for name in others:
            if len(part) > self.keys and _taken([*part, name], least) > room:
                yield part
                part = [*keys]
            part.append(name)
        yield part

    def _widths(self, part: Sequence[str], least: Mapping[str, int], room: int) -> dict[str, int]:
        """Give what room is left to the columns of words, as far as they have a use for it."""
        widths = {name: least[name] for name in part}
        left = room - _taken(part, least)
        for name in part:
            cells = self.columns[name]
            more = max(0, min(left, _longest([name, *cells.texts], whole=True) - widths[name]))
            widths[name] += more
            left -= more
        return widths

    def _table(self, widths: Mapping[str, int]) -> Table:
        table = Table(
            title=Text(self.title),
            title_justify="left",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
            padding=(0, 1, 0, 0),
        )
        for name, width in widths.items():
            number = self.columns[name].number
            table.add_column(
                name, justify="right" if number else "left", width=width, no_wrap=number, overflow="fold"
            )
        # Text, since names and values may hold what rich takes for markup.
        for row in zip(*(self.columns[name].texts for name in widths), strict=True):
            table.add_row(*map(Text, row))
        return table


def _taken(names: Sequence[str], widths: Mapping[str, int]) -> int:
    return sum(widths[name] + _BESIDE for name in names)


def _longest(texts: Sequence[str], *, whole: bool) -> int:
    """Length of the longest line, or of the longest word."""
    return max(len(piece) for text in texts for piece in (text.split("\n") if whole else text.split()))
