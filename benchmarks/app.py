"""How long a person waits for the web app, in headless Chromium: `python benchmarks/app.py PHOTO_DIR`.

First paint of the page; the answer after a photo is given; a hundred photos in a zip; the serious problems that
axe-core finds (`npm install --no-save axe-core@4`), if it is there. Needs playwright and a quiet machine. Times are
seconds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
import zipfile
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from results import write_results

from emotion_classifier.photo import find_photos
from emotion_classifier.serving.app import build_app, free_socket

AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
GIVE = "[data-part=photos]"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"


def opened(browser: Browser, url: str, **options: Any) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(url)
    page.locator("[data-do=choose-photos]").wait_for(timeout=60_000)
    return page


def spread(seconds: list[float]) -> dict[str, Any]:
    return {
        "median": round(statistics.median(seconds), 3),
        "lowest": round(min(seconds), 3),
        "highest": round(max(seconds), 3),
        "n": len(seconds),
    }


def first_paint(browser: Browser, url: str, rounds: int) -> dict[str, Any]:
    painted, usable = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        page = opened(browser, url)
        usable.append(time.perf_counter() - started)
        painted.append(float(page.evaluate(PAINTED)))
        page.context.close()
    return {"first paint": spread(painted), "page usable": spread(usable)}


def answer(browser: Browser, url: str, photos: list[Path]) -> dict[str, Any]:
    waits = []
    for photo in photos:
        page = opened(browser, url)
        started = time.perf_counter()
        page.set_input_files(GIVE, str(photo))
        page.locator(".ec-detail .ec-card").first.wait_for(timeout=60_000)
        waits.append(time.perf_counter() - started)
        page.context.close()
    return spread(waits)


def hundred(browser: Browser, url: str, photos: list[Path], number: int) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        with zipfile.ZipFile(file, "w") as archive:
            for index, photo in enumerate(islice(cycle(photos), number)):
                archive.write(photo, f"{index}{photo.suffix}")
        file.flush()
        waits = []
        for _ in range(3):
            page = opened(browser, url)
            started = time.perf_counter()
            page.set_input_files(GIVE, file.name)
            page.locator(".ec-gallery").wait_for(timeout=300_000)
            waits.append(time.perf_counter() - started)
            page.context.close()
    return spread(waits)


def serious_problems(browser: Browser, url: str, photo: Path) -> dict[str, list[str]]:
    found = {}
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 320)):
        page = opened(browser, url, color_scheme=scheme, viewport={"width": width, "height": 900})
        page.set_input_files(GIVE, str(photo))
        page.locator(".ec-detail .ec-card").first.wait_for(timeout=60_000)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        violations = page.evaluate("axe.run()")["violations"]
        found[f"{scheme}, {width} px"] = [
            each["id"] for each in violations if each["impact"] in ("serious", "critical")
        ]
        page.context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("chromium", nargs="?", default="/usr/bin/chromium")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--in-zip", type=int, default=100, help="photos in the zip")
    arguments = parser.parse_args()
    photos = list(find_photos(arguments.photos))
    figures: dict[str, Any] = {}

    def keep(found: dict[str, Any]) -> None:
        for name, figure in found.items():
            print(f"{name:28} {figure}", flush=True)
        figures.update(found)
        write_results("app", figures)

    listening = free_socket("127.0.0.1")
    server = uvicorn.Server(uvicorn.Config(build_app(), log_level="warning", timeout_graceful_shutdown=1))
    serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    serving.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=arguments.chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            keep(first_paint(browser, url, arguments.rounds))
            keep({"answer to one photo": answer(browser, url, photos[: arguments.rounds])})
            keep({f"{arguments.in_zip} photos in a zip": hundred(browser, url, photos, arguments.in_zip)})
            if AXE.is_file():
                keep({"serious problems (axe-core)": serious_problems(browser, url, photos[0])})
            else:
                print(f"axe-core was not asked: there is no {AXE}")
            browser.close()
    finally:
        server.should_exit = True
        serving.join()


if __name__ == "__main__":
    main()
