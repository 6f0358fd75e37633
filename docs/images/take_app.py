"""Take the picture of the web app in the README: `python docs/images/take_app.py PHOTO [CHROMIUM]`.

Needs playwright and a Chromium; the reading in the picture is the default model's own.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import sync_playwright

from emotion_classifier.serving.app import build_app, free_socket

OUT = Path(__file__).with_name("app.png")


def main(photo: str, chromium: str = "/usr/bin/chromium") -> None:
    """Serve the app, give it the photo, and save what the page shows."""
    listening = free_socket("127.0.0.1")
    server = uvicorn.Server(uvicorn.Config(build_app(), log_level="warning", timeout_graceful_shutdown=1))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    serving.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 920})
        page.goto(f"http://127.0.0.1:{listening.getsockname()[1]}")
        page.locator("[data-do=choose-photos]").wait_for(timeout=30_000)
        page.set_input_files("[data-part=photos]", photo)
        page.locator(".ec-detail article.ec-card").first.wait_for()
        page.wait_for_timeout(500)
        page.screenshot(path=OUT)
        browser.close()
    server.should_exit = True
    serving.join()
    Image.open(OUT).convert("RGB").save(OUT, optimize=True)
    print(f"{OUT}: {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*sys.argv[1:])
