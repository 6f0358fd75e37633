"""The service with its model: the lines of `predict --json`, photos of every kind, the document."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from pathlib import Path
from random import Random

import numpy as np
import pytest
from mutations import damaged_picture, pictures
from PIL import Image

from emotion_classifier import EmotionClassifier
from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.serving.api.options import ServeOptions
from emotion_classifier.serving.api.schema import Predictions

from .conftest import Service, running


def test_an_answer_is_the_line_of_predict(real: Service, rendered_faces: Path) -> None:
    files = sorted(rendered_faces.glob("*/0[1-3].jpg"))
    answer = real.send(*(path.read_bytes() for path in files)).json()
    lines = [reading.to_dict() for reading in EmotionClassifier().predict_many(files)]
    assert [photo["readings"] for photo in answer["photos"]] == [line["readings"] for line in lines]
    Predictions.model_validate(answer)


def test_readings_are_explained_on_request(real: Service, rendered_faces: Path) -> None:
    face = (rendered_faces / "happy" / "01.jpg").read_bytes()
    answer = real.send(face, b"no picture", params={"explain": "true"}).json()
    Predictions.model_validate(answer)
    explained, unreadable = answer["photos"]
    told = explained["readings"][0].pop("explanation")
    assert explained == real.send(face).json()["photos"][0]
    assert told["sentence"] and set(told["parts"]) >= {"mouth", "eyes"}
    assert len(told["map"]) == len(told["map"][0]) > 1
    assert unreadable["readings"] == [] and unreadable["reason"]


def test_what_explain_may_be_is_said(real: Service) -> None:
    refused = real.send(b"no picture", params={"explain": "perhaps"})
    assert refused.status_code == 422 and "true or false" in refused.json()["detail"]


def test_one_bad_file_never_stops_the_others(real: Service, rendered_faces: Path) -> None:
    good = (rendered_faces / "happy" / "01.jpg").read_bytes()
    photos = real.send(b"no picture", good, b"", good[:2000]).json()["photos"]
    assert photos[1]["readings"] and photos[1]["reason"] is None
    assert all(photos[n]["reason"].startswith(f"{n + 1}.jpg ") for n in (0, 2, 3))


def test_a_decompression_bomb_is_refused_before_it_is_decoded(real: Service) -> None:
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "PNG")
    small = buffer.getvalue()
    header = b"IHDR" + struct.pack(">II", 30_000, 30_000) + small[24:29]
    photo = real.send(small[:12] + header + struct.pack(">I", zlib.crc32(header)) + small[33:]).json()[
        "photos"
    ][0]
    assert photo["readings"] == [] and "900.0 million" in photo["reason"]


def test_only_the_largest_faces_are_read(real: Service, rendered_faces: Path) -> None:
    with Image.open(rendered_faces / "happy" / "01.jpg") as image:
        face = np.asarray(image.convert("RGB"))
    buffer = io.BytesIO()
    Image.fromarray(np.concatenate([face] * 3, axis=1)).save(buffer, "PNG")
    photo = real.send(buffer.getvalue()).json()["photos"][0]
    assert len(photo["readings"]) == 2 and photo["note"] == "only the largest 2 of 3 faces were read"


def test_damaged_photos_get_an_answer_each(real: Service, rendered_faces: Path) -> None:
    with Image.open(rendered_faces / "happy" / "01.jpg") as image:
        whole = list(pictures(image.convert("RGB").resize((96, 96))).values())
    for start in range(0, 60, 15):
        damaged = [
            damaged_picture(whole[n % len(whole)], Random(f"upload {n}")) for n in range(start, start + 15)
        ]
        answered = real.send(*damaged)
        assert answered.status_code == 200
        Predictions.model_validate(answered.json())


def test_no_answer_names_a_path_of_the_server(real: Service) -> None:
    with real.client() as client:
        told = [client.get(path).text for path in ("/v1/model", "/openapi.json", "/metrics", "/health/ready")]
    told.append(real.send(b"no picture").text)
    for place in (str(Path.cwd()), str(Path.home()) + "/", "site-packages", "/src/"):
        assert place not in "".join(told)


def test_the_document_shows_both_bodies_and_every_problem(real: Service) -> None:
    with real.client() as client:
        document = client.get("/openapi.json").json()
    predict = document["paths"]["/v1/predict"]["post"]
    assert set(predict["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
    assert {"200", "400", "408", "413", "415", "422", "503"} <= set(predict["responses"])
    example = document["components"]["schemas"]["Predictions"]["examples"][0]
    Predictions.model_validate(example)
    body = predict["requestBody"]["content"]["application/json"]["examples"]["one photo"]["value"]
    with real.client() as client:
        assert client.post("/v1/predict", json=body).status_code == 200


def test_keys_that_are_short_or_missing_are_said_in_a_sentence(tmp_path: Path) -> None:
    from emotion_classifier.serving.api.keys import KeyFileError, read_keys

    file = tmp_path / "keys"
    file.write_text("# ours\nlong-enough-for-a-key\n")
    assert read_keys(file, {"EMOTION_CLASSIFIER_API_KEYS": "another-long-enough-key"}) == (
        "another-long-enough-key",
        "long-enough-for-a-key",
    )
    file.write_text("saved-by-an-editor-with-a-mark\n", encoding="utf-8-sig")
    assert read_keys(file, {}) == ("saved-by-an-editor-with-a-mark",)
    file.write_text("short")
    with pytest.raises(KeyFileError, match="shorter than 16"):
        read_keys(file, {})
    file.write_text("# none")
    with pytest.raises(KeyFileError, match="no key"):
        read_keys(file, {})


def test_what_cannot_be_served_is_said_before_anything_is_loaded() -> None:
    from emotion_classifier.serving.api.server import serve

    with pytest.raises(EmotionClassifierError, match="Leave out --app, or the keys"):
        serve(None, ServeOptions(keys=("long-enough-for-a-key",)), with_app=True)
    with pytest.raises(ValueError, match="is no origin"):
        ServeOptions(frame_ancestors=("https://a.example; script-src *",))


def test_limits_and_frames_hold_for_the_web_app_too(rendered_faces: Path) -> None:
    pytest.importorskip("gradio", reason="the extra app is not installed")
    command = [sys.executable, "-m", "emotion_classifier", "serve", "--app", "--port", "0", "--workers", "1"]
    options = ["--max-megabytes", "0.5", "--max-megapixels", "0.001", "--frame-ancestor", "https://a.example"]
    with running([*command, *options]) as service, service.client() as client:
        page = client.get("/")
        assert page.headers["content-security-policy"].endswith("frame-ancestors 'self' https://a.example")
        token = client.post("/gallery").json()["token"]
        photo = (rendered_faces / "happy" / "01.jpg").read_bytes()
        told = client.post(f"/gallery/{token}", params={"name": "a.jpg"}, content=photo).text
        assert "leftOut" in told and "the limit is 0.001 million" in told and "--max-megapixels" in told
        large = photo + bytes(500_000)
        told = client.post(f"/gallery/{token}", params={"name": "a.jpg"}, content=large).text
        assert "It is over 0.5 MB" in told
