"""HEIC, the format of iPhones, which an extra reads."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_classifier.errors import UnreadablePhotoError
from emotion_classifier.photo import read_photo

# 64 × 48, left half blue, right half red; written with pillow-heif.
HEIC = base64.b64decode(
    """
AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA
ADRpbG9jAAAAAERAAAIAAQAAAAAB4gABAAAAAAAAAEAAAgAAAAACIgABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAA
AAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAA
kAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq
5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xh
cAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAA
ABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAbG1kYXQAAAA8KAGvWOb06r//8QD5H5T0/+jy/V/9Kvr/uMPr+ngVaV9tHbPIwkdy
rBEyUFv39uIPBQjPAjeMOEgu9FrAAAAABkV4aWYAAE1NACoAAAAIAAEBEgADAAAAAQABAAAAAAAA
"""
)


def test_heic() -> None:
    pytest.importorskip("pi_heif")
    photo = read_photo(HEIC)
    assert photo.shape == (48, 64, 3)
    assert photo[24, 8, 2] > 150 > photo[24, 8, 0]
    assert photo[24, 56, 0] > 150 > photo[24, 56, 2]


def test_heic_without_the_extra(absent: Callable[[str], None], tmp_path: Path) -> None:
    absent("pi_heif")
    path = tmp_path / "phone.heic"
    path.write_bytes(HEIC)
    with pytest.raises(UnreadablePhotoError, match=r"phone\.heic .*HEIC.*pip install.*\[heic\]'"):
        read_photo(path)
