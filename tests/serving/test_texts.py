"""The words of the app: all in one file for each language."""

from __future__ import annotations

import json
import re
import string
from html import unescape
from pathlib import Path
from typing import get_args

import pytest

from emotion_classifier.photo import PhotoLimits
from emotion_classifier.photo.archive import Why
from emotion_classifier.photo.file_kinds import Kind
from emotion_classifier.serving import page, texts

from .fake_server import FakeClassifier

FOLDER = Path(texts.__file__).parent
KEY = re.compile(r"""say(?:\.count)?\(\s*["']([a-z_]+\.[a-z_]+)["']""")


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_what_the_code_says_is_in_the_file() -> None:
    english = texts.load()
    used = {
        key
        for pattern in ("*.py", "*.js")
        for path in FOLDER.parent.glob(pattern)
        for key in KEY.findall(path.read_text(encoding="utf-8"))
    }
    assert len(used) > 40
    assert sorted(key for key in used if not {key, f"{key}_one"} & english.texts.keys()) == []


def test_what_the_script_says_is_given_to_the_page() -> None:
    body = page.body(texts.load(), FakeClassifier().bundle, [], reach="local", limits=PhotoLimits())
    attribute = re.search('data-texts="([^"]*)"', body)
    assert attribute
    given = json.loads(unescape(attribute[1]))
    used = set(KEY.findall(page.script()))
    assert len(used) > 20 and sorted(used - given.keys()) == []


@pytest.mark.parametrize("language", texts.languages())
def test_a_language_says_all_that_english_says(language: str) -> None:
    english, other = texts.load().texts, texts.load(language).texts
    assert other.keys() == english.keys()
    assert [key for key in other if fields(other[key]) != fields(english[key])] == []
    assert [key for key in other if "<" in re.sub("</?b>", "", other[key])] == []


def test_a_language_without_a_file_is_explained() -> None:
    with pytest.raises(ValueError, match=r"no texts in 'xx'. Choose one of: en"):
        texts.load("xx")


def test_one_is_not_several() -> None:
    say = texts.load()
    assert say.count("gallery.photos", 1) == "1 photo"
    assert say.count("gallery.photos", 1200) == "1,200 photos"


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_of_file_has_words(kind: str) -> None:
    assert texts.load()(f"left_out.{kind}").startswith("It is")


@pytest.mark.parametrize("why", set(get_args(Why)) - {"not a picture", "too large"})
def test_all_that_may_be_wrong_with_a_zip_has_words(why: str) -> None:
    said = texts.load()(f"left_out.{why.replace(' ', '_')}", error="Input/output error")
    assert said.startswith("It ") and said.endswith(".")
