"""``emotion-classifier evaluate``: how well a bundle does on labelled photos, or a recipe in cross-validation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from emotion_classifier.cli.arguments import Cropped, DataDirs, Json, Seed, Threads, Track
from emotion_classifier.cli.figures import (
    check_card,
    draw_curves,
    show,
    track_evaluation,
    write_card,
    write_page,
)
from emotion_classifier.cli.folds import check_use, evaluate_folds, rows_for_folds
from emotion_classifier.cli.help import add
from emotion_classifier.cli.labelled import By, Split, column_names, name_of, open_labelled, tell
from emotion_classifier.cli.output import check_folder, check_page
from emotion_classifier.cli.progress import TrainingProgress, list_problems, warn_of_known, warn_of_unread
from emotion_classifier.files import require_outside
from emotion_classifier.report.tracking import check_tracking


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        evaluate,
        section="Measure",
        examples=(
            (
                "evaluate my-model photos/ --split test",
                "Every figure with its interval, on photos kept apart.",
            ),
            (
                "evaluate my-model photos/ --out report.html",
                "The same as a page with plots and the misclassified photos.",
            ),
            (
                "evaluate default photos/ --by age,gender --plots plots/",
                "The default model, by columns of the metadata, with curves.",
            ),
            (
                "evaluate transfer photos/ --folds 5",
                "A recipe, trained and tried on parts of the photos in turn.",
            ),
        ),
        groups={
            "Data": ("split", "by", "group_column", "cropped", "threads"),
            "Cross-validation": ("folds", "repeats", "epochs", "validation", "work", "seed"),
            "Output": ("out", "as_json", "plots", "card", "track"),
        },
    )


def evaluate(
    *,
    context: typer.Context,
    bundle: Annotated[
        str,
        typer.Argument(
            metavar="BUNDLE", help='Folder of a bundle, or "default"; with --folds, the name of a recipe.'
        ),
    ],
    data: DataDirs,
    split: Split = None,
    by: By = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT.html",
            help="Write a page with plots and the misclassified photos.",
            show_default=False,
        ),
    ] = None,
    plots: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write reliability.png and risk_coverage.png there.", show_default=False
        ),
    ] = None,
    card: Annotated[
        str | None,
        typer.Option(
            metavar="TITLE",
            help="Write the figures into the bundle's card, under this title.",
            show_default=False,
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(min=2, help="Cross-validate a recipe over so many parts.", show_default=False),
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="With --folds: so many times over.")] = 5,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1, help="With --folds: epochs of a network. Default: the recipe's own.", show_default=False
        ),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=0.5,
            help="With --folds: share of each training part carved out. Default: a tenth, or what the photos allow.",
            show_default=False,
        ),
    ] = None,
    group_column: Annotated[
        str, typer.Option(help="Photos with the same value there, such as one person's, count as one.")
    ] = "identity",
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="With --folds: folder of the answers so far. Default: RECIPE.folds.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    cropped: Cropped = False,
    threads: Threads = 1,
    track: Track = False,
    as_json: Json = False,
) -> None:
    """Measure a bundle on labelled photos: every figure with its n and a 95 % interval, and the misclassified photos.

    A photo in which no face is found, or that cannot be read, counts as wrong.
    With --folds, a recipe is trained on all parts of the data but one and tried on that one, for each part in turn.
    """
    messages = Console(stderr=True, highlight=False)
    check_use(context, bundle, folds=folds)
    check_page(out)
    if track:
        check_tracking()
    if folds:
        from emotion_classifier.experiments.cross_validation import FoldOptions

        options = FoldOptions(
            folds=folds,
            repeats=repeats,
            seed=seed,
            epochs=epochs,
            validation=validation,
            group_column=group_column,
        )
        work = work or Path(f"{bundle}.folds")
        require_outside(work, *data, option="--work")
        check_folder(work, option="--work")
        dataset = open_labelled(data, split=split, cropped=cropped)
        tell(messages, dataset)
        dataset = dataset if split else rows_for_folds(dataset, messages)
        evaluate_folds(bundle, dataset, options=options, work=work, threads=threads, as_json=as_json)
        return
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.data.labels import warnings_of_missing
    from emotion_classifier.evaluation.confusion import Confusion
    from emotion_classifier.evaluation.evaluate import evaluate as measure
    from emotion_classifier.model.bundle import Bundle

    if plots:
        check_folder(plots, option="--plots")
    if card is not None and not card.strip():
        raise typer.BadParameter('Give the figures a title, such as "my test photos".', param_hint="--card")
    loaded = Bundle.load(bundle)
    if card:
        check_card(loaded)
    dataset = open_labelled(data, split=split, cropped=cropped)
    tell(messages, dataset)
    with TrainingProgress(messages) as progress:
        result = measure(
            loaded,
            dataset,
            by=column_names(by),
            column=group_column,
            threads=threads,
            progress=progress.of("reading photos"),
        )
    list_problems(messages, dataset.problems)
    for warning in warnings_of_missing(dataset.counts):
        messages.print(f"[bold yellow]{warning}[/]", soft_wrap=True)
    warn_of_unread(messages, Confusion(result.labels, result.columns, result.confusion))
    warn_of_known(messages, result.trained_on, result.model)
    try:
        if out:
            classifier = EmotionClassifier(loaded, threads=threads)
            write_page(result, dataset, out, messages, title=name_of(data, split), classifier=classifier)
        if plots:
            draw_curves(result, plots, messages)
        if track:
            track_evaluation(result, data, split, messages)
        if card:
            write_card(loaded, result, messages, title=card)
    finally:  # Nothing measured is lost where a file cannot be written.
        show(result, as_json=as_json)
