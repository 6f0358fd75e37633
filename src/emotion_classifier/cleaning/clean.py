"""A cleaned copy of a folder of labelled photos, and a ledger of what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from emotion_classifier.cleaning.cleaned_folder import CleanedFolder
from emotion_classifier.cleaning.decisions import Decision, match
from emotion_classifier.cleaning.plan import DROPPED, Fate, plan
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.folder import LOOSE, read_folder, require_class_folders
from emotion_classifier.data.labels import likeliest, warnings_of_missing
from emotion_classifier.data.metadata import metadata_rows, plain, write_csv, write_metadata
from emotion_classifier.data.targets import DEGREE, NO_TARGET
from emotion_classifier.data.votes import carry_votes
from emotion_classifier.errors import DatasetError, PhotoError
from emotion_classifier.findings.finding import Finding

LEDGER = "ledger.csv"
NO_FACE = "no face found, so not cropped"
# Why a photo is no row of the dataset; the other problems are metadata, votes and tables without a photo.
_UNSAID = (LOOSE, NO_TARGET)


@dataclass(frozen=True)
class CleanOptions:
    """How to clean.

    Parameters
    ----------
    drop : tuple of str
        Codes whose photos are dropped; see `plan`.
    relabel : tuple of str
        Codes whose suggested label is taken over unseen.
    crop : bool
        Write the prominent face, upright and in a square with room around it, in place of the photo.
    manifest : bool
        Copy nothing: write only the metadata and the ledger, with the paths as they are.
    """

    drop: tuple[str, ...] = DROPPED
    relabel: tuple[str, ...] = ()
    crop: bool = False
    manifest: bool = False


@dataclass(frozen=True)
class CleanResult:
    """What was written.

    Parameters
    ----------
    out : Path
        The cleaned folder.
    fates : tuple of Fate
        One for every labelled photo of the input, in the order of the ledger.
    notices : tuple of str
        What the owner of the photos should know.
    problems : tuple of (file, reason)
        What is no labelled photo; the last lines of the ledger.
    """

    out: Path
    fates: tuple[Fate, ...]
    notices: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many photos were kept, relabelled, dropped and so on."""
        return dict(Counter(fate.action for fate in self.fates))


def clean(
    root: str | Path,
    out: str | Path,
    *,
    findings: Sequence[Finding],
    decisions: Iterable[Decision] = (),
    options: CleanOptions | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CleanResult:
    """Apply findings and decisions to a copy of a folder of labelled photos; the folder itself is not touched.

    Parameters
    ----------
    root : str or Path
        Class folders, see `read_folder`.
    out : str or Path
        A folder that is new or empty, outside `root`. It appears when everything is written.
    findings : sequence of Finding
        From `check`, or `read_findings` of what it printed.
    decisions : iterable of Decision
        They come before the findings.
    options : CleanOptions or None
    progress : callable or None
        Called with (photos done, photos in all).

    Raises
    ------
    DatasetError
        If the findings or decisions are of other photos, a label is unknown, or `out` cannot be used.
    """
    root, options = Path(root), options or CleanOptions()
    require_class_folders(root)
    dataset = read_folder(root)
    notices = _notices(dataset, findings, options)
    planned = plan(
        dataset, findings, match(decisions, dataset.ids), drop=options.drop, relabel=options.relabel
    )
    with CleanedFolder(Path(out), beside=root) as folder:
        fates = _apply(dataset, planned, folder, options, progress)
        rows = [
            _row(row, fate) for row, fate in zip(metadata_rows(dataset), fates, strict=True) if fate.stays
        ]
        write_metadata(folder.draft / "metadata.csv", rows)
        moved = {
            fate.file: fate.written_as or fate.file
            for fate in fates
            if fate.stays and fate.action != "relabelled"
        }
        carry_votes(root, folder.draft, moved)
        others = [
            Fate(name, "left out" if reason in _UNSAID else "no photo", "", "", reason=reason)
            for name, reason in sorted(dataset.problems, key=lambda problem: problem[1] not in _UNSAID)
        ]
        lines = [{**asdict(fate), "file": plain(fate.file)} for fate in (*fates, *others)]
        write_csv(folder.draft / LEDGER, lines, first=[column.name for column in fields(Fate)])
    left = Counter(likeliest(fate.to_label) for fate in fates if fate.stays)
    notices += tuple(f"{out}: {warning}" for warning in warnings_of_missing(left))
    return CleanResult(Path(out), tuple(fates), notices, dataset.problems)


def _row(row: dict[str, Any], fate: Fate) -> dict[str, Any]:
    """Describe a photo that stays, in the metadata of the cleaned folder."""
    named = {**row, "label": fate.to_label, "file_name": fate.written_as or row["file_name"]}
    # Whoever gave a photo another label has seen it last: neither its degree nor its votes are carried over.
    return {key: value for key, value in named.items() if fate.action != "relabelled" or key != DEGREE}


def _apply(
    dataset: Dataset,
    planned: list[Fate],
    folder: CleanedFolder,
    options: CleanOptions,
    progress: Callable[[int, int], None] | None,
) -> list[Fate]:
    fates = []
    for done, (fate, source) in enumerate(zip(planned, dataset.sources, strict=True), start=1):
        if fate.stays and not options.manifest:
            assert isinstance(source, Path)  # of class folders
            fate = _write(fate, source, folder, crop=options.crop)
        fates.append(fate)
        if progress:
            progress(done, len(planned))
    return fates


def _write(fate: Fate, source: Path, folder: CleanedFolder, *, crop: bool) -> Fate:
    try:
        if crop and (name := folder.write_crop(fate.to_label, source)):
            action = "cropped" if fate.action == "kept" else fate.action
            reason = "; ".join(filter(None, (fate.reason, "cropped to its face")))
            return replace(fate, action=action, reason=reason, written_as=name)
        reason = "; ".join(filter(None, (fate.reason, NO_FACE if crop else "")))
        return replace(fate, reason=reason, written_as=folder.copy(fate.to_label, source))
    except PhotoError as error:
        return fate.out("unreadable", "", str(error))


def _notices(dataset: Dataset, findings: Sequence[Finding], options: CleanOptions) -> tuple[str, ...]:
    known = {*dataset.ids, *(name for name, _ in dataset.problems)}
    named = {name for finding in findings for name in finding.files}
    unknown = sorted(named - known)
    if len(unknown) > len(named & known):
        raise DatasetError(
            f"The findings are about other photos: of the {len(named)} files they name {len(named & known)} are there "
            f"(missing, for example: {unknown[0]!r}). Run check on this folder."
        )
    notices = list(dataset.notes)
    if unknown:
        notices.append(
            f"The findings name {len(unknown)} files that are not among the photos, such as {unknown[0]!r}. "
            f"If photos were renamed or removed since, run check again."
        )
    codes = {finding.code for finding in findings}
    notices += [
        f"There is no finding of {code}."
        for code in dict.fromkeys((*options.drop, *options.relabel))
        if code not in codes and code not in DROPPED
    ]
    silent = [
        code
        for code in options.relabel
        if code in codes and not any(f.code == code and "suggested_label" in f.evidence for f in findings)
    ]
    return (*notices, *(f"{code} suggests no labels; nothing is relabelled by it." for code in silent))
