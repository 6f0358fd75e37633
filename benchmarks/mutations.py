"""Pictures, metadata files and Parquet files with faults in them, each drawn from a seed."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image

_PNG = b"\x89PNG\r\n\x1a\n"
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_WORDS = (
    *("happy", "sad", "Neutral", "7", "-1", "1e309", "NaN", "null"),
    *("", " ", "test", "holdout", "é", "a,b", '"', "\x00"),
)
_HEADERS = ("file_name", "File_Name ", "label", "split", "degree", "age", "file", "", "votes")


def pictures(face: Image.Image) -> dict[str, bytes]:
    """Write a picture in every format that is read, with what such files hold in life.

    Parameters
    ----------
    face : PIL.Image.Image
        RGB.
    """
    frames = [face, face.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = Image.fromarray(np.asarray(face.convert("L")).astype(np.uint16) * 257)
    kinds: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "jpeg": (face, {"format": "JPEG", "exif": exif, "comment": b"of a holiday"}),
        "jpeg-progressive": (face, {"format": "JPEG", "progressive": True, "quality": 60}),
        "jpeg-cmyk": (face.convert("CMYK"), {"format": "JPEG"}),
        "png": (face, {"format": "PNG", "exif": exif}),
        "png-palette": (face.quantize(32), {"format": "PNG", "transparency": 3}),
        "png-16": (wide, {"format": "PNG"}),
        "webp": (face, {"format": "WEBP", "exif": exif}),
        "webp-lossless": (face.convert("RGBA"), {"format": "WEBP", "lossless": True}),
        "bmp": (face, {"format": "BMP"}),
        "tiff": (face, {"format": "TIFF"}),
        "tiff-lzw": (face, {"format": "TIFF", "compression": "tiff_lzw"}),
        "gif": (face, {"format": "GIF", "save_all": True, "append_images": frames}),
        "avif": (face, {"format": "AVIF"}),
    }
    written = {}
    for kind, (picture, options) in kinds.items():
        buffer = io.BytesIO()
        picture.save(buffer, **options)
        written[kind] = buffer.getvalue()
    return written


def mutated(data: bytes, rng: Random) -> bytes:
    """Damage bytes in one to three places, as bad disks, cut downloads and odd programs do."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(_DAMAGES)(bytearray(data), rng) if data else data
    return data


def damaged_picture(content: bytes, rng: Random) -> bytes:
    """Damage a picture; the checksums of a PNG are often put right again, or no decoder would look any further."""
    damaged = mutated(content, rng)
    return _with_checksums(damaged) if damaged.startswith(_PNG) and rng.random() < 0.8 else damaged


def _with_checksums(png: bytes) -> bytes:
    parts, at = [_PNG], len(_PNG)
    while at + 12 <= len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if at + 12 + length > len(png):
            break
        chunk = png[at + 4 : at + 8 + length]
        parts += [png[at : at + 4], chunk, zlib.crc32(chunk).to_bytes(4, "big")]
        at += 12 + length
    return b"".join((*parts, png[at:]))


def _flip(data: bytearray, rng: Random) -> bytes:
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _number(data: bytearray, rng: Random) -> bytes:
    size = rng.choice((1, 2, 4))
    at = rng.randrange(min(len(data), rng.choice((64, 512, len(data)))))
    value = rng.choice(_NUMBERS) & (256**size - 1)
    data[at : at + size] = value.to_bytes(size, rng.choice(("big", "little")))
    return bytes(data)


def _noise(data: bytearray, rng: Random) -> bytes:
    at = rng.randrange(len(data))
    data[at : at + rng.randrange(1, 16)] = rng.randbytes(rng.randrange(16))
    return bytes(data)


def _lost(data: bytearray, rng: Random) -> bytes:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice((1, 4, 64, 1024))]
    return bytes(data)


def _doubled(data: bytearray, rng: Random) -> bytes:
    at = rng.randrange(len(data))
    data[at:at] = data[at : at + rng.choice((1, 16, 512))]
    return bytes(data)


def _cut(data: bytearray, rng: Random) -> bytes:
    return bytes(data[: rng.randrange(len(data))])


def _zeros(data: bytearray, rng: Random) -> bytes:
    at = rng.randrange(len(data))
    data[at : at + 512] = bytes(min(512, len(data) - at))
    return bytes(data)


_DAMAGES: tuple[Callable[[bytearray, Random], bytes], ...] = (
    *(_flip, _flip, _number, _noise),
    *(_lost, _doubled, _cut, _zeros),
)


def metadata(rng: Random, names: list[str]) -> tuple[str, bytes]:
    """Write a metadata file that is odd or damaged; give its name and content.

    Parameters
    ----------
    rng : Random
    names : list of str
        Photos that are there.
    """
    headers = rng.sample(_HEADERS, rng.randrange(1, 5))
    if rng.random() < 0.8 and "file_name" not in headers:
        headers[0] = "file_name"
    rows = [[_cell(header, rng, names) for header in headers] for _ in range(rng.randrange(12))]
    if rng.random() < 0.5:
        name, text = "metadata.csv", _csv(headers, rows, rng)
    else:
        lines = (
            json.dumps(dict(zip(headers, map(_value, row, [rng] * len(row)), strict=False))) for row in rows
        )
        name, text = "metadata.jsonl", "\n".join(lines)
    encoding = rng.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"))
    content = text.encode(encoding, "replace")
    return name, mutated(content, rng) if rng.random() < 0.5 else content


def _cell(header: str, rng: Random, names: list[str]) -> str:
    if header.strip().casefold() != "file_name":
        return rng.choice(_WORDS)
    name = rng.choice((*names, *_WORDS))
    return rng.choice((name, name, f"./{name}", f"../{name}", f"/{name}", name.replace("/", "\\")))


def _csv(headers: list[str], rows: list[list[str]], rng: Random) -> str:
    parted = rng.choice((",", ",", ",", ";", "\t"))
    lines = [headers, *rows]
    return rng.choice(("\n", "\r\n", "\r")).join(
        parted.join(line + ["more"] * rng.choice((0, 0, 0, 2))) for line in lines
    )


def _value(text: str, rng: Random) -> Any:
    return rng.choice((text, text, text, 3, -1.5, None, True, [text], {"a": text}))


def write_parquet(path: Path, rng: Random, picture: bytes) -> None:
    """Write a Parquet file with an odd schema, at times damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    n = rng.randrange(6)
    columns = {name: _column(name, n, rng, picture, pa) for name in _column_names(rng)}
    features = {name: _feature(rng) for name in columns}
    table = pa.table(columns)
    if rng.random() < 0.6:
        told: Any = rng.choice(
            ({"info": {"features": features}}, {"info": features}, features, [], "text", None)
        )
        content = json.dumps(told) if rng.random() < 0.9 else "{"
        table = table.replace_schema_metadata({"huggingface": content})
    pq.write_table(table, path)
    if rng.random() < 0.3:
        path.write_bytes(mutated(path.read_bytes(), rng))


def _column_names(rng: Random) -> list[str]:
    known = [
        "label",
        "split",
        "expression",
        "emotion",
        "intensity_level",
        "cropped",
        "NF",
        "neutral",
        "happiness",
    ]
    names = rng.sample(known, rng.randrange(0, 6))
    return [*(["image"] if rng.random() < 0.9 else []), *names]


def _feature(rng: Random) -> Any:
    return rng.choice(
        (
            {"_type": "ClassLabel", "names": ["happy", "sad"]},
            {"_type": "ClassLabel", "names": {"0": "happy"}},
            {"_type": "ClassLabel", "names": None},
            {"_type": "ClassLabel"},
            {"_type": "Value", "dtype": "int64"},
            "Image",
            None,
            [],
        )
    )


def _column(name: str, n: int, rng: Random, picture: bytes, pa: Any) -> Any:
    if name == "image" and rng.random() < 0.7:
        cell = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        return pa.array(
            [rng.choice(({"bytes": picture, "path": "a.png"}, {"bytes": None, "path": None}, None))] * n, cell
        )
    if name != "image" and rng.random() < 0.6:
        return pa.array(
            [rng.choice(("happy", "sad", "train") if name != "split" else ("train", "test"))] * n, pa.string()
        )
    makers: tuple[Callable[[], Any], ...] = (
        lambda: pa.array([rng.randrange(-2, 9) for _ in range(n)], pa.int64()),
        lambda: pa.array([rng.choice(_WORDS) for _ in range(n)], pa.string()),
        lambda: pa.array([rng.choice((0.5, float("nan"), float("inf"))) for _ in range(n)], pa.float32()),
        lambda: pa.array([picture] * n, pa.binary()),
        lambda: pa.array([None] * n, pa.null()),
        lambda: pa.array([rng.choice((True, None)) for _ in range(n)], pa.bool_()),
        lambda: pa.array([[1, 2]] * n, pa.list_(pa.int8())),
        lambda: pa.array([{"a": 1}] * n, pa.struct([("a", pa.int32())])),
        lambda: pa.array([rng.choice(("happy", "sad")) for _ in range(n)], pa.string()).dictionary_encode(),
        lambda: pa.array([0] * n, pa.timestamp("us")),
    )
    return rng.choice(makers)()
