"""Encoded bytes, PIL images and arrays of any kind → RGB pixels of 8 bits.

Only the decoders named here are ever reached, chosen by the first bytes of a file and not by its name.
"""

from __future__ import annotations

import io
import logging
import math
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from emotion_classifier.errors import PhotoTooLargeError, UnreadablePhotoError, missing_extra
from emotion_classifier.photo.file_kinds import what_instead
from emotion_classifier.photo.picture import Layer, Picture, scales_of

Pixels: TypeAlias = NDArray[np.uint8]

_READABLE = "JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or HEIC"
# Pillow logs what it also raises; without a handler Python prints it to the terminal.
logging.getLogger("PIL").addHandler(logging.NullHandler())
_ORIENTATION = 0x0112  # the EXIF tag
# Share of the range by which floats may leave it: bicubic resizing overshoots by several percent.
_OVERSHOOT = 0.1
_ROUNDING = 1e-3  # By which 1.1 in 16 bits, and in 32, is more than 1.1.
FIRST_PAGE = "only the first page of the file was read"
FIRST_FRAME = "only the first frame of the animation was read"
# Tags of TIFF: kind of page (bit 0 a smaller copy, bit 2 a mask), compression, and what the values mean.
_PAGE_KIND, _COMPRESSION, _PHOTOMETRIC = 254, 259, 262
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Turns that exchange width and height, and those after which the right edge, or the lower one, lies left or above.
_ACROSS = {_UPRIGHT[tag] for tag in (5, 6, 7, 8)}
_FROM_RIGHT = {_UPRIGHT[tag] for tag in (2, 3, 6, 7)}
_FROM_BELOW = {_UPRIGHT[tag] for tag in (3, 4, 7, 8)}
# What Pillow's decoders raise on broken files.
_BROKEN = (
    *(OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError, RuntimeError),
    *(AssertionError, OverflowError, ZeroDivisionError, struct.error),
)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Pillow's warnings to itself: of metadata nobody asked for, and of its own size limit."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        yield


# The plugins are called directly: Image.open would warn of large pictures by its own, global limit
# and would try every decoder that Pillow knows.


_Decoder: TypeAlias = Callable[[IO[bytes]], Image.Image]


def _jpeg(file: IO[bytes]) -> Image.Image:
    from PIL.JpegImagePlugin import JpegImageFile

    return JpegImageFile(file)


def _png(file: IO[bytes]) -> Image.Image:
    from PIL.PngImagePlugin import PngImageFile

    return PngImageFile(file)


def _webp(file: IO[bytes]) -> Image.Image:
    from PIL.WebPImagePlugin import WebPImageFile

    return WebPImageFile(file)


def _bmp(file: IO[bytes]) -> Image.Image:
    from PIL.BmpImagePlugin import BmpImageFile

    return BmpImageFile(file)


def _tiff(file: IO[bytes]) -> Image.Image:
    from PIL.TiffImagePlugin import TiffImageFile

    return TiffImageFile(file)


def _gif(file: IO[bytes]) -> Image.Image:
    from PIL.GifImagePlugin import GifImageFile

    return GifImageFile(file)


def _avif(file: IO[bytes]) -> Image.Image:
    from PIL.AvifImagePlugin import AvifImageFile

    return AvifImageFile(file)


def _heic(file: IO[bytes]) -> Image.Image:
    from pi_heif import HeifImageFile

    image: Image.Image = HeifImageFile(file)
    return image


_SIGNATURES: tuple[tuple[int, tuple[bytes, ...], _Decoder], ...] = (
    (0, (b"\xff\xd8\xff",), _jpeg),
    (0, (b"\x89PNG\r\n\x1a\n",), _png),
    (8, (b"WEBP",), _webp),
    (0, (b"GIF87a", b"GIF89a"), _gif),
    (0, (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _tiff),
    (0, (b"BM",), _bmp),
)


_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)


def _decoder(content: bytes) -> _Decoder | None:
    """Choose a decoder by the first bytes."""
    if content[4:8] == b"ftyp":  # a box of the ISO base media format, naming what it is compatible with
        head = content[8 : min(int.from_bytes(content[:4], "big"), 256)]
        brands = {head[start : start + 4] for start in range(0, len(head), 4)}
        if brands & {b"avif", b"avis"}:
            return _avif
        return _heic if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1"} else None
    for start, signatures, decoder in _SIGNATURES:
        if content.startswith(signatures, start):
            return decoder
    return None


def is_picture(head: bytes) -> bool:
    """Tell by the first bytes of a file, some 256 of them, whether it is a picture of a kind that is read."""
    decoder = _decoder(head)
    if decoder is _bmp:  # Two letters, with which a text may begin; the size of its header says more.
        return int.from_bytes(head[14:18], "little") in _BMP_HEADERS
    return decoder is not None


def open_picture(content: bytes, name: str) -> Image.Image:
    """Read the header."""
    decoder = _decoder(content)
    if decoder is None:
        told = what_instead(content, name) or (
            f"its content is not {_READABLE}, whatever its name ends in. Convert it to one of these."
        )
        raise UnreadablePhotoError(f"{name} is not a picture that can be read: {told}")
    try:
        return decoder(io.BytesIO(content))
    except ImportError as error:
        if decoder is not _heic:
            raise UnreadablePhotoError(
                f"{name} is in a format this build of Pillow cannot read ({error}). Save it as JPEG or PNG."
            ) from error
        raise UnreadablePhotoError(f"{name} is a HEIC photo. {missing_extra('heic', 'pi_heif')}") from error
    except Image.DecompressionBombError as error:
        raise _too_large(name, error) from error
    except _BROKEN as error:
        short = isinstance(error.__cause__ or error, struct.error | IndexError)
        raise _broken(name, "it ends within its header" if short else error) from error


def first_only(header: Image.Image, content: bytes, name: str) -> str | None:
    """Say so where a file has further pages or frames, which are not read; those of JPEG and HEIC are no pages.

    Nothing is decoded, and they are not counted: a small file may have millions.
    """
    try:
        if header.format in {"PNG", "WEBP", "AVIF"}:
            return FIRST_FRAME if getattr(header, "is_animated", False) else None
        if header.format not in {"GIF", "TIFF"}:
            return None
        image = open_picture(content, name)  # To look for the next one moves on.
        if not getattr(image, "is_animated", False):
            return None
        if header.format == "GIF":
            return FIRST_FRAME
        image.seek(1)
        return None if int(_tags(image).get(_PAGE_KIND, 0)) & 0b101 else FIRST_PAGE
    except (*_BROKEN, UnreadablePhotoError, PhotoTooLargeError, Image.DecompressionBombError):
        return None  # What follows the first page is damaged.


def _tags(image: Image.Image) -> Any:
    return getattr(image, "tag_v2", {})


def _too_large(name: str, error: Image.DecompressionBombError) -> PhotoTooLargeError:
    return PhotoTooLargeError(f"{name} is too large: {str(error).rstrip('.')}. Save it smaller.")


def _broken(name: str, error: BaseException | str) -> UnreadablePhotoError:
    return UnreadablePhotoError(
        f"{name} is damaged or cut short ({error}). Copy or download it again, or save it anew."
    )


def upright(image: Image.Image, name: str) -> Image.Image:
    """Decode a picture whose size has been found acceptable, and make it upright RGB."""
    return _layer(image, name, 1).image


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Return width and height of a picture, of which the header has been read, once it is upright."""
    width, height = image.size
    return (height, width) if _UPRIGHT.get(_orientation(image)) in _ACROSS else (width, height)


def upright_picture(content: bytes, header: Image.Image, name: str) -> Picture:
    """Decode a file of which the header has been read, a large JPEG file in layers."""
    scales = scales_of(header.size) if header.format == "JPEG" and header.mode in {"RGB", "L"} else (1,)
    if len(scales) == 1:
        return Picture.of(upright(header, name))

    def make(scale: int) -> Layer:
        with quiet():
            return _layer(open_picture(content, name), name, scale)

    picture = Picture(upright_size(header), make, scales)
    picture.coarse  # noqa: B018  A damaged file is to be refused here, and not when it is looked at.
    return picture


def _layer(image: Image.Image, name: str, scale: int) -> Layer:
    width, height = image.size
    try:
        if scale > 1:
            image.draft(None, (width // scale, height // scale))
        image.load()
        left, top = width - image.width * scale, height - image.height * scale
        turn = _UPRIGHT.get(_orientation(image))
        if turn is None:
            return Layer(_rgb(image, name), scale)
        image = image.transpose(turn)
        # What the layer has beyond the photo's right and lower edge may now lie beyond the others.
        if turn in _ACROSS:
            left, top = top, left
        return Layer(
            _rgb(image, name), scale, left if turn in _FROM_RIGHT else 0, top if turn in _FROM_BELOW else 0
        )
    except Image.DecompressionBombError as error:
        raise _too_large(name, error) from error
    except _BROKEN as error:
        tags = _tags(image)
        if (tags.get(_COMPRESSION), tags.get(_PHOTOMETRIC)) == (1, 6):  # Pillow writes these, but reads none.
            raise UnreadablePhotoError(
                f"{name} is in a form that cannot be read: TIFF in YCbCr without compression. "
                f"Save it as JPEG or PNG, or in RGB."
            ) from error
        raise _broken(name, error) from error


def _orientation(image: Image.Image) -> int:
    """Read the orientation. That decodes a PNG file, and a second `load` would not say again that it is damaged."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except _BROKEN:  # broken metadata; the pixels may be good
        return 1


def _rgb(image: Image.Image, name: str) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_to_bytes(np.asarray(image), name)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def _to_bytes(values: NDArray[Any], name: str) -> Pixels:
    """Scale the values of an integer or float picture whose range its format does not tell.

    The range is the smallest of 1 (floats only), 255, 65535 and 2³¹−1 that holds them; of 16-bit values it is
    that of 10, 12 or 16 bits: many cameras put 10 or 12 bits into 16, and 8 of 16 would leave next to nothing of them.
    """
    low, high = _lowest_and_highest(values, name)
    ranges: tuple[float, ...] = (255.0, 65535.0, 2.0**31 - 1)
    over = 0.0
    if values.dtype.kind == "f":
        ranges, over = (1.0, *ranges), _OVERSHOOT
    elif _is_uint16(values):
        ranges = (1023.0, 4095.0, 65535.0)
    full = next((limit for limit in ranges if high <= limit * (1 + over)), high)
    if low < -over * full:
        raise UnreadablePhotoError(f"{name} holds values from {low} to {high}. Save it as 8-bit RGB.")
    scaled: Pixels = np.rint(np.clip(values.astype(np.float64) * (255 / full), 0, 255)).astype(np.uint8)
    return scaled


def _lowest_and_highest(values: NDArray[Any], name: str) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        missing = values.size - np.count_nonzero(np.isfinite(values))
        raise UnreadablePhotoError(
            f"{name} holds values that are no numbers (NaN or infinite): {missing:,} of {values.size:,}. "
            f"Check how it was computed."
        )
    return low, high


def _is_uint16(values: NDArray[Any]) -> bool:
    """Tell 16-bit values in either order of bytes, such as the big-endian one of TIFF and FITS."""
    return values.dtype.newbyteorder("=") == np.uint16


def _grey(values: Pixels) -> Pixels:
    return np.repeat(values[..., None], 3, axis=2)


def array_pixels(array: NDArray[Any], name: str) -> Pixels:
    """Check an array given as a photo and make it RGB uint8."""
    shape = array.shape
    if array.ndim == 3 and shape[2] == 1:
        array = array[..., 0]
    if array.size == 0:
        raise UnreadablePhotoError(
            f"{name} is an empty array, of shape {shape}. Check the coordinates that it was cut out by."
        )
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise UnreadablePhotoError(
            f"{name} is an array of shape {shape}; a photo is (height, width), (height, width, 3) "
            f"or (height, width, 4).{_advice(shape)}"
        )
    if array.dtype.kind == "f":
        low, high = _lowest_and_highest(array, name)
        beyond = _OVERSHOOT + _ROUNDING
        if low < -beyond or high > 1 + beyond:
            raise UnreadablePhotoError(
                f"{name} is a float array with values from {low:.6g} to {high:.6g}; floats must be 0…1; up to "
                f"{_OVERSHOOT} beyond is cut off. "
                f"Divide 0…255 by 255, or give it as uint8; undo a normalisation such as −1…1."
            )
        array = np.rint(np.clip(array.astype(np.float32), 0, 1) * 255).astype(np.uint8)
    elif _is_uint16(array):
        array = _to_bytes(array, name)
    elif array.dtype != np.uint8:
        raise UnreadablePhotoError(
            f"{name} is an array of {array.dtype}; give uint8 (0…255), uint16 (0…65535) or floats in 0…1."
        )
    if array.ndim == 2:
        return _grey(array)
    if array.shape[2] == 4:
        alpha = array[..., 3:].astype(np.float32) / 255
        array = np.rint(array[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return np.ascontiguousarray(array)


def _advice(shape: tuple[int, ...]) -> str:
    """Say how to make a photo of an array of another shape, where that is plain."""
    if len(shape) == 3 and shape[0] in (1, 3, 4):
        return " Put the channels last: numpy.moveaxis(photo, 0, -1)."
    if len(shape) > 3 and shape[0] == 1:
        return " Take the photo out of its batch: photo[0]."
    return " Give the photos of a batch to predict_many." if len(shape) == 4 else ""
