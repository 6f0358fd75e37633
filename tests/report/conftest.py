"""Predictions that are known, and one page of each kind made of them."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.folder import read_folder
from emotion_classifier.evaluation.compare import comparison_of
from emotion_classifier.evaluation.evaluate import evaluation_of
from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.evaluation.predictions import Predictions
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.outcome import Outcome

EXAMPLE = Path(__file__).parents[2] / "docs" / "images" / "take_audit.py"


@pytest.fixture(
    params=[
        'sad/"><script>alert(1)</script>.jpg',
        "happy/two\nlines.jpg",
        "happy/\u7b11\u9854 \u0633\u0639\u064a\u062f.jpg",
        "sad/bad\udcff.jpg",
    ]
)
def strange_name(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A file name that could break a page, and how HTML writes it."""
    shown = request.param.replace("\udcff", "\ufffd")
    for sign, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;")):
        shown = shown.replace(sign, escaped)
    return request.param, shown


@pytest.fixture(scope="session")
def faces(rendered_faces: Path) -> Dataset:
    return read_folder(rendered_faces)


@pytest.fixture(scope="session")
def seen(known_predictions: Callable[..., Predictions], faces: Dataset) -> Predictions:
    """Of the rendered faces one happy one is called sad, one uncertain, and in one sad one no face is found."""
    truth = [faces.labels[label] for label in faces.hard]
    said: list[float | None] = [0.95 if label == "happy" else 0.05 for label in truth]
    happy, sad = truth.index("happy"), truth.index("sad")
    said[happy : happy + 2] = [0.1, 0.45]
    said[sad] = None
    return replace(known_predictions(truth, said), boxes=((60.0, 50.0, 90.0, 110.0),) * len(truth))


@pytest.fixture(scope="session")
def report_pages(
    tmp_path_factory: pytest.TempPathFactory,
    faces: Dataset,
    seen: Predictions,
    known_predictions: Callable[..., Predictions],
    rendered_faces: Path,
) -> Callable[[str], Path]:
    """Write a page of a kind, with something in every part of it, and give back where."""
    folder = tmp_path_factory.mktemp("pages")
    told = replace(faces, problems=(("sad/x.jpg", "The file is empty."),))

    def evaluation(out: Path) -> None:
        from emotion_classifier.report.evaluation_page import write_evaluation_page

        write_evaluation_page(evaluation_of("compact-1", seen, ids=faces.ids), told, out, title="faces")

    def comparison(out: Path) -> None:
        from emotion_classifier.report.comparison_page import write_comparison_page

        other = known_predictions([faces.labels[label] for label in faces.hard], [0.9] * len(faces))
        parts = {"who": {"all": np.arange(len(faces))}}
        found = comparison_of(("old", "new"), (seen, other), ids=faces.ids, parts=parts)
        write_comparison_page(found, told, out, title="faces")

    def check(out: Path) -> None:
        from emotion_classifier.report.check_page import write_check_page

        findings = [
            Finding("DATA001", "Unreadable file", "error", faces.ids[:2], "Not read.", {"size": 3}),
            Finding("DATA005", "No face", "warning", faces.ids[2:3], "None found.", {}),
            Finding("DATA012", "Class imbalance", "info", (), "Few sad photos.", {"ratio": 3.0}),
        ]
        pages, ended = {"DATA005": "How.\n\nWhy.\n\nWhat."}, (Outcome("DATA014", "Leakage", "passed"),)
        write_check_page(findings, faces, out, title="faces", pages=pages, outcomes=ended)

    def audit(out: Path) -> None:
        from emotion_classifier.report.audit_page import write_audit_page

        write_audit_page(
            runpy.run_path(str(EXAMPLE))["example"](), out, pages={"FAIR001": "How."}, title="faces"
        )

    def leaderboard(out: Path) -> None:
        from emotion_classifier.evaluation.metrics import names
        from emotion_classifier.report.leaderboard_page import write_leaderboard_page

        share = wilson(90, 100).to_dict()
        costs = {"training_seconds": 31.27, "megabytes": 2.9, "milliseconds_a_face": 1.2, "fits": 25}
        entry = (
            dict.fromkeys(names("leaderboard"), share) | costs | {"recipe": "compact", "summary": "Small."}
        )
        behind = {"value": -0.2, "low": -0.3, "high": -0.1, "n": 100}
        board = {
            "photos": 100,
            "counts": {"happy": 60, "sad": 40},
            "groups": 99,
            "options": {"folds": 5, "repeats": 5, "seed": 0},
            "recipes": [entry | {"behind": None, "tied": True}, entry | {"behind": behind, "tied": False}],
            "failed": {"attempt_5": "no memory"},
        }
        write_leaderboard_page(board, out, title="faces")

    def explanation(out: Path) -> None:
        from emotion_classifier import EmotionClassifier
        from emotion_classifier.report.explanation_page import write_explanation_page

        photo = next(Path(id_) for id_ in faces.ids if "sad" in id_)
        explained = EmotionClassifier().explain(rendered_faces / photo)
        write_explanation_page(explained, out, title=photo.name, model="compact-1")

    kinds = (evaluation, comparison, check, audit, leaderboard, explanation)
    writers = {each.__name__: each for each in kinds}

    def write(name: str) -> Path:
        out = folder / f"{name}.html"
        if not out.is_file():
            writers[name](out)
        return out

    return write
