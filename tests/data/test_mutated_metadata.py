"""Odd and damaged metadata: read, or refused with what to do, never anything else."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest
from mutations import metadata, write_parquet

from emotion_classifier.data import read_folder, read_parquet
from emotion_classifier.errors import DatasetError

ROUNDS = 200


@pytest.mark.timeout(120)
def test_metadata_files(plain_folder: Path) -> None:
    names = sorted(path.relative_to(plain_folder).as_posix() for path in plain_folder.glob("*/*"))
    read = 0
    for number in range(ROUNDS):
        name, content = metadata(Random(number), names)
        (plain_folder / name).write_bytes(content)
        try:
            read += len(read_folder(plain_folder)) > 0
        except DatasetError as error:
            assert str(error)
        except Exception as error:
            raise AssertionError(f"round {number} raised {error!r}") from error
        (plain_folder / name).unlink()
    assert read > 0.1 * ROUNDS


@pytest.mark.timeout(120)
def test_parquet_schemas(plain_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    picture = next(plain_folder.glob("*/*")).read_bytes()
    read = 0
    for number in range(ROUNDS):
        rng = Random(number)
        root = tmp_path / "parquet"
        root.mkdir()
        write_parquet(root / rng.choice(("train.parquet", "test-00000-of-00001.parquet")), rng, picture)
        try:
            read += len(read_parquet(root)) > 0
        except DatasetError as error:
            assert str(error)
        except Exception as error:
            raise AssertionError(f"round {number} raised {error!r}") from error
        shutil.rmtree(root)
    assert read > 0.05 * ROUNDS
