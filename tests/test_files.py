"""Whatever fails while a result is written, the old one stays, or the new one is whole; nothing is left lying about."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_classifier.cleaning.cleaned_folder import CleanedFolder
from emotion_classifier.data.metadata import read_metadata, write_metadata
from emotion_classifier.errors import DatasetError
from emotion_classifier.files import Disk, append_line, atomic_write, held, replacing, write_new
from emotion_classifier.model.bundle import CARD, Bundle, BundleConfig, save_bundle

KILLED = Path(__file__).parents[1] / "benchmarks" / "killed_writers.py"


class FailingDisk(Disk):
    """Fails at the n-th thing it is asked for, having done half, and at all that follow unless it recovers."""

    def __init__(self, at: int, *, recovers: bool) -> None:
        self.at, self.recovers, self.asked = at, recovers, 0

    def _fails(self) -> bool:
        self.asked += 1
        return self.asked == self.at or (self.asked > self.at and not self.recovers)

    def write(self, path: Path, content: bytes) -> None:
        if self._fails():
            path.write_bytes(content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        super().write(path, content)

    def rename(self, source: Path, target: Path) -> None:
        if self._fails():
            raise OSError(errno.EIO, "Input/output error", str(target))
        super().rename(source, target)


def failures(write: Callable[[Disk], object], check: Callable[[bool], None]) -> None:
    """Let a writer fail at its first step, its second, and so on, until it does not."""
    for recovers in (True, False):
        for at in range(1, 20):
            disk = FailingDisk(at, recovers=recovers)
            try:
                write(disk)
            except (OSError, DatasetError):
                check(False)
                continue
            check(True)
            assert disk.asked < at, "a step that failed was passed over in silence"
            break
        else:
            raise AssertionError("it never came to an end")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_old_or_new(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text("old")

    def check(done: bool) -> None:
        assert path.read_text() == ("new" if done else "old")
        assert names(tmp_path) == ["result.json"]
        path.write_text("old")

    failures(lambda disk: atomic_write(path, "new", disk=disk), check)


def test_a_writer_that_raises_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "table.npz"
    path.write_text("old")

    def half(draft: Path) -> None:
        assert draft.suffix == ".npz"
        draft.write_text("ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        atomic_write(path, half)
    assert (path.read_text(), names(tmp_path)) == ("old", ["table.npz"])


def test_a_file_that_is_written_bit_by_bit_is_old_or_new(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def write(disk: Disk) -> None:
        with replacing(path, disk=disk) as draft, draft.open("w") as file:
            file.write("new")

    def check(done: bool) -> None:
        assert path.read_text() == ("new" if done else "old")
        assert names(tmp_path) == ["table.csv"]
        path.write_text("old")

    failures(write, check)


def test_a_new_file_is_there_or_not_and_replaces_none(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"an original")

    def check(done: bool) -> None:
        assert names(tmp_path) == (["a-2.jpg", "a.jpg"] if done else ["a.jpg"])
        assert path.read_bytes() == b"an original"
        (tmp_path / "a-2.jpg").unlink(missing_ok=True)

    failures(lambda disk: write_new(path, b"a picture", disk=disk), check)


def test_links_are_followed_and_permissions_kept(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "a.txt", tmp_path / "link.txt"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    atomic_write(link, "new")
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o777) == ("new", 0o640)


def test_what_is_no_file_is_written_to_and_not_replaced() -> None:
    atomic_write(os.devnull, "gone")
    assert Path(os.devnull).exists()
    assert not Path(os.devnull).is_file()


def test_the_longest_name_there_is(tmp_path: Path) -> None:
    path = tmp_path / f"{'é' * 123}.csv"
    atomic_write(path, "whole")
    assert path.read_text() == "whole"


def test_a_journal_goes_on_after_a_line_that_was_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    append_line(path, "one")
    with path.open("a") as file:
        file.write('{"cut')
    append_line(path, "two")
    assert path.read_text() == 'one\n{"cut\ntwo\n'


def test_metadata_is_old_or_new(tmp_path: Path) -> None:
    path = tmp_path / "metadata.csv"

    def reset() -> None:
        write_metadata(path, [{"file_name": "a.jpg", "label": "sad"}])

    def check(done: bool) -> None:
        assert read_metadata(tmp_path)["a.jpg"]["label"] == ("happy" if done else "sad")
        assert names(tmp_path) == ["metadata.csv"]
        reset()

    reset()
    failures(lambda disk: write_metadata(path, [{"file_name": "a.jpg", "label": "happy"}], disk=disk), check)


def bundle_with(out: Path, card: str, disk: Disk | None = None) -> Bundle:
    default = Bundle.default()
    config: BundleConfig = default.config.model_copy(update={"id": card})
    onnx = (default.path / "model.onnx").read_bytes()
    return save_bundle(out, onnx=onnx, config=config, card=card, disk=disk or Disk())


def test_a_bundle_is_old_or_new(tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    bundle_with(out, "old")

    def check(done: bool) -> None:
        # Where nothing can be renamed any more, the old one lies aside and is put back by the next who reads.
        found = Bundle.load(out)
        assert found.id == (found.path / CARD).read_text() == ("new" if done else "old")
        assert names(tmp_path) == ["bundle"]
        bundle_with(out, "old")

    failures(lambda disk: bundle_with(out, "new", disk), check)


def test_a_first_bundle_is_there_or_not(tmp_path: Path) -> None:
    out = tmp_path / "bundle"

    def check(done: bool) -> None:
        assert names(tmp_path) == (["bundle"] if done else [])

    disk = FailingDisk(3, recovers=False)
    with pytest.raises(OSError, match="No space"):
        bundle_with(out, "new", disk)
    check(False)
    bundle_with(out, "new")
    check(True)


def test_a_cleaned_folder_is_there_or_not(tmp_path: Path, plain_folder: Path) -> None:
    out = tmp_path / "cleaned"
    photos = sorted((plain_folder / "Happy").iterdir())[:3]
    for recovers in (True, False):
        for at in range(1, 10):
            disk = FailingDisk(at, recovers=recovers)
            try:
                with CleanedFolder(out, beside=plain_folder, disk=disk) as folder:
                    for photo in photos:
                        folder.copy("happy", photo)
            except DatasetError as error:
                assert "could not be written" in str(error)
                assert names(tmp_path) == ["photos"]
                continue
            assert names(out / "happy") == [photo.name for photo in photos]
            assert names(out) == ["happy"]
            for photo in (out / "happy").iterdir():
                photo.unlink()
            (out / "happy").rmdir()
            out.rmdir()
            break


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from emotion_classifier.files import held\n"
    code += "with held(Path(sys.argv[1])) as other: print(other, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, tmp_path / "lock"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "None\n"
        with held(tmp_path / "lock") as other:
            assert other and other.startswith(f"process {process.pid} on ")
        process.kill()
    assert names(tmp_path) == ["lock"]
    with held(tmp_path / "lock") as other:
        assert other is None
    assert names(tmp_path) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
@pytest.mark.parametrize("writer", ["bundle", "split", "clean", "export", "label"])
def test_killed_at_random_moments(tmp_path: Path, writer: str) -> None:
    done = subprocess.run(
        [sys.executable, KILLED, "--only", writer, "--kills", "12", "--seed", "1", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert (found["whole"], found["half"]) == (12, [])
