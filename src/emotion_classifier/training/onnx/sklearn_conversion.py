"""From a fitted pipeline of scikit-learn's kind to ONNX, with the proof that both give the same numbers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import BundleError, missing_extra
from emotion_classifier.recipes.onnx_graph import ML_OPSET, OPSET, Graph
from emotion_classifier.training.onnx.conversion import INPUT, OUTPUT, TOLERANCE
from emotion_classifier.training.onnx.tree_ensemble import (
    ensemble,
    of_forest,
    of_histogram_boosting,
    of_lightgbm,
)

if TYPE_CHECKING:
    import onnx


def head_to_onnx(pipeline: Any, width: int) -> onnx.ModelProto:
    """Convert a fitted pipeline.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Its last step is named ``head``.
    width : int
        Number of features.

    Returns
    -------
    onnx.ModelProto
        From features, float32 (n, width), to probabilities, its last output.

    Raises
    ------
    MissingExtraError
        If skl2onnx is not installed.
    """
    head = pipeline["head"]
    kind = type(head).__name__
    if kind == "RandomForestClassifier":
        return ensemble(of_forest(head), width, start=np.zeros(len(head.classes_)), shares=True)
    if kind == "HistGradientBoostingClassifier":
        start = head._baseline_prediction.ravel()
        return ensemble(of_histogram_boosting(head), width, start=start, shares=False)
    if kind == "LGBMClassifier":
        scores = len(head.classes_) if len(head.classes_) > 2 else 1
        return ensemble(of_lightgbm(head), width, start=np.zeros(scores), shares=False)
    try:
        from skl2onnx import to_onnx
    except ImportError as error:
        raise missing_extra("train", "skl2onnx") from error
    with warnings.catch_warnings():
        # It reads attributes of SVC that scikit-learn 1.9 has announced to drop in 1.11.
        warnings.simplefilter("ignore", FutureWarning)
        return to_onnx(
            pipeline,
            np.zeros((1, width), np.float32),
            target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
            options={id(head): {"zipmap": False}},
        )


def join(
    features: onnx.ModelProto, head: onnx.ModelProto, *, present: npt.NDArray[np.integer], labels: int
) -> bytes:
    """Put a head behind the graph of features.

    Parameters
    ----------
    features, head : onnx.ModelProto
    present : ndarray of int
        Which labels the head's columns are of; the others get probability zero.
    labels : int
        Number of labels.

    Returns
    -------
    bytes
        A serialised model from ``pixels`` to ``probabilities``, float32 (n, labels).
    """
    import onnx

    graph = Graph("head_")
    graph.nodes += features.graph.node
    graph.constants += features.graph.initializer
    answers = graph.include(head, features.graph.output[0].name).output[-1].name
    places = np.zeros((len(present), labels), np.float32)
    places[np.arange(len(present)), present] = 1
    if len(present) == labels:
        graph.rename(graph("Identity", answers), OUTPUT)
    else:
        graph.rename(graph("MatMul", answers, graph.constant(places)), OUTPUT)
    shape = [item.dim_value for item in features.graph.input[0].type.tensor_type.shape.dim[1:]]
    model = graph.model({INPUT: tuple(shape)}, {OUTPUT: labels})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def check_same(stated: npt.NDArray[np.floating], found: npt.NDArray[np.floating]) -> None:
    """Hold the probabilities of a converted model to those of its original.

    Parameters
    ----------
    stated, found : ndarray, shape (n, labels)
        Of the original and of the converted model, for the same rows.

    Raises
    ------
    BundleError
        If they differ by more than 1e-4.
    """
    worst = float(np.abs(stated - found).max())
    # Written so that NaN fails too.
    if not worst <= TOLERANCE:
        raise BundleError(
            f"The ONNX export differs from the fitted classifier by {worst:.2g}, more than {TOLERANCE:.0e} allows. "
            f"Nothing was written; please report the recipe and the versions of scikit-learn and skl2onnx."
        )
