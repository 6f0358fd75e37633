"""Many photos on one page: zips, the table, the pictures, and what is forgotten when."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

import pytest
from PIL import Image

from emotion_classifier.photo import PhotoLimits
from emotion_classifier.serving import texts
from emotion_classifier.serving.gallery import MAX_BYTES, Added, Gallery, LeftOut
from emotion_classifier.serving.pages_open import KEPT_HOURS, OpenPages

from .conftest import RunningApp
from .fake_server import FakeClassifier

Encode = Callable[..., bytes]
SAY = texts.load()


@pytest.fixture
def gallery() -> Gallery:
    return Gallery(FakeClassifier(), SAY)


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def holiday(encoded: Encode) -> bytes:
    return zipped(
        {
            "holiday/1.jpg": encoded(),
            "holiday/group.jpg": encoded(width=400),
            "holiday/wall.jpg": encoded(noise=False),
            "holiday/notes.txt": b"milk",
            "holiday/broken.jpg": b"\xff\xd8\xff\xe0",
            "../../outside.jpg": encoded(),
            "more.zip": zipped({"inside.jpg": encoded()}),
        }
    )


def added(gallery: Gallery, content: bytes, name: str) -> list[Added | LeftOut]:
    return list(gallery.add(io.BytesIO(content), name))


def test_a_zip_becomes_photos_and_what_was_left_out(gallery: Gallery, encoded: Encode) -> None:
    given = added(gallery, holiday(encoded), "holiday.zip")
    read = [each.photo.reading.file for each in given if isinstance(each, Added)]
    assert read == [
        "holiday/1.jpg",
        "holiday/group.jpg",
        "holiday/wall.jpg",
        "../../outside.jpg",
        "more.zip/inside.jpg",
    ]
    left_out = {each.name: each.why for each in given if isinstance(each, LeftOut)}
    assert left_out["holiday/notes.txt"] == "It is a text, not a photo."
    assert "holiday/broken.jpg is damaged" in left_out["holiday/broken.jpg"]


def test_the_table_has_a_row_for_each_face_and_for_what_could_not_be_read(
    gallery: Gallery, encoded: Encode
) -> None:
    added(gallery, holiday(encoded), "holiday.zip")
    rows = list(csv.DictReader(io.StringIO(gallery.table().decode("utf-8-sig"))))
    by_file = [row["file"] for row in rows]
    assert by_file.count("holiday/group.jpg") == 3
    assert [row["label"] for row in rows if row["file"] == "holiday/1.jpg"] == ["happy"]
    assert [row["reason"] for row in rows if row["file"] == "holiday/wall.jpg"] == ["no face found"]
    assert "damaged" in next(row["reason"] for row in rows if row["file"] == "holiday/broken.jpg")
    binary = list(csv.DictReader(io.StringIO(gallery.table(binary=True).decode("utf-8-sig"))))
    assert "uncertain" in {row["label"] for row in rows} and "uncertain" not in {
        row["label"] for row in binary
    }


def test_no_name_in_the_table_is_a_formula(gallery: Gallery, encoded: Encode) -> None:
    for name in ("=1+2.jpg", "-1.jpg", "@a.jpg", "a=1.jpg"):
        added(gallery, encoded(), name)
    added(gallery, encoded()[:500], "+1.jpg")
    rows = list(csv.DictReader(io.StringIO(gallery.table().decode("utf-8-sig"))))
    assert {row["file"] for row in rows} == {"'=1+2.jpg", "'-1.jpg", "'@a.jpg", "a=1.jpg", "'+1.jpg"}
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_the_pictures_are_in_order_and_their_names_lead_nowhere(gallery: Gallery, encoded: Encode) -> None:
    added(gallery, holiday(encoded), "holiday.zip")
    added(gallery, encoded(), 'a:b?"c.jpg')
    with zipfile.ZipFile(io.BytesIO(b"".join(gallery.pictures()))) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        with archive.open(names[0]) as file, Image.open(file) as picture:
            assert picture.size == (480, 360)  # enlarged, so that its label can be read
    assert len(names) == 6 and names[-1] == "0006 wall.jpg"
    assert not [name for name in names if set(name) & set('<>:"/\\|?*')]


def test_what_is_kept_of_a_large_photo_is_small_and_its_boxes_fit(gallery: Gallery, encoded: Encode) -> None:
    (photo,) = (
        each.photo
        for each in added(gallery, encoded(width=3000, height=2000), "a.jpg")
        if isinstance(each, Added)
    )
    assert max(photo.size) == 1280 and photo.scale == pytest.approx(1280 / 3000)
    x, _, width, _ = (photo.scale * side for side in photo.reading.readings[0].box)
    assert x >= 0 and x + width <= 1280


def test_a_photo_larger_than_the_service_takes_is_left_out(encoded: Encode) -> None:
    gallery = Gallery(FakeClassifier(), SAY, PhotoLimits(max_bytes=5_000))
    small, large = encoded(noise=False), encoded()
    files = zipped({"small.jpg": small, "large.jpg": large})
    given = [*added(gallery, large, "large.jpg"), *added(gallery, files, "a.zip")]
    assert [each.name for each in given if isinstance(each, LeftOut)] == ["large.jpg"] * 2
    assert isinstance(given[0], LeftOut) and "It is over 0.005 MB" in given[0].why


def test_a_full_page_says_what_to_do(gallery: Gallery, encoded: Encode) -> None:
    gallery.size = 10**10
    (told,) = added(gallery, encoded(), "a.jpg")
    assert isinstance(told, LeftOut) and "takes any number of photos" in told.why


def test_a_page_that_is_closed_or_not_used_is_forgotten() -> None:
    now = [0.0]
    galleries: OpenPages[Gallery] = OpenPages(MAX_BYTES, lambda: now[0])
    first, second = (galleries.add(Gallery(FakeClassifier(), SAY)) for _ in range(2))
    galleries.close(first.token)
    assert galleries.get(first.token) is None and galleries.get(second.token) is second
    now[0] = KEPT_HOURS * 3600 - 1
    assert galleries.get(second.token) is second
    now[0] += KEPT_HOURS * 3600 + 1
    assert galleries.get(second.token) is None


def test_memory_that_is_needed_is_taken_from_the_page_not_used_for_longest() -> None:
    galleries: OpenPages[Gallery] = OpenPages(MAX_BYTES)
    old, used = (galleries.add(Gallery(FakeClassifier(), SAY)) for _ in range(2))
    old.size = used.size = 10**9
    assert galleries.get(used.token) is used
    assert galleries.get(old.token) is None


def test_a_zip_tells_how_many_to_expect_then_each_photo(fake_app: RunningApp, encoded: Encode) -> None:
    before = fake_app.files()
    told = fake_app.give(fake_app.begin(), holiday(encoded), "holiday.zip")
    assert told[0] == {"expect": 7}
    assert [line["number"] for line in told if "number" in line] == [0, 1, 2, 3, 4]
    assert "3 faces" in told[2]["tile"]
    assert fake_app.files(but_for=before) == []


def test_a_broken_zip_is_told_in_plain_words(fake_app: RunningApp, encoded: Encode) -> None:
    told = fake_app.give(fake_app.begin(), zipped({"1.jpg": encoded()})[:-30], "holiday.zip")
    assert (told[-1]["leftOut"], told[-1]["why"][:14]) == ("holiday.zip", "It is damaged.")
    (told,) = fake_app.give(fake_app.begin(), holiday(encoded), "holiday")
    assert "Rename it" in told["why"]


def test_downloads_come_as_files(fake_app: RunningApp, encoded: Encode) -> None:
    token = fake_app.begin()
    fake_app.give(token, encoded(), "Zoë.jpg")
    headers, table = fake_app.get(f"/gallery/{token}/table.csv")
    assert "readings.csv" in headers["content-disposition"] and "Zoë.jpg" in table
    assert headers["cache-control"] == "no-store"


def test_a_page_that_is_gone_says_so(fake_app: RunningApp, encoded: Encode) -> None:
    token = fake_app.begin()
    fake_app.give(token, encoded())
    fake_app.post(f"/gallery/{token}/close", b"")
    for path in (f"/gallery/{token}/0", "/gallery/none/table.csv"):
        with pytest.raises(HTTPError) as gone:
            fake_app.get(path)
        with gone.value:
            assert gone.value.code == 404 and "no longer kept" in gone.value.read().decode()


def test_another_site_cannot_open_a_gallery(fake_app: RunningApp) -> None:
    with pytest.raises(HTTPError) as refused:
        fake_app.post("/gallery", b"", {"Sec-Fetch-Site": "cross-site"})
    with refused.value:
        assert refused.value.code == 403


def test_the_camera_is_answered_and_nothing_is_kept(fake_app: RunningApp, encoded: Encode) -> None:
    token = fake_app.begin()
    seen = json.loads(fake_app.post(f"/gallery/{token}/camera", encoded()))
    assert (seen["title"], seen["grade"]) == ("Looks happy", "happy")
    assert (
        json.loads(fake_app.post(f"/gallery/{token}/camera", b"no picture"))["face"] is True
    )  # for a moment
    assert len(fake_app.get(f"/gallery/{token}/table.csv")[1].splitlines()) == 1


@pytest.mark.parametrize("path", ["", "/camera"])
def test_a_page_that_goes_away_while_it_sends_is_no_fault(path: str) -> None:
    pytest.importorskip("starlette", reason="the extra app is not installed")
    from starlette.applications import Starlette
    from starlette.types import Message

    from emotion_classifier.serving.gallery_routes import routes

    app, told = Starlette(routes=routes(FakeClassifier(), SAY, [], PhotoLimits())), []

    async def send(message: Message) -> None:
        told.append(message)

    def ask(path: str, *received: Message) -> None:
        async def receive() -> Message:
            return next(messages)

        messages = iter(received)
        scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": []}
        asyncio.run(app(scope, receive, send))

    ask("/gallery", {"type": "http.request"})
    token = json.loads(told[-1]["body"])["token"]
    part = {"type": "http.request", "body": b"\xff\xd8", "more_body": True}
    ask(f"/gallery/{token}{path}", part, {"type": "http.disconnect"})
    assert [message["status"] for message in told if "status" in message] == [200, 499]


def test_the_card_is_shown_as_text(real_app: RunningApp) -> None:
    _, card = real_app.get("/gallery/card")
    assert "<h2>Data and terms</h2>" in card and "<table>" in card
    assert "library_name" not in card and "<script" not in card


def test_a_model_that_is_not_calibrated_says_so(fake_app: RunningApp, real_app: RunningApp) -> None:
    assert "not calibrated" in fake_app.get("/config")[1]
    config = real_app.get("/config")[1]
    assert "calibrated on" in config and "not calibrated" not in config


def test_html_in_a_card_stays_text(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from emotion_classifier.serving import model_card

    (tmp_path / "README.md").write_text(
        "---\nlicense: mit\n---\n# Mine <img src=x onerror=alert(1)> ![x](http://a/b)\n"
    )
    shown = model_card.card(SimpleNamespace(path=tmp_path), SAY)
    assert "<img" not in shown and "&lt;img" in shown and "license" not in shown
