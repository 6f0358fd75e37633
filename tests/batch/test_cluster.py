"""A batch on a cluster of Ray, started on this machine for these tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fragile import Fragile
from pyarrow import parquet

from emotion_classifier import Bundle, EmotionClassifier
from emotion_classifier.batch import Batch, BatchOptions, claimed
from emotion_classifier.batch.cluster import import_ray, load_classifier
from emotion_classifier.batch.inputs import part_inputs
from emotion_classifier.errors import BatchError, MissingExtraError


def begin(given: Path, out: Path, **options: Any) -> Batch:
    chosen = BatchOptions(**{"part_size": 8, "workers": 2, **options})
    with claimed(out):
        return Batch(str(given), out, bundle=Bundle.default(), options=chosen)


def rows(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parquet.read_table(out).to_pylist()
    return found


def test_parts_know_what_they_are_read_from(tmp_path: Path) -> None:
    folder, listing = tmp_path / "in", tmp_path / "listing"
    folder.mkdir()
    listing.write_text("".join(f'{{"path": "{number}.jpg"}}\n' for number in range(19)))
    parts = part_inputs(listing, [0, 2], 8)
    assert [(part.part, part.first) for part in parts] == [(0, 0), (2, 16)]
    assert [file.name for file in parts[1].photo_files(8)] == ["16.jpg", "17.jpg", "18.jpg"]


def test_without_ray_the_pip_line_is_told(absent: Callable[[str], None]) -> None:
    absent("ray")
    with pytest.raises(MissingExtraError, match=r"'ray', which is not installed.*\[ray\]"):
        import_ray()


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """A cluster of two processors, with what these tests can import."""
    found = pytest.importorskip("ray", reason="Ray is not installed: pip install 'emotion-classifier[ray]'")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    found.init(
        "local",
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": environment},
    )
    yield found
    found.shutdown()


@pytest.mark.filterwarnings("ignore")  # those of Ray
def test_a_cluster_reads_what_one_machine_reads(ray: Any, rendered_faces: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    classifier = EmotionClassifier()
    begin(rendered_faces, here).run(classifier)
    batch = begin(rendered_faces, there)
    batch.read_on_cluster(load_classifier(classifier.bundle, threads=1), "auto")
    assert batch.left == 0
    summary = batch.run(classifier)
    assert rows(there) == rows(here) and summary.photos == summary.with_faces == len(rows(here))
    (there / "part-000001.parquet").unlink()
    again = begin(rendered_faces, there)
    assert again.left == 8
    told: list[int] = []
    again.read_on_cluster(load_classifier(classifier.bundle, threads=1), "auto", advanced=told.append)
    assert told == [8] and rows(there) == rows(here)


@pytest.mark.filterwarnings("ignore")
def test_a_photo_that_ends_its_process_ends_no_actor(ray: Any, tmp_path: Path) -> None:
    photos = tmp_path / "in"
    photos.mkdir()
    for number in range(20):
        (photos / f"{number:02}.jpg").write_text("fatal" if number == 9 else "fine")
    batch = begin(photos, tmp_path / "out")
    batch.read_on_cluster(Fragile, "auto")  # type: ignore[arg-type]
    summary = batch.run(Fragile())  # type: ignore[arg-type]
    (died,) = summary.died
    assert died["file"].endswith("09.jpg") and "Its process ended with exit code 9" in died["reason"]
    assert [row["file"][-6:-4] for row in rows(tmp_path / "out")] == [f"{number:02}" for number in range(20)]


@pytest.mark.filterwarnings("ignore")
def test_another_model_on_the_cluster_is_refused(ray: Any, rendered_faces: Path, tmp_path: Path) -> None:
    batch = begin(rendered_faces, tmp_path / "out")
    with pytest.raises(BatchError, match="default.*there, and another here.*needs this package"):
        batch.read_on_cluster(partial(refuse, "another"), "auto")
    assert batch.left == batch.photos


def refuse(here: str) -> EmotionClassifier:
    raise BatchError(f"The model is default there, and {here} here")


USAGE = """
from emotion_classifier.batch.cluster import import_ray
import_ray()
from ray._common.usage.usage_lib import usage_stats_enabled
print("reports usage:", usage_stats_enabled())
"""


def test_ray_does_not_report_its_usage() -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'emotion-classifier[ray]'")
    unset = {name: value for name, value in os.environ.items() if name != "RAY_USAGE_STATS_ENABLED"}
    done = subprocess.run([sys.executable, "-c", USAGE], capture_output=True, text=True, env=unset)
    assert done.stdout == "reports usage: False\n", done.stderr


LISTENS = """
import psutil
from emotion_classifier.batch.cluster import Cluster
with Cluster("local"):
    own = psutil.Process()
    places = [each for process in [own, *own.children(recursive=True)] for each in process.net_connections("inet")]
    print({each.laddr.ip.removeprefix("::ffff:") for each in places if each.status == psutil.CONN_LISTEN})
"""


def test_nobody_else_reaches_a_cluster_of_this_machine() -> None:
    for needed in ("ray", "psutil"):
        pytest.importorskip(needed, reason=f"{needed} is not installed")
    unset = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run([sys.executable, "-c", LISTENS], capture_output=True, text=True, env=unset)
    assert done.stdout == "{'127.0.0.1'}\n", done.stderr
