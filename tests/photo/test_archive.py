"""Zips as they come from strangers: nothing on disk, nothing without bounds, and the good photos still read."""

from __future__ import annotations

import errno
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

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
    assert len(given) == 11 and given["a.zip"] == "too many files"


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
    assert given["a.zip"] == "too many files"


def test_what_zips_inside_hold_counts_once() -> None:
    inner = packed({f"{number}.jpg": picture() + bytes(100_000) for number in range(3)}, squeezed=False)
    given = found(packed({"in.zip": inner, "1.jpg": picture()}), max_bytes=400_000)
    assert given == dict.fromkeys((*(f"in.zip/{number}.jpg" for number in range(3)), "1.jpg"))
    assert found(packed({"1.zip": inner, "2.zip": inner}), max_bytes=400_000)["a.zip"] == "too much"


def listing(lines: int) -> bytes:
    """Make a zip whose list is of files that are not there."""
    content = packed({"1.jpg": picture()}, squeezed=False)
    at, end = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    listed = content[at:end] * lines
    return (
        content[:at]
        + listed
        + content[end : end + 12]
        + len(listed).to_bytes(4, "little")
        + content[end + 16 :]
    )


def test_a_list_is_read_as_far_as_files_are() -> None:
    long = listing(2000)
    assert found(long, max_files=100) == {"a.zip": "too many files"}
    assert found(packed({"1.jpg": picture(), "in.zip": long}), max_files=100) == {
        "1.jpg": None,
        "a.zip": "too many files",
    }
    # Folders count for nothing, and their number is bounded all the same.
    folders = packed({f"{number}/": b"" for number in range(600)})
    assert found(packed({"1.zip": folders, "2.zip": folders}), max_files=100) == {"a.zip": "too many files"}


def test_a_list_that_is_too_long_is_not_counted() -> None:
    assert count_files(io.BytesIO(listing(300_000))) == 0


class FailingDrive(io.BytesIO):
    """Gives no more than the first bytes."""

    def __init__(self, content: bytes, broken: range) -> None:
        super().__init__(content)
        self.broken = broken

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() in self.broken:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def test_a_drive_that_fails_is_not_a_damaged_zip() -> None:
    content = packed({"1.jpg": picture(), "2.jpg": picture(), "3.jpg": picture()}, squeezed=False)
    second = content.index(b"2.jpg")
    drive = FailingDrive(content, range(second - 30, second + 600))
    given = [(each.name, each.left_out, each.error) for each in open_zip(drive, "a.zip")]
    assert given == [("1.jpg", None, ""), ("2.jpg", "not read", "Input/output error"), ("3.jpg", None, "")]
    gone = [*open_zip(FailingDrive(content, range(len(content))), "a.zip")]
    assert [(each.left_out, each.itself) for each in gone] == [("not read", True)]


def test_a_temporary_folder_without_room_is_not_a_damaged_zip() -> None:
    resource = pytest.importorskip("resource")
    content = packed({"1.jpg": picture(), "in.zip": b"PK\3\4" + bytes(33 << 20), "2.jpg": picture()})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        given = [(each.name, each.left_out, each.error) for each in open_zip(io.BytesIO(content), "a.zip")]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert given == [("1.jpg", None, ""), ("in.zip", "not copied", "File too large"), ("2.jpg", None, "")]


def test_a_list_that_leads_nowhere_is_damaged(tmp_path: Path) -> None:
    content = bytearray(packed({"1.jpg": picture()}))
    content[content.index(b"PK\5\6") + 16] += 20  # The files would begin before the zip does.
    (tmp_path / "a.zip").write_bytes(content)
    with (tmp_path / "a.zip").open("rb") as file:
        assert [each.left_out for each in open_zip(file, "a.zip")] == ["damaged"]
    far = bytearray(packed({"1.jpg": picture()}, squeezed=False))
    at, end = far.index(b"PK\1\2"), far.index(b"PK\5\6")
    far[at + 30], far[at + 42 : at + 46] = 12, b"\xff" * 4
    far[end + 12] += 12
    far[end:end] = b"\1\0\x08\0" + b"\xff" * 8
    assert "damaged" in found(packed({"in.zip": bytes(far)})).values()


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
    assert found(whole[:-60]) == {"a.zip": "beginning lost", "2.jpg": None}


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


@pytest.mark.parametrize("content", [b"milk", b"PK\3\4", b"\1\2\3"])
def test_what_is_called_a_zip_inside_and_is_none_is_damaged(content: bytes) -> None:
    assert found(packed({"In.ZIP": content, "1.jpg": picture()})) == {"In.ZIP": "damaged", "1.jpg": None}
    assert found(packed({"in.zip": picture()})) == {"in.zip": None}


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"<!doctype html>"])
def test_what_is_called_a_zip_inside_and_is_known_is_called_what_it_is(content: bytes) -> None:
    (given,) = open_zip(io.BytesIO(packed({"in.zip": content})), "a.zip")
    assert (given.left_out, given.content) == ("not a picture", content)


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
    for marker in (b"PK\7\10", b"PK00"):
        assert found(marker + content) == {"1.jpg": None, "2.jpg": None}
    assert found(b"PK00" + content[:400]) == {"a.zip": "damaged"}


def test_a_file_without_a_name_does_not_stop_the_others() -> None:
    content = packed({"1.jpg": picture(), "2.jpg": picture()}, squeezed=False)
    at, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    # The list of files gives no letters to the name of the first.
    listed = content[at : at + 28] + b"\0\0" + content[at + 30 : at + 46] + content[at + 51 : end]
    stated = content[end : end + 12] + len(listed).to_bytes(4, "little") + content[end + 16 :]
    given = [*open_zip(io.BytesIO(content[:at] + listed + stated), "a.zip")]
    assert [(each.name, each.left_out, each.itself) for each in given] == [
        ("(without a name)", "damaged", False),
        ("2.jpg", None, False),
    ]


def test_files_of_one_name_are_both_taken() -> None:
    content = packed({"1.jpg": picture(), "2.jpg": b"milk"}, squeezed=False).replace(b"2.jpg", b"1.jpg")
    given = [*open_zip(io.BytesIO(content), "a.zip")]
    assert [each.content for each in given] == [picture(), b"milk"]


def test_thousands_of_files_are_taken_one_after_another() -> None:
    content = packed({f"{number // 100}/{number}.jpg": picture() for number in range(3000)}, squeezed=False)
    assert count_files(io.BytesIO(content)) == count_files(io.BytesIO(content), {".jpg"}) == 3000
    assert count_files(io.BytesIO(content), {".png"}) == 0
    assert sum(each.left_out is None for each in open_zip(io.BytesIO(content), "a.zip")) == 3000
