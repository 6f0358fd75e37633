"""What fewer bits cost and save: a network with weights in half precision, and the same as `train --int8` leaves it.

    emotion-classifier train … --out full              without --int8
    python tools/everyday_faces.py ../shared/data/fairface/train.parquet build/everyday
    python benchmarks/precision.py full ../shared/data/ferplus build/everyday

Judged by FER+ validation faces and by the everyday faces set aside; ranges of activations come from training faces.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from network import NEUTRAL, SAD, agreed, sadness
from results import interval, write_results

from emotion_classifier.data import open_dataset
from emotion_classifier.evaluation.intervals import bootstrap
from emotion_classifier.evaluation.scores import area_under_roc, spearman
from emotion_classifier.model.bundle import MODEL, Bundle
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.model.scale import canonical_probabilities, gather, net_share
from emotion_classifier.model.session import open_session
from emotion_classifier.recipes.fitting import Fitted
from emotion_classifier.training.inputs import Inputs, prepare_inputs
from emotion_classifier.training.onnx.precision import quantized

Floats = npt.NDArray[np.floating]
# Training faces of FER+ and of everyday life from which the ranges of activations are found.
TYPICAL = 400
ROUNDS = 300


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


def milliseconds(network: bytes, inputs: Floats) -> float:
    """Median milliseconds of one face on one thread."""
    session = open_session(network, threads=1)
    spent = []
    for number in range(ROUNDS + 20):
        face = inputs[number % len(inputs)][np.newaxis]
        start = time.perf_counter()
        session.run(None, {"pixels": face})
        spent.append(1000 * (time.perf_counter() - start))
    return float(np.median(spent[20:]))


def normalised(inputs: Inputs, preprocessing: Preprocessing) -> Floats:
    """Lay out the faces as the network is fed."""
    return preprocessing.normalise(np.asarray(inputs.pixels))


def area(score: Floats, sad: npt.NDArray[np.bool_], drawn: npt.NDArray[np.int64]) -> float:
    """AUC of sad against neutral over some of the faces."""
    return area_under_roc(sad[drawn], np.asarray(score[drawn], np.float64))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("full", type=Path, help="bundle trained without --int8")
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("everyday", type=Path, help="what tools/everyday_faces.py wrote")
    arguments = parser.parse_args()
    bundle = Bundle.load(arguments.full)
    preprocessing, scale = bundle.config.preprocessing, bundle.config.scale
    ferplus = open_dataset(arguments.ferplus)
    learn = ferplus.with_split("train"), open_dataset(arguments.everyday / "learn")
    some = [each.take(range(0, len(each), len(each) // TYPICAL)) for each in learn]
    typical = np.concatenate(
        [normalised(prepare_inputs(each, preprocessing), preprocessing) for each in some]
    )
    validation = prepare_inputs(ferplus.with_split("validation"), preprocessing)
    stated = gather(validation.targets, ferplus.labels)
    everyday = open_dataset(arguments.everyday / "calibrate")
    aside = prepare_inputs(everyday, preprocessing)
    truth = agreed(everyday.take(aside.rows))
    rows = np.flatnonzero(truth >= 0)
    faces = [normalised(each, preprocessing) for each in (validation, aside)]

    shipped = (bundle.path / MODEL).read_bytes()
    networks = {
        "weights in half precision": shipped,
        "8 bits": quantized(unpacked(shipped), typical)[0],
    }
    figures: dict[str, Any] = {}
    reference: list[npt.NDArray[np.float64]] = []
    for name, network in networks.items():
        given = [
            canonical_probabilities(
                Fitted(network, 0).predict(each), bundle.labels, temperature=scale.temperature
            )
            for each in faces
        ]
        reference = reference or given
        auc = bootstrap(partial(area, sadness(given[1])[rows], truth[rows] == SAD), len(rows))
        figures[name] = {
            "mebibytes": len(network) / 2**20,
            "milliseconds": milliseconds(network, faces[0]),
            "auc_sad_neutral": auc.to_dict(),
            "ferplus_degree_spearman": spearman(net_share(given[0]), net_share(stated)),
            "ferplus_likeliest_right": float(np.mean(given[0].argmax(axis=1) == stated.argmax(axis=1))),
            "mean_change": [
                float(np.abs(now - before).mean()) for now, before in zip(given, reference, strict=True)
            ],
            "n": [len(each) for each in faces],
            "neutral": int((truth == NEUTRAL).sum()),
            "sad": int((truth == SAD).sum()),
        }
        each = figures[name]
        print(
            f"{name:26} {each['mebibytes']:.2f} MiB  {each['milliseconds']:.2f} ms a face  "
            f"AUC {interval(each['auc_sad_neutral'])}  rank correlation {each['ferplus_degree_spearman']:.4f}  "
            f"likeliest right {each['ferplus_likeliest_right']:.4f}  "
            f"moved by {each['mean_change'][0]:.4f} and {each['mean_change'][1]:.4f}"
        )
    write_results("precision", figures)


if __name__ == "__main__":
    main()
