"""What the pages that are answered by keyboard have in common."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(("verb", "option"), [("label", "--rater=ann"), ("clean", "--review")])
def test_a_page_that_cannot_be_served_is_refused_before_photos_are_read(
    run: Run, verb: str, option: str, plain_folder: Path, absent: Callable[[str], None]
) -> None:
    pytest.importorskip("gradio")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(verb, plain_folder, option, "--no-browser", "--port", port)
    assert (done.returncode, done.stderr) == (
        1,
        f"Error: The port {port} of 127.0.0.1 is taken. Choose another port.\n",
    )
    absent("gradio")
    done = run(verb, plain_folder, option, "--no-browser")
    assert done.returncode == 1 and done.stderr.startswith("Error: ") and "[app]" in done.stderr
