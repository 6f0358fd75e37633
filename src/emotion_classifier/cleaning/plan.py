"""What becomes of every photo of a folder, by the findings about it and by what people decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from emotion_classifier.cleaning.best_copy import best_first, why_better
from emotion_classifier.cleaning.decisions import Decision
from emotion_classifier.cleaning.suggestions import TWO_LABELS, Classes, present_labels, suggested_label
from emotion_classifier.data.dataset import Dataset
from emotion_classifier.data.labels import likeliest
from emotion_classifier.errors import DatasetError
from emotion_classifier.findings.finding import Finding

Action: TypeAlias = Literal["kept", "dropped", "relabelled", "cropped", "unreadable", "left out", "no photo"]
UNREADABLE = "DATA001"
COPIES = ("DATA002", "DATA003")
_ALIKE = dict(zip(COPIES, ("the same file as", "nearly the same picture as"), strict=True))
DROPPED: tuple[str, ...] = (UNREADABLE, *COPIES, TWO_LABELS)
"""Codes whose photos are dropped unless asked otherwise."""


@dataclass(frozen=True)
class Fate:
    """A line of the ledger.

    Parameters
    ----------
    file : str
        Id of the photo.
    action : {"kept", "dropped", "relabelled", "cropped", "unreadable", "left out", "no photo"}
        The last two of what is no labelled photo: a photo in no class folder, say, and a row of metadata without one.
    from_label, to_label : str
        As the owner names the classes; `to_label` is empty for a photo that is left out.
    code : str
        The finding behind it.
    reason : str
    written_as : str
        Path below the cleaned folder.
    """

    file: str
    action: Action
    from_label: str
    to_label: str
    code: str = ""
    reason: str = ""
    written_as: str = ""

    @property
    def stays(self) -> bool:
        """Tell whether the photo is in the cleaned data."""
        return self.action in ("kept", "relabelled", "cropped")

    def out(self, action: Action, code: str, reason: str) -> Fate:
        """Leave the photo out."""
        return replace(self, action=action, to_label="", code=code, reason=reason)


def plan(
    dataset: Dataset,
    findings: Sequence[Finding],
    decisions: Mapping[str, Decision],
    *,
    drop: Iterable[str] = DROPPED,
    relabel: Iterable[str] = (),
) -> list[Fate]:
    """Decide about every row of a dataset of class folders.

    A person's decision comes before any finding. Of copies (DATA002, DATA003) that are still there the best stays, see
    `best_first`, and one that somebody decided on before others; of a picture in two classes (DATA004) none, unless a
    decision says which label is right: then the photo decided on, or those that are left where a decision drops all of
    the other class. All photos of other codes in `drop` go.

    Parameters
    ----------
    dataset : Dataset
    findings : sequence of Finding
    decisions : mapping of file to Decision
    drop : iterable of str
        Codes whose photos are dropped.
    relabel : iterable of str
        Codes whose suggested label is taken over.

    Raises
    ------
    DatasetError
        If a decision names a label that is no class.
    """
    drop = tuple(drop)
    classes = Classes(dataset.names)
    fates = {}
    for (name, label), said in zip(present_labels(dataset).items(), dataset.names, strict=True):
        reason = "" if label == said else f"its votes or degree count, not the label {said}"
        fates[name] = _decided(Fate(name, "kept", label, label, reason=reason), decisions.get(name), classes)
    kept_for: dict[str, str] = {}
    first = {UNREADABLE: 0, TWO_LABELS: 1, COPIES[0]: 2, COPIES[1]: 3}
    for finding in sorted(findings, key=lambda finding: first.get(finding.code, 4)):
        files = [name for name in finding.files if name in fates and fates[name].stays]
        if finding.code not in drop:
            continue
        if finding.code == TWO_LABELS:
            _settle_labels(fates, [name for name in finding.files if name in fates], decisions)
        elif finding.code in COPIES:
            kept_for |= _keep_one(fates, files, finding, decisions)
        else:
            action: Action = "unreadable" if finding.code == UNREADABLE else "dropped"
            reason = (finding.message or finding.title).rstrip(".")
            fates.update({name: fates[name].out(action, finding.code, reason) for name in files})
    for name, kept in kept_for.items():
        if not fates[kept].stays:  # It was dropped after its copies, for a better one or by a later finding.
            fates[name] = replace(
                fates[name], reason=f"{_ALIKE[fates[name].code]} {kept}, which is dropped too"
            )
    _relabel(fates, [finding for finding in findings if finding.code in set(relabel)], decisions, classes)
    return list(fates.values())


def _decided(fate: Fate, decision: Decision | None, classes: Classes) -> Fate:
    if decision is None:
        return fate
    if decision.decision == "drop":
        return fate.out("dropped", decision.code, "a person decided to drop it")
    if decision.decision == "reject":
        return replace(fate, code=decision.code, reason="a person confirmed its label")
    label = classes.named(decision.label)
    if label is None:
        raise DatasetError(
            f"The decision on {fate.file!r} gives it the label {decision.label!r}, which is no class of these photos "
            f"nor happy, neutral, sad or other. Correct the column label."
        )
    action: Action = "kept" if label == fate.from_label else "relabelled"
    reason = "a person confirmed its label" if action == "kept" else "a person accepted the label"
    return replace(fate, action=action, to_label=label, code=decision.code, reason=reason)


def _settle_labels(fates: dict[str, Fate], files: list[str], decisions: Mapping[str, Decision]) -> None:
    left = [name for name in files if fates[name].stays]
    dropped = any(name in decisions and decisions[name].decision == "drop" for name in files)
    if dropped and len({likeliest(fates[name].to_label) for name in left}) == 1:
        return  # Nobody doubts the label of those that are left.
    decided = [name for name in left if name in decisions]
    right = {fates[name].to_label for name in decided}
    chosen = decided[0] if len(right) == 1 else None
    if chosen:
        reason = f"a copy of {chosen}, for which a person chose the label"
    elif right:
        reason = "the same picture in several classes, and the decisions on it contradict each other"
    else:
        reason = "the same picture in several classes, and nobody decided which is right"
    for name in left:
        if name != chosen:
            fates[name] = fates[name].out("dropped", TWO_LABELS, reason)


def _keep_one(
    fates: dict[str, Fate], files: list[str], finding: Finding, decisions: Mapping[str, Decision]
) -> dict[str, str]:
    """Keep the best copy under each label; a copy in another class is not this finding's matter.

    Returns
    -------
    dict of str to str
        Which one is kept for each that is dropped.
    """
    kept_for = {}
    alike: dict[str, list[str]] = defaultdict(list)
    for name in files:
        alike[likeliest(fates[name].to_label)].append(name)
    for names in alike.values():
        ranked = best_first(finding, names)
        ranked.sort(key=lambda copy: copy[0] not in decisions)
        (kept, marks), *others = ranked
        for name, its in others:
            chosen = kept in decisions and name not in decisions
            why = "a person decided on it" if chosen else why_better(marks, its)
            if not why and finding.code != COPIES[0]:
                why = "which is better cannot be told, and it is the first by name"
            reason = f"{_ALIKE[finding.code]} {kept}, which is kept" + (f": {why}" if why else "")
            fates[name] = fates[name].out("dropped", finding.code, reason)
            kept_for[name] = kept
    return kept_for


def _relabel(
    fates: dict[str, Fate], findings: list[Finding], decisions: Mapping[str, Decision], classes: Classes
) -> None:
    for finding in findings:
        label = suggested_label(finding, classes)
        for name in finding.files:
            fate = fates.get(name)
            if label and fate and fate.stays and name not in decisions and label != fate.to_label:
                reason = (finding.message or finding.title).rstrip(".")
                fates[name] = replace(
                    fate, action="relabelled", to_label=label, code=finding.code, reason=reason
                )
