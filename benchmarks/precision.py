"""What fewer bits cost and save: the bundle's network as it is, in half precision and in 8 bits, on the same faces."""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from results import write_results

from emotion_classifier.data import open_dataset
from emotion_classifier.evaluation.intervals import bootstrap
from emotion_classifier.evaluation.scores import spearman
from emotion_classifier.model.bundle import MODEL, Bundle
from emotion_classifier.model.scale import canonical_probabilities, gather, net_share
from emotion_classifier.model.session import open_session
from emotion_classifier.training.inputs import prepare_inputs

Floats = npt.NDArray[np.float32]


class Faces:
    """Hands faces to the quantizer one by one."""

    def __init__(self, pixels: Floats) -> None:
        self._faces = self._each(pixels)

    def get_next(self) -> dict[str, Floats] | None:
        """Give the next face, or None after the last."""
        return next(self._faces, None)

    @staticmethod
    def _each(pixels: Floats) -> Iterator[dict[str, Floats]]:
        for start in range(len(pixels)):
            yield {"pixels": pixels[start : start + 1]}


def unpacked(serialised: bytes) -> bytes:
    """Turn weights stored in half precision into plain ones, as the quantizer expects them."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(serialised)
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in [node for node in model.graph.node if node.op_type == "Cast" and node.input[0] in weights]:
        tensor = weights[node.input[0]]
        values = numpy_helper.to_array(tensor).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(values, node.output[0]))
        model.graph.node.remove(node)
    return bytes(model.SerializeToString())


def variants(bundle: Bundle, calibration: Floats, full: Path | None, work: Path) -> dict[str, Path]:
    """Write the network in every precision."""
    from onnxruntime.quantization import QuantType, quantize_dynamic, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    shipped, plain, simple = bundle.path / MODEL, work / "plain.onnx", work / "simple.onnx"
    plain.write_bytes(unpacked(shipped.read_bytes()))
    quant_pre_process(str(plain), str(simple), skip_symbolic_shape=True)
    found = {"weights in half precision, as shipped": shipped}
    if full:
        found["single precision"] = full
    found["8-bit weights (dynamic)"] = work / "dynamic.onnx"
    quantize_dynamic(simple, work / "dynamic.onnx", weight_type=QuantType.QUInt8)
    found["8-bit weights and activations (static)"] = work / "static.onnx"
    quantize_static(simple, work / "static.onnx", Faces(calibration), per_channel=True, reduce_range=True)
    return found


def milliseconds(path: Path, pixels: Floats, rounds: int) -> float:
    """Median milliseconds of one face on one thread."""
    session = open_session(path, threads=1)
    spent = []
    for number in range(rounds + 20):
        face = pixels[number % len(pixels)][np.newaxis]
        start = time.perf_counter()
        session.run(None, {"pixels": face})
        spent.append(1000 * (time.perf_counter() - start))
    return float(np.median(spent[20:]))


def read(path: Path, pixels: Floats, bundle: Bundle) -> npt.NDArray[np.float64]:
    """Calibrated probabilities of every face."""
    session = open_session(path, threads=1)
    raw = [
        session.run(None, {"pixels": pixels[start : start + 64]})[0] for start in range(0, len(pixels), 64)
    ]
    return canonical_probabilities(
        np.concatenate(raw), bundle.labels, temperature=bundle.config.scale.temperature
    )


def compare(
    reference: npt.NDArray[np.float64], other: npt.NDArray[np.float64], shares: Any
) -> dict[str, Any]:
    """Differences of one precision from the shipped one on the same faces."""
    truth = shares.argmax(axis=1)
    right = (other.argmax(axis=1) == truth).astype(float) - (reference.argmax(axis=1) == truth)
    net = net_share(shares)
    return {
        "accuracy": float(np.mean(other.argmax(axis=1) == truth)),
        "accuracy_difference": bootstrap(lambda rows: float(right[rows].mean()), len(right)).to_dict(),
        "degree_spearman": spearman(net_share(other), net),
        "largest_change": float(np.abs(other - reference).max()),
        "mean_change": float(np.abs(other - reference).mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--full", type=Path, help="the same network in single precision")
    parser.add_argument("--rounds", type=int, default=300)
    arguments = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    bundle = Bundle.load(arguments.model)
    preprocessing = bundle.config.preprocessing
    data = open_dataset(arguments.ferplus)
    seen = prepare_inputs(data.with_split("train").take(range(300)), preprocessing)
    held = prepare_inputs(data.with_split("validation"), preprocessing)
    pixels, shares = preprocessing.normalise(np.asarray(held.pixels)), gather(held.targets, data.labels)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        written = variants(
            bundle, preprocessing.normalise(np.asarray(seen.pixels)), arguments.full, Path(folder)
        )
        reference = read(bundle.path / MODEL, pixels, bundle)
        for name, path in written.items():
            figures[name] = compare(reference, read(path, pixels, bundle), shares) | {
                "mebibytes": path.stat().st_size / 2**20,
                "milliseconds": milliseconds(path, pixels, arguments.rounds),
            }
            figure = figures[name]
            print(
                f"{name:40} {figure['mebibytes']:.2f} MiB  {figure['milliseconds']:.2f} ms a face  "
                f"accuracy {figure['accuracy']:.4f} (change {figure['accuracy_difference']['low']:+.4f} to "
                f"{figure['accuracy_difference']['high']:+.4f}, n = {len(pixels):,})  "
                f"probabilities move by up to {figure['largest_change']:.4f}"
            )
    write_results("precision", figures)


if __name__ == "__main__":
    main()
