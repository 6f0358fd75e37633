"""DATA014: the same picture or person on both sides of a split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.data.columns import one_spelling
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register
from emotion_classifier.text import counted


@register(CheckContext)
class Leakage(Check[CheckContext]):
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

    def not_applicable(self, context: CheckContext) -> str | None:
        """Say that there are no two splits."""
        splits = set(context.dataset.splits) - {""}
        if not splits:
            return "no splits"
        return None if len(splits) > 1 else f"no second split, only {splits.pop()}"

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per set of like pictures, and one for all people."""
        splits = context.dataset.splits
        for rows in context.twins.sets():
            spread = sorted({splits[row] for row in rows} - {""})
            if len(spread) > 1:
                message = f"The same picture is in {' and '.join(spread)}."
                yield self.finding(message, files=context.files(rows), splits=[splits[row] for row in rows])
        yield from self._people(context)

    def _people(self, context: CheckContext) -> Iterator[Finding]:
        names, _ = one_spelling(context.group_column, context.dataset.columns.get(context.group_column, ()))
        rows_of: dict[str, list[int]] = defaultdict(list)
        for row, person in enumerate(names):
            if person is not None and context.dataset.splits[row]:
                rows_of[person].append(row)
        shared = {
            person: rows
            for person, rows in rows_of.items()
            if len({context.dataset.splits[row] for row in rows}) > 1
        }
        if shared:
            rows = [row for rows in shared.values() for row in rows]
            people = counted(len(shared), "person", "people")
            have = "has" if len(shared) == 1 else "have"
            message = f"{people} (column {context.group_column}) {have} photos in more than one split."
            yield self.finding(
                message, files=context.files(rows), people=sorted(shared)[:20], number=len(shared)
            )
