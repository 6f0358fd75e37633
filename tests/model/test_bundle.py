"""A model on disk: what is refused, and with which words."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_classifier.errors import BundleNotFoundError, CorruptBundleError, NewerBundleError
from emotion_classifier.model.bundle import SHIPPED, Bundle, check_writable, rewrite
from emotion_classifier.model.known_photos import KnownPhotos


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED / "default", tmp_path / "bundle"))


def change(bundle: Path, **values: object) -> None:
    config = json.loads((bundle / "config.json").read_text())
    (bundle / "config.json").write_text(json.dumps(config | values))


def test_the_default_bundle_loads_and_is_small() -> None:
    bundle = Bundle.default()
    assert bundle.labels[:4] == ("happy", "neutral", "sad", "other")
    size = {
        folder.name: sum(path.stat().st_size for path in folder.iterdir()) for folder in SHIPPED.iterdir()
    }
    assert size["default"] + size["face_detector"] < 7_300_000, (
        "the default bundle and the detector promise this"
    )
    assert size["rendered"] < 15_000_000, "the rendered faces promise this"


def test_a_shipped_bundle_loads_by_name() -> None:
    assert Bundle.load("default").id == Bundle.default().id


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(BundleNotFoundError, match=r"no config\.json"):
        Bundle.load(tmp_path / "missing")


def test_an_empty_name_is_told() -> None:
    with pytest.raises(BundleNotFoundError, match="An empty name was given"):
        Bundle.load("")


@pytest.mark.parametrize("path", ["a" * 300, "a" * 253, "/".join(["a" * 200] * 40)])
def test_a_path_that_is_too_long_is_told(path: str) -> None:
    with pytest.raises(BundleNotFoundError, match=r"There is no bundle at \.?aaa"):
        Bundle.load(path)


def test_a_changed_model_is_refused_by_name(copy: Path) -> None:
    data = bytearray((copy / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "model.onnx").write_bytes(data)
    with pytest.raises(CorruptBundleError, match=r"model\.onnx.*SHA-256"):
        Bundle.load(copy)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "model.onnx").unlink()
    with pytest.raises(CorruptBundleError, match=r"model\.onnx is missing"):
        Bundle.load(copy)


def test_a_card_may_be_edited(copy: Path) -> None:
    (copy / "README.md").write_text("Mine now.", encoding="utf-8")
    assert Bundle.load(copy).id == Bundle.default().id


@pytest.mark.parametrize("stop_at", range(1, 4))
def test_a_kill_while_saving_leaves_the_old_bundle_or_the_new_one(copy: Path, stop_at: int) -> None:
    """The process ends at the first, second … rename or removal of a folder."""
    program = f"""
import os, pathlib, shutil, sys
from emotion_classifier.model.bundle import Bundle, rewrite
from emotion_classifier.model.known_photos import KnownPhotos
bundle, left = Bundle.load({str(copy)!r}), {stop_at}
def stopping(plain):
    def call(*arguments, **options):
        global left
        left -= 1
        if left == 0:
            os._exit(9)
        return plain(*arguments, **options)
    return call
pathlib.Path.replace = stopping(pathlib.Path.replace)
shutil.rmtree = stopping(shutil.rmtree)
rewrite(bundle, card="new", photos=KnownPhotos())
"""
    subprocess.run([sys.executable, "-c", program], check=False)
    after = Bundle.load(copy)
    assert (after.path / "README.md").read_text(encoding="utf-8") in (
        "new",
        (SHIPPED / "default" / "README.md").read_text(),
    )
    rewrite(after, card="newer")
    assert (copy / "README.md").read_text(encoding="utf-8") == "newer"


def test_what_else_is_in_the_folder_stays_when_card_or_photos_change(copy: Path) -> None:
    (copy / "LICENSE").write_text("Mine.")
    (copy / ".git").mkdir()
    (copy / ".git" / "HEAD").write_text("ref: refs/heads/main")
    before = {path.relative_to(copy) for path in copy.rglob("*")}
    for change in ({"card": "# new\n"}, {"photos": KnownPhotos()}):
        rewrite(Bundle.load(copy), **change)
        assert {path.relative_to(copy) for path in copy.rglob("*")} == before
    assert (copy / "LICENSE").read_text() == "Mine."
    assert (copy / "README.md").read_text() == "# new\n"


def test_a_newer_bundle_says_to_upgrade(copy: Path) -> None:
    change(copy, format_version=99)
    with pytest.raises(NewerBundleError, match=r"Upgrade with: "):
        Bundle.load(copy)


@pytest.mark.parametrize("content", ["", "[]", "{}", "\x00", '{"format_version": 1}'])
def test_a_broken_configuration_is_refused(copy: Path, content: str) -> None:
    (copy / "config.json").write_text(content)
    with pytest.raises(CorruptBundleError, match=r"config\.json.* Train or copy the bundle again\.$") as told:
        Bundle.load(copy)
    assert "Error(" not in str(told.value)


def test_a_file_outside_the_bundle_is_not_read(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    config["files"]["../secret"] = config["files"]["model.onnx"]
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(CorruptBundleError, match="plain file name"):
        Bundle.load(copy)


def test_an_unlisted_model_is_not_run(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    del config["files"]["model.onnx"]
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(CorruptBundleError, match=r"lists no model\.onnx"):
        Bundle.load(copy)


def test_somebody_elses_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(BundleNotFoundError, match="not overwritten"):
        check_writable(tmp_path)
