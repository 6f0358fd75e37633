"""Fitted trees of any library as one ONNX operator, threshold for threshold.

Thresholds are kept in double precision by the libraries and in single by ONNX. Rounded down they part the same
float32 values as before; rounded to the nearest, as converters do, they may not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.recipes.onnx_graph import Graph
from emotion_classifier.training.onnx.conversion import OUTPUT

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True)
class Tree:
    """One tree; node 0 is its root.

    Parameters
    ----------
    feature : ndarray of int, shape (nodes,)
        What a node looks at; -1 in a leaf.
    threshold : ndarray of float64, shape (nodes,)
        At most this goes left.
    left, right : ndarray of int, shape (nodes,)
    value : ndarray of float64, shape (nodes, columns)
        What a leaf adds.
    column : int
        First of the scores it is added to.
    """

    feature: npt.NDArray[np.integer]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.integer]
    right: npt.NDArray[np.integer]
    value: npt.NDArray[np.float64]
    column: int = 0


def of_forest(forest: Any) -> list[Tree]:
    """Trees of a fitted RandomForestClassifier; leaves hold shares of the labels."""
    return [
        Tree(
            np.where(tree.children_left < 0, -1, tree.feature),
            tree.threshold,
            tree.children_left,
            tree.children_right,
            tree.value[:, 0] / len(forest.estimators_),
        )
        for tree in (member.tree_ for member in forest.estimators_)
    ]


def of_histogram_boosting(model: Any) -> list[Tree]:
    """Trees of a fitted HistGradientBoostingClassifier; leaves hold parts of scores."""
    # The trees have no public name; every converter reads them here.
    return [
        Tree(
            np.where(nodes["is_leaf"], -1, nodes["feature_idx"].astype(np.int64)),
            nodes["num_threshold"],
            nodes["left"],
            nodes["right"],
            nodes["value"][:, np.newaxis],
            column,
        )
        for step in model._predictors
        for column, nodes in enumerate(predictor.nodes for predictor in step)
    ]


def of_lightgbm(model: Any) -> list[Tree]:
    """Trees of a fitted LGBMClassifier; leaves hold parts of scores."""
    dump = model.booster_.dump_model()
    columns = dump["num_tree_per_iteration"]
    return [
        _from_nested(info["tree_structure"], number % columns)
        for number, info in enumerate(dump["tree_info"])
    ]


def _from_nested(root: dict[str, Any], column: int) -> Tree:
    nodes, links = [root], []
    for node in nodes:  # grows while it is walked
        if "leaf_value" in node:
            links.append((-1, 0.0, 0, 0, node["leaf_value"]))
            continue
        links.append((node["split_feature"], node["threshold"], len(nodes), len(nodes) + 1, 0.0))
        nodes += [node["left_child"], node["right_child"]]
    feature, threshold, left, right, value = zip(*links, strict=True)
    return Tree(
        np.array(feature),
        np.array(threshold),
        np.array(left),
        np.array(right),
        np.array(value)[:, np.newaxis],
        column,
    )


def ensemble(
    trees: list[Tree], width: int, *, start: npt.NDArray[np.float64], shares: bool
) -> onnx.ModelProto:
    """Lay trees out as a TreeEnsembleRegressor, and turn its scores into probabilities.

    Parameters
    ----------
    trees : list of Tree
    width : int
        Number of features.
    start : ndarray of float64, shape (scores,)
        What the trees add to.
    shares : bool
        The sums are probabilities already; otherwise they are logits, one of the second label or one per label.

    Returns
    -------
    onnx.ModelProto
        From ``features``, float32 (n, width), to ``probabilities``.
    """
    graph = Graph("trees_")
    scores = graph(
        "TreeEnsembleRegressor", "features", domain="ai.onnx.ml", n_targets=len(start),
        base_values=[float(value) for value in start], aggregate_function="SUM", **_nodes(trees), **_leaves(trees),
    )  # fmt: skip
    if shares:
        last = graph("Identity", scores)
    elif len(start) == 1:
        second = graph("Sigmoid", scores)
        last = graph("Concat", graph("Sub", graph.constant(np.float32(1)), second), second, axis=1)
    else:
        last = graph("Softmax", scores, axis=1)
    graph.rename(last, OUTPUT)
    return graph.model({"features": (width,)}, {OUTPUT: None})


def _nodes(trees: list[Tree]) -> dict[str, Any]:
    sizes = [len(tree.feature) for tree in trees]
    feature = np.concatenate([tree.feature for tree in trees])
    leaf = feature < 0
    threshold = _rounded_down(np.concatenate([tree.threshold for tree in trees]))
    return {
        "nodes_treeids": np.repeat(np.arange(len(trees)), sizes).tolist(),
        "nodes_nodeids": np.concatenate([np.arange(size) for size in sizes]).tolist(),
        "nodes_featureids": np.where(leaf, 0, feature).tolist(),
        "nodes_values": np.where(leaf, np.float32(0), threshold).tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_truenodeids": np.where(leaf, 0, np.concatenate([tree.left for tree in trees])).tolist(),
        "nodes_falsenodeids": np.where(leaf, 0, np.concatenate([tree.right for tree in trees])).tolist(),
    }


def _leaves(trees: list[Tree]) -> dict[str, Any]:
    found: dict[str, list[Any]] = {
        name: [] for name in ("target_treeids", "target_nodeids", "target_ids", "target_weights")
    }
    for number, tree in enumerate(trees):
        rows, columns = np.nonzero((tree.feature < 0)[:, np.newaxis] & np.ones(tree.value.shape[1], bool))
        found["target_treeids"] += [number] * len(rows)
        found["target_nodeids"] += rows.tolist()
        found["target_ids"] += (columns + tree.column).tolist()
        found["target_weights"] += tree.value[rows, columns].tolist()
    return found


def _rounded_down(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    nearest = values.astype(np.float32)
    return np.where(nearest > values, np.nextafter(nearest, np.float32(-np.inf)), nearest)
