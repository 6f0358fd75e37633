"""Where a video comes from: a file, a camera of this machine, or the address of a stream."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Any

from emotion_classifier.errors import VideoError
from emotion_classifier.photo.decoding import is_picture
from emotion_classifier.text import counted

_STREAMS = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "tcp://", "srt://", "rtp://")
_HEAD = 256
_MOST_PIXELS = 16_777_216  # of a frame that is not trusted
_STILL = ("image2",)  # and those that end in _pipe: FFmpeg's readers of single pictures
# RTSP over UDP loses frames wherever they are read more slowly than they arrive. Other streams pass the option over.
_STREAM = {"rtsp_flags": "prefer_tcp"}
# FFmpeg asks for 29.97 frames a second unless it is told otherwise, which most cameras of Macs refuse.
_MAC = {"framerate": "30"}


def place_of(name: str) -> tuple[str, str | None, bool]:
    """Tell what PyAV opens for a name that a user gives.

    Returns
    -------
    place : str
    form : str or None
        The format, where PyAV has to be told it.
    live : bool
        Whether it comes from a camera, over a network, or through a named pipe.

    Raises
    ------
    VideoError
        If it is a camera that is not there.
    """
    if name.lower().startswith(_STREAMS):
        return name, None, True
    number = "0" if name.lower() == "webcam" else name
    if number.isdecimal() and len(number) < 3 and not Path(name).exists():
        if sys.platform == "darwin":
            return number, "avfoundation", True
        if sys.platform == "win32":
            return f"video={_windows_camera(int(number))}", "dshow", True
        return f"/dev/video{number}", "v4l2", True
    if name.startswith("/dev/video"):
        return name, "v4l2", True
    return name, None, Path(name).is_fifo()  # Whoever waits for what a pipe brings can end that.


def options_of(form: str | None, *, live: bool) -> tuple[dict[str, str], ...]:
    """Return what to tell FFmpeg, one set of options after another until it opens what `place_of` gave."""
    if form is None:
        return (_STREAM if live else {},)
    return (_MAC, {}) if form == "avfoundation" else ({},)


def _windows_camera(number: int) -> str:
    """Look up the name of a camera, since DirectShow knows no numbers."""
    from av.device import enumerate_input_devices

    cameras = [each.name for each in enumerate_input_devices("dshow") if "video" in each.media_types]
    if number >= len(cameras):
        raise VideoError(f"There is no camera {number}; {counted(len(cameras), 'camera')} found.")
    return cameras[number]


def check_file(path: Path, name: str) -> None:
    """Refuse a file in which no video can be.

    Raises
    ------
    VideoError
    """
    if path.is_dir():
        raise VideoError(f"{name} is a folder. Give one video file of it.")
    if path.exists() and not path.stat().st_size:
        raise VideoError(f"{name} is empty (0 bytes). Copy or download it again.")
    if not path.exists():
        raise VideoError(
            f"There is no video file {name}. Give a file, webcam for this machine's camera, or a stream's address."
        )


def picture_stream(container: Any, name: str, *, file: Path | None, untrusted: bool) -> Any:
    """Return the pictures of what was opened, ready to be decoded.

    Parameters
    ----------
    container : av.container.InputContainer
    name : str
        As it was given.
    file : Path or None
        What was opened, where it is a file.
    untrusted : bool
        See `open_video`.

    Raises
    ------
    VideoError
        If it is no video, or has frames that are too large for what is not trusted.
    """
    if not container.streams.video:
        raise VideoError(f"{name} holds no pictures, only sound or data. Give a file with a video track.")
    if container.format.name in _STILL or container.format.name.endswith("_pipe"):
        if file is not None and not _starts_as_picture(file):
            raise VideoError(f"{name} is neither a video nor a picture, whatever its name says.")
        raise VideoError(
            f"{name} is a picture, or an animation of which one picture can be read, and no video. Read it with: "
            f"emotion-classifier predict {name}"
        )
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    if untrusted:
        stream.codec_context.options = {"max_pixels": str(_MOST_PIXELS)}  # sizes may change on the way
        if stream.width * stream.height > _MOST_PIXELS:
            raise VideoError(
                f"{name} has frames of {stream.width:,} × {stream.height:,} pixels, more than are read here. "
                "Save it smaller, or read it with: emotion-classifier watch"
            )
    return stream


def _starts_as_picture(path: Path) -> bool:
    """Tell whether a file begins as pictures do, whatever its name."""
    with path.open("rb") as file:
        return is_picture(file.read(_HEAD))


def unopened(name: str, place: str, form: str | None, live: bool, error: Exception, why: str) -> str:
    """Say why a source cannot be opened, and what to do; the middle three are what `place_of` gives."""
    if form:
        return _no_camera(name, place, getattr(error, "errno", None), why)
    if live:
        return f"The stream {name} cannot be opened ({why}). Check the address, and that it is sending."
    return (
        f"{name} cannot be read as a video ({why}). It is another kind of file, or damaged; a recording that was "
        f"interrupted may lack its index, which repair tools for videos can write anew."
    )


def _no_camera(name: str, place: str, code: int | None, why: str) -> str:
    if code in (errno.ENOENT, errno.ENXIO):
        others = sorted(str(path) for path in Path("/dev").glob("video[0-9]*") if str(path) != place)
        cure = f"Give one that is there: {', '.join(others)}." if others else "Plug one in."
        return f"No camera was found at {place}. {cure}"
    if code in (
        errno.ENODEV,
        errno.ENOTTY,
        errno.EINVAL,
        errno.ENOSYS,
    ):  # A camera has further places, for other data.
        return f"{place} gives no pictures ({why}). Give the number of another camera."
    if code == errno.EBUSY:
        return f"Another program uses the camera {name}. End that one first."
    if code in (errno.EACCES, errno.EPERM):
        return (
            f"You may not use the camera {name} ({why}). On most Linux systems, users in the group video may: "
            f"sudo usermod -aG video $USER, and log in again."
        )
    # FFmpeg tells no more than that on macOS and Windows.
    return (
        f"The camera {name} cannot be opened ({why}). Is it plugged in, do the system's privacy settings let this "
        f"program use it, and does no other program?"
    )
