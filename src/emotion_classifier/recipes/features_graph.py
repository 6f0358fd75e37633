"""Engineered features of an aligned face as one ONNX graph: what a bundle computes is what was fitted on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from emotion_classifier.errors import RecipeError
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes import geometry
from emotion_classifier.recipes.compact import PREPROCESSING, SIZE
from emotion_classifier.recipes.descriptors import add_hog, add_lbp
from emotion_classifier.recipes.inner_crop import inner_crop
from emotion_classifier.recipes.onnx_graph import Graph

if TYPE_CHECKING:
    import onnx

    from emotion_classifier.model.bundle import Bundle

FEATURES = ("embedding", "log_probabilities", "hog", "lbp", "geometry")
NETWORK, TEXTURE = frozenset({"embedding", "log_probabilities"}), frozenset({"hog", "lbp"})
INPUT, OUTPUT = "pixels", "features"
# A probability below this says no more than that there is none.
_FLOOR = 1e-6


def preprocessing_of(chosen: Collection[str]) -> Preprocessing:
    """Say what pictures features are computed from.

    Examples
    --------
    >>> preprocessing_of(["hog"]).channels, preprocessing_of(["hog", "geometry"]).channels
    ('grey', 'rgb')
    """
    return geometry.PREPROCESSING if "geometry" in chosen else PREPROCESSING


def features_graph(chosen: Sequence[str], bundle: Bundle | None = None) -> onnx.ModelProto:
    """Build the graph from normalised pixels to features.

    Every feature is the mean over the face and its mirror image. Where geometry is among them, the others are
    computed from the inner part of its picture.

    Parameters
    ----------
    chosen : sequence of str
        Out of `FEATURES`, in the order in which they are laid side by side.
    bundle : Bundle or None
        Whose network gives the embedding; None: the default one.

    Returns
    -------
    onnx.ModelProto
        From ``pixels``, float32 as `preprocessing_of` says, to ``features``, float32 (n, number of features).

    Raises
    ------
    RecipeError
        If there is no such feature, or the bundle's network takes in something else or has no embedding.
    CorruptBundleError
        If geometry is chosen and the face mesh is missing.
    MissingExtraError
        If onnx is not installed.

    Examples
    --------
    >>> graph = features_graph(["hog"])
    >>> [tensor.name for tensor in graph.graph.output]
    ['features']
    """
    unknown = sorted(set(chosen) - set(FEATURES))
    if unknown or not chosen:
        raise RecipeError(
            f"There is no feature named {unknown[0]!r}. Choose from: {', '.join(FEATURES)}."
            if unknown
            else f"Choose at least one feature from: {', '.join(FEATURES)}."
        )
    graph = Graph("features_")
    made: dict[str, str] = {}
    face = INPUT
    if "geometry" in chosen:
        made["geometry"] = geometry.add_geometry(graph, INPUT)
        face = _add_inner_crop(graph)
    if NETWORK & set(chosen):
        made |= _add_network(graph, bundle, face)
    if TEXTURE & set(chosen):
        made |= _add_descriptors(graph, face)
    graph.rename(graph("Concat", *(made[name] for name in chosen), axis=1), OUTPUT)
    return graph.model({INPUT: preprocessing_of(chosen).input_shape}, {OUTPUT: None})


def _add_inner_crop(graph: Graph) -> str:
    """Grey 48 × 48 px out of the picture that geometry is measured in."""
    from onnx import GraphProto

    crop, added, name = inner_crop(geometry.PREPROCESSING, PREPROCESSING), GraphProto(), "features_inner"
    assert crop is not None
    crop.add_to(added, INPUT, name)
    graph.nodes += added.node
    graph.constants += added.initializer
    return name


def _add_network(graph: Graph, bundle: Bundle | None, face: str) -> dict[str, str]:
    from emotion_classifier.model.bundle import Bundle

    bundle = bundle or Bundle.default()
    if bundle.config.preprocessing != PREPROCESSING:
        raise RecipeError(
            f"{bundle.id} takes in other pictures than the recipes on features make; features can be taken from a "
            f"bundle that was trained with compact or transfer."
        )
    import onnx

    # The bundle's own graph answers for a face and its mirror image already, each with a pooling of its own.
    network = graph.include(onnx.load(bundle.path / "model.onnx"), face)
    pools = [node.output[0] for node in network.node if node.op_type == "GlobalAveragePool"]
    if not pools:
        raise RecipeError(f"The network of {bundle.id} has no global average pooling to take features from.")
    embedding = graph("Flatten", graph("Mean", *pools), axis=1)
    certain = graph("Max", network.output[0].name, graph.constant(np.float32(_FLOOR)))
    return {"embedding": embedding, "log_probabilities": graph("Log", certain)}


def _add_descriptors(graph: Graph, pixels: str) -> dict[str, str]:
    scale, offset = PREPROCESSING.scale, PREPROCESSING.offset
    raised = graph("Sub", pixels, graph.constant(np.float32(offset)))
    # Grey values are whole numbers, and equal ones must stay equal.
    grey = graph("Round", graph("Div", raised, graph.constant(np.float32(scale))))
    face = graph("Transpose", grey, perm=[0, 3, 1, 2])
    mirrored = graph.mirrored(face, 3)
    return {
        "hog": graph("Mean", add_hog(graph, face, SIZE), add_hog(graph, mirrored, SIZE)),
        "lbp": graph("Mean", add_lbp(graph, face, SIZE), add_lbp(graph, mirrored, SIZE)),
    }
