"""How often the detector reports a face where there is none, and with --photos how often it finds one.

Three kinds of pictures without people:

- photographs that come with scikit-image and scikit-learn, each as it is and in eight more views;
- textures and patterns rendered here, the same on every run;
- patterns rendered here whose parts are laid out as in a face: two dots above a bar.

Left out, because they show people or likenesses of them: astronaut, camera, coins, lfw_subset and
no_time_for_that_tiny; and multipage, of 10 by 15 pixels. The cat (chelsea), the horse and the snake (logo)
are in: an animal's face is not one to be read. Views of one photograph resemble each other, so the
intervals, which take every picture for a draw of its own, are somewhat too narrow.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from results import write_results

from emotion_classifier.evaluation.intervals import wilson
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.photo import find_photos, read_photo

WIDTH, HEIGHT = 612, 408
SEEDS = range(20)
BUNDLED = {
    "skimage.data": (
        *("brick.png", "cell.png", "chelsea.png", "chessboard_RGB.png", "clock_motion.png"),
        *("coffee.png", "color.png", "grass.png", "gravel.png", "horse.png"),
        *("hubble_deep_field.jpg", "ihc.png", "logo.png", "microaneurysms.png", "moon.png"),
        *("motorcycle_left.png", "page.png", "phantom.png", "retina.jpg", "rocket.jpg", "text.png"),
    ),
    "sklearn.datasets.images": ("china.jpg", "flower.jpg"),
}

Generator = np.random.Generator
Picture = Image.Image


def views(picture: Picture) -> Iterator[tuple[str, Picture]]:
    """Yield a photograph as it is, mirrored, on its side, at half and twice its size, and its quarters."""
    width, height = picture.size
    yield "whole", picture
    yield "mirrored", picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    yield "on its side", picture.transpose(Image.Transpose.ROTATE_90)
    yield "half size", picture.resize((width // 2, height // 2), Image.Resampling.LANCZOS)
    yield "twice the size", picture.resize((width * 2, height * 2), Image.Resampling.BICUBIC)
    for name, x, y in (("NW", 0, 0), ("NE", 1, 0), ("SW", 0, 1), ("SE", 1, 1)):
        left, top = x * width // 2, y * height // 2
        quarter = picture.crop((left, top, left + width // 2, top + height // 2))
        yield f"quarter {name}, enlarged", quarter.resize((width, height), Image.Resampling.BICUBIC)


def colour(rng: Generator, low: int = 0, high: int = 256) -> tuple[int, ...]:
    return tuple(rng.integers(low, high, 3).tolist())


def softened(picture: Picture, rng: Generator) -> Picture:
    """Blur a drawing as a lens would, by half a pixel to two."""
    return picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 2)))


def canvas(rng: Generator) -> tuple[Picture, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (WIDTH, HEIGHT), colour(rng))
    return picture, ImageDraw.Draw(picture)


def from_values(values: np.ndarray, rng: Generator) -> Picture:
    """Colour values between 0 and 1 on the way from one random colour to another."""
    first, second = np.array(colour(rng)), np.array(colour(rng))
    return Image.fromarray((first + values[..., None] * (second - first)).astype(np.uint8))


def grid(rng: Generator) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of every pixel, turned by a random angle."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
    angle = rng.uniform(0, math.pi)
    return (
        columns * math.cos(angle) + rows * math.sin(angle),
        rows * math.cos(angle) - columns * math.sin(angle),
    )


def noise(rng: Generator) -> Picture:
    grain = int(2 ** rng.uniform(0, 6))
    small = rng.integers(0, 256, (HEIGHT // grain + 2, WIDTH // grain + 2, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def clouds(rng: Generator) -> Picture:
    total = np.zeros((HEIGHT, WIDTH))
    steepness = rng.uniform(0.5, 1.1)
    for octave in range(8):
        cells = 2 ** (octave + 1)
        small = Image.fromarray(rng.normal(size=(cells, cells)).astype(np.float32))
        total += np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)) * steepness**octave
    return from_values((total - total.min()) / np.ptp(total), rng)


def stripes(rng: Generator) -> Picture:
    along, _ = grid(rng)
    wave = np.sin(along * 2 * math.pi / rng.uniform(6, 120))
    return from_values(0.5 + 0.5 * np.clip(wave * rng.uniform(1, 8), -1, 1), rng)


def checks(rng: Generator) -> Picture:
    side = rng.uniform(6, 90)
    along, across = grid(rng)
    return softened(from_values((np.floor(along / side) + np.floor(across / side)) % 2, rng), rng)


def waves(rng: Generator) -> Picture:
    total = sum(np.sin(grid(rng)[0] * 2 * math.pi / rng.uniform(15, 200)) for _ in range(5))
    return from_values(np.clip(0.5 + total / 10, 0, 1), rng)


def gradient(rng: Generator) -> Picture:
    along, across = grid(rng)
    if rng.random() < 0.5:
        along = np.hypot(along - rng.choice(along.ravel()), across - rng.choice(across.ravel()))
    return from_values((along - along.min()) / np.ptp(along), rng)


def blobs(rng: Generator) -> Picture:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    total = np.zeros((HEIGHT, WIDTH))
    for _ in range(rng.integers(8, 40)):
        x, y, spread = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(8, 70)
        total += rng.normal() * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * spread**2))
    return from_values((total - total.min()) / np.ptp(total), rng)


def bricks(rng: Generator) -> Picture:
    picture, draw = canvas(rng)
    height = int(rng.integers(12, 60))
    width = int(height * rng.uniform(1.5, 3))
    base = np.array(colour(rng, 60, 200))
    for row in range(HEIGHT // height + 1):
        for left in range(-(row % 2) * width // 2, WIDTH, width):
            shade = tuple(np.clip(base + rng.normal(0, 15, 3), 0, 255).astype(int).tolist())
            top = row * height
            draw.rectangle((left + 2, top + 2, left + width - 2, top + height - 2), fill=shade)
    return softened(picture, rng)


def windows(rng: Generator) -> Picture:
    """Render the front of a house: dark panes in rows."""
    picture, draw = canvas(rng)
    across, down = int(rng.integers(2, 9)), int(rng.integers(2, 6))
    step_x, step_y = WIDTH / across, HEIGHT / down
    width, height = step_x * rng.uniform(0.3, 0.7), step_y * rng.uniform(0.3, 0.8)
    for column in range(across):
        for row in range(down):
            x, y = (column + 0.5) * step_x, (row + 0.5) * step_y
            pane = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            draw.rectangle(pane, fill=colour(rng, 0, 110), outline=colour(rng, 130), width=3)
    return softened(picture, rng)


def text(rng: Generator) -> Picture:
    """Render marks like lines of handwriting."""
    picture, draw = canvas(rng)
    ink, size = colour(rng), int(rng.integers(8, 40))
    for line in range(size, HEIGHT, size * 2):
        x = float(size)
        while x < WIDTH - size:
            strokes = rng.uniform(-0.5, 0.5, (int(rng.integers(2, 5)), 2)) * size + (x, line)
            draw.line([tuple(point) for point in strokes.tolist()], fill=ink, width=max(1, size // 8))
            x += size * (1.8 if rng.random() < 0.15 else 0.9)
    return softened(picture, rng)


def leaves(rng: Generator) -> Picture:
    """Render overlapping leaves of one hue, each a lens with a midrib."""
    picture, draw = canvas(rng)
    base = np.array(colour(rng, 40, 200))
    for _ in range(int(rng.integers(60, 400))):
        x, y, angle = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(0, 2 * math.pi)
        length, slim = rng.uniform(15, 90), rng.uniform(0.15, 0.4)
        turn = np.linspace(0, 2 * math.pi, 24)
        outline = np.cos(turn) * length + 1j * np.sin(turn) ** 3 * length * slim
        points = outline * np.exp(1j * angle) + complex(x, y)
        shade = tuple(np.clip(base + rng.normal(0, 30), 0, 255).astype(int).tolist())
        draw.polygon([(p.real, p.imag) for p in points.tolist()], fill=shade)
        ends = [(points[i].real, points[i].imag) for i in (0, 12)]
        draw.line(ends, fill=tuple(value // 2 for value in shade))
    return softened(picture, rng)


def dead_leaves(rng: Generator) -> Picture:
    """Render overlapping discs whose sizes follow a power law, as things in photographs do."""
    picture, draw = canvas(rng)
    for _ in range(3000):
        x, y = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT)
        radius = min(5 * rng.random() ** -0.5, 150)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour(rng))
    return softened(picture, rng)


def circles(rng: Generator) -> Picture:
    """Render discs and rings strewn at random."""
    picture, draw = canvas(rng)
    for _ in range(int(rng.integers(3, 40))):
        x, y, radius = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(5, 80)
        disc = colour(rng) if rng.random() < 0.5 else None
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill=disc, outline=colour(rng), width=int(rng.integers(1, 8)))
    return softened(picture, rng)


def lights(rng: Generator) -> Picture:
    """Render street lights out of focus."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), colour(rng, 0, 40))
    for _ in range(int(rng.integers(5, 40))):
        x, y, radius = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(6, 50)
        mask = Image.new("L", picture.size)
        box = (x - radius, y - radius, x + radius, y + radius)
        ImageDraw.Draw(mask).ellipse(box, fill=int(rng.integers(40, 200)))
        picture.paste(colour(rng, 100), mask=mask.filter(ImageFilter.GaussianBlur(radius / 10)))
    return picture


def branches(rng: Generator) -> Picture:
    """Render a leafless tree."""
    picture, draw = canvas(rng)
    bark = colour(rng, 0, 120)
    tips = [(complex(rng.uniform(100, WIDTH - 100), HEIGHT), -math.pi / 2, rng.uniform(70, 130), 14.0)]
    while tips:
        start, angle, length, width = tips.pop()
        end = start + length * complex(math.cos(angle), math.sin(angle))
        draw.line([(start.real, start.imag), (end.real, end.imag)], fill=bark, width=max(1, round(width)))
        if length > 10:
            forks = rng.normal(0, 0.5, int(rng.integers(2, 4)))
            tips += [(end, angle + fork, length * rng.uniform(0.6, 0.85), width * 0.65) for fork in forks]
    return softened(picture, rng)


def blank_heads(rng: Generator) -> Picture:
    """Render ovals in the colours of skin, without anything on them, on clouds."""
    picture = clouds(rng)
    draw = ImageDraw.Draw(picture)
    for _ in range(int(rng.integers(1, 4))):
        x, y, radius = rng.uniform(100, WIDTH - 100), rng.uniform(100, HEIGHT - 100), rng.uniform(30, 110)
        tone = rng.uniform(0.3, 1)
        skin = (int(235 * tone), int(190 * tone), int(160 * tone))
        draw.ellipse((x - radius * 0.75, y - radius, x + radius * 0.75, y + radius), fill=skin)
    return softened(picture, rng)


def sockets(rng: Generator) -> Picture:
    """Render a plate with two round holes above a slot, like a wall socket: laid out as a face."""
    picture, draw = canvas(rng)
    x, y, side = rng.uniform(150, WIDTH - 150), rng.uniform(130, HEIGHT - 130), rng.uniform(60, 240)
    draw.rounded_rectangle(
        (x - side / 2, y - side / 2, x + side / 2, y + side / 2), side / 8, fill=colour(rng)
    )
    dark, apart, hole = colour(rng, 0, 90), side * rng.uniform(0.15, 0.25), side * rng.uniform(0.03, 0.09)
    for eye in (x - apart, x + apart):
        draw.ellipse((eye - hole, y - side / 6 - hole, eye + hole, y - side / 6 + hole), fill=dark)
    wide, low = side * rng.uniform(0.08, 0.25), y + side * rng.uniform(0.15, 0.3)
    draw.rectangle((x - wide, low - hole, x + wide, low + hole), fill=dark)
    return softened(picture, rng)


def cars(rng: Generator) -> Picture:
    """Render two lamps above a grille, like the front of a car: laid out as a face."""
    picture, draw = canvas(rng)
    x, y, side = WIDTH / 2, rng.uniform(150, HEIGHT - 150), rng.uniform(120, 330)
    draw.rounded_rectangle(
        (x - side / 2, y - side / 2.5, x + side / 2, y + side / 2.5), side / 5, fill=colour(rng)
    )
    lamp, apart = side * rng.uniform(0.05, 0.1), side * rng.uniform(0.2, 0.35)
    for eye in (x - apart, x + apart):
        draw.ellipse(
            (eye - lamp, y - 2 * lamp, eye + lamp, y), fill=colour(rng, 150), outline=colour(rng, 0, 80)
        )
    wide, low = side * rng.uniform(0.15, 0.35), y + side * 0.15
    for bar in range(int(rng.integers(2, 6))):
        draw.line((x - wide, low + bar * 6, x + wide, low + bar * 6), fill=colour(rng, 0, 90), width=3)
    return softened(picture, rng)


PATTERNS: tuple[Callable[[Generator], Picture], ...] = (
    *(noise, clouds, stripes, checks, waves, gradient, blobs, bricks, windows, text),
    *(leaves, dead_leaves, circles, lights, branches, blank_heads),
)
LAID_OUT_AS_FACES: tuple[Callable[[Generator], Picture], ...] = (sockets, cars)


def pictures() -> Iterator[tuple[str, str, Picture]]:
    """Yield every picture with its kind and its name."""
    for package, names in BUNDLED.items():
        for name in names:
            with resources.as_file(resources.files(package) / name) as path:
                photograph = Image.fromarray(read_photo(path))
            for view, picture in views(photograph):
                yield "photographs and their views", f"{name}, {view}", picture
    for kind, renderers in (
        ("rendered patterns", PATTERNS),
        ("rendered, laid out as a face", LAID_OUT_AS_FACES),
    ):
        for number, renderer in enumerate(renderers):
            for seed in SEEDS:
                yield kind, f"{renderer.__name__} {seed}", renderer(np.random.default_rng((number, seed)))


def false_faces(detector: FaceDetector) -> dict[str, Any]:
    """Count the faces reported in the pictures without people, by kind and in all."""
    counts: dict[str, list[int]] = {}
    listed = []
    for kind, name, picture in pictures():
        faces = detector.detect(np.asarray(picture))
        counts.setdefault(kind, []).append(len(faces))
        listed += [
            {"picture": name, "box": [round(value) for value in face.box], "score": round(face.score, 3)}
            for face in faces
        ]
    counts["all"] = [count for kind in counts.values() for count in kind]
    return {"kinds": {kind: rate(found) for kind, found in counts.items()}, "false_faces": listed}


def rate(found: list[int]) -> dict[str, Any]:
    """Faces per 200 pictures, and the share of pictures with any."""
    return {
        "pictures": len(found),
        "pictures_with_a_false_face": sum(count > 0 for count in found),
        "false_faces_per_200": round(200 * sum(found) / len(found), 3),
        "share_of_pictures": wilson(sum(count > 0 for count in found), len(found)).to_dict(),
    }


def faces_found(detector: FaceDetector, folder: Path) -> dict[str, Any]:
    """Count the photos of faces in which at least one is found."""
    photos = list(find_photos(folder))
    if not photos:
        raise SystemExit(f"There are no photos in {folder}.")
    missed = [str(path) for path in photos if not detector.detect(read_photo(path))]
    n = len(photos)
    return {"found": n - len(missed), **wilson(n - len(missed), n).to_dict(), "missed": missed}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=Path, help="a folder of photos with at least one face each")
    arguments = parser.parse_args()
    detector = FaceDetector()
    figures = false_faces(detector)
    for kind, counted in figures["kinds"].items():
        share = counted["share_of_pictures"]
        print(
            f"{kind:30} {counted['pictures_with_a_false_face']} of {counted['pictures']} "
            f"pictures with a false face; "
            f"{counted['false_faces_per_200']:.2f} false faces per 200 "
            f"(pictures with any, per 200: {200 * share['low']:.2f} to {200 * share['high']:.2f})"
        )
    for face in figures["false_faces"]:
        print(f"  {face['picture']}: {face['box']}, score {face['score']}")
    if arguments.photos:
        figures["photos_with_faces"] = found = faces_found(detector, arguments.photos)
        print(
            f"photos with a face found: {found['found']} of {found['n']}, "
            f"{100 * found['value']:.1f} % ({100 * found['low']:.1f} to {100 * found['high']:.1f})"
        )
    write_results("false_faces", figures)


if __name__ == "__main__":
    main()
