"""Take the picture of the page in docs/label.md: `python docs/images/take_label.py [CHROMIUM]`.

Needs playwright and a Chromium. The photos are the rendered faces of the tests.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import sync_playwright

from emotion_classifier.classifier import EmotionClassifier
from emotion_classifier.labelling.session import begin_labelling
from emotion_classifier.serving.app import free_socket
from emotion_classifier.serving.label import build_app

OUT = Path(__file__).with_name("label.png")
FACES = Path(__file__).parents[2] / "tests" / "faces_rendered"


def main(chromium: str = "/usr/bin/chromium") -> None:
    """Serve the page, grade one photo, and save what the second looks like."""
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        shutil.copytree(FACES, photos)
        labelling = begin_labelling(photos, rater="ann", classifier=EmotionClassifier())
        labelling.give(0, "slightly sad")
        listening = free_socket("127.0.0.1")
        app = build_app(labelling)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"http://127.0.0.1:{listening.getsockname()[1]}")
            page.wait_for_selector('[data-place="1"]', timeout=60_000)
            page.wait_for_timeout(1000)
            page.screenshot(path=OUT)
            browser.close()
        server.should_exit = True
        serving.join()
    Image.open(OUT).convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(OUT, optimize=True)
    print(f"{OUT}: {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*sys.argv[1:])
