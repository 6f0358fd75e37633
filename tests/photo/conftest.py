"""A picture in which every turn shows."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def picture() -> Image.Image:
    """60 × 40: four quarters, red, green, blue, grey, told apart after any turn."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:20, :30], pixels[:20, 30:] = (200, 20, 20), (20, 200, 20)
    pixels[20:, :30], pixels[20:, 30:] = (20, 20, 200), (120, 120, 120)
    return Image.fromarray(pixels)
