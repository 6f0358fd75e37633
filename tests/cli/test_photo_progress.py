"""How far the reading of photos is, on a terminal and in a log."""

from __future__ import annotations

import io

from rich.console import Console

from emotion_classifier.cli.photo_progress import PhotoProgress


def test_a_log_gets_a_plain_line_now_and_then() -> None:
    seconds = iter([0.0, *(10.0 * photo for photo in range(1, 11))])
    log = Console(file=io.StringIO(), width=40)
    with PhotoProgress(log, 1000, clock=lambda: next(seconds)) as progress:
        for _ in range(10):
            progress.advance()
    assert log.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "3 of 1,000 photos read, about 2 h 46 min left.",
        "6 of 1,000 photos read, about 2 h 46 min left.",
        "9 of 1,000 photos read, about 2 h 45 min left.",
    ]


def test_more_photos_than_were_counted_are_told_without_an_end() -> None:
    seconds = iter([0.0, *(20.0 * photo for photo in range(1, 6))])
    log = Console(file=io.StringIO(), width=40)
    with PhotoProgress(log, 1, clock=lambda: next(seconds)) as progress:
        for _ in range(5):
            progress.advance()
    assert log.file.getvalue().splitlines() == ["2 photos read.", "4 photos read."]  # type: ignore[attr-defined]
    terminal = Console(file=io.StringIO(), width=60, force_terminal=True)
    with PhotoProgress(terminal, 1) as progress:
        progress.advance(5)
    assert "5/?" in terminal.file.getvalue()  # type: ignore[attr-defined]


def test_a_quick_run_leaves_a_log_alone() -> None:
    log = Console(file=io.StringIO())
    with PhotoProgress(log, 3, clock=lambda: 0.0) as progress:
        for _ in range(3):
            progress.advance()
    assert log.file.getvalue() == ""  # type: ignore[attr-defined]


def test_a_terminal_gets_a_bar_that_leaves_no_trace() -> None:
    terminal = Console(file=io.StringIO(), width=60, force_terminal=True)
    with PhotoProgress(terminal, 3) as progress:
        for _ in range(3):
            progress.advance()
    shown = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert "reading photos" in shown and "3/3" in shown and "left:" in shown
    assert shown.endswith("\x1b[2K"), "the line is taken away"
