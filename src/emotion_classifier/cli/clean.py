"""``emotion-classifier clean``: apply findings to a copy of the photos, or look through them first."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from emotion_classifier.cli.arguments import Browser, Cropped, DataDir, Json, ModelOption, Port
from emotion_classifier.cli.codes import codes_of
from emotion_classifier.cli.help import add
from emotion_classifier.cli.output import check_folder, check_out
from emotion_classifier.cli.progress import TrainingProgress, list_problems

if TYPE_CHECKING:
    from emotion_classifier.cleaning.clean import CleanOptions, CleanResult
    from emotion_classifier.findings.finding import Finding

_FIRST_DECISIONS = Path("decisions.csv")
Out = Annotated[
    Path | None,
    typer.Option(metavar="CLEANED", help="Folder to write; new or empty, outside DIR.", show_default=False),
]
Findings = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What `check DIR --json` printed. Default: DIR is checked now.",
        show_default=False,
    ),
]
Drop = Annotated[
    str | None,
    typer.Option(
        metavar="CODES",
        help="Drop the photos of these findings too, such as DATA005 (no face). "
        "Dropped anyway: DATA001, DATA002, DATA003, DATA004.",
        show_default=False,
    ),
]
Keep = Annotated[
    str | None, typer.Option(metavar="CODES", help="Drop nothing for these findings.", show_default=False)
]
Relabel = Annotated[
    str | None,
    typer.Option(
        metavar="CODES",
        help="Take over the label that these findings suggest, such as DATA010.",
        show_default=False,
    ),
]
Decisions = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Decisions of --review: written by it, applied by --out. Default: decisions.csv, where it is there.",
        show_default=False,
    ),
]
Crop = Annotated[bool, typer.Option("--crop", help="Write the prominent face in place of each photo.")]
Manifest = Annotated[
    bool, typer.Option("--manifest", help="Copy nothing; write metadata.csv and ledger.csv only.")
]
Review = Annotated[
    bool, typer.Option("--review", help="Look through the labels in doubt on a page in the browser.")
]


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        clean,
        section="Prepare data",
        examples=(
            ("clean photos/ --review", "Decide on labels in doubt, by keyboard."),
            (
                "clean photos/ --out cleaned/",
                "Write a copy without broken files and copies, as decided.",
            ),
            (
                "clean photos/ --out cleaned/ --drop DATA005 --manifest",
                "Drop photos without a face too; write lists, and copy nothing.",
            ),
        ),
        groups={
            "What to do": ("findings", "drop", "keep", "relabel", "decisions", "crop"),
            "Review": ("review", "port", "browser", "model", "cropped"),
            "Output": ("out", "manifest", "as_json"),
        },
    )


def clean(
    *,
    data: DataDir,
    out: Out = None,
    findings: Findings = None,
    drop: Drop = None,
    keep: Keep = None,
    relabel: Relabel = None,
    decisions: Decisions = None,
    crop: Crop = False,
    manifest: Manifest = False,
    review: Review = False,
    cropped: Cropped = False,
    model: ModelOption = None,
    port: Port = None,
    browser: Browser = True,
    as_json: Json = False,
) -> None:
    """Write a cleaned copy of a folder of labelled photos, or decide on labels in doubt (--review).

    The photos themselves are never touched; deleting CLEANED undoes everything.

    ledger.csv in it says what became of each photo, and why.
    """
    messages = Console(stderr=True, highlight=False)
    checked = _Checked(data, findings, cropped, model, messages)
    if review and out:
        raise typer.BadParameter(
            "Decide first, with --review alone; then write with --out.", param_hint="--out"
        )
    if review:
        _review(checked, decisions or _FIRST_DECISIONS, port=port, browser=browser)
        return
    if out is None:
        raise typer.BadParameter("Name a folder to write, or add --review.", param_hint="--out")
    if crop and (cropped or manifest):
        raise typer.BadParameter("It does not go with --cropped or --manifest.", param_hint="--crop")
    check_folder(out, beside=Path(os.path.realpath(out)).parent)
    options = _options(drop, keep, relabel)
    if decisions is None and _FIRST_DECISIONS.is_file():
        decisions = _FIRST_DECISIONS
        messages.print(f"Decisions of {decisions} are applied.")
    result = _apply(checked, out, decisions, replace(options, crop=crop, manifest=manifest))
    list_problems(messages, result.problems)
    for notice in result.notices:
        messages.print(escape(notice), soft_wrap=True)
    if as_json:
        typer.echo(json.dumps({"out": str(out), "photos": len(result.fates), "actions": result.counts}))
    else:
        Console(highlight=False).print(_rendered(result))
    messages.print(f"Wrote {escape(str(out))}; ledger.csv in it says why for each photo.", soft_wrap=True)


@dataclass(frozen=True)
class _Checked:
    """Where the findings come from."""

    data: Path
    file: Path | None
    cropped: bool
    model: Path | None
    messages: Console

    def findings(self, progress: TrainingProgress) -> Sequence[Finding]:
        """Read the findings, or check the photos now."""
        from emotion_classifier.cleaning.suggestions import read_findings

        if self.file:
            return read_findings(self.file)
        from emotion_classifier.checks import check
        from emotion_classifier.data import read_folder
        from emotion_classifier.model.bundle import Bundle

        return check(
            read_folder(self.data, cropped=self.cropped),
            bundle=Bundle.load(self.model) if self.model else None,
            progress=progress.of("checking photos"),
        ).findings


def _options(drop: str | None, keep: str | None, relabel: str | None) -> CleanOptions:
    from emotion_classifier.cleaning.clean import CleanOptions
    from emotion_classifier.cleaning.plan import DROPPED

    kept = _codes(keep, "--keep")
    dropped = dict.fromkeys((*DROPPED, *_codes(drop, "--drop")))
    return CleanOptions(
        drop=tuple(code for code in dropped if code not in kept), relabel=_codes(relabel, "--relabel")
    )


def _codes(text: str | None, option: str) -> tuple[str, ...]:
    from emotion_classifier.checks import CHECKS

    return codes_of([text or ""], CHECKS, option=option)


def _apply(checked: _Checked, out: Path, decisions: Path | None, options: CleanOptions) -> CleanResult:
    from emotion_classifier.cleaning.clean import clean as apply
    from emotion_classifier.cleaning.cleaned_folder import require_new
    from emotion_classifier.cleaning.decisions import read_decisions

    # Before the photos are checked, which takes a while.
    require_new(out, beside=checked.data)
    decided = read_decisions(decisions) if decisions else ()
    with TrainingProgress(checked.messages) as progress:
        return apply(
            checked.data,
            out,
            findings=checked.findings(progress),
            decisions=decided,
            options=options,
            progress=progress.of("writing photos"),
        )


def _review(checked: _Checked, decisions: Path, *, port: int | None, browser: bool) -> None:
    from emotion_classifier.cleaning.review import Review
    from emotion_classifier.data import read_folder
    from emotion_classifier.serving.app import run
    from emotion_classifier.serving.keyed_page import page_socket
    from emotion_classifier.serving.review import build_app

    check_out(decisions, option="--decisions")
    with page_socket(port) as listening:
        dataset = read_folder(checked.data)
        with TrainingProgress(checked.messages) as progress:
            found = checked.findings(progress)
        review = Review(dataset, found, decisions)
        if not len(review):
            checked.messages.print("No label is in doubt: there is nothing to review.")
            return
        checked.messages.print(f"Decisions are kept in {escape(str(decisions))}.", soft_wrap=True)
        run(build_app(review), listening, open_browser=browser)


def _rendered(result: CleanResult) -> Table:
    table = Table()
    for name in ("action", "code"):
        table.add_column(name)
    table.add_column("photos", justify="right")
    counts = Counter((fate.action, fate.code) for fate in result.fates)
    for (action, code), count in sorted(counts.items()):
        table.add_row(action, code, str(count))
    return table
