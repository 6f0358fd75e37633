"""Where `evaluate` leaves its figures: the terminal, the bundle's card, a page, and pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape

from emotion_classifier.errors import EmotionClassifierError

if TYPE_CHECKING:
    from emotion_classifier.classifier import EmotionClassifier
    from emotion_classifier.data import Dataset
    from emotion_classifier.evaluation.evaluate import Evaluation
    from emotion_classifier.model.bundle import Bundle


CARD_KEPT = "Card not written: the default model's card is part of the installed package."


def check_card(bundle: Bundle) -> None:
    """Refuse a card that nothing can be written into: before photos are read, not after.

    Raises
    ------
    CardError
        If there is none, or its front matter cannot be read.
    MissingExtraError
        If huggingface_hub is not installed.
    """
    from emotion_classifier.model.card import card_file, parse_card, read_card

    if not bundle.shipped:
        parse_card(read_card(bundle), str(card_file(bundle)))


def show(result: Evaluation, *, as_json: bool) -> None:
    """Print the figures, as tables or as one object."""
    if as_json:
        typer.echo(json.dumps(result.to_dict()))
        return
    from emotion_classifier.report.evaluation_table import render

    Console(highlight=False).print(render(result))


@contextmanager
def naming_card(bundle: Bundle, *, instead: str) -> Iterator[None]:
    """Say that it is the card that cannot be written, and what to do instead.

    Raises
    ------
    EmotionClassifierError
    """
    from emotion_classifier.model.card import card_file

    try:
        yield
    except OSError as error:
        raise EmotionClassifierError(
            f"{card_file(bundle)}, the bundle's card, cannot be written ({error.strerror or error}). "
            f"The figures are printed all the same; {instead} to leave the card as it is."
        ) from error


def write_card(bundle: Bundle, result: Evaluation, messages: Console, *, title: str) -> None:
    """Write the figures into the bundle's card, under a title; not into that of an installed one."""
    if bundle.shipped:
        messages.print(CARD_KEPT, soft_wrap=True)
        return
    from emotion_classifier.evaluation.metrics import titled
    from emotion_classifier.evaluation.trained_on import known_in_words
    from emotion_classifier.model.bundle import rewrite
    from emotion_classifier.model.card import card_file, read_card
    from emotion_classifier.report.card import with_figures

    card = with_figures(
        read_card(bundle),
        title=title,
        figures=titled(result.metrics),
        model=bundle.id,
        known=known_in_words(result.trained_on),
    )
    with naming_card(bundle, instead="leave out --card"):
        rewrite(bundle, card=card)
    messages.print(f"Wrote the figures into {escape(str(card_file(bundle)))}", soft_wrap=True)


def write_page(
    result: Evaluation,
    dataset: Dataset,
    out: Path,
    messages: Console,
    *,
    title: str,
    classifier: EmotionClassifier,
) -> None:
    """Write the page."""
    from emotion_classifier.report.evaluation_page import write_evaluation_page

    write_evaluation_page(result, dataset, out, title=title, classifier=classifier)
    messages.print(f"Wrote {escape(str(out))}", soft_wrap=True)


def draw_curves(result: Evaluation, folder: Path, messages: Console) -> None:
    """Write reliability.png and risk_coverage.png into a folder."""
    from emotion_classifier.report.plots import plot_reliability, plot_risk_coverage

    if not result.calibration_curve:
        messages.print("Nothing to draw: no photo labelled happy or sad has a face.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    plot_reliability({result.model: result.calibration_curve}, folder / "reliability.png", what="p_happy")
    plot_risk_coverage({result.model: result.risk_coverage}, folder / "risk_coverage.png")
    where = escape(str(folder))
    messages.print(f"Wrote reliability.png and risk_coverage.png to {where}.", soft_wrap=True)


def draw_training(bundle: Bundle) -> None:
    """Draw the epochs of the training, where there were any, into curves.png beside its history."""
    from emotion_classifier.report.plots import plot_history
    from emotion_classifier.training.loop import HISTORY, read_history

    work = bundle.path.with_name(f"{bundle.path.name}.training")
    if (work / HISTORY).is_file():
        plot_history(read_history(work / HISTORY), work / "curves.png", title=bundle.id)


def track_evaluation(result: Evaluation, data: Sequence[Path], split: str | None, messages: Console) -> None:
    """Log the figures, and the ends of their intervals, to MLflow."""
    from emotion_classifier.evaluation.trained_on import known_in_words
    from emotion_classifier.report.tracking import Run, log_run

    metrics: dict[str, float] = {}
    for name, estimate in result.metrics.items():
        for end, value in (("", estimate.value), ("_low", estimate.low), ("_high", estimate.high)):
            if value is not None:
                metrics[name + end] = value
    parameters = {
        "model": result.model,
        "data": ", ".join(map(str, data)),
        "split": split or "all",
        "trained_on": known_in_words(result.trained_on),
    }
    store = log_run(Run(f"evaluate {result.model}", parameters, metrics))
    messages.print(f"Logged to {escape(store)}", soft_wrap=True)
