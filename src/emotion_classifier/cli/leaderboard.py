"""``emotion-classifier leaderboard``: which recipe is best on one's own photos, and which are as likely to be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.arguments import Cropped, DataDirs, Json, Seed
from emotion_classifier.cli.exits import FAILED
from emotion_classifier.cli.folds import rows_for_folds
from emotion_classifier.cli.help import add
from emotion_classifier.cli.labelled import Split, column_names, open_labelled, tell
from emotion_classifier.cli.output import check_folder, check_out, check_page
from emotion_classifier.cli.progress import TrainingProgress, list_problems
from emotion_classifier.files import atomic_write, require_outside

if TYPE_CHECKING:
    from rich.table import Table

    from emotion_classifier.data import Dataset
    from emotion_classifier.evaluation.metrics import Metric
    from emotion_classifier.experiments.leaderboard import Entry, Leaderboard
    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.recipes import Recipe


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        leaderboard,
        section="Train",
        examples=(
            (
                "leaderboard photos/ --quick --out board.html",
                "Recipes that begin with what the default model knows, one repeat, as a page.",
            ),
            ("leaderboard photos/ --recipes transfer,svm --repeats 3", "Two recipes, three times over."),
        ),
        groups={
            "Data": ("split", "group_column", "cropped"),
            "Cross-validation": (
                "recipes",
                "quick",
                "folds",
                "repeats",
                "validation",
                "seed",
                "work",
                "workers",
            ),
            "Output": ("out", "markdown", "as_json"),
        },
    )


def leaderboard(
    *,
    context: typer.Context,
    data: DataDirs,
    recipes: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES",
            help="Recipes to try, separated by commas. Default: all that need no weights from outside.",
            show_default=False,
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Only recipes that begin with what the default model knows of faces, and one repeat.",
        ),
    ] = False,
    folds: Annotated[int, typer.Option(min=2, help="Parts of the data, each tested on in turn.")] = 5,
    repeats: Annotated[int, typer.Option(min=1, help="So many times over, shuffled anew.")] = 5,
    validation: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=0.5,
            help="Share of each training part carved out. Default: a tenth, or what the photos allow.",
            show_default=False,
        ),
    ] = None,
    group_column: Annotated[
        str, typer.Option(help="Rows with the same value stay in one part.")
    ] = "identity",
    split: Split = None,
    cropped: Cropped = False,
    out: Annotated[
        Path | None, typer.Option(metavar="PAGE.html", help="Write a page.", show_default=False)
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Write a table in Markdown.", show_default=False)
    ] = None,
    work: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of the fits so far; a killed run goes on there.")
    ] = Path("leaderboard.fits"),
    workers: Annotated[
        int, typer.Option(min=1, help="Fits at the same time; a single one takes all cores.")
    ] = 2,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Cross-validate recipes over the same folds of labelled photos and rank them, ties marked.

    Above them stands the default model, as it is: a recipe that does not beat it is not worth training.
    Every figure comes with its n and a 95 % interval. A recipe that fails is listed with its reason.
    """
    from emotion_classifier import recipes as known
    from emotion_classifier.experiments import leaderboard as board
    from emotion_classifier.experiments.fold import FoldOptions
    from emotion_classifier.report.leaderboard_page import leaderboard_in_markdown, write_leaderboard_page

    messages = Console(stderr=True, highlight=False)
    if quick and _given(context, "repeats"):
        raise typer.BadParameter(
            "--quick takes one repeat; leave out one of the two.", param_hint="--repeats"
        )
    names = default_recipes(quick=quick) if recipes is None else column_names(recipes)
    if not names:
        raise typer.BadParameter("names no recipe; leave it out for all of them.", param_hint="--recipes")
    for name in names:
        known.get(name)
    require_outside(work, *data, option="--work")
    check_folder(work, option="--work")
    check_page(out)
    check_out(markdown, option="--markdown")
    options = FoldOptions(
        folds=folds,
        repeats=1 if quick else repeats,
        seed=seed,
        validation=validation,
        group_column=group_column,
    )
    dataset = open_labelled(data, split=split, cropped=cropped)
    tell(messages, dataset)
    dataset = dataset if split else rows_for_folds(dataset, messages)
    messages.print(
        f"{len(names)} recipe{'' if len(names) == 1 else 's'}, {options.folds * options.repeats} fits each. Fits are "
        f"kept in {escape(str(work))}: the same command goes on after a kill.",
        soft_wrap=True,
    )
    with TrainingProgress(messages) as progress:
        result = board.leaderboard(
            names,
            dataset,
            work=work,
            options=options,
            workers=workers,
            baseline=_baseline(dataset, messages),
            progress=progress,
        )
    list_problems(messages, dataset.problems)
    plain, title = result.to_dict(), ", ".join(path.resolve().name or str(path) for path in data)
    if out:
        write_leaderboard_page(plain, out, title=title)
        messages.print(f"Wrote {escape(str(out))}.", soft_wrap=True)
    if markdown:
        atomic_write(markdown, leaderboard_in_markdown(plain, title=title))
        messages.print(f"Wrote {escape(str(markdown))}.", soft_wrap=True)
    if as_json:
        typer.echo(json.dumps(_without_nan(plain)))
    else:
        _show(result)
    if not result.entries:
        raise typer.Exit(FAILED)


def _baseline(dataset: Dataset, messages: Console) -> Bundle | None:
    """Take the default model, where it can tell the classes apart."""
    from emotion_classifier.model.bundle import Bundle
    from emotion_classifier.model.scale import CANONICAL

    if strangers := sorted(set(dataset.labels) - set(CANONICAL)):
        messages.print(
            f"The default model is left out: it does not know {escape(', '.join(strangers))}.", soft_wrap=True
        )
        return None
    return Bundle.default()


def default_recipes(*, quick: bool) -> list[str]:
    """List the recipes that can be fitted without weights from outside.

    Parameters
    ----------
    quick : bool
        Leave out those that look at whole frames, train a network from nothing, or put recipes together.
    """
    from emotion_classifier import recipes

    found = [recipe for recipe in map(recipes.get, recipes.names()) if not recipe.needs_weights]
    return [recipe.name for recipe in found if not quick or _is_quick(recipe)]


def _is_quick(recipe: Recipe) -> bool:
    return recipe.preprocessing.input == "face" and not recipe.members and not recipe.from_nothing()


def _given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _without_nan(plain: dict[str, object]) -> object:
    """JSON has no NaN."""
    return json.loads(json.dumps(plain), parse_constant=lambda name: None)


def _show(result: Leaderboard) -> None:
    """Print two tables that fit into 80 columns: how good, and at what price."""
    from emotion_classifier.evaluation import metrics
    from emotion_classifier.report.leaderboard_page import (
        UNTRAINED,
        cost_in_words,
        known_photos,
        should_train,
    )
    from emotion_classifier.text import estimate, stacked

    console, options = Console(highlight=False), result.options
    console.print(
        f"{result.photos:,} photos in {result.groups:,} groups, {options.folds} folds × {options.repeats}: means "
        f"over the fits, and 95 % intervals below",
        soft_wrap=True,
    )
    ranked = metrics.get("accuracy")
    columns = [metrics.get(name) for name in metrics.names("leaderboard")]
    shares = [metric for metric in columns if metric.greater_is_better]
    errors = [metric for metric in columns if not metric.greater_is_better]
    good = _table("recipe", *(metric.heading for metric in shares), "behind,\npoints")
    price = _table("recipe", *(metric.heading for metric in errors), "train s", "MB", "ms a face")
    untrained = (result.baseline,) if result.baseline else ()
    for entry in (*untrained, *result.entries):
        behind, name = "first", UNTRAINED if entry is result.baseline else entry.recipe
        if entry.behind:
            behind = stacked(estimate(entry.behind, ranked.unit_of_difference))
            behind = behind.replace(
                " points", ", tied" if entry.tied and entry is not result.baseline else ""
            )
        good.add_row(escape(name), *(_figure(entry, metric) for metric in shares), behind)
        costs = map(cost_in_words, (entry.seconds, entry.megabytes, entry.milliseconds))
        price.add_row(escape(name), *(_figure(entry, metric) for metric in errors), *costs)
    console.print(good, price)
    if advice := should_train(result.to_dict()):
        console.print(f"[bold]{escape(advice)}[/]", soft_wrap=True)
    if known := known_photos(result.to_dict()):
        console.print(f"[bold yellow]{escape(known)}[/]", soft_wrap=True)
    console.print(
        "Tied: the difference to the first, over the same folds, is not shown at 95 % (corrected resampled t). "
        "The first of many owes a little of its place to luck.",
        soft_wrap=True,
    )
    for name, reason in result.failed.items():
        console.print(f"{escape(name)} failed: {escape(reason)}", soft_wrap=True)


def _table(name: str, *figures: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1), pad_edge=False)
    table.add_column(name, overflow="fold")
    for figure in figures:
        table.add_column(figure, justify="right", no_wrap=True)
    return table


def _figure(entry: Entry, metric: Metric) -> str:
    """Write a figure, and its interval below."""
    from emotion_classifier.text import estimate, stacked

    return stacked(estimate(entry.metrics[metric.name], metric.unit))
