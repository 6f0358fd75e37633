"""``emotion-classifier check``: what is wrong with labelled photos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from emotion_classifier.cli.arguments import Cropped, DataDirs, Json, ModelOption
from emotion_classifier.cli.codes import Ignore, codes_of
from emotion_classifier.cli.exits import DONE_WITH_FINDINGS
from emotion_classifier.cli.help import add
from emotion_classifier.cli.labelled import name_of, tell_notes
from emotion_classifier.cli.output import check_page
from emotion_classifier.cli.progress import TrainingProgress
from emotion_classifier.text import counted

if TYPE_CHECKING:
    from emotion_classifier.checks import Finding

_LISTED = 5  # findings of each code on a terminal


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        check,
        section="Prepare data",
        examples=(
            ("check photos/", "What is wrong with photos/happy/… and photos/sad/…."),
            ("check photos/ --out report.html", "The same as a page with pictures."),
            (
                "check photos/ --ignore DATA005 --json > findings.jsonl",
                "A line of JSON for each finding, without one of the checks.",
            ),
        ),
        groups={
            "Checks": ("model", "cropped", "group_column", "points", "ignore"),
            "Output": ("out", "as_json"),
        },
    )


def check(
    data: DataDirs,
    model: ModelOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="REPORT.html", help="Write a page with pictures.", show_default=False),
    ] = None,
    group_column: Annotated[
        str, typer.Option(help="Column of the metadata that says who is in the photo.")
    ] = "identity",
    points: Annotated[
        float, typer.Option(min=0.1, max=50, help="Half width of the interval you want, in points.")
    ] = 3.0,
    ignore: Ignore = None,
    cropped: Cropped = False,
    as_json: Json = False,
) -> None:
    """Look for what is wrong with labelled photos: files, duplicates, faces, labels, shortcuts, splits.

    The model must not have been trained on these photos, or it hides their wrong labels.
    The last line says how many checks passed, and which did not apply or were ignored; --out lists them all.
    Exit code 3: done, with errors or warnings among the findings.
    """
    from emotion_classifier.checks import CHECKS, CheckOptions
    from emotion_classifier.checks import check as look
    from emotion_classifier.data import open_dataset
    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.report.check_page import write_check_page
    from emotion_classifier.report.outcomes import outcomes_in_words

    messages = Console(stderr=True, highlight=False)
    ignored = codes_of(ignore, CHECKS, option="--ignore")
    check_page(out)
    dataset = open_dataset(data, cropped=cropped, tolerant=True)
    tell_notes(messages, dataset)
    bundle = Bundle.load(model) if model else Bundle.default()
    with TrainingProgress(messages) as progress:
        result = look(
            dataset,
            bundle=bundle,
            options=CheckOptions(group_column=group_column, points=points, ignore=ignored),
            progress=progress.of("looking at photos"),
        )
    if out:
        write_check_page(
            result.findings,
            dataset,
            out,
            title=name_of(data),
            pages={one.code: one.page for one in CHECKS},
            outcomes=result.outcomes,
        )
        messages.print(f"Wrote {escape(str(out))}", soft_wrap=True)
    if as_json:
        for finding in result.findings:
            typer.echo(json.dumps(finding.to_dict()))
    else:
        console = Console(highlight=False)
        _show(console, result.findings, len(dataset))
        console.print(f"\n{escape(outcomes_in_words(result.outcomes))}", soft_wrap=True)
    if any(finding.severity != "info" for finding in result.findings):
        raise typer.Exit(DONE_WITH_FINDINGS)


def _show(console: Console, findings: tuple[Finding, ...], photos: int) -> None:
    from emotion_classifier.report.outcomes import SEVERITY_COLOURS

    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    if not findings:
        console.print(f"{counted(photos, 'photo')}, no findings.")
        return
    title = f"{counted(photos, 'photo')}, {counted(len(findings), 'finding')}"
    table = Table(title=title, title_justify="left")
    for name in ("code", "severity", "what"):
        table.add_column(name)
    table.add_column("findings", justify="right")
    for code, found in by_code.items():
        severity = found[0].severity
        coloured = f"[{SEVERITY_COLOURS[severity]}]{severity}[/]"
        table.add_row(code, coloured, found[0].title, f"{len(found):,}")
    console.print(table)
    for code, found in by_code.items():
        console.print(f"\n[bold]{code} {found[0].title}[/bold]")
        for finding in found[:_LISTED]:
            named = ", ".join(finding.files[:4]) + (", …" if len(finding.files) > 4 else "")
            line = _printable(f"{named}: {finding.message}" if named else finding.message)
            console.print(f"  {escape(line)}", soft_wrap=True)
        if len(found) > _LISTED:
            console.print(
                f"  … and {len(found) - _LISTED:,} more (--json lists all, --out REPORT.html shows them)"
            )


def _printable(text: str) -> str:
    """Keep a file name with a line break, or with bytes that are no text, on one line."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
