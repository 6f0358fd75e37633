"""Where a video comes from: a file, a camera of this machine, or the address of a stream."""

from __future__ import annotations

import sys
from pathlib import Path

from emotion_classifier.errors import VideoError
from emotion_classifier.photo.decoding import is_picture
from emotion_classifier.text import counted

_STREAMS = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "tcp://", "srt://", "rtp://")
_HEAD = 256


def place_of(name: str) -> tuple[str, str | None, bool]:
    """Tell what PyAV opens for a name that a user gives.

    Returns
    -------
    place : str
    form : str or None
        The format, where PyAV has to be told it.
    live : bool
        Whether it comes from a camera or over a network.

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
    return name, None, False


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


def starts_as_picture(path: Path) -> bool:
    """Tell whether a file begins as pictures do, whatever its name."""
    with path.open("rb") as file:
        return is_picture(file.read(_HEAD))


def unopened(name: str, place: str, form: str | None, live: bool, error: Exception, why: str) -> str:
    """Say why a source cannot be opened, and what to do; the middle three are what `place_of` gives."""
    if form and isinstance(error, FileNotFoundError):
        return f"No camera was found at {place}. Plug one in, or give the number of another one, such as 1."
    if form:
        return (
            f"The camera {name} cannot be opened ({why}). Is it plugged in, and does no other program use it?"
        )
    if live:
        return f"The stream {name} cannot be opened ({why}). Check the address, and that it is sending."
    return (
        f"{name} cannot be read as a video ({why}). It is another kind of file, or damaged; a recording that was "
        f"interrupted may lack its index, which repair tools for videos can write anew."
    )
