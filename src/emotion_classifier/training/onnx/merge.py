"""Several ONNX classifiers as one graph, with the proof that it gives what they give."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import BundleError
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.recipes.fitting import Fitted, per_label
from emotion_classifier.recipes.inner_crop import InnerCrop
from emotion_classifier.training.onnx.conversion import INPUT, OUTPUT, TOLERANCE
from emotion_classifier.training.stacking import LEAST, Mixture, mix

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True)
class Part:
    """A fitted member, and how its input lies in the shared one."""

    fitted: Fitted
    crop: InnerCrop
    output: Literal["softmax", "sigmoid"]

    def probabilities(self, inputs: npt.NDArray[np.float32]) -> npt.NDArray[np.floating]:
        """Answer for the member's own normalised input, one column per label."""
        return per_label(self.fitted.predict(inputs), self.output)


def merged(parts: Sequence[Part], mixture: Mixture | None, shape: tuple[int, int, int]) -> bytes:
    """Merge models into one, from the shared ``pixels`` to ``probabilities``.

    Parameters
    ----------
    parts : sequence of Part
    mixture : Mixture or None
        None: the mean of the probabilities.
    shape : tuple of int
        Height, width and channels of the shared input.

    Returns
    -------
    bytes
        A serialised ONNX model; weights that several members share are in it once.

    Raises
    ------
    BundleError
        If its answers differ from those of the members by more than 1e-4.
    """
    import onnx
    from onnx import TensorProto, helper

    models = _same_opset([onnx.load_from_string(part.fitted.onnx) for part in parts])
    graph = helper.make_graph(
        [],
        "ensemble",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", *shape])],
        [],
    )
    answers = [
        _append(graph, model, part, f"member_{place}/")
        for place, (model, part) in enumerate(zip(models, parts, strict=True))
    ]
    labels = _combine(graph, answers, mixture, parts)
    graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", labels]))
    _share_weights(graph)
    opsets = {item.domain: item for model in models for item in model.opset_import}
    whole = helper.make_model(
        graph, opset_imports=list(opsets.values()), ir_version=max(model.ir_version for model in models)
    )
    onnx.checker.check_model(whole)
    serialised = bytes(whole.SerializeToString())
    _check_parity(serialised, parts, mixture, parts[0].crop.outer)
    return serialised


def _same_opset(models: list[onnx.ModelProto]) -> list[onnx.ModelProto]:
    from onnx import version_converter

    def version(model: onnx.ModelProto) -> int:
        return max(int(item.version) for item in model.opset_import if item.domain in ("", "ai.onnx"))

    highest = max(map(version, models))
    return [
        model if version(model) == highest else version_converter.convert_version(model, highest)
        for model in models
    ]


def _append(graph: onnx.GraphProto, model: onnx.ModelProto, part: Part, prefix: str) -> str:
    """Add a member to the graph; gives the name of its probabilities, one column per label."""
    from onnx import compose, helper, numpy_helper

    member = compose.add_prefix(model, prefix).graph
    part.crop.add_to(graph, INPUT, member.input[0].name)
    graph.node.extend(member.node)
    graph.initializer.extend(member.initializer)
    answer = str(member.output[0].name)
    if part.output == "softmax":
        return answer
    one, first, both = (f"{prefix}{name}" for name in ("one", "first_label", "both_labels"))
    graph.initializer.append(numpy_helper.from_array(np.ones(1, np.float32), one))
    graph.node.append(helper.make_node("Sub", [one, answer], [first]))
    graph.node.append(helper.make_node("Concat", [first, answer], [both], axis=1))
    return both


def _combine(
    graph: onnx.GraphProto, answers: list[str], mixture: Mixture | None, parts: Sequence[Part]
) -> int:
    """Add what turns the members' answers into one; gives the number of labels."""
    from onnx import helper, numpy_helper

    if mixture is None:
        graph.node.append(helper.make_node("Mean", answers, [OUTPUT]))
        sample = np.zeros((1, *parts[0].crop.inner.input_shape), np.float32)
        return int(parts[0].probabilities(sample).shape[1])
    constants = {
        "least": np.array(LEAST, np.float32),
        "kernel": mixture.kernel.astype(np.float32),
        "bias": mixture.bias.astype(np.float32),
    }
    graph.initializer.extend(
        numpy_helper.from_array(values, f"stack/{name}") for name, values in constants.items()
    )
    graph.node.extend(
        [
            helper.make_node("Concat", answers, ["stack/answers"], axis=1),
            helper.make_node("Max", ["stack/answers", "stack/least"], ["stack/clipped"]),
            helper.make_node("Log", ["stack/clipped"], ["stack/logs"]),
            helper.make_node("Gemm", ["stack/logs", "stack/kernel", "stack/bias"], ["stack/scores"]),
            helper.make_node("Softmax", ["stack/scores"], [OUTPUT], axis=1),
        ]
    )
    return len(mixture.bias)


def _share_weights(graph: onnx.GraphProto) -> None:
    """Keep one of equal weights: members that look through the same network bring it along each."""
    first: dict[bytes, str] = {}
    renamed: dict[str, str] = {}
    kept = []
    for tensor in graph.initializer:
        name = tensor.name
        tensor.name = ""
        digest = hashlib.sha256(tensor.SerializeToString(deterministic=True)).digest()
        tensor.name = name
        renamed[name] = first.setdefault(digest, name)
        if renamed[name] == name:
            kept.append(tensor)
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = renamed.get(name, name)
    kept = [type(tensor).FromString(tensor.SerializeToString()) for tensor in kept]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def _check_parity(
    serialised: bytes, parts: Sequence[Part], mixture: Mixture | None, shared: Preprocessing
) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (4, *shared.input_shape), np.uint8)
    found = Fitted(serialised, 0).predict(shared.normalise(pictures))
    answers = []
    for part in parts:
        inner = part.crop.inner
        numbers = part.crop.levels(pictures) * np.float32(inner.scale) + np.float32(inner.offset)
        answers.append(part.probabilities(numbers))
    worst = float(np.abs(found - mix(answers, mixture)).max())
    # Written so that NaN fails too.
    if not worst <= TOLERANCE:
        raise BundleError(
            f"The merged model differs from its members by {worst:.2g}, more than {TOLERANCE:.0e} allows. "
            f"Nothing was written; please report the members."
        )
