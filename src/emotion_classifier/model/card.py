"""The model card of a bundle: front matter as model hubs read it, and the terms that go on to whatever begins with it.

Everything is read, written and checked on this machine; nothing is sent to a hub.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_classifier.errors import CardError, missing_extra
from emotion_classifier.model.bundle import CARD, Bundle

if TYPE_CHECKING:
    from huggingface_hub import ModelCardData

TERMS = "## Data and terms"
UNKNOWN = "unknown"
"""What a card says of a licence that nobody has stated."""
NOT_STATED = (
    "Nobody has stated whose photos this model learned from, and under which terms. Say so here, or give "
    "`train --about` a file that does."
)
_ABOVE = "What is known of the photos stands above."
_FOREIGN = (
    "It began with weights from elsewhere. What they learned from, and under which terms, is not recorded."
)
_ALWAYS: dict[str, Any] = {
    "library_name": "onnx",
    "pipeline_tag": "image-classification",
}
_TAGS = ("facial-expression", "happy", "sad", "emotion-classifier")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_TERMS_HEADING = re.compile(rf"^{TERMS}[ \t]*$", re.MULTILINE)
_NEXT_HEADING = re.compile(r"^## ", re.MULTILINE)
_LICENCE = ("license", "license_name", "license_link")


@dataclass(frozen=True)
class Card:
    """A card taken apart.

    Parameters
    ----------
    data : huggingface_hub.ModelCardData
        The front matter; may be changed.
    text : str
        The rest.
    """

    data: ModelCardData
    text: str

    @property
    def said(self) -> dict[str, Any]:
        """The front matter as a dictionary, without what is None."""
        return dict(self.data.to_dict())  # type: ignore[no-untyped-call]

    def __str__(self) -> str:
        return f"---\n{self.data.to_yaml()}\n---\n{self.text}"


@dataclass(frozen=True)
class Origin:
    """What the card of a bundle says, as far as it concerns models that begin with it.

    Parameters
    ----------
    id : str
    licence : dict of str to str
        ``license``, ``license_name`` and ``license_link``, where they are stated.
    datasets : tuple of str
    terms : str
        Markdown: what it learned from, and under which terms.
    """

    id: str
    licence: dict[str, str] = field(default_factory=dict)
    datasets: tuple[str, ...] = ()
    terms: str = ""

    @classmethod
    def of(cls, bundle: Bundle) -> Origin:
        """Read the card of a bundle.

        Raises
        ------
        CardError
            If its front matter cannot be read.
        """
        if not card_file(bundle).is_file():
            return cls(bundle.id)
        card = parse_card(read_card(bundle), str(card_file(bundle)))
        said = card.said
        return cls(
            bundle.id,
            {name: str(said[name]) for name in _LICENCE if name in said and said[name] != UNKNOWN},
            tuple(_listed(said.get("datasets"))),
            terms_of(card.text),
        )


def card_file(bundle: Bundle) -> Path:
    """Say where the card of a bundle is; people may edit it."""
    return bundle.path / CARD


def read_card(bundle: Bundle) -> str:
    """Return the card of a bundle.

    Raises
    ------
    CardError
        If there is none, or it is no text in UTF-8.
    """
    file = card_file(bundle)
    if not file.is_file():
        raise CardError(f"There is no {CARD} in {bundle.path}. Write one, or train the bundle again.")
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CardError(f"{file} is not UTF-8. Save it again as UTF-8.") from error


def parse_card(text: str, name: str) -> Card:
    """Take a card apart with huggingface_hub.

    Parameters
    ----------
    text : str
        Markdown; a card without front matter has empty data.
    name : str
        For messages.

    Raises
    ------
    CardError
        If the front matter is none.
    MissingExtraError
        If huggingface_hub is not installed.
    """
    require_library()
    from huggingface_hub import ModelCard, ModelCardData

    if not text.lstrip().startswith("---"):
        text = f"---\n{{}}\n---\n{text}"  # Else it warns that there is none.
    try:
        card = ModelCard(text)
    except Exception as error:  # Those of the YAML parser are of a package that huggingface_hub brings along.
        told = " ".join(str(error).split())
        raise CardError(
            f"The front matter of {name}, between its two lines of ---, cannot be read: {told}. Correct it there."
        ) from error
    assert isinstance(card.data, ModelCardData)
    return Card(card.data, card.text)


def without_front_matter(text: str) -> str:
    """Return what a card says to people; unlike `parse_card` it needs no library, and takes any card."""
    return _FRONT_MATTER.sub("", text.replace("\r\n", "\n"))


def require_library() -> None:
    """Refuse to begin what would end without a card.

    Raises
    ------
    MissingExtraError
        If huggingface_hub is not installed.
    """
    try:
        import huggingface_hub  # noqa: F401
    except ImportError as error:
        raise missing_extra("evaluate", "huggingface_hub") from error


def new_card(
    title: str,
    body: str,
    *,
    about: str = "",
    origins: Sequence[Origin] = (),
    foreign: bool = False,
    calibrated: bool = False,
) -> str:
    """Put a card together.

    Parameters
    ----------
    title : str
        Name of the model.
    body : str
        Markdown: the sections on training, limits and the like.
    about : str
        Markdown of whoever trained the model, put first. Its own front matter goes into that of the card; a section
        "Data and terms" is taken for what it says.
    origins : sequence of Origin
        What the model began with. Datasets and terms are taken over, and the licence where `about` names none.
    foreign : bool
        Whether it began with weights of which only `about` may say something.
    calibrated : bool
        Whether its scale was fitted for it, on photos.

    Raises
    ------
    CardError
        If the front matter of `about` cannot be read.
    """
    from huggingface_hub import ModelCardData

    own = parse_card(about, "the file of --about")
    said = own.said
    licence = {name: said[name] for name in _LICENCE if name in said} or _shared_licence(origins)
    head, section, rest = _split(own.text.strip())
    first = section or (_ABOVE if head else NOT_STATED)
    if foreign and not section:
        first += f"\n\n{_FOREIGN}"
    data = ModelCardData(
        **{
            "license": UNKNOWN,
            **licence,
            **_ALWAYS,
            "tags": [*_TAGS, *(["calibrated"] if calibrated else [])],
            **{name: value for name, value in said.items() if name not in _LICENCE},
            **_present("base_model", [*_listed(said.get("base_model")), *(each.id for each in origins)]),
            **_present(
                "datasets",
                [*_listed(said.get("datasets")), *(one for each in origins for one in each.datasets)],
            ),
        }
    )
    parts = [
        f"# {title}",
        head,
        TERMS,
        first,
        *map(_inherited, origins),
        rest,
        body.strip(),
    ]
    text = "\n\n".join(part for part in parts if part)
    return str(Card(data, f"{text}\n"))


def terms_of(text: str) -> str:
    """Find what a card says of what its model learned from; empty where it says nothing."""
    head, section, _ = _split(text)
    above = re.sub(r"\A\s*# .*\n", "", head).strip()
    if not section:
        return ""
    return (
        section.replace(_ABOVE, above, 1)
        if section.startswith(_ABOVE)
        else section.replace(NOT_STATED, "").strip()
    )


def _shared_licence(origins: Sequence[Origin]) -> dict[str, str]:
    """Take over a licence that all agree on; where they do not, somebody has to decide."""
    if origins and all(each.licence == origins[0].licence for each in origins):
        return origins[0].licence
    return {}


def _inherited(origin: Origin) -> str:
    licence = origin.licence.get("license_name") or origin.licence.get("license") or "not stated"
    terms = origin.terms or "Its card does not say."
    heading = f"### What {origin.id} learned from, with which this model began"
    said = f"Licence of {origin.id}: {licence}. The terms of what it learned from go on to this model."
    return f"{heading}\n\n{said}\n\n{terms}"


def _split(text: str) -> tuple[str, str, str]:
    """Return what stands before the section "Data and terms", the section without its heading, and what follows it."""
    heading = _TERMS_HEADING.search(text)
    if not heading:
        return text.strip(), "", ""
    following = _NEXT_HEADING.search(text, heading.end())
    end = following.start() if following else len(text)
    return text[: heading.start()].strip(), text[heading.end() : end].strip(), text[end:].strip()


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _present(name: str, values: Iterable[str]) -> Mapping[str, list[str]]:
    unique = list(dict.fromkeys(values))
    return {name: unique} if unique else {}
