"""What keeps a model card from being published: a schema for its front matter, and what it has to say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from emotion_classifier.model.bundle import CARD, Bundle
from emotion_classifier.model.card import NOT_STATED, UNKNOWN, card_file, parse_card, read_card, terms_of

# Identifiers that model hubs know; "other" goes with a name and a link.
LICENCES = frozenset(
    [
        "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bigscience-bloom-rail-1.0",
        "bigscience-openrail-m", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "bsl-1.0",
        "c-uda", "cc", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0",
        "cc-by-nc-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-1.0",
        "cdla-permissive-2.0", "cdla-sharing-1.0", "creativeml-openrail-m", "ecl-2.0", "epl-1.0", "epl-2.0",
        "eupl-1.1", "eupl-1.2", "etalab-2.0", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "intel-research", "isc",
        "lgpl", "lgpl-2.1", "lgpl-3.0", "lgpl-lr", "lppl-1.3c", "mit", "mpl-2.0", "ms-pl", "ncsa", "odbl",
        "odc-by", "ofl-1.1", "open-mdw", "openrail", "openrail++", "osl-3.0", "pddl", "postgresql",
        "unlicense", "wtfpl", "zlib", "unknown", "other",
    ]
)  # fmt: skip


def _identifier(value: str) -> str:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(value)
    except HFValidationError as error:
        raise ValueError(str(error)) from error
    return value


def _licence(value: str) -> str:
    if value not in LICENCES:
        raise ValueError(
            f"{value!r} is no identifier of a licence, such as apache-2.0, mit or cc-by-4.0. For any other licence "
            f"write other, with a license_name and a license_link"
        )
    return value


_Text = Annotated[str, StringConstraints(min_length=1)]
_Id = Annotated[str, AfterValidator(_identifier)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class _Task(_Part):
    type: _Text
    name: str | None = None


class _Dataset(_Part):
    type: _Id
    name: _Text


class _Metric(_Part):
    type: _Text
    value: float | int | _Text
    name: str | None = None


class _Result(_Part):
    task: _Task
    dataset: _Dataset
    metrics: list[_Metric] = Field(min_length=1)


class _Model(_Part):
    name: _Text
    results: list[_Result] = Field(min_length=1)


class FrontMatter(_Part):
    """What the front matter of a card may hold; further keys are left alone."""

    license: Annotated[str, AfterValidator(_licence)] | None = None
    license_name: _Text | None = None
    license_link: _Text | None = None
    library_name: _Text | None = None
    pipeline_tag: _Text | None = None
    tags: list[_Text] | None = None
    metrics: list[_Text] | None = None
    base_model: _Id | list[_Id] | None = None
    datasets: _Id | list[_Id] | None = None
    model_index: list[_Model] | None = Field(default=None, alias="model-index")

    @model_validator(mode="after")
    def _other_is_named(self) -> FrontMatter:
        if self.license == "other" and not (self.license_name and self.license_link):
            raise ValueError(
                "license is other: add license_name, and license_link with an address or a file's name"
            )
        return self


def check_card(bundle: Bundle) -> tuple[str, ...]:
    """Check whether the card of a bundle can be published.

    Parameters
    ----------
    bundle : Bundle

    Returns
    -------
    tuple of str
        What is wrong or missing, and what to do about it; empty: nothing.

    Raises
    ------
    CardError
        If the front matter cannot be read.
    MissingExtraError
        If huggingface_hub is not installed.

    Examples
    --------
    >>> check_card(Bundle.default())
    ()
    """
    if not card_file(bundle).is_file():
        return (f"There is no {CARD} in {bundle.path}. Write one, or train the bundle again.",)
    card = parse_card(read_card(bundle), str(card_file(bundle)))
    return (*_against_schema(card.said), *_missing(card.said, card.text, bundle))


def _against_schema(said: dict[str, Any]) -> Iterator[str]:
    try:
        FrontMatter.model_validate(said)
    except ValidationError as error:
        for each in error.errors():
            where = ".".join(str(part) for part in each["loc"] if not _kind(part))
            message = each["msg"].removeprefix("Value error, ").rstrip(".")
            yield f"{where}: {message}." if where else f"{message}."


def _kind(part: object) -> bool:
    """Tell pydantic's name for one kind of several from a key of the card."""
    return isinstance(part, str) and ("[" in part or part in ("float", "int", "str"))


def _missing(said: dict[str, Any], text: str, bundle: Bundle) -> Iterator[str]:
    if said.get("license") in (None, UNKNOWN):
        yield "license: nobody has stated one. Write one that the terms of the data allow, such as apache-2.0."
    if not said.get("datasets"):
        yield "datasets: none are named. List what the model learned from, such as [my-photos]."
    if not said.get("model-index"):
        yield (
            f"model-index: nothing was measured. Run: emotion-classifier evaluate {bundle.path} PHOTOS --card TITLE"
        )
    began = bundle.config.training.get("base")
    base = said.get("base_model")
    if began and began not in (base if isinstance(base, list) else [base]):
        yield f"base_model: {began} is missing, with which the model began."
    if NOT_STATED in text or not terms_of(text):
        yield "Data and terms: this section does not say whose photos the model learned from. Say so there."
