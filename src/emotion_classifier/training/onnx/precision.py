"""Smaller files for the same network: weights stored in half precision, or 8-bit convolutions."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import RecipeError
from emotion_classifier.recipes.fitting import Fitted

if TYPE_CHECKING:
    import onnx

Floats = npt.NDArray[np.float32]

_OF_8_BITS = ("QuantizeLinear", "DequantizeLinear")
_SMALL = 8  # values; shapes and the like are not worth a node
_LARGEST = float(np.finfo(np.float16).max)
# Probabilities move by about 0.001; ten times as much is a fault.
HALVED_TOLERANCE = 0.01
# Mean change of a probability that 8 bits may bring; those of the default network move by 0.007.
QUANTIZED_TOLERANCE = 0.03


def halved(serialised: bytes) -> bytes:
    """Store the float32 weights of an ONNX model as float16 followed by a Cast.

    ONNX Runtime folds the Cast when it loads the file, so the network is as fast as before and half the size.

    Parameters
    ----------
    serialised : bytes

    Returns
    -------
    bytes
        Its weights have eleven significant bits: probabilities move by about 0.001. Weights beyond the range of
        float16 (65,504), and the scales of what is in 8 bits, stay as they are.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    small = onnx.load_from_string(serialised)
    casts = []
    scales = {node.input[1] for node in small.graph.node if node.op_type in _OF_8_BITS}
    for tensor in small.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or tensor.name in scales:
            continue
        values = numpy_helper.to_array(tensor)
        if values.size < _SMALL or np.abs(values).max() > _LARGEST:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    uses = [tensor for node in small.graph.node for tensor in node.input]
    casts.sort(key=lambda cast: uses.index(cast.output[0]))
    nodes = [*casts, *small.graph.node]
    del small.graph.node[:]
    small.graph.node.extend(nodes)
    onnx.checker.check_model(small, full_check=True)
    return bytes(small.SerializeToString())


def quantized(serialised: bytes, inputs: Floats) -> tuple[bytes, float]:
    """Let the convolutions of an ONNX model compute in 8 bits (static post-training quantization, QDQ format).

    Weights have a scale for each output channel, activations one for each tensor. The first convolution, which reads
    the pixels, and all that follows the last one compute in single precision, with weights stored as `halved` does.
    The weights of convolutions over all channels have seven bits: on processors without VNNI, ONNX Runtime adds
    products in pairs of 16 bits, which eight bits could overflow. So the answers are the same on all of them.

    Parameters
    ----------
    serialised : bytes
        A network of convolutions in single precision, from ``pixels``.
    inputs : ndarray of float32, shape (n, height, width, channels)
        Typical inputs, from which the ranges of the activations are found; some hundreds are enough.

    Returns
    -------
    bytes
        Its convolutions are a quarter as large, and about twice as fast on processors with VNNI.
    float
        By how much the probabilities of `inputs` move on average.

    Raises
    ------
    RecipeError
        If the network has no convolutions, or probabilities of `inputs` move by more than 0.03 on average.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_static

    model = onnx.load_from_string(serialised)
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    if len(convolutions) < 2:
        raise RecipeError(
            "This network has no convolutions that could compute in 8 bits. Train without --int8."
        )
    first, *others = convolutions
    seven_bits = {
        node.input[1]: [{"axis": 0, "quant_type": QuantType.QInt8, "reduce_range": True}]
        for node in others
        if _groups(node) == 1
    }
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "quantized.onnx"
        with _without_warnings():
            quantize_static(
                model,
                written,
                _OneByOne(inputs),
                op_types_to_quantize=["Conv", "Clip", "Relu"],
                nodes_to_exclude=[first.name],
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                extra_options={"TensorQuantOverrides": seven_bits},
            )
        small = halved(written.read_bytes())
    before, after = (Fitted(network, 0).predict(inputs) for network in (serialised, small))
    change = float(np.abs(after - before).mean())
    if change > QUANTIZED_TOLERANCE:
        raise RecipeError(
            f"With 8-bit convolutions the probabilities of this network move by {change:.3f} on average, and "
            f"{QUANTIZED_TOLERANCE} is the most that is accepted. Train without --int8."
        )
    return small, change


def _groups(convolution: onnx.NodeProto) -> int:
    return next((int(item.i) for item in convolution.attribute if item.name == "group"), 1)


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep off the terminal that the quantizer would rather optimise the model first, which the converter has done."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(level)


class _OneByOne:
    """Hands inputs to the quantizer, as its `CalibrationDataReader` does."""

    def __init__(self, inputs: Floats) -> None:
        self._left = iter(inputs)

    def get_next(self) -> dict[str, Floats] | None:
        """Give the next input, or None after the last."""
        one = next(self._left, None)
        return None if one is None else {"pixels": one[np.newaxis]}
