"""Take the picture of the review page in docs/clean.md: `python docs/images/take_review.py [CHROMIUM]`.

Needs playwright and a Chromium. The photos are the rendered faces of the tests, one of them in the wrong folder; its
finding is made up.
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

from emotion_classifier.cleaning.review import Review
from emotion_classifier.data import read_folder
from emotion_classifier.findings.finding import Finding
from emotion_classifier.serving.app import free_socket
from emotion_classifier.serving.review import build_app

OUT = Path(__file__).with_name("review.png")
FACES = Path(__file__).parents[2] / "tests" / "faces_rendered"


def made_up(file: str, probability: float) -> Finding:
    """Suggest that a face labelled sad is happy."""
    evidence = {
        "label": "sad",
        "suggested_label": "happy",
        "probability_of_label": 1 - probability,
        "probability_of_suggestion": probability,
    }
    return Finding(
        "DATA010", "Likely wrong label", "warning", (file,), "Labelled sad, looks happy.", evidence
    )


def main(chromium: str = "/usr/bin/chromium") -> None:
    """Serve the page, decide on one photo, and save what the second looks like."""
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        shutil.copytree(FACES, photos)
        shutil.copy(FACES / "happy" / "09.jpg", photos / "sad" / "portrait.jpg")
        findings = [
            made_up("sad/08.jpg", 0.61),
            made_up("sad/portrait.jpg", 0.972),
            made_up("sad/11.jpg", 0.55),
        ]
        review = Review(read_folder(photos), findings, Path(folder) / "decisions.csv")
        review.decide(0, "reject")
        listening = free_socket("127.0.0.1")
        app = build_app(review)
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
