"""Jobs for the processes of a pool, in a module that they can import."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from emotion_classifier.errors import RecipeError
from emotion_classifier.pool import Job, Outcome, PoolOptions, run_jobs


def work(shared: dict[str, Any], argument: Any) -> Any:
    if argument == "refused":
        raise RecipeError("The loss is no number any more.")
    if argument == "broken":
        raise ZeroDivisionError("division by zero")
    if argument == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if argument == "crashed":
        os.write(2, b"no room on the device\n")
        os._exit(7)
    if argument == "slow":
        Path(shared["pids"], str(os.getpid())).touch()
        time.sleep(600)
    print("what a library says")
    return os.getpid(), shared["offset"], os.environ["OMP_NUM_THREADS"], argument


def done_by(
    arguments: list[Any], *, task: Any = work, shared: Any = None, **options: Any
) -> dict[str, Outcome]:
    """Do jobs named job 0, job 1, …, and return what came of them."""
    jobs = iter([Job(f"job {number}", argument) for number, argument in enumerate(arguments)])
    found: dict[str, Outcome] = {}

    def keep(outcome: Outcome) -> None:
        found[outcome.job.name] = outcome

    chosen = PoolOptions(**options)
    run_jobs(task, shared or {"offset": 5}, following=lambda: next(jobs, None), done=keep, options=chosen)
    return found


if __name__ == "__main__":
    import jobs  # By the name under which the processes find it.

    # A shell hands its background jobs down that Ctrl+C is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    jobs.done_by(["slow", "slow"], shared={"pids": sys.argv[1]}, workers=2)
