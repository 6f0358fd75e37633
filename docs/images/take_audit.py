"""Take the picture of the audit's page in docs/audit.md: `python docs/images/take_audit.py [CHROMIUM]`.

Needs playwright and a Chromium. Every figure in it is made up; the page says so in its title.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.report.audit_page import write_audit_page

OUT = Path(__file__).with_name("audit.png")
TITLE = "Example with made-up figures"
GROUPS = (
    ("gender", "female", 412, 0.95, 0.10),
    ("gender", "male", 388, 0.93, 0.13),
    ("gender", "other", 9, 0.0, 0.0),
    ("age", "0 to 17", 84, 0.90, 0.19),
    ("age", "18 to 39", 391, 0.96, 0.09),
    ("age", "40 to 59", 226, 0.94, 0.11),
    ("age", "60 and over", 104, 0.80, 0.28),
    ("age", "(not said)", 4, 0.0, 0.0),
    ("gender × age", "female × 60 and over", 56, 0.86, 0.23),
    ("gender × age", "male × 60 and over", 48, 0.73, 0.33),
    ("gender × age", "female × 0 to 17", 19, 0.0, 0.0),
)
PAGE = "One group is compared with another.\n\nA model may serve some people worse.\n\nMore photos of them."


def example() -> dict[str, Any]:
    """Make up an audit of 809 photos."""

    def share(part: float, n: int) -> dict[str, Any]:
        return wilson(round(part * n), n).to_dict()

    groups = []
    for by, group, n, right, unsure in GROUPS:
        figures: dict[str, Any] = {"by": by, "group": group, "n": n, "people": n - n // 9, "needed": None}
        if right:
            figures |= {"accuracy": share(right, n), "abstention": share(unsure, n)}
        else:
            figures["needed"] = 35
        groups.append(figures)
    gap = {"by": "age", "metric": "accuracy", "highest": "18 to 39", "lowest": "60 and over"}
    gap |= {
        "difference": {"value": 0.163, "low": 0.09, "high": 0.245, "n": 495},
        "ratio": {"value": 0.83, "low": 0.745, "high": 0.906, "n": 495},
        "p_value": 0.0002,
        "p_corrected": 0.0008,
        "shown": True,
    }
    even = {"by": "gender", "metric": "accuracy", "highest": "female", "lowest": "male"}
    even |= {
        "difference": {"value": 0.02, "low": -0.013, "high": 0.055, "n": 800},
        "ratio": {"value": 0.979, "low": 0.942, "high": 1.014, "n": 800},
        "p_value": 0.22,
        "p_corrected": 0.44,
        "shown": False,
    }
    message = "Faces of 60 and over are read right in 79.8 % (71.1 to 86.4), those of 18 to 39 in 95.9 %."
    return {
        "model": "compact-example",
        "labels": ["happy", "sad"],
        "unit": "people",
        "n": 809,
        "overall": {"accuracy": share(0.932, 809), "abstention": share(0.127, 809)},
        "groups": groups,
        "gaps": [gap, even],
        "findings": [
            {
                "code": "FAIR001",
                "title": "A group is read worse than another",
                "severity": "warning",
                "files": [],
                "evidence": {"message": message, "p_corrected": 0.0008, "difference": 0.163},
            }
        ],
        "not_measured": [
            "gender: other, 9 photos, too few to say.",
            "No column says what light a photo was taken in.",
        ],
        "counterfactual": rendered(),
    }


def rendered() -> dict[str, Any]:
    """Make up a counterfactual audit of skin tone and age."""
    strengths = [-1.0, -0.5, 0.0, 0.5, 1.0]
    levels = {
        "skin tone": {"light": 0.0, "medium": -0.02, "dark": -0.09},
        "age": {"young": 0.03, "middle": 0.0, "old": -0.16},
    }
    degrees = [-0.78, -0.45, 0.02, 0.55, 0.9]
    factors, curves = [], []
    for factor, shifts in levels.items():
        told = []
        for level, shift in shifts.items():
            curves.append(
                {
                    "factor": factor,
                    "level": level,
                    "expression": strengths,
                    "degree": [d + shift for d in degrees],
                }
            )
            degree = {"value": 0.048 + shift, "low": 0.012 + shift, "high": 0.085 + shift, "n": 160}
            told.append(
                {
                    "level": level,
                    "n": 160,
                    "degree": degree,
                    "spearman_min": 0.9,
                    "faces_found": wilson(158, 160).to_dict(),
                }
            )
        factors.append({"factor": factor, "levels": told})
    return {
        "identities": 32,
        "images": 960,
        "factors": factors,
        "curves": curves,
        "violations": [],
        "findings": [],
    }


def main(chromium: str = "/usr/bin/chromium") -> None:
    """Write the page and save the top of it as a picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "audit.html"
        write_audit_page(example(), page_file, pages={"FAIR001": PAGE}, title=TITLE)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1080, "height": 1240})
        page.goto(page_file.as_uri())
        page.screenshot(path=OUT)
        browser.close()
    Image.open(OUT).convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(OUT, optimize=True)
    print(f"{OUT}: {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*sys.argv[1:])
