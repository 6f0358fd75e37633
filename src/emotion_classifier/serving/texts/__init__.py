"""The words of the web app, a file for each language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Texts:
    """What the app says in one language.

    Parameters
    ----------
    language : str
        As browsers write it: "en".
    texts : dict
        From "section.name" to the text.
    """

    language: str
    texts: dict[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """Say something; values must be safe to stand in HTML.

        Raises
        ------
        KeyError
            If there is no such text, or a value is missing.
        """
        return self.texts[key].format(**values)

    def count(self, key: str, n: int) -> str:
        """Say how many, in the singular or the plural."""
        return self(f"{key}_one") if n == 1 else self(f"{key}_many", n=f"{n:,}")


def languages() -> list[str]:
    """List the languages there is a file for."""
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".toml")
    )


def load(language: str = "en") -> Texts:
    """Read the texts of a language.

    Raises
    ------
    ValueError
        If there is no file for it.
    """
    if language not in languages():
        raise ValueError(f"There are no texts in {language!r}. Choose one of: {', '.join(languages())}.")
    sections = tomllib.loads(files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    return Texts(
        language,
        {f"{section}.{name}": text for section, each in sections.items() for name, text in each.items()},
    )
