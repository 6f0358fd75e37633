"""The frames of a file, a webcam or a stream, upright and with their own times; what is broken is counted."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import VideoError, missing_extra
from emotion_classifier.text import counted
from emotion_classifier.video.cuts import THUMBNAIL, is_cut
from emotion_classifier.video.places import check_file, options_of, picture_stream, place_of, unopened
from emotion_classifier.video.waits import Newest, Waits

Pixels = npt.NDArray[np.uint8]

# Seconds that a stream may take to open, and to send something. Without, a camera that went away hangs for ever.
_PATIENCE = 15.0
_NOTHING = f"nothing came for {_PATIENCE:g} s"
_MOST_BROKEN = 2_000  # damaged packets in a row, after which a file is taken to be damaged to its end
_USUAL_STEP = 1 / 30
# FFmpeg's names of formats that hold all of a video. Others name further files or addresses, which are then opened.
_WHOLE = "mov,matroska,avi,mpeg,mpegts,mpegvideo,h264,hevc,m4v,flv,asf,ogg,gif,mxf,nut,dv,ivf,wtv,rm"
_TICK = 5e-4


@dataclass(frozen=True)
class Frame:
    """One frame.

    Parameters
    ----------
    time : float
        Seconds since the first frame.
    index : int
        Which frame of the video it is, from 0, damaged ones counted. From a later start it is worked out from the time
        and the average rate: exact where the rate is constant.
    scene : int
        How many cuts came before it.
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB, upright.
    """

    time: float
    index: int
    scene: int
    pixels: Pixels


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """Which frames are wanted.

    Parameters
    ----------
    start, end : float
        Seconds since the first frame; those in between, ends included.
    every : float
        Least number of seconds between two frames; 0 takes all.
    step : int
        Take each frame (1), each second one (2), and so on.

    Raises
    ------
    ValueError
        If the excerpt is empty, `every` is negative, or `step` below 1.
    """

    start: float = 0.0
    end: float = math.inf
    every: float = 0.0
    step: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(
                f"The part from {self.start:g} s to {self.end:g} s is empty; give a later end, or an earlier start."
            )
        if self.every < 0 or self.step < 1:
            raise ValueError(
                "Frames are taken every so many seconds, 0 or more, or each 1st, 2nd, … of them."
            )


@dataclass
class Damage:
    """What of a video could not be read.

    Parameters
    ----------
    frames : int
        Frames that could not be decoded.
    ended : str or None
        Why the video ended before its end.
    """

    frames: int = 0
    ended: str | None = None

    def lines(self) -> Iterator[str]:
        """Yield a sentence for each kind of damage; none where there is none."""
        if self.frames:
            yield f"{counted(self.frames, 'damaged frame')} left out."
        if self.ended:
            yield self.ended


@dataclass
class Video:
    """An open video; use it in a ``with`` block. `open_video` makes it.

    Attributes
    ----------
    name : str
        As it was given.
    live : bool
        Whether it comes as it happens: a webcam or a stream without an end.
    duration : float or None
        Seconds, where the file says how long it is.
    rate : float or None
        Average frames a second, where the file says so. Frames have times of their own, whatever the rate.
    damage : Damage
        What could not be read so far.
    """

    name: str
    live: bool
    duration: float | None
    rate: float | None
    damage: Damage = field(default_factory=Damage)
    _container: Any = None
    _stream: Any = None
    _av: Any = None
    _waits: Waits | None = None  # Of a stream.
    _camera: bool = False
    _newest: Newest[tuple[float, int, Any]] | None = None  # Of a camera.
    _untimed: bool = False  # Its frames have no times but those at which they come: FFmpeg makes up a rate.

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (self._waits is None or not self._waits.pending) and (self._newest is None or self._newest.stop()):
            self._container.close()

    def frames(self, excerpt: Excerpt | None = None) -> Iterator[Frame]:
        """Yield the frames wanted, in the order in which they are shown, in constant memory.

        A cut between two frames is noticed even where neither is wanted. A damaged frame is left out and counted in
        `damage`; a file that ends too early ends the frames, and `damage` says why.

        Parameters
        ----------
        excerpt : Excerpt or None
            None: all.
        """
        excerpt = Excerpt() if excerpt is None else excerpt
        next_time, scene, before = excerpt.start, 0, None
        number, time = -1, -1.0
        # One for each size, since preparing a conversion takes longer than the conversion.
        converter = self._av.video.reformatter.VideoReformatter
        thumbnails, pictures = converter(), converter()
        times = self._times(excerpt.start)
        for time, index, decoded in self._newest_of(times) if self._camera else times:
            # Times come in whole ticks of some clock; a wanted frame may be a tick early.
            if time > excerpt.end + _TICK:
                return
            if time < excerpt.start - _TICK:
                continue
            number += 1
            small = thumbnails.reformat(decoded, *THUMBNAIL, format="rgb24").to_ndarray()
            scene += before is not None and is_cut(before, small)
            before = small
            if time < next_time - _TICK or number % excerpt.step:
                continue
            if excerpt.every:
                next_time = max(next_time + excerpt.every, time + excerpt.every / 2)
            yield Frame(time, index, scene, _upright(decoded, pictures))
        if self.damage.ended is None and time >= 0:
            self.damage.ended = self._missing(time)

    def _times(self, start: float) -> Iterator[tuple[float, int, Any]]:
        """Yield frames with times and numbers; where times are absent or run backwards, the usual step is taken."""
        step = 1 / self.rate if self.rate else _USUAL_STEP
        origin = self._origin()
        searched = start > 0 and not self.live and self._seek(start, origin)
        last, first = None, 0
        for count, decoded in enumerate(self._decoded()):
            time = None if decoded.pts is None else float(decoded.pts * decoded.time_base)
            if self._untimed:
                time = monotonic()
            if time is not None and origin is None:
                origin = time
            time = None if time is None or origin is None else time - origin
            if last is not None and (time is None or time <= last):
                time = last + step
            if searched and last is None:
                first = round((time or 0.0) / step) - self.damage.frames
            last = time or 0.0
            yield last, first + self.damage.frames + count, decoded

    def _newest_of(self, times: Iterator[tuple[float, int, Any]]) -> Iterator[tuple[float, int, Any]]:
        """Pass over what a camera showed while its last frame was read: its picture is of now, not of seconds ago."""
        self._newest = Newest(times, patience=_PATIENCE)
        try:
            yield from self._newest
        except TimeoutError:
            self.damage.ended = self._stopped(_NOTHING)
        finally:
            self._newest.stop()

    def _origin(self) -> float | None:
        if self.live or self._stream.start_time is None or self._stream.time_base is None:
            return None
        return float(self._stream.start_time * self._stream.time_base)

    def _seek(self, start: float, origin: float | None) -> bool:
        """Go to a frame at or before the start; False where reading begins with the first frame instead."""
        back = 0.0
        while back < start:
            # Where a format cannot be searched, frames before the start are decoded and passed over.
            if not self._go_to(start - back + (origin or 0.0)):
                return False
            first = self._next_time(origin)
            if first is None:
                break
            if first <= start + _TICK:
                return self._go_to(start - back + (origin or 0.0))
            # Formats without an index, such as MPEG-TS, may be searched to a place behind the last keyframe.
            back = max(2 * back, 1.0)
        self._container.seek(min(0, self._container.start_time or 0))
        return False

    def _go_to(self, time: float) -> bool:
        with suppress(self._av.FFmpegError):
            self._container.seek(int(time / self._stream.time_base), stream=self._stream)
            return True
        return False

    def _next_time(self, origin: float | None) -> float | None:
        """Look at the next frame that can be decoded, which is then gone: its time; inf where there is none."""
        damage = replace(self.damage)
        frame = next(self._decoded(), None)
        self.damage = damage
        if frame is None:
            return math.inf
        return None if frame.pts is None else float(frame.pts * frame.time_base) - (origin or 0.0)

    def _decoded(self) -> Iterator[Any]:
        packets, in_a_row = self._packets(), 0
        for packet in packets:
            try:
                frames = packet.decode()
            except self._av.error.EOFError:
                return
            except (self._av.FFmpegError, ValueError):
                self.damage.frames += 1
                in_a_row += 1
                if in_a_row > _MOST_BROKEN:
                    self.damage.ended = f"{self.name} is damaged from there on; what came before was read."
                    return
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self.damage.frames += 1
                else:
                    in_a_row = 0
                    yield frame

    def _packets(self) -> Iterator[Any]:
        packets, waits = self._container.demux(self._stream), self._waits
        while True:
            try:
                yield next(packets) if waits is None else waits.result(partial(next, packets))
            except (StopIteration, self._av.error.EOFError):
                if self._camera:
                    self.damage.ended = self._stopped("it ended")
                return
            except self._av.error.BlockingIOError:  # macOS has no new picture yet.
                sleep(0.01)
                packets = self._container.demux(self._stream)
            except self._av.FFmpegError as error:
                self.damage.ended = self._stopped(_why(error))
                return

    def _stopped(self, why: str) -> str:
        stopped = "stopped sending" if self.live else "could not be read to its end"
        return f"{self.name} {stopped} ({why}); what came before was read."

    def _missing(self, time: float) -> str | None:
        """Say so where a file holds clearly less than it promises."""
        if self.duration is None or self.duration - time < max(1.0, 0.05 * self.duration):
            return None
        said = f"{self.name} is cut off: it says that it lasts {self.duration:.1f} s"
        return f"{said}, but ends at {time:.1f} s."


def open_video(source: str | os.PathLike[str] | int, *, untrusted: bool = False) -> Video:
    """Open a video.

    Parameters
    ----------
    source : str, Path or int
        A file; "webcam", a number or /dev/video0 for a camera of this machine; the address of a stream (rtsp, rtmp,
        http, …), which is then fetched.
    untrusted : bool
        Whether to refuse what a stranger's file may do harm with: naming further files, as playlists do, and frames
        over 16 megapixels.

    Raises
    ------
    MissingExtraError
        If PyAV is not installed.
    VideoError
        If there is nothing there, or nothing that can be read as a video.
    """
    av = _pyav()
    name = str(source)
    place, form, live = place_of(name)
    if form is None and not live:
        check_file(Path(place), name)
    waits = Waits() if live and form is None else None
    options = ({"format_whitelist": _WHOLE},) if untrusted else options_of(form, live=live)
    timeout = _PATIENCE if live else None
    begin = partial(av.open, place, format=form, timeout=timeout, metadata_errors="replace")
    begin = partial(_opened, begin, options, failure=av.FFmpegError)
    try:
        container = begin() if waits is None else waits.result(begin)
    except (av.FFmpegError, ValueError) as error:
        raise VideoError(unopened(name, place, form, live, error, _why(error))) from error
    try:
        file = Path(place) if form is None and not live else None
        stream = picture_stream(container, name, file=file, untrusted=untrusted)
        if form:
            stream.thread_type = "SLICE"  # Frames that are decoded side by side come late.
    except VideoError:
        container.close()
        raise
    length = stream.duration * stream.time_base if stream.duration and stream.time_base else None
    if length is None and container.duration:
        length = container.duration / av.time_base
    endless = form is not None or (live and not length)
    return Video(
        name=name,
        live=endless,
        duration=None if endless or not length else float(length),
        rate=float(stream.average_rate) if stream.average_rate else None,
        _container=container,
        _stream=stream,
        _av=av,
        _waits=waits,
        _camera=form is not None,
        _untimed=endless and bool(container.format.flags & av.format.Flags.no_timestamps.value),
    )


def _opened(begin: Callable[..., Any], options: Sequence[dict[str, str]], *, failure: type[Exception]) -> Any:
    """Open with the first options that succeed."""
    for each in options[:-1]:
        with suppress(failure):
            return begin(options=each)
    return begin(options=options[-1])


def _pyav() -> Any:
    try:
        import av
    except ImportError as error:
        raise missing_extra("video", "av") from error
    # Each damaged frame is counted; FFmpeg's own complaints about it would break through whatever is printed.
    av.logging.set_level(None)
    return av


def _why(error: Exception) -> str:
    from av.error import ExitError

    # What FFmpeg says of a wait that was ended is "Immediate exit requested".
    if isinstance(error, ExitError):
        return _NOTHING
    return getattr(error, "strerror", None) or str(error)


def _upright(frame: Any, converter: Any) -> Pixels:
    """Return the pixels of a frame, turned as the file says that it is to be shown."""
    pixels: Pixels = converter.reformat(frame, format="rgb24").to_ndarray()
    turns = round(frame.rotation / 90) % 4  # The file's angle is counter-clockwise, as NumPy's is.
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
