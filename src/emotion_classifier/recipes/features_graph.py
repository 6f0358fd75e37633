"""Engineered features of an aligned face as one ONNX graph: what a bundle computes is what was fitted on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from emotion_classifier.errors import RecipeError
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes import geometry, mobilenet
from emotion_classifier.recipes.backbone import features_name, load_network
from emotion_classifier.recipes.compact import PREPROCESSING, SIZE
from emotion_classifier.recipes.descriptors import add_hog, add_lbp
from emotion_classifier.recipes.inner_crop import inner_crop
from emotion_classifier.recipes.onnx_graph import Graph

if TYPE_CHECKING:
    import onnx

FEATURES = ("embedding", "log_probabilities", "hog", "lbp", "geometry")
NETWORK, TEXTURE = frozenset({"embedding", "log_probabilities"}), frozenset({"hog", "lbp"})
INPUT, OUTPUT = "pixels", "features"
# A probability below this says no more than that there is none.
_FLOOR = 1e-6


def preprocessing_of(chosen: Collection[str]) -> Preprocessing:
    """Say what pictures features are computed from: the smallest that holds what all of them look at.

    Examples
    --------
    >>> preprocessing_of(["hog"]).channels, preprocessing_of(["hog", "geometry"]).channels
    ('grey', 'rgb')
    """
    if "geometry" in chosen:
        return geometry.PREPROCESSING
    return mobilenet.PREPROCESSING if NETWORK & set(chosen) else PREPROCESSING


def features_graph(
    chosen: Sequence[str], bundle: Bundle | None = None, *, picture: Preprocessing | None = None
) -> onnx.ModelProto:
    """Build the graph from normalised pixels to features.

    Texture, edges and geometry are means over the face and its mirror image. What looks at less than the whole picture
    is computed from the inner part of it.

    Parameters
    ----------
    chosen : sequence of str
        Out of `FEATURES`, in the order in which they are laid side by side.
    bundle : Bundle or None
        Whose network gives the embedding; None: the default one.
    picture : Preprocessing or None
        What the graph takes in, when other features are computed from the same pictures; None: what
        `preprocessing_of` says.

    Returns
    -------
    onnx.ModelProto
        From ``pixels``, float32 as `picture` says, to ``features``, float32 (n, number of features).

    Raises
    ------
    RecipeError
        If there is no such feature, the bundle's network takes in something else or has no embedding, or `picture`
        does not hold what the features look at.
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
    graph, picture = Graph("features_"), picture or preprocessing_of(chosen)
    if inner_crop(picture, preprocessing_of(chosen)) is None:
        raise RecipeError(
            f"The recipe's pictures do not hold what {', '.join(chosen)} look at. Give it those of "
            f"`preprocessing_of` for these features, or of a recipe that has them."
        )
    made: dict[str, str] = {}
    if "geometry" in chosen:
        wide = _add_inner_crop(graph, picture, geometry.PREPROCESSING, "features_wide")
        made["geometry"] = geometry.add_geometry(graph, wide)
    if NETWORK & set(chosen):
        made |= _add_network(graph, bundle, picture)
    if TEXTURE & set(chosen):
        made |= _add_descriptors(graph, _add_inner_crop(graph, picture, PREPROCESSING, "features_grey"))
    graph.rename(graph("Concat", *(made[name] for name in chosen), axis=1), OUTPUT)
    return graph.model({INPUT: picture.input_shape}, {OUTPUT: None})


def _add_inner_crop(graph: Graph, outer: Preprocessing, inner: Preprocessing, name: str) -> str:
    """Cut one picture out of another; empty where it is no part of that."""
    from onnx import GraphProto

    if outer == inner:
        return INPUT
    crop, added = inner_crop(outer, inner), GraphProto()
    if crop is None:
        return ""
    crop.add_to(added, INPUT, name)
    graph.nodes += added.node
    graph.constants += added.initializer
    return name


def _add_network(graph: Graph, bundle: Bundle | None, picture: Preprocessing) -> dict[str, str]:
    bundle = bundle or Bundle.default()
    face = _add_inner_crop(graph, picture, bundle.config.preprocessing, "features_network")
    if not face:
        raise RecipeError(
            f"{bundle.id} takes in other pictures than the recipes on features make; features can be taken from a "
            f"bundle that was trained with compact, mobilenet or transfer."
        )
    network = load_network(bundle)
    read = features_name(network, bundle)
    included = graph.include(network, face)
    certain = graph("Max", included.output[0].name, graph.constant(np.float32(_FLOOR)))
    return {"embedding": f"features_{read}", "log_probabilities": graph("Log", certain)}


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
