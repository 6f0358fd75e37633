"""DATA014: the same picture or person on both sides of a split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from emotion_classifier.checks.base import Check
from emotion_classifier.checks.survey import Survey
from emotion_classifier.data.columns import one_spelling
from emotion_classifier.findings.finding import Finding


class Leakage(Check):
    """Splits that are not independent."""

    code = "DATA014"
    title = "Leakage between splits"
    severity = "error"
    detection = (
        "Where the data say which photos are for training, validation and test: like pictures (DATA002, DATA003), and "
        "photos with the same value in the column that names people (`--group-column`), in more than one of them."
    )
    why = (
        "The test then asks about faces that training has seen, and the accuracy is too high; by how much, nobody "
        "knows."
    )
    advice = "Split again with `split`, which keeps like pictures and people together."

    def find(self, survey: Survey) -> Iterator[Finding]:
        """Yield one finding per set of like pictures, and one for all people."""
        splits = survey.dataset.splits
        for rows in survey.twins.sets():
            spread = sorted({splits[row] for row in rows} - {""})
            if len(spread) > 1:
                message = f"The same picture is in {' and '.join(spread)}."
                yield self.finding(survey, rows, message, splits=[splits[row] for row in rows])
        yield from self._people(survey)

    def _people(self, survey: Survey) -> Iterator[Finding]:
        names, _ = one_spelling(survey.group_column, survey.dataset.columns.get(survey.group_column, ()))
        rows_of: dict[str, list[int]] = defaultdict(list)
        for row, person in enumerate(names):
            if person is not None and survey.dataset.splits[row]:
                rows_of[person].append(row)
        shared = {
            person: rows
            for person, rows in rows_of.items()
            if len({survey.dataset.splits[row] for row in rows}) > 1
        }
        if shared:
            rows = [row for rows in shared.values() for row in rows]
            message = (
                f"{len(shared):,} people (column {survey.group_column}) have photos in more than one split."
            )
            yield self.finding(survey, rows, message, people=sorted(shared)[:20], number=len(shared))
