"""``emotion-classifier audit``: whether a bundle is equally good for every group of people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from emotion_classifier.cli.arguments import Cropped, Json, Seed, Threads
from emotion_classifier.cli.audit_results import keep, show
from emotion_classifier.cli.codes import Ignore, codes_of
from emotion_classifier.cli.exits import DONE_WITH_FINDINGS
from emotion_classifier.cli.help import add
from emotion_classifier.cli.labelled import Split, column_names, name_of, open_labelled, tell_notes
from emotion_classifier.cli.output import check_page
from emotion_classifier.cli.progress import TrainingProgress, list_problems, warn_of_known

if TYPE_CHECKING:
    from emotion_classifier.data import Dataset
    from emotion_classifier.fairness.counterfactual_result import Counterfactual
    from emotion_classifier.fairness.result import Audit
    from emotion_classifier.fairness.survey import AuditOptions
    from emotion_classifier.model.bundle import Bundle

_NO_THRESHOLDS = (
    "Thresholds by group are not offered. Such a threshold treats people differently because of their group "
    "(disparate treatment), needs everyone's group whenever a photo is read, and hides the cause instead of mending "
    "it. Instead: collect more photos of the group that is misread; train with the groups balanced (train --balance "
    "COLUMN); audit again on photos that played no part in either."
)


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        audit,
        section="Measure",
        examples=(
            (
                "audit my-model photos/ --by age,gender --out audit.html",
                "Figures by group and by pair of groups, as a page.",
            ),
            ("audit default --counterfactual", "On rendered faces that differ in one thing at a time."),
            (
                "audit my-model photos/ --by income --bands income=0,20,40",
                "By a column of numbers, cut into bands.",
            ),
        ),
        groups={
            "Groups": ("by", "age_bands", "bands", "group_column", "thresholds_by"),
            "Data": ("counterfactual", "labels", "split", "cropped", "threads"),
            "Findings": ("points", "points_of_concern", "rounds", "seed", "ignore"),
            "Output": ("out", "card", "as_json"),
        },
    )


def audit(
    *,
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help='Folder of a bundle, or "default".', show_default=False)
    ],
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DIR",
            help="Labelled photos with the groups in columns: class folders with a metadata.csv, or Parquet files.",
            show_default=False,
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN,…",
            help="Columns of the data that hold groups of people; pairs of them, and three together, are compared too.",
            show_default=False,
        ),
    ] = None,
    counterfactual: Annotated[
        bool,
        typer.Option(
            "--counterfactual",
            help="Read the shipped rendered faces, which differ in one thing at a time; DIR may be left out then.",
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="REPORT.html", help="Write a page with plots and tables.", show_default=False),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL,…",
            help="Keep photos of these labels only, such as happy,neutral.",
            show_default=False,
        ),
    ] = None,
    split: Split = None,
    group_column: Annotated[
        str, typer.Option(help="Column that says who is in the photo: people are resampled, not photos.")
    ] = "identity",
    age_bands: Annotated[
        str, typer.Option(metavar="AGE,…", help="Lower ends of the bands of a column called age.")
    ] = "0,3,13,18,30,45,60,75",
    bands: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=N,…",
            help="The same of another column of numbers; repeat it for several.",
            show_default=False,
        ),
    ] = None,
    points: Annotated[
        float,
        typer.Option(
            min=1, max=50, help="Say nothing of a group whose accuracy is not known to ± so many points."
        ),
    ] = 10.0,
    points_of_concern: Annotated[
        float, typer.Option(min=0, max=100, help="Smallest gap that is worth a finding, in points.")
    ] = 2.0,
    rounds: Annotated[int, typer.Option(min=200, help="Rounds of the bootstrap and of the tests.")] = 2000,
    card: Annotated[
        bool, typer.Option("--card/--no-card", help="Write a section into the bundle's card.")
    ] = True,
    thresholds_by: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Refused: says why there are none, and what to do.", show_default=False
        ),
    ] = None,
    seed: Seed = 0,
    ignore: Ignore = None,
    cropped: Cropped = False,
    threads: Threads = 1,
    as_json: Json = False,
) -> None:
    """Measure whether a bundle is equally good for every group of people: figures, gaps with tests, coded findings.

    Groups are what the columns of your data say. Nobody's race, gender or age is ever guessed from a photo.
    A photo without a face, or that cannot be read, counts as wrong.
    The bundle must not have been trained on these photos.
    Exit code 3: done, with errors or warnings among the findings.
    """
    if thresholds_by:
        raise typer.BadParameter(_NO_THRESHOLDS, param_hint="--thresholds-by")
    if not data and not counterfactual:
        raise typer.BadParameter(
            "Name a folder of labelled photos, or ask for --counterfactual.", param_hint="DIR"
        )
    if by and not data:
        raise typer.BadParameter("Columns of what? Name a folder of labelled photos.", param_hint="--by")
    from emotion_classifier.fairness.audit import nothing_measured
    from emotion_classifier.fairness.bands import parse_edges
    from emotion_classifier.fairness.checks import AUDIT_CHECKS
    from emotion_classifier.fairness.survey import AuditOptions
    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.model.card import read_card

    messages = Console(stderr=True, highlight=False)
    check_page(out)
    options = AuditOptions(
        group_column=group_column,
        points=points,
        points_of_concern=points_of_concern,
        rounds=rounds,
        seed=seed,
        age_bands=parse_edges(age_bands, option="--age-bands"),
        bands=_edges(bands or ()),
        ignore=codes_of(ignore, AUDIT_CHECKS, option="--ignore"),
    )
    loaded = Bundle.load(bundle)
    if card and not loaded.shipped:
        read_card(loaded)
    columns = column_names(by)
    title = name_of(data or (), split)
    result = nothing_measured(loaded.id, ignore=options.ignore)
    if data:
        dataset, left_out = _rows(open_labelled(data, split=split, cropped=cropped), labels)
        tell_notes(messages, dataset)
        if not columns:
            _ask_for_columns(dataset, group_column)
        result = _measure(loaded, dataset, columns, options, threads=threads, messages=messages)
        result = replace(result, left_out=left_out)
        warn_of_known(messages, result.trained_on, result.model)
        list_problems(messages, dataset.problems)
    if counterfactual:
        rendered = _on_rendered(loaded, options, threads=threads, messages=messages)
        result = replace(result, counterfactual=rendered)
    try:
        keep(result, loaded, title or "rendered faces", out=out, card=card, messages=messages)
    finally:  # Nothing measured is lost where a file cannot be written.
        if as_json:
            typer.echo(json.dumps(result.to_dict()))
        else:
            show(result)
    if any(finding.severity != "info" for finding in result.all_findings):
        raise typer.Exit(DONE_WITH_FINDINGS)


def _on_rendered(bundle: Bundle, options: AuditOptions, *, threads: int, messages: Console) -> Counterfactual:
    from emotion_classifier.fairness.counterfactual import counterfactual as measure

    with TrainingProgress(messages) as progress:
        return measure(
            bundle,
            seed=options.seed,
            threads=threads,
            ignore=options.ignore,
            progress=progress.of("reading rendered faces"),
        )


def _edges(bands: Sequence[str]) -> dict[str, tuple[float, ...]]:
    """Read the lower ends of the bands of each column, given as COLUMN=N,N,…."""
    from emotion_classifier.fairness.bands import parse_edges

    edges = {}
    for given in bands:
        name, mark, text = given.rpartition("=")
        if not mark or not name:
            raise typer.BadParameter(f"{given!r} is not COLUMN=N,N,….", param_hint="--bands")
        edges[name] = parse_edges(text, option=f"--bands {name}=")
    return edges


def _rows(dataset: Dataset, labels: str | None) -> tuple[Dataset, dict[str, int]]:
    from emotion_classifier.fairness.audit import keep_labels

    return keep_labels(dataset, column_names([labels])) if labels else (dataset, {})


def _ask_for_columns(dataset: Dataset, group_column: str) -> None:
    from emotion_classifier.data.dataset import unmatched_rows
    from emotion_classifier.fairness.grouping import group_columns

    unmatched = unmatched_rows(dataset)
    found = ", ".join(group_columns(dataset, group_column)) or (
        "none" if unmatched else "none; a metadata.csv beside the photos gives them"
    )
    raise typer.BadParameter(
        f"Name the columns that hold groups of people (columns found: {found}).{unmatched}",
        param_hint="--by",
    )


def _measure(
    bundle: Bundle,
    dataset: Dataset,
    columns: Sequence[str],
    options: AuditOptions,
    *,
    threads: int,
    messages: Console,
) -> Audit:
    from emotion_classifier.fairness.audit import audit as measure

    with TrainingProgress(messages) as progress:
        return measure(
            bundle,
            dataset,
            columns,
            options=options,
            threads=threads,
            progress=progress,
        )
