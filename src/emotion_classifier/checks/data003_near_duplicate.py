"""DATA003: nearly the same picture more than once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from emotion_classifier.checks.context import CheckContext
from emotion_classifier.checks.copy_detail import Size, real_sizes
from emotion_classifier.data.picture_hash import joined
from emotion_classifier.data.twins import UNCROPPED, Twin
from emotion_classifier.findings.check import Check
from emotion_classifier.findings.finding import Finding
from emotion_classifier.findings.registry import register


@register(CheckContext)
class NearDuplicate(Check[CheckContext]):
    """The same picture, encoded, scaled, mirrored or cropped anew."""

    code = "DATA003"
    title = "Near-duplicate"
    severity = "warning"
    detection = (
        "Two ways. A difference hash of 256 bits of the whole picture, and of its mirror image, finds what was "
        "encoded or scaled anew. The aligned faces, laid over each other, find what was cropped anew: two photos of "
        "one person on one occasion are not alike enough."
    )
    why = (
        "The copies are not independent: spread over training and test they make a model look better than it is, and "
        "everywhere they make intervals too narrow."
    )
    advice = (
        "Keep the best of them. `clean` prefers a face that is seen and not blurred, then the most pixels (those that "
        "an enlargement added do not count), then colour over grey, then a file that is not compressed strongly. Which "
        "of equally good ones came first cannot be told: it keeps the first by name. `split`, `train`, `tune`, folds "
        "and every interval here go by these very sets and treat each as one photo."
    )

    def find(self, context: CheckContext) -> Iterator[Finding]:
        """Yield one finding per set of like pictures that are not all equal files."""
        for rows in context.twins.sets():
            if len({context.images[row].digest for row in rows}) > 1:
                pairs = context.twins.within(rows)
                ways = sorted({pair.how for pair in pairs})
                images = [context.images[row] for row in rows]
                real = _real_sizes(context, rows, pairs)
                yield self.finding(
                    f"{len(rows)} photos are nearly the same ({', '.join(ways)}).",
                    files=context.files(rows),
                    likeness=round(min(pair.likeness for pair in pairs), 3),
                    labels=context.labels_of(rows),
                    sizes=[list(image.size) for image in images],
                    real_sizes=[list(real[row]) for row in rows],
                    jpeg_steps=[image.jpeg_step for image in images],
                    in_colour=[image.in_colour for image in images],
                    sharpness=[image.sharpness for image in images],
                )


def _real_sizes(context: CheckContext, rows: Sequence[int], pairs: Sequence[Twin]) -> dict[int, Size]:
    """Find the real size of each picture of a set; those that were cropped otherwise are not compared."""
    place = {row: number for number, row in enumerate(rows)}
    whole = [(place[pair.first], place[pair.second]) for pair in pairs if pair.how in UNCROPPED]
    alike: dict[int, list[int]] = defaultdict(list)
    for row, number in zip(rows, joined(len(rows), whole).tolist(), strict=True):
        alike[number].append(row)
    sizes = {row: context.images[row].size for row in rows}
    for copies in alike.values():
        if len(copies) > 1:
            sources = [context.dataset.sources[row] for row in copies]
            found = real_sizes(sources, [sizes[row] for row in copies])
            sizes.update(zip(copies, found, strict=True))
    return sizes
