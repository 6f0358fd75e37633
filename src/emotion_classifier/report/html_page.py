"""What every HTML page of a report has in common: one file, nothing asked for, everything escaped."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_classifier.errors import missing_extra
from emotion_classifier.files import atomic_write

if TYPE_CHECKING:
    from jinja2 import Template

# Bytes of a file name that are not UTF-8, and control characters no HTML file may hold.
_UNPRINTABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_VALUES = 8
# Spaces before a per cent sign, and around an equals sign between a name and a number.
_WITHIN = re.compile(r"(?<=\d) (?=%)|(?<=\b[np]) (?=[=<] \d)|(?<=\b[np] [=<]) (?=\d)")


def load_template(name: str) -> Template:
    """Read a page's template and those that it builds on; it escapes every value put into it.

    Raises
    ------
    MissingExtraError
        If Jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined, meta
    except ImportError as error:
        raise missing_extra("evaluate", "jinja2") from error
    templates = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["unbroken"] = unbroken
    # Jinja looks for these when the page is filled, which may be hours of reading later.
    for needed in meta.find_referenced_templates(templates.parse(asset(name))):
        templates.get_template(needed or name)
    return templates.get_template(name)


def write_page(
    template: Template,
    values: Mapping[str, Any],
    out: Path,
    *,
    styles: Sequence[str],
    scripts: Sequence[str] = (),
) -> None:
    """Fill a template and write it, its style and script within it and everything else forbidden by its policy.

    Parameters
    ----------
    template : jinja2.Template
        Puts out ``inlined.style`` and ``inlined.script`` (lists), and ``policy``.
    values : mapping of str to Any
    out : Path
        HTML file to write, in UTF-8.
    styles, scripts : sequence of str
        Of this project, never of a user.
    """
    from markupsafe import Markup

    policy = [f"style-src {' '.join(map(_hash, styles))}"]
    if scripts:
        policy.append(f"script-src {' '.join(map(_hash, scripts))}")
    html = template.render(
        now=datetime.now().astimezone(),
        inlined={"style": [Markup(text) for text in styles], "script": [Markup(text) for text in scripts]},
        policy=Markup(
            f"default-src 'none'; img-src data:; {'; '.join(policy)}; base-uri 'none'; form-action 'none'"
        ),
        **values,
    )
    atomic_write(out, _UNPRINTABLE.sub("\ufffd", html))


def asset(name: str) -> str:
    """Read a style or a script that lies beside the templates."""
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def picture_uri(encoded: bytes) -> str:
    """Put a WebP picture into an address that a page can hold."""
    return f"data:image/webp;base64,{base64.b64encode(encoded).decode()}"


def unbroken(text: str) -> str:
    r"""Keep "p = 0.500", "n = 24" and "95 %" in one line.

    Examples
    --------
    >>> unbroken("better (95 % 1 to 4, n = 24)").split(" ")
    ['better', '(95\xa0%', '1', 'to', '4,', 'n\xa0=\xa024)']
    """
    return _WITHIN.sub("\N{NO-BREAK SPACE}", text)


def paragraphs(text: str) -> list[str]:
    """Part a text at its empty lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def evidence_in_words(evidence: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Put the numbers behind a finding into names and values for a reader.

    Examples
    --------
    >>> evidence_in_words({"people_found": 12_000, "named": None})
    [('people found', '12,000'), ('named', 'not known')]
    """
    return [(name.replace("_", " "), _value(value)) for name, value in evidence.items()]


def _value(value: Any) -> str:
    """Put a value of the evidence into words, short enough for a table."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, Mapping):
        return _listed([f"{name} {_value(part)}" for name, part in value.items()])
    if isinstance(value, list | tuple):
        return _listed([_value(part) for part in value])
    text = str(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def _listed(parts: list[str]) -> str:
    more = f" and {len(parts) - _VALUES:,} more" if len(parts) > _VALUES else ""
    return (", ".join(parts[:_VALUES]) or "none") + more


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
