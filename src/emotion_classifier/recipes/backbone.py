"""The network inside a bundle as a Keras model whose weights can be trained on.

A bundle holds ONNX only. Its convolutions have their batch normalisation folded in, which is what one wants of a
network that is fine-tuned on few photos: there are no running statistics to spoil.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import RecipeError, missing_extra

if TYPE_CHECKING:
    import keras
    import onnx

    from emotion_classifier.model.bundle import Bundle

Weights = dict[str, npt.NDArray[np.float32]]
_PASSED_ON = (
    "Reshape",
    "Transpose",
    "Squeeze",
    "Cast",
    "Identity",
    "Flatten",
)  # layout only, which Keras has otherwise


def backbone(bundle: Bundle) -> keras.Model:
    """Build the network of a bundle up to and including its global average pooling.

    Where the bundle reads a face and its mirror image, this is the branch for the face.

    Parameters
    ----------
    bundle : Bundle
        Of a convolutional network that takes one face and ends in global average pooling, as the recipe `compact`
        gives it.

    Returns
    -------
    keras.Model
        From normalised pixels, float32 (n, height, width, channels), to features (n, width of the last convolution).

    Raises
    ------
    RecipeError
        If the network is of another kind.
    MissingExtraError
        If Keras or onnx is not installed.

    Examples
    --------
    >>> from emotion_classifier.model.bundle import Bundle
    >>> backbone(Bundle.default()).output_shape  # doctest: +SKIP
    (None, 256)
    """
    return _Builder(_load(bundle), bundle.config.preprocessing.input_shape).model(bundle.id)


def head(bundle: Bundle) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Weights of the softmax layer behind the backbone: kernel (features, labels) and bias (labels,).

    Raises
    ------
    RecipeError
        If the network does not end in one dense layer and a softmax over the bundle's labels.
    """
    proto = _load(bundle)
    weights = _weights(proto)
    softmax = next((node for node in proto.graph.node if node.op_type == "Softmax"), None)
    makers = {name: node for node in proto.graph.node for name in node.output}
    add = makers.get(softmax.input[0]) if softmax else None
    product = makers.get(add.input[0]) if add else None
    kernel = weights.get(product.input[1]) if product is not None and product.op_type == "MatMul" else None
    if add is None or kernel is None or kernel.shape[1] != len(bundle.config.id2label):
        raise RecipeError(
            f"The network of {bundle.id} does not end in a dense layer and a softmax over its labels. Start from a "
            f"bundle that was trained with compact or transfer."
        )
    return kernel, weights[add.input[1]]


def _load(bundle: Bundle) -> onnx.ModelProto:
    try:
        import onnx
    except ImportError as error:
        raise missing_extra("train", "onnx") from error
    return onnx.load(bundle.path / "model.onnx")


def _weights(proto: onnx.ModelProto) -> Weights:
    """Every constant as float32, also those kept in half precision behind a Cast."""
    from onnx import numpy_helper

    found = {item.name: numpy_helper.to_array(item) for item in proto.graph.initializer}
    for node in proto.graph.node:
        if node.op_type == "Cast" and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]]
    return {
        name: np.asarray(values, np.float32)
        for name, values in found.items()
        if np.issubdtype(values.dtype, np.floating)
    }


class _Builder:
    """Walks the graph back from the pooling and lays the same layers in Keras."""

    def __init__(self, proto: onnx.ModelProto, input_shape: tuple[int, int, int]) -> None:
        import keras

        self._weights = _weights(proto)
        self._makers = {name: node for node in proto.graph.node for name in node.output}
        self._pools = [node for node in proto.graph.node if node.op_type == "GlobalAveragePool"]
        self._inputs = keras.Input(input_shape)
        self._made: dict[str, Any] = {proto.graph.input[0].name: self._inputs}
        self._set: list[tuple[Any, list[npt.NDArray[np.float32]]]] = []

    def model(self, name: str) -> keras.Model:
        import keras

        for pool in self._pools:
            if "ReverseSequence" in self._operations(pool.output[0]):
                continue  # the branch of the mirror image
            model = keras.Model(self._inputs, self._tensor(pool.output[0]), name="backbone")
            for layer, weights in self._set:
                layer.set_weights(weights)
            return model
        raise RecipeError(f"The network of {name} has no global average pooling to take features from.")

    def _operations(self, name: str) -> set[str]:
        seen, open_names = set(), [name]
        while open_names:
            node = self._makers.get(open_names.pop())
            if node is not None:
                seen.add(node.op_type)
                open_names += node.input
        return seen

    def _tensor(self, name: str) -> Any:
        if name not in self._made:
            node = self._makers[name]
            self._made[name] = self._layer(node)
        return self._made[name]

    def _layer(self, node: onnx.NodeProto) -> Any:
        from keras import layers

        if node.op_type in _PASSED_ON:
            return self._tensor(node.input[0])
        if node.op_type == "Conv":
            return self._convolution(node)
        if node.op_type == "Relu":
            return layers.ReLU()(self._tensor(node.input[0]))
        if node.op_type == "Add":
            return layers.Add()([self._tensor(name) for name in node.input])
        if node.op_type == "AveragePool":
            return layers.AveragePooling2D(_integers(node, "kernel_shape"), _integers(node, "strides"))(
                self._tensor(node.input[0])
            )
        if node.op_type == "GlobalAveragePool":
            return layers.GlobalAveragePooling2D()(self._tensor(node.input[0]))
        raise RecipeError(
            f"A network with {node.op_type} cannot be trained on; one of the recipe compact can."
        )

    def _convolution(self, node: onnx.NodeProto) -> Any:
        from keras import layers

        kernel = self._weights[node.input[1]]
        bias = self._weights[node.input[2]] if len(node.input) > 2 else np.zeros(len(kernel), np.float32)
        top, left, bottom, right = _integers(node, "pads") or (0, 0, 0, 0)
        x = self._tensor(node.input[0])
        if top or left or bottom or right:
            x = layers.ZeroPadding2D(((top, bottom), (left, right)))(x)
        layer = layers.Conv2D(len(kernel), kernel.shape[2:], strides=_integers(node, "strides") or (1, 1))
        self._set.append((layer, [kernel.transpose(2, 3, 1, 0), bias]))
        return layer(x)


def _integers(node: onnx.NodeProto, name: str) -> tuple[int, ...]:
    return next((tuple(item.ints) for item in node.attribute if item.name == name), ())
