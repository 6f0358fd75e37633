"""A search as tables on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from emotion_classifier.evaluation.metrics import get
from emotion_classifier.experiments.optimism import accuracy_of, log_loss_of
from emotion_classifier.experiments.search import SearchResult, Worth
from emotion_classifier.experiments.tune import Trial
from emotion_classifier.report.evaluation_table import LISTED, more
from emotion_classifier.text import difference, estimate, stacked


def render_search(result: SearchResult) -> Group:
    """Lay a search out for a terminal: trials, what is left of the best on test photos, and what it was worth."""
    parts: list[RenderableType] = [_trials(result), *more(result.trials)]
    parts += [Text(), _accuracies(result), Text(), Text(result.sentence, style="bold")]
    if result.worth:
        parts += [Text(), _worth(result.worth), Text(), Text(_in_words(result.worth), style="bold")]
    return Group(*parts, *(Text(notice) for notice in result.notices))


def _trials(result: SearchResult) -> Table:
    title = f"{result.recipe}: trials by validation {result.options.objective.replace('_', ' ')}, best first"
    table = Table(title=title, title_justify="left")
    for heading in ("trial", "log loss", "accuracy", "n", "epochs", "s"):
        table.add_column(heading, justify="right")
    table.add_column("parameters", overflow="fold")
    for trial in result.trials[:LISTED]:
        table.add_row(str(trial.number), *_figures(trial), _parameters(trial))
    return table


def _figures(trial: Trial) -> tuple[str, ...]:
    """Intervals stand below their figures, so that a terminal of 80 columns takes it."""
    epochs, seconds = "" if trial.epochs is None else str(trial.epochs), f"{trial.seconds:.0f}"
    if trial.status == "failed":
        return "failed", "", "", epochs, seconds
    loss, accuracy = log_loss_of(trial), accuracy_of(trial)
    return (
        stacked(estimate(loss, get("log_loss").unit)),
        stacked(estimate(accuracy, get("accuracy").unit)),
        f"{loss.n:,}",
        epochs,
        seconds,
    )


def _parameters(trial: Trial) -> Text:
    if trial.status == "failed":
        return Text(trial.reason or "")
    shown = (
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in trial.parameters.items()
    )
    return Text(", ".join(shown))


def _accuracies(result: SearchResult) -> Table:
    table = Table(title="Accuracy on photos with a face, with 95 % intervals", title_justify="left")
    for heading in ("", "accuracy", "n"):
        table.add_column(heading, justify="right" if heading else "left")
    rows = {"best trial, where it was chosen": result.validation, "tuned, on test photos": result.test}
    for name, found in rows.items():
        table.add_row(name, estimate(found, "%"), f"{found.n:,}")
    table.add_row("optimism of the search", difference(result.optimism, "%"), f"{result.optimism.n:,}")
    return table


def _worth(worth: Worth) -> Table:
    table = Table(title="All test photos: the recipe as it is, and tuned", title_justify="left")
    for heading in ("metric", "as it is", "tuned", "difference", "n"):
        table.add_column(heading, justify="left" if heading == "metric" else "right")
    for name, paired in worth.metrics.items():
        metric = get(name)
        told = (
            estimate(paired.a, metric.unit),
            estimate(paired.b, metric.unit),
            difference(paired.difference, metric.unit),
        )
        table.add_row(
            metric.title,
            *(stacked(each) for each in told),
            f"{paired.difference.n:,}",
        )
    return table


def _in_words(worth: Worth) -> str:
    return f"A is the recipe as it is, B the tuned one. {worth.sentence}"
