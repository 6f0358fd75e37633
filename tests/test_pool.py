"""Jobs in other processes: each answers for itself, and none outlives the process that asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jobs
import pytest
from jobs import done_by

from emotion_classifier.errors import EmotionClassifierError
from emotion_classifier.pool import Crew, Job, Outcome, PoolOptions, Standby, run_here, run_jobs


def test_jobs_are_done_with_what_they_share_and_what_libraries_print_disturbs_nothing() -> None:
    found = done_by([1, 2, 3], workers=2, threads=3)
    assert sorted(found) == ["job 0", "job 1", "job 2"]
    for number, outcome in enumerate(found[name] for name in sorted(found)):
        assert outcome.reason is None and outcome.value[1:] == (5, "3", number + 1)
    assert os.getpid() not in {outcome.value[0] for outcome in found.values()}


def test_a_process_does_job_after_job_unless_each_is_to_have_its_own() -> None:
    pids = {outcome.value[0] for outcome in done_by([1, 2, 3]).values()}
    fresh = {outcome.value[0] for outcome in done_by([1, 2, 3], fresh=True).values()}
    assert (len(pids), len(fresh)) == (1, 3)


def test_a_job_that_fails_or_takes_its_process_along_costs_no_other() -> None:
    found = done_by(["refused", "broken", "killed", "crashed", 5])
    assert [outcome.reason for outcome in found.values()] == [
        "The loss is no number any more.",
        "ZeroDivisionError: division by zero",
        "Its process was killed (signal 9), as the system does when memory runs out.",
        "Its process ended with exit code 7: no room on the device",
        None,
    ]
    assert [outcome.died for outcome in found.values()] == [False, False, True, True, False]
    assert found["job 4"].value[3] == 5


def test_a_job_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    found = done_by(["slow"], shared={"offset": 5, "pids": tmp_path}, seconds=2.0)
    assert found["job 0"].reason == "It took longer than 2 s and was stopped." and found["job 0"].died
    assert not any(alive(int(path.name)) for path in tmp_path.iterdir())


def test_what_cannot_be_handed_over_is_told() -> None:
    with pytest.raises(EmotionClassifierError, match="at the top of a module"):
        done_by([1], task=lambda shared, argument: argument)


def test_the_next_job_may_depend_on_what_came_of_the_one_before() -> None:
    asked: list[int] = []

    def following() -> Job | None:
        return Job("next", len(asked)) if len(asked) < 3 else None

    def done(outcome: Outcome) -> None:
        asked.append(outcome.value)

    run_here(lambda shared, argument: argument + shared, 10, following=following, done=done)
    assert asked == [10, 11, 12]


def test_processes_on_standby_import_at_once_do_jobs_and_end_whether_needed_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave = "import os\nfrom pathlib import Path\nPath(__file__).with_name(str(os.getpid())).touch()\n"
    (tmp_path / "leaves_its_number.py").write_text(leave)
    monkeypatch.syspath_prepend(tmp_path)
    given, found = iter([Job("one", 1)]), list[Outcome]()
    options = PoolOptions(workers=2)
    with Standby(("leaves_its_number",), options=options) as standby:
        wait_for(lambda: len(list(tmp_path.glob("[0-9]*"))) == 2)
        with Crew(jobs.work, {"offset": 5}, options=options, standby=standby) as crew:
            crew.run(following=lambda: next(given, None), done=found.append)
    begun = {int(path.name) for path in tmp_path.glob("[0-9]*")}
    assert found[0].value[0] in begun
    assert not any(map(alive, begun))


def test_a_killed_parent_leaves_no_child(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, jobs.__file__, str(tmp_path)])
    wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
    children = [int(path.name) for path in tmp_path.iterdir()]
    assert all(map(alive, children))
    parent.kill()
    parent.wait()
    wait_for(lambda: not any(map(alive, children)))


def test_ctrl_c_ends_the_processes_and_they_say_nothing(tmp_path: Path) -> None:
    command = [sys.executable, jobs.__file__, str(tmp_path)]
    parent = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    wait_for(lambda: len(list(tmp_path.iterdir())) == 2)
    os.killpg(parent.pid, signal.SIGINT)
    _, said = parent.communicate(timeout=60)
    assert said.count("Traceback") == 1 and said.rstrip().endswith("KeyboardInterrupt")
    assert not any(alive(int(path.name)) for path in tmp_path.iterdir())


def test_an_error_on_the_way_ends_the_processes(tmp_path: Path) -> None:
    given = iter([Job("slow", "slow"), Job("quick", 1)])

    def stop(outcome: Outcome) -> None:
        wait_for(lambda: len(list(tmp_path.iterdir())) == 1)
        raise ZeroDivisionError(outcome.job.name)

    with pytest.raises(ZeroDivisionError, match="quick"):
        run_jobs(
            jobs.work,
            {"offset": 0, "pids": tmp_path},
            following=lambda: next(given, None),
            done=stop,
            options=PoolOptions(workers=2),
        )
    assert not any(alive(int(path.name)) for path in tmp_path.iterdir())


def wait_for(condition: object) -> None:
    deadline = time.monotonic() + 120
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process is at work; one that has ended and is not yet waited for is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.is_file() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
