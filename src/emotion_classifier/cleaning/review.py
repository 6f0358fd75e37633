"""Labels in doubt, decided on one by one; every decision is on disk before the next question."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from emotion_classifier.cleaning.decisions import Decision, Verdict, match, read_decisions, write_decisions
from emotion_classifier.cleaning.suggestions import Suggestion, suggestions
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.errors import DatasetError
from emotion_classifier.findings.finding import Finding
from emotion_classifier.labelling.kept import KeptAnswers, first_open


class Review:
    """The questions that findings about labels ask, and the answers given so far.

    Parameters
    ----------
    dataset : Dataset
        Of class folders.
    findings : iterable of Finding
    path : Path
        The file of decisions. Those in it are kept, and the review goes on after them.

    Raises
    ------
    DatasetError
        If the file is not understood or names photos that are not there.
    """

    def __init__(self, dataset: Dataset, findings: Iterable[Finding], path: Path) -> None:
        self.path = path
        self.questions: list[Suggestion] = suggestions(dataset, findings)
        self._sources = dict(zip(dataset.ids, dataset.sources, strict=True))
        before = match(read_decisions(path), dataset.ids) if path.exists() else {}
        self._decisions = KeptAnswers(before, lambda decisions: write_decisions(path, decisions), path)
        self._positions = {question.file: place for place, question in enumerate(self.questions)}

    def __len__(self) -> int:
        return len(self.questions)

    def source(self, question: Suggestion) -> Path | bytes:
        """Return what `read_photo` takes to read the photo in question."""
        return self._sources[question.file]

    def decision(self, question: Suggestion) -> Decision | None:
        """Tell what was decided, if anything."""
        return self._decisions.get(question.file)

    @property
    def decided(self) -> int:
        """How many of the questions are answered."""
        return sum(question.file in self._decisions for question in self.questions)

    def following(self, place: int) -> int:
        """Place of the first open question from `place` on, then from the start; `len(self)` without one."""
        return first_open(place, len(self), lambda spot: self.questions[spot].file in self._decisions)

    def decide(self, place: int, verdict: Verdict) -> None:
        """Answer a question, or answer it anew.

        Raises
        ------
        DatasetError
            If a suggestion is accepted where there is none, or the file cannot be written; then nothing has changed.
        """
        question = self.questions[place]
        if verdict == "accept" and not question.suggested:
            raise DatasetError("No label is suggested here: keep the present one, or drop the photo.")
        label = {"accept": question.suggested, "reject": question.label, "drop": ""}[verdict]
        now = datetime.now(UTC).isoformat(timespec="seconds")
        decision = Decision(question.file, verdict, label, question.finding.code, now)
        self._decisions.give(question.file, decision)

    def undo(self) -> int | None:
        """Take the last answer back; return the place of its question, None if there is nothing to undo.

        Raises
        ------
        DatasetError
            If the file cannot be written; then nothing has changed.
        """
        name = self._decisions.undo(self._positions)
        return None if name is None else self._positions[name]
