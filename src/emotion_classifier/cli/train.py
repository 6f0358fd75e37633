"""``emotion-classifier train``: a labelled folder goes in, a bundle comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.cli.arguments import Cropped, DataDirs, Overwrite, Seed, Track, refuse_overwrite
from emotion_classifier.cli.config_file import Config
from emotion_classifier.cli.figures import draw_training
from emotion_classifier.cli.help import add
from emotion_classifier.cli.labelled import open_placed, tell
from emotion_classifier.cli.output import check_folder
from emotion_classifier.cli.progress import TrainingProgress, list_problems
from emotion_classifier.errors import DatasetError, EmotionClassifierError
from emotion_classifier.files import require_outside
from emotion_classifier.text import counted

if TYPE_CHECKING:
    from emotion_classifier.data import Dataset
    from emotion_classifier.recipes import Recipe
    from emotion_classifier.training.options import TrainOptions
    from emotion_classifier.training.result import TrainingResult

_PROCESSOR = Path("/proc/cpuinfo")  # on Linux


def register(program: typer.Typer) -> None:
    """Add the verb."""
    add(
        program,
        train,
        section="Train",
        examples=(
            ("train photos/ --out my-model", "The recipe that suits most photos, transfer."),
            ("train photos/ --recipe compact --epochs 20 --out model", "A recipe of your choice."),
            ("train --recipe help", "The recipes there are."),
            (
                "train photos/ more.parquet --balance gender --out model",
                "Folders and Parquet files together, groups of people balanced.",
            ),
        ),
        groups={
            "Data": ("extra", "calibrate", "validation", "group_column", "balance", "cropped", "detailed"),
            "Training": (
                "recipe",
                "epochs",
                "patience",
                "learning_rate",
                "weights",
                "augment_light",
                "augment_quality",
                "bfloat16",
                "int8",
                "seed",
            ),
            "Output": ("out", "overwrite", "about", "track"),
        },
    )


def _list_recipes(name: str | None) -> str | None:
    if name == "help":
        from emotion_classifier import recipes

        for known in recipes.names():
            typer.echo(f"{known}: {recipes.get(known).summary}")
        raise typer.Exit
    return name


def train(
    *,
    data: DataDirs,
    out: Annotated[
        Path, typer.Option(metavar="BUNDLE", help="Folder to write the bundle to.", show_default=False)
    ],
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Name of a recipe; `train --recipe help` lists them. Without: transfer.",
            callback=_list_recipes,
            is_eager=True,
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Epochs of a network. Default: the recipe's own.", show_default=False),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            min=1, help="Stop after so many epochs without a better validation loss.", show_default=False
        ),
    ] = None,
    validation: Annotated[
        float, typer.Option(min=0, max=0.5, help="Share of the training photos carved out for validation.")
    ] = 0.1,
    seed: Seed = 0,
    group_column: Annotated[
        str, typer.Option(help="Rows with the same value stay on one side of the carving.")
    ] = "identity",
    balance: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Let every value of this column (a group of people) count the same within each label.",
            show_default=False,
        ),
    ] = None,
    extra: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Further photos to learn from that are never held back, such as rendered faces; repeat it.",
            exists=True,
            show_default=False,
        ),
    ] = None,
    augment_light: Annotated[
        bool,
        typer.Option(
            help="Vary brightness, contrast and tone twice as much, so that skin and light matter less. For transfer, "
            "mobilenet, compact, transfer_* and ensembles with one of them.",
        ),
    ] = False,
    augment_quality: Annotated[
        bool,
        typer.Option(
            help="Make two pictures in five as bad as photos are (out of focus, blurred by motion, tiny, too bright, "
            "grainy, compressed) and one in four grey or pale. For the same recipes as --augment-light.",
        ),
    ] = False,
    learning_rate: Annotated[
        float | None,
        typer.Option(min=0, help="Highest learning rate. Default: the recipe's own.", show_default=False),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Trained weights to begin with, for a recipe that does: a bundle (transfer), or a file of weights.",
            exists=True,
            show_default=False,
        ),
    ] = None,
    calibrate: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Photos never learned from, such as everyday faces, on which the scale and its levels are fitted.",
            exists=True,
            show_default=False,
        ),
    ] = None,
    bfloat16: Annotated[
        bool,
        typer.Option("--bfloat16", help="Compute in bfloat16: twice as fast on processors made for it."),
    ] = False,
    int8: Annotated[
        bool,
        typer.Option(
            "--int8",
            help="Let the finished network compute in 8 bits. With transfer, mobilenet and compact: half the file, and "
            "twice as fast on processors with VNNI.",
        ),
    ] = False,
    cropped: Cropped = False,
    detailed: Annotated[
        bool, typer.Option(help="Learn each expression that FER+ raters named; they add up to other.")
    ] = False,
    overwrite: Overwrite = False,
    about: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Markdown for the card: whose data, under which terms.",
            exists=True,
            dir_okay=False,
            readable=True,
            show_default=False,
        ),
    ] = None,
    track: Track = False,
    config: Config = None,
) -> None:
    """Train a model on labelled photos. The same command goes on after a kill.

    Photos in folders named validation or test, and rows of such a split, are never trained on.
    """
    from emotion_classifier import recipes
    from emotion_classifier.data import open_dataset
    from emotion_classifier.model.bundle import check_writable
    from emotion_classifier.report.tracking import check_tracking
    from emotion_classifier.training.fit import check_validation
    from emotion_classifier.training.fit import train as train_recipe
    from emotion_classifier.training.options import TrainOptions

    console = Console(stderr=True, highlight=False)
    if track:
        check_tracking()
    refuse_overwrite(out, overwrite=overwrite)
    require_outside(out, *data, *(extra or ()), *(calibrate or ()))
    check_folder(out, beside=out.absolute().parent)
    # Says what is wrong with recipe and options before anything is read.
    chosen = recipes.get(recipe or recipes.RECOMMENDED)
    chosen.require_libraries()
    options = TrainOptions(
        seed=seed,
        epochs=epochs,
        patience=patience,
        validation=validation,
        group_column=group_column,
        balance=balance,
        learning_rate=learning_rate,
        augment_light=augment_light,
        augment_quality=augment_quality,
        bfloat16=bfloat16,
        int8=int8,
        weights=weights,
        about=about.read_text(encoding="utf-8") if about else "",
    )
    chosen.refuse_unknown(options.plan)
    several = len(data) + len(extra or ()) + len(calibrate or ()) > 1
    read = partial(open_placed if several else open_dataset, cropped=cropped, detailed=detailed)
    dataset = read(data)
    tell(console, dataset)
    _warn_of_labels(dataset, console, detailed=detailed)
    if not recipe:
        console.print(f"Recipe: {chosen.name}, which begins with a network that knows faces.")
    check_writable(out)
    with _listing(console, dataset):
        check_validation(chosen, dataset, options)
        _tell_beforehand(chosen, dataset, options, console)
    more = read(extra) if extra else None
    aside = read(calibrate) if calibrate else None
    opened = [each for each in (dataset, more, aside) if each is not None]
    with _listing(console, *opened), TrainingProgress(console) as progress:
        result = train_recipe(
            dataset,
            recipe=chosen,
            out=out,
            options=options,
            extra=more,
            calibration=aside,
            progress=progress,
        )
    list_problems(console, (*_problems(opened), *result.problems))
    list_problems(console, result.unclear, what="used that `predict` will call uncertain")
    _tell(result, console)
    draw_training(result.bundle)
    if track:
        _log(result, out, console)
    console.print(
        f"Wrote {escape(str(out))}"
        + (f"; history and curves in {escape(str(out))}.training." if result.history else "."),
        soft_wrap=True,
    )


def _problems(opened: Sequence[Dataset]) -> tuple[tuple[str, str], ...]:
    return tuple(problem for each in opened for problem in each.problems)


@contextmanager
def _listing(console: Console, *opened: Dataset) -> Iterator[None]:
    """Name what was left out before an error that may come of it: too few photos, for instance."""
    try:
        yield
    except EmotionClassifierError as error:
        if error.left_out or isinstance(error, DatasetError):
            list_problems(console, (*_problems(opened), *error.left_out))
        raise


def _tell_beforehand(recipe: Recipe, dataset: Dataset, options: TrainOptions, console: Console) -> None:
    """Say what the network begins without, what the photos cannot teach, and what would take long for nothing."""
    from emotion_classifier import recipes
    from emotion_classifier.training.keep import untaught

    if "weights" in recipe.takes and recipe.from_nothing(options.weights):
        console.print(
            f"No --weights are given: {recipe.name} begins with random ones, which takes tens of thousands of photos. "
            f"{recipes.RECOMMENDED} begins with a network that knows faces.",
            soft_wrap=True,
        )
    if missing := untaught(recipe, dataset.with_split("train", "").taught, options.weights):
        console.print(missing, soft_wrap=True)
    if options.bfloat16 and _PROCESSOR.is_file() and "bf16" not in _PROCESSOR.read_text("utf-8", "replace"):
        console.print(
            "Warning: this processor is not made for bfloat16, in which training takes several times as long here. "
            "Leave --bfloat16 out.",
            soft_wrap=True,
        )


def _tell(result: TrainingResult, console: Console) -> None:
    """Print how the training ended, and what the probabilities rest on."""
    console.print(f"{result.bundle.id}{_last(result)}", soft_wrap=True)
    if result.learned_nothing:
        label, share = result.commonest
        console.print(
            f"Warning: the network has learned nothing: whoever calls every photo {label} is right on {share:.0%} of "
            "them, too. Try more --epochs, another --learning-rate, or a recipe that begins with a network that knows "
            "faces.",
            soft_wrap=True,
        )
    training = result.bundle.config.training
    if training["options"]["int8"]:
        moved = training.get("moved_by_8_bits")
        console.print(
            "Its convolutions compute in 8 bits"
            + ("." if moved is None else f"; that moved probabilities by {moved:.3f} on average."),
            soft_wrap=True,
        )
    if not result.bundle.config.scale.fitted_on:
        console.print(f"The probabilities are the model's own: {_too_few(result)}.", soft_wrap=True)
    elif result.scale_kept:
        console.print(_kept_scale(result), soft_wrap=True)


def _warn_of_labels(dataset: Dataset, console: Console, *, detailed: bool) -> None:
    """Say what makes labels wrong and is cheap to see, or a wish in vain; `check` sees the rest."""
    from emotion_classifier.checks.data002_exact_duplicate import equal_files
    from emotion_classifier.checks.data004_two_classes import contradictory
    from emotion_classifier.checks.data016_class_names import misspelt
    from emotion_classifier.data.labels import DETAILS

    if detailed and not set(dataset.labels) & set(DETAILS):
        console.print(
            "--detailed changes nothing here: the data has no votes for surprise, anger and the like."
        )
    if copies := contradictory(equal_files(dataset.sources), dataset):
        first = " and ".join(dataset.ids[row] for row in copies[0][:2])
        number = "one photo lies" if len(copies) == 1 else f"{len(copies):,} photos lie"
        console.print(
            f"Warning: {number} under two labels, as equal files ({escape(first)}). `check` lists all.",
            soft_wrap=True,
        )
    if meant := misspelt(dataset):
        told = ", ".join(f"{name!r} (did you mean {label}?)" for name, label in meant.items())
        console.print(f"Warning: counted as other: {escape(told)}.", soft_wrap=True)


def _kept_scale(result: TrainingResult) -> str:
    """Say whose scale the model has, and why."""
    from emotion_classifier.model.bundle import Bundle

    base = result.bundle.config.training["base"]
    whose = "the default model" if base == Bundle.default().id else base
    return f"The scale (slope, intercept and thresholds) is that of {whose}: {_too_few(result)}."


def _too_few(result: TrainingResult) -> str:
    """Say how many photos were held back to fit a scale on, and how many that takes."""
    from emotion_classifier.training.calibrate import FEWEST_OF_EACH, FEWEST_ROWS

    n = result.scale_rows
    held = f"only {n:,} photo{' was' if n == 1 else 's were'}" if n else "no photo was"
    return (
        f"{held} held back to fit a scale on, and that takes {FEWEST_ROWS}, of them {FEWEST_OF_EACH} happy and "
        f"{FEWEST_OF_EACH} sad"
    )


def _last(result: TrainingResult) -> str:
    if not result.history:
        return ""
    last = ", ".join(f"{name} {value:.4f}" for name, value in result.history[-1].items() if name != "epoch")
    return f": {counted(len(result.history), 'epoch')}; last: {last}"


def _log(result: TrainingResult, out: Path, console: Console) -> None:
    from emotion_classifier.report.tracking import Run, log_run

    config = result.bundle.config
    store = log_run(
        Run(
            name=result.bundle.id,
            parameters={
                "recipe": config.recipe,
                "labels": ", ".join(result.bundle.labels),
                "rows": config.training["rows"],
                "parameters": config.training["parameters"],
                **config.training["options"],
            },
            history=result.history,
            files=[path for path in (out / "config.json", out / "README.md") if path.is_file()],
        )
    )
    console.print(f"Logged to {escape(store)}", soft_wrap=True)
