"""Train the network that says where in a large photo a tile is worth looking at: ``glance.onnx``.

    python tools/train_glance.py ../shared/data

It learns from the full-range network: pictures with faces of known places set into them, and where that network sees
these at twice the scale. What else it sees, and what faces it misses, counts neither way. Pictures are FairFace and LFW
(training parts) and the photographs without people that come with scikit-image; a tenth is kept out of the training to
tell how many of the faces each limit lets pass. Forty minutes on two cores.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import sys
from importlib import resources
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from emotion_classifier.data import open_dataset
from emotion_classifier.faces.detect import FaceDetector
from emotion_classifier.faces.network import Network, bundle_folder
from emotion_classifier.photo import read_photo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

Box: TypeAlias = tuple[float, float, float, float]
Head: TypeAlias = tuple[Image.Image, Box]
Values: TypeAlias = NDArray[np.float32]

SIDE = 384  # of a training picture, as the full-range network sees it; the new one sees it at half of that
STRIDE = 8  # of those pixels to one cell of the output
WIDTHS = 13.0, 110.0  # of the faces set into it
CHANNELS, DILATIONS = (16, 32), (1, 2, 2, 4)
FOLDER = Path(__file__).resolve().parent.parent / "src" / "emotion_classifier" / "assets" / "face_glance"


def heads(data: Path, n: int, rng: np.random.Generator) -> list[Head]:
    """Draw pictures in which one face is found, with its box, half of each collection."""
    detector, drawn = FaceDetector(), []
    for name in ("lfw", "fairface"):
        dataset, found = open_dataset(data / name / "train.parquet"), 0
        for row in rng.permutation(len(dataset)):
            photo = read_photo(dataset.sources[row])
            faces = detector.detect(photo)
            if len(faces) == 1 and faces[0].score > 0.8:
                drawn.append((Image.fromarray(photo), faces[0].box))
                found += 1
            if found == n // 2:
                break
    return drawn


def without_people() -> list[Image.Image]:
    """Return the photographs of `benchmarks/false_faces.py`."""
    from false_faces import BUNDLED

    files = [resources.files(package) / name for package, names in BUNDLED.items() for name in names]
    return [Image.fromarray(read_photo(file.read_bytes())) for file in files]


def background(rng: np.random.Generator, faces: list[Head], scenery: list[Image.Image]) -> Image.Image:
    """Cut a piece out of a photograph without people or of a large face, as sharp as it comes or enlarged."""
    if rng.random() < 0.5:
        picture = scenery[rng.integers(len(scenery))]
        side = min(*picture.size, round(math.exp(rng.uniform(math.log(60), math.log(1000)))))
    else:
        picture = faces[rng.integers(len(faces))][0]
        side = round(min(picture.size) * rng.uniform(0.35, 1))
    left, top = (int(rng.integers(length - side + 1)) for length in picture.size)
    piece = picture.crop((left, top, left + side, top + side))
    return piece.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def altered(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Make it darker or lighter, flatter, greyer, blurred or noisy, and save it as JPEG."""
    if rng.random() < 0.5:
        picture = ImageEnhance.Brightness(picture).enhance(math.exp(rng.normal(-0.1, 0.4)))
        picture = ImageEnhance.Contrast(picture).enhance(rng.uniform(0.5, 1.3))
    if rng.random() < 0.2:
        picture = picture.convert("L").convert("RGB")
    if rng.random() < 0.3:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5)))
    if rng.random() < 0.3:
        noise = rng.normal(0, rng.uniform(2, 12), (SIDE, SIDE, 1))
        picture = Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=int(rng.integers(60, 96)))
    return Image.open(file).convert("RGB")


def scene(
    rng: np.random.Generator, faces: list[Head], scenery: list[Image.Image]
) -> tuple[Image.Image, list[Box]]:
    """Set some faces, tilted a little, into a picture; return their boxes."""
    picture = background(rng, faces, scenery)
    boxes: list[Box] = []
    for _ in range(int(rng.integers(0, 9))):
        head, (x, y, wide, high) = faces[rng.integers(len(faces))]
        width = math.exp(rng.uniform(math.log(WIDTHS[0]), math.log(WIDTHS[1])))
        scale, tilt = width / wide, rng.normal(0, 12)
        middle = x + wide / 2, y + high / 2
        reach = rng.uniform(0.75, 1.2) * wide
        left, top = max(0.0, middle[0] - reach), max(0.0, middle[1] - reach)
        right, bottom = min(head.width, middle[0] + reach), min(head.height, middle[1] + reach)
        piece = head.rotate(tilt, Image.Resampling.BICUBIC, center=middle).crop(
            (round(left), round(top), round(right), round(bottom))
        )
        size = max(1, round(piece.width * scale)), max(1, round(piece.height * scale))
        at = int(rng.integers(max(1, SIDE - size[0]))), int(rng.integers(max(1, SIDE - size[1])))
        box = (at[0] + (x - left) * scale, at[1] + (y - top) * scale, wide * scale, high * scale)
        if any(
            abs(box[0] - other[0]) < 1.2 * (box[2] + other[2])
            and abs(box[1] - other[1]) < 1.2 * (box[2] + other[2])
            for other in boxes
        ):
            continue
        mirrored = rng.random() < 0.5
        piece = piece.resize(size, Image.Resampling.LANCZOS)
        if mirrored:
            piece = piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            box = (2 * at[0] + size[0] - box[0] - box[2], *box[1:])
        picture.paste(piece, at)
        boxes.append(box)
    return altered(picture, rng), boxes


def marked(target: Values, box: Box, value: float, reach: float) -> None:
    """Give the cells around the middle of a box a value."""
    x, y, width, height = box
    rows = np.abs((np.arange(target.shape[0]) + 0.5) * STRIDE - y - height / 2) <= max(
        reach * height, STRIDE / 2
    )
    columns = np.abs((np.arange(target.shape[1]) + 0.5) * STRIDE - x - width / 2) <= max(
        reach * width, STRIDE / 2
    )
    target[np.outer(rows, columns)] = value


def is_near(box: Box, other: Box) -> bool:
    """Tell whether the middles of two boxes are of one face."""
    return (
        math.hypot(
            box[0] + box[2] / 2 - other[0] - other[2] / 2, box[1] + box[3] / 2 - other[1] - other[3] / 2
        )
        < 0.4 * box[2]
    )


def examples(
    n: int, rng: np.random.Generator, faces: list[Head], scenery: list[Image.Image]
) -> tuple[NDArray[np.uint8], Values, list[list[Box]]]:
    """Draw pictures, targets (1 a face, 0 none, -1 counts neither way) and the boxes of the faces seen."""
    teacher = Network("full_range.onnx", threads=1, folder=bundle_folder())
    pictures = np.empty((n, SIDE // 2, SIDE // 2, 3), np.uint8)
    targets, seen_of = np.zeros((n, SIDE // STRIDE, SIDE // STRIDE), np.float32), []
    for number in range(n):
        picture, boxes = scene(rng, faces, scenery)
        rows = teacher.look(np.asarray(picture), least=0.3).tolist()
        proposed = [
            (row[1] * SIDE, row[2] * SIDE, (row[3] - row[1]) * SIDE, (row[4] - row[2]) * SIDE) for row in rows
        ]
        seen = [box for box in boxes if any(is_near(box, other) for other in proposed)]
        for box in (*boxes, *proposed):
            marked(targets[number], box, -1, 0.8)
        for box in seen:
            marked(targets[number], box, -1, 0.6)
            marked(targets[number], box, 1, 0.2)
        pictures[number] = np.asarray(picture.reduce(2))
        seen_of.append(seen)
    return pictures, targets, seen_of


def network() -> Any:
    """Return the network to be trained."""
    import keras

    layers, first, wide = keras.layers, *CHANNELS
    x = given = keras.Input((None, None, 3))
    for channels in (first, wide):
        x = layers.Conv2D(channels, 3, 2, use_bias=False)(layers.ZeroPadding2D(1)(x))
        x = layers.ReLU()(layers.BatchNormalization()(x))
    for dilation in DILATIONS:
        y = layers.DepthwiseConv2D(3, dilation_rate=dilation, padding="same", use_bias=False)(x)
        y = layers.BatchNormalization()(layers.Conv2D(wide, 1, use_bias=False)(y))
        x = layers.Add()([x, layers.ReLU()(y)])
    return keras.Model(given, layers.Conv2D(1, 1)(x))


def trained(pictures: NDArray[np.uint8], targets: Values, epochs: int) -> Any:
    """Train a network; a face counts as much as all that is none."""
    import keras
    from keras import ops

    def loss(truth: Any, logits: Any) -> Any:
        truth, logits = truth[..., 0], logits[..., 0]
        face, none = ops.cast(truth > 0.5, "float32"), ops.cast(ops.abs(truth) < 0.5, "float32")
        each = ops.softplus(ops.where(truth > 0.5, -logits, logits))
        chance = ops.sigmoid(logits)
        hard = ops.sum(each * none * chance**2)  # what is plainly none has been learned
        return (ops.sum(each * face) + 0.5 * hard) / (ops.sum(face) + 1)

    batch = 16
    model = network()
    steps = epochs * (len(pictures) // batch)
    rate = keras.optimizers.schedules.CosineDecay(1e-4, steps, warmup_target=4e-3, warmup_steps=steps // 10)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=1e-3), loss=loss)
    model.fit(
        pictures.astype(np.float32) / 127.5 - 1,
        targets[..., None],
        batch_size=batch,
        epochs=epochs,
        verbose=2,
    )
    return model


def exported(model: Any) -> bytes:
    """Write the network as ONNX, normalisation folded into the weights, weights of 16 bits widened when loaded."""
    from onnx import TensorProto, checker, helper, numpy_helper

    nodes: list[Any] = []
    weights: list[Any] = []
    name = "nchw"
    nodes.append(helper.make_node("Transpose", ["input"], [name], perm=[0, 3, 1, 2]))

    def constant(values: Values) -> str:
        label = f"w{len(weights)}"
        weights.append(numpy_helper.from_array(values.astype(np.float16), f"{label}_16"))
        nodes.append(helper.make_node("Cast", [f"{label}_16"], [label], to=TensorProto.FLOAT))
        return label

    def convolve(given: str, kernel: Values, bias: Values | None, **options: Any) -> str:
        made = f"t{len(nodes)}"
        inputs = [given, constant(kernel)] + ([constant(bias)] if bias is not None else [])
        nodes.append(helper.make_node("Conv", inputs, [made], kernel_shape=kernel.shape[2:], **options))
        return made

    def operate(kind: str, *given: str) -> str:
        made = f"t{len(nodes)}"
        nodes.append(helper.make_node(kind, list(given), [made]))
        return made

    def folded(kernel: Values, norm: Any) -> tuple[Values, Values]:
        gamma, beta, mean, variance = norm.get_weights()
        factor = gamma / np.sqrt(variance + norm.epsilon)
        return kernel.transpose(3, 2, 0, 1) * factor[:, None, None, None], beta - mean * factor

    kinds: dict[str, list[Any]] = {"Conv2D": [], "DepthwiseConv2D": [], "BatchNormalization": []}
    for layer in model.layers:
        kinds.get(type(layer).__name__, []).append(layer)
    norms, convolutions = iter(kinds["BatchNormalization"]), iter(kinds["Conv2D"])
    for _ in CHANNELS:
        kernel, bias = folded(next(convolutions).get_weights()[0], next(norms))
        name = operate("Relu", convolve(name, kernel, bias, strides=[2, 2], pads=[1, 1, 1, 1]))
    for dilation, depthwise in zip(DILATIONS, kinds["DepthwiseConv2D"], strict=True):
        kernel = depthwise.get_weights()[0].transpose(2, 3, 0, 1)
        around = {"dilations": [dilation] * 2, "pads": [dilation] * 4, "group": len(kernel)}
        inner = convolve(name, kernel, None, **around)
        inner = operate("Relu", convolve(inner, *folded(next(convolutions).get_weights()[0], next(norms))))
        name = operate("Add", name, inner)
    kernel, bias = next(convolutions).get_weights()
    made = convolve(name, kernel.transpose(3, 2, 0, 1), bias)
    nodes.append(helper.make_node("Identity", [made], ["logits"]))
    shapes = (["batch", "height", "width", 3], ["batch", 1, "rows", "columns"])
    given, output = (
        helper.make_tensor_value_info(label, TensorProto.FLOAT, shape)
        for label, shape in zip(("input", "logits"), shapes, strict=True)
    )
    graph = helper.make_graph(nodes, "glance", [given], [output], weights)
    written = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(written)
    content: bytes = written.SerializeToString()
    return content


def passes(content: bytes, pictures: NDArray[np.uint8], targets: Values, seen_of: list[list[Box]]) -> None:
    """Print which share of the faces, and of the other cells, each limit lets pass."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    scores: list[tuple[float, float]] = []
    others = []
    for picture, target, seen in zip(pictures, targets, seen_of, strict=True):
        (logits,) = session.run(None, {"input": picture[None].astype(np.float32) / 127.5 - 1})
        for box in seen:
            there = np.zeros_like(target)
            marked(there, box, 1, 0.3)
            scores.append((box[2], float(logits[0, 0][there > 0].max())))
        others.append(logits[0, 0][target == 0])
    widths, best = np.array(scores).T
    rest = np.concatenate(others)
    for limit in np.arange(-4, 3.5, 0.5):
        shares = [
            f"{np.mean(best[(widths >= low) & (widths < high)] >= limit):.4f}"
            for low, high in ((13, 16), (16, 20), (20, 30), (30, 60), (60, 111))
        ]
        print(f"logit {limit:5.1f}: faces by width {shares}, other cells {np.mean(rest >= limit):.4f}")
    print(len(widths), "faces")


def main() -> None:
    """Train, tell what each limit lets pass, and write the network."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="the folder that has lfw and fairface")
    parser.add_argument("--n", type=int, default=14000, help="training pictures")
    parser.add_argument("--epochs", type=int, default=16)
    arguments = parser.parse_args()
    import keras

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    faces, scenery = heads(arguments.data, 5000, rng), without_people()
    rng.shuffle(faces)
    kept = len(faces) // 10
    pictures, targets, _ = examples(arguments.n, rng, faces[kept:], scenery[2:])
    model = trained(pictures, targets, arguments.epochs)
    content = exported(model)
    passes(content, *examples(arguments.n // 10, rng, faces[:kept], scenery))
    (FOLDER / "glance.onnx").write_bytes(content)
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    config = {"format_version": 1, "files": {"glance.onnx": entry}}
    (FOLDER / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
