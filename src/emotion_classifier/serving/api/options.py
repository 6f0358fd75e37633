"""What whoever runs the service decides."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

TOO_LARGE = "Save it smaller; whoever runs the service can allow for more with --max-megapixels."
"""What to do with a photo of too many pixels; one of too many bytes is not let in."""

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.*\[\]:-]+")


def usable_cores() -> int:
    """Count the cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that one request may ask for.

    Parameters
    ----------
    max_bytes : int
        Of the body of one request, and of each photo in it.
    max_pixels : int
        Of one photo; checked before it is decoded.
    max_faces : int
        Faces read in one photo, the largest first; its note says how many were found.
    max_files : int
        Photos in one request.
    receive_seconds : float
        For a client to send its headers, and again to send its body.
    photo_seconds : float
        For reading one photo; after it the photo is given up.
    answer_seconds : float
        For all photos of a request, their time in the queue included.
    """

    max_bytes: int = 20_000_000
    max_pixels: int = 50_000_000
    max_faces: int = 100
    max_files: int = 16
    receive_seconds: float = 10.0
    photo_seconds: float = 10.0
    answer_seconds: float = 30.0


@dataclass(frozen=True, kw_only=True)
class Batching:
    """How photos are read.

    Parameters
    ----------
    workers : int
        Processes that read photos.
    batch_size : int
        Photos that go to a process together, at most.
    window_seconds : float
        How long a process with too little to do waits for more.
    queue : int
        Photos that may wait; with more, requests are refused.
    """

    workers: int = field(default_factory=usable_cores)
    batch_size: int = 4
    window_seconds: float = 0.002
    queue: int = 32


@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """Everything about a service but its model.

    Parameters
    ----------
    limits : Limits
    batching : Batching
    keys : tuple of str
        Keys of which a client must show one; none: anybody may ask.
    cors_origins : tuple of str
        Web pages that browsers let ask; none by default.
    frame_ancestors : tuple of str
        Sites, such as https://example.org, whose pages may show the web app in a frame; none by default.
    grace_seconds : float
        From SIGTERM to the end.

    Raises
    ------
    ValueError
        If a request within the limits could never be accepted, or a frame ancestor is no origin.
    """

    limits: Limits = Limits()
    batching: Batching = field(default_factory=Batching)
    keys: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()
    grace_seconds: float = 8.0

    def __post_init__(self) -> None:
        if self.limits.max_files > self.batching.queue:
            raise ValueError(
                f"A request may hold {self.limits.max_files} photos, but only {self.batching.queue} may wait. "
                f"Make the queue at least as long."
            )
        for origin in self.frame_ancestors:
            if not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin. Give one such as https://example.org.")


@dataclass(frozen=True)
class Model:
    """Which model a worker loads, and within which limits; it crosses to the process as JSON.

    Parameters
    ----------
    bundle : str or None
        Folder of a bundle; None: the default model.
    max_bytes, max_pixels, max_faces : int
        See `Limits`.
    """

    bundle: str | None
    max_bytes: int
    max_pixels: int
    max_faces: int

    @classmethod
    def within(cls, limits: Limits, bundle: str | Path | None) -> Model:
        """Take over what concerns a worker."""
        return cls(
            None if bundle is None else str(bundle), limits.max_bytes, limits.max_pixels, limits.max_faces
        )
