"""Who may ask: keys that clients show, compared so that the time it takes tells nothing."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from emotion_classifier.errors import EmotionClassifierError

VARIABLE = "EMOTION_CLASSIFIER_API_KEYS"
SHORTEST = 16


class KeyFileError(EmotionClassifierError):
    """Keys cannot be read, or are too short to be any good."""


def read_keys(file: Path | None, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Gather keys: one a line in a file, or parted by spaces in the environment; never from the command line.

    Parameters
    ----------
    file : Path or None
        Lines that begin with # are left out.
    environment : mapping of str to str
        Where `VARIABLE` is looked for.

    Raises
    ------
    KeyFileError
    """
    keys = environment.get(VARIABLE, "").split()
    if file is not None:
        try:
            lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileError(f"The keys in {file} cannot be read: {error}.") from error
        keys += (found := [line for line in lines if line and not line.startswith("#")])
        if not found:
            raise KeyFileError(f"There is no key in {file}. Write one a line, or leave the option out.")
    if any(len(key) < SHORTEST for key in keys):
        raise KeyFileError(
            f"A key is shorter than {SHORTEST} characters. Make one with: "
            f"python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return tuple(keys)


class Keys:
    """The keys that are valid; with none, anybody may ask.

    Examples
    --------
    >>> keys = Keys(["a-long-enough-key"])
    >>> keys.admit("Bearer a-long-enough-key"), keys.admit("Bearer another"), keys.admit(None)
    (True, False, False)
    """

    def __init__(self, keys: Iterable[str]) -> None:
        # Digests are of one length, so that not even that of a key can be told from the time.
        self._digests = [_digest(key) for key in keys]

    def __bool__(self) -> bool:
        return bool(self._digests)

    def admit(self, authorization: str | None) -> bool:
        """Tell whether the content of an ``Authorization`` header holds a valid key."""
        if not self._digests:
            return True
        scheme, _, key = (authorization or "").partition(" ")
        shown = _digest(key.strip())
        # All are compared, whichever it is.
        valid = [hmac.compare_digest(shown, digest) for digest in self._digests]
        return scheme.casefold() == "bearer" and any(valid)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
