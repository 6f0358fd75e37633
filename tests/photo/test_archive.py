"""Zips as they come from strangers: nothing on disk, nothing without bounds, and the good photos still read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import pytest
from PIL import Image

from emotion_classifier.photo import PhotoLimits
from emotion_classifier.photo.archive import HEAD, ZipLimits, count_files, open_zip


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), "orange").save(buffer, "JPEG")
    return buffer.getvalue()


def packed(files: Mapping[str, bytes], *, squeezed: bool = True) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if squeezed else zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def found(content: bytes, **limits: int) -> dict[str, str | None]:
    return {
        each.name: each.left_out
        for each in open_zip(io.BytesIO(content), "a.zip", limits=ZipLimits(**limits))
    }


def test_photos_come_whole_and_what_is_no_photo_is_named() -> None:
    content = packed({"b/1.jpg": picture(), "notes.txt": b"milk", "2": picture()})
    given = {each.name: each for each in open_zip(io.BytesIO(content), "a.zip")}
    assert given["b/1.jpg"].content == given["2"].content == picture()
    assert (given["notes.txt"].left_out, given["notes.txt"].content) == ("not a picture", b"milk")


def test_hidden_files_and_thumbnails_are_passed_over() -> None:
    content = packed(
        {"__MACOSX/._1.jpg": picture(), ".DS_Store": b"x", "a/@eaDir/1.jpg": picture(), "1.jpg": picture()}
    )
    assert found(content) == {"1.jpg": None}
    assert count_files(io.BytesIO(content)) == 1


def test_a_name_that_leads_outside_is_only_a_name() -> None:
    assert found(packed({"../../etc/1.jpg": picture(), "/etc/2.jpg": picture()})) == {
        "../../etc/1.jpg": None,
        "/etc/2.jpg": None,
    }


def test_a_bomb_of_zeros_is_not_unpacked() -> None:
    content = packed({"zeros": bytes(20_000_000), "1.jpg": picture()})
    assert found(content, max_bytes=100_000) == {"zeros": "not a picture", "1.jpg": None}


def test_a_bomb_that_begins_like_a_photo_ends_at_the_largest_photo() -> None:
    content = packed({"bomb.jpg": picture() + bytes(20_000_000), "1.jpg": picture()})
    given = {
        each.name: each
        for each in open_zip(io.BytesIO(content), "a.zip", photos=PhotoLimits(max_bytes=1_000_000))
    }
    assert given["bomb.jpg"].left_out == "too large" and len(given["bomb.jpg"].content) <= HEAD
    assert given["1.jpg"].left_out is None


def test_all_that_comes_out_is_bounded_and_what_came_before_is_given() -> None:
    bombs = {f"{number}.jpg": picture() + bytes(1_000_000) for number in range(10)}
    given = found(packed({"0.jpg": picture()} | bombs), max_bytes=2_500_000)
    assert given["a.zip"] == "too much" and len(given) == 3


def test_a_size_that_a_zip_states_falsely_is_not_believed() -> None:
    content = bytearray(packed({"1.jpg": picture() + bytes(5_000_000)}))
    at = content.rindex(b"PK\x01\x02") + 24
    content[at : at + 4] = (1_000).to_bytes(4, "little")
    assert set(found(bytes(content)).values()) <= {None, "damaged"}


def test_the_number_of_files_is_bounded() -> None:
    given = found(packed({f"{number}.txt": b"x" for number in range(30)}), max_files=10)
    assert len(given) == 11 and given["a.zip"] == "too much"


def test_zips_inside_are_opened_and_those_too_deep_are_named() -> None:
    content = picture()
    for depth in range(4):
        content = packed({"inner.zip" if depth else "1.jpg": content, f"{depth}.jpg": picture()})
    given = found(content, max_depth=2)
    assert given["3.jpg"] is given["inner.zip/2.jpg"] is given["inner.zip/inner.zip/1.jpg"] is None
    assert given["inner.zip/inner.zip/inner.zip"] == "too deep"


def test_files_of_zips_inside_count_too() -> None:
    inner = packed({f"{number}.txt": b"x" for number in range(6)})
    given = found(packed({"1.zip": inner, "2.zip": inner}), max_files=10)
    assert given["a.zip"] == "too much"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x03\x04 and then nothing of a zip", picture()])
def test_a_zip_that_cannot_be_opened_is_named(content: bytes) -> None:
    assert found(content) == {"a.zip": "damaged"}
    assert count_files(io.BytesIO(content)) == 0


def test_a_zip_cut_off_is_named() -> None:
    whole = packed({"1.jpg": picture(), "2.jpg": picture()})
    assert found(whole[:-40]) == {"a.zip": "damaged"}


def test_a_zip_of_which_only_a_zip_inside_is_left_is_not_taken_for_whole() -> None:
    inner = packed({"2.jpg": picture()}, squeezed=False)
    whole = packed({"1.jpg": picture(), "inner.zip": inner}, squeezed=False)
    assert found(whole[:-60]) == {"a.zip": "damaged", "2.jpg": None}


def test_a_damaged_file_does_not_stop_the_others() -> None:
    content = bytearray(packed({"1.jpg": picture(), "2.jpg": picture()}, squeezed=False))
    content[content.index(b"1.jpg") + 200] ^= 0xFF
    assert found(bytes(content)) == {"1.jpg": "damaged", "2.jpg": None}


def test_a_damaged_file_does_not_stop_the_others_however_it_is_packed() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        for name in ("1.jpg", "2.jpg"):
            archive.writestr(name, picture())
    content = bytearray(buffer.getvalue())
    content[content.index(b"1.jpg") + 10 : content.index(b"1.jpg") + 40] = b"\xff" * 30
    assert found(bytes(content)) == {"1.jpg": "damaged", "2.jpg": None}


def test_a_locked_file_is_named() -> None:
    content = bytearray(packed({"1.jpg": picture(), "2.jpg": picture()}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert found(bytes(content)) == {"1.jpg": "locked", "2.jpg": None}


def test_a_way_of_packing_that_is_not_known_is_named() -> None:
    content = bytearray(packed({"1.jpg": picture()}))
    content[content.index(b"PK\x01\x02") + 10] = 97
    content[8] = 97
    assert found(bytes(content)) == {"1.jpg": "damaged"}


def test_names_in_utf_8_are_read_so_whether_or_not_the_zip_says_so() -> None:
    names = ["Ma\u0308dchen/Cafe\u0301.jpg", "日本.jpg"]
    content = bytearray(packed(dict.fromkeys(names, picture())))
    assert list(found(bytes(content))) == names
    for record, flags in ((b"PK\3\4", 7), (b"PK\1\2", 9)):
        at = -1
        while (at := content.find(record, at + 1)) >= 0:
            content[at + flags] &= ~8
    assert found(bytes(content)) == dict.fromkeys(names)
    old = bytes(content).replace("日本".encode(), b"M\x84dche")
    assert list(found(old)) == [names[0], "Mädche.jpg"]


@pytest.mark.parametrize("content", [b"", b"milk", b"PK\3\4", b"\1\2\3", b"<!doctype html>"])
def test_what_is_called_a_zip_inside_and_is_none_is_damaged(content: bytes) -> None:
    assert found(packed({"In.ZIP": content, "1.jpg": picture()})) == {"In.ZIP": "damaged", "1.jpg": None}
    assert found(packed({"in.zip": picture()})) == {"in.zip": None}


def test_a_zip_with_other_bytes_before_it_is_read_and_named() -> None:
    content = packed({"1.jpg": picture()})
    assert found(b"Sent from afar\n" + content) == {"a.zip": "bytes before", "1.jpg": None}


def test_parts_of_a_zip_are_named_once() -> None:
    content = packed({"1.jpg": picture(), "2.jpg": picture()}, squeezed=False)
    end = content.index(b"PK\5\6") + 4
    last = content[:end] + b"\2\0" + content[end + 2 :]
    assert found(b"PK\7\10" + content[:400]) == found(last) == {"a.zip": "part"}
    assert found(packed({"b/in.zip": last, "1.jpg": picture()})) == {"b/in.zip": "part", "1.jpg": None}
    # One that was to be cut, and was small enough to stay whole.
    assert found(b"PK\7\10" + content) == {"1.jpg": None, "2.jpg": None}


def test_a_file_without_a_name_does_not_stop_the_others() -> None:
    content = packed({"1.jpg": picture(), "2.jpg": picture()}, squeezed=False)
    at, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    # The list of files gives no letters to the name of the first.
    listed = content[at : at + 28] + b"\0\0" + content[at + 30 : at + 46] + content[at + 51 : end]
    stated = content[end : end + 12] + len(listed).to_bytes(4, "little") + content[end + 16 :]
    given = found(content[:at] + listed + stated)
    assert given["2.jpg"] is None and len(given) == 2


def test_thousands_of_files_are_taken_one_after_another() -> None:
    content = packed({f"{number // 100}/{number}.jpg": picture() for number in range(3000)}, squeezed=False)
    assert count_files(io.BytesIO(content)) == 3000
    assert sum(each.left_out is None for each in open_zip(io.BytesIO(content), "a.zip")) == 3000
