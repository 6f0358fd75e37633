"""The network inside a bundle as a Keras model whose weights can be trained on.

A bundle holds ONNX only. Its convolutions have their batch normalisation folded in, which is what one wants of a
network that is fine-tuned on few photos: there are no running statistics to spoil.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from emotion_classifier.errors import RecipeError, missing_extra
from emotion_classifier.model.bundle import MODEL, Bundle

if TYPE_CHECKING:
    import keras
    import onnx

    from emotion_classifier.recipes.inner_crop import InnerCrop

Weights = dict[str, npt.NDArray[np.float32]]
_SIX = 6.001
# Layout only, which Keras has otherwise.
_PASSED_ON = ("Reshape", "Transpose", "Squeeze", "Cast", "Identity", "Flatten", "DequantizeLinear")


def backbone(bundle: Bundle, *, name: str = "backbone") -> keras.Model:
    """Build the network of a bundle up to its last dense layer.

    Where the bundle reads a face and its mirror image, this is the branch for the face.

    Parameters
    ----------
    bundle : Bundle
        Of a convolutional network that ends in one dense layer and a softmax, as the recipes `compact`, `mobilenet` and
        `transfer` give it.
    name : str
        Of the Keras model.

    Returns
    -------
    keras.Model
        From normalised pixels, float32 (n, height, width, channels), to features (n, what the dense layer reads).

    Raises
    ------
    RecipeError
        If the network is of another kind.
    MissingExtraError
        If Keras or onnx is not installed.

    Examples
    --------
    >>> from emotion_classifier.model.bundle import Bundle
    >>> backbone(Bundle.default()).output_shape[1] > 256  # doctest: +SKIP
    True
    """
    proto = load_network(bundle)
    builder = _Builder(proto, bundle.config.preprocessing.input_shape)
    return builder.model(_last_layer(proto, bundle).input[0], name)


def head(bundle: Bundle) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Weights of the softmax layer behind the backbone: kernel (features, labels) and bias (labels,).

    Raises
    ------
    RecipeError
        If the network does not end in one dense layer and a softmax over the bundle's labels.
    """
    proto = load_network(bundle)
    product, weights = _last_layer(proto, bundle), _weights(proto)
    kernel = weights[product.input[1]]
    (after,) = (node for node in proto.graph.node if product.output[0] in node.input)
    bias = next((weights[name] for name in after.input if name in weights), None)
    return kernel, np.zeros(kernel.shape[1], np.float32) if bias is None else bias


def features_name(proto: onnx.ModelProto, bundle: Bundle) -> str:
    """Name the tensor that the last dense layer of a bundle's network reads, on the branch for the face itself.

    Where a classical classifier reads that network, this is the network inside.

    Raises
    ------
    RecipeError
        As `head` does.
    """
    return str(_last_layer(proto, bundle, of_its_labels=False).input[0])


def _last_layer(proto: onnx.ModelProto, bundle: Bundle, *, of_its_labels: bool = True) -> onnx.NodeProto:
    """Find the product with the last kernel, on the branch that no mirror image goes through."""
    weights, makers = _weights(proto), _makers(proto)
    for softmax in proto.graph.node:
        if softmax.op_type != "Softmax":
            continue
        before = makers.get(softmax.input[0])
        # A bias of zeros is left out on conversion.
        for name in (softmax.input[0], *(before.input if before is not None else ())):
            product = makers.get(name)
            kernel = (
                weights.get(product.input[1]) if product is not None and product.op_type == "MatMul" else None
            )
            if (
                product is not None
                and kernel is not None
                and (not of_its_labels or kernel.shape[1] == len(bundle.config.id2label))
                and "GlobalAveragePool" in (before_it := _operations(makers, product.input[0]))
                and "ReverseSequence" not in before_it
            ):
                return product
    raise RecipeError(
        f"The network of {bundle.id} does not end in a dense layer and a softmax over its labels. Start from a "
        f"bundle that was trained with compact, mobilenet or transfer."
    )


def _makers(proto: onnx.ModelProto) -> dict[str, onnx.NodeProto]:
    return {name: node for node in proto.graph.node for name in node.output}


def _operations(makers: dict[str, onnx.NodeProto], name: str) -> set[str]:
    seen, names, todo = set(), set(), [name]
    while todo:
        here = todo.pop()
        node = makers.get(here)
        if node is not None and here not in names:
            names.add(here)
            seen.add(node.op_type)
            todo += node.input
    return seen


def add_crop(picture: keras.KerasTensor, crop: InnerCrop) -> keras.KerasTensor:
    """Cut one network's input out of the shared picture."""
    from keras import layers

    outer, inner = crop.outer, crop.inner
    height, width = inner.height * crop.block, inner.width * crop.block
    margins = (crop.top, outer.height - crop.top - height), (crop.left, outer.width - crop.left - width)
    x = layers.Cropping2D(margins)(picture) if any(map(any, margins)) else picture
    if crop.block > 1:
        x = layers.AveragePooling2D(crop.block)(x)
    factor = inner.scale / outer.scale
    kernel = crop.channels * factor
    shift = inner.offset - outer.offset * factor * crop.channels.sum(axis=0)
    if np.array_equal(kernel, np.eye(len(kernel))) and not np.any(np.abs(shift) > 1e-6):
        return x
    layer = layers.Conv2D(kernel.shape[1], 1, trainable=False)
    x = layer(x)
    layer.set_weights([kernel[np.newaxis, np.newaxis].astype(np.float32), shift.astype(np.float32)])
    return x


def load_network(bundle: Bundle) -> onnx.ModelProto:
    """Load the ONNX model of a bundle.

    Raises
    ------
    MissingExtraError
        If onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise missing_extra("train", "onnx") from error
    return onnx.load(bundle.path / MODEL)


def _weights(proto: onnx.ModelProto) -> Weights:
    """Every constant as float32, also those kept in half precision behind a Cast, or in 8 bits behind their scale."""
    from onnx import numpy_helper

    found = {item.name: numpy_helper.to_array(item) for item in proto.graph.initializer}
    for node in proto.graph.node:
        if node.op_type == "Cast" and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]]
        elif node.op_type == "DequantizeLinear" and node.input[0] in found:
            found[node.output[0]] = _dequantized(node, found)
    return {
        name: np.asarray(values, np.float32)
        for name, values in found.items()
        if np.issubdtype(values.dtype, np.floating)
    }


def _dequantized(node: onnx.NodeProto, constants: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    values, scale, *zero = (constants[name] for name in node.input)
    axis = next((item.i for item in node.attribute if item.name == "axis"), 1)
    # One scale for all, or one for each place along the axis.
    shape = [-1 if place == axis % values.ndim else 1 for place in range(values.ndim)] if scale.ndim else []
    shifted = values.astype(np.float32) - (zero[0].astype(np.float32).reshape(shape) if zero else 0)
    return np.asarray(shifted * scale.reshape(shape), np.float32)


class _Builder:
    """Walks the graph back from the features and lays the same layers in Keras."""

    def __init__(self, proto: onnx.ModelProto, input_shape: tuple[int, int, int]) -> None:
        import keras

        self._weights, self._constants = _weights(proto), _constants(proto)
        self._makers = _makers(proto)
        self._inputs = keras.Input(input_shape)
        self._made: dict[str, Any] = {proto.graph.input[0].name: self._inputs}
        self._set: list[tuple[Any, list[npt.NDArray[np.float32]]]] = []

    def model(self, features: str, name: str) -> keras.Model:
        import keras

        model = keras.Model(self._inputs, self._tensor(features), name=name)
        for layer, weights in self._set:
            layer.set_weights(weights)
        return model

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
        if node.op_type == "Clip":
            return layers.ReLU(float(self._constants[node.input[2]]))(self._tensor(node.input[0]))
        if node.op_type == "QuantizeLinear":
            return self._quantized(node)
        if node.op_type == "Add":
            return layers.Add()([self._tensor(name) for name in node.input])
        if node.op_type == "Concat":
            return layers.Concatenate()([self._tensor(name) for name in node.input])
        if node.op_type == "AveragePool":
            return layers.AveragePooling2D(_integers(node, "kernel_shape"), _integers(node, "strides"))(
                self._tensor(node.input[0])
            )
        if node.op_type == "GlobalAveragePool":
            return layers.GlobalAveragePooling2D()(self._tensor(node.input[0]))
        if node.op_type == "Slice":
            return self._crop(node)
        if node.op_type == "Pad":
            return self._pad(node)
        raise RecipeError(
            f"A network with {node.op_type} cannot be trained on; one of the recipe compact or mobilenet can."
        )

    def _quantized(self, node: onnx.NodeProto) -> Any:
        """Keep what 8 bits without a sign do beside rounding: they cut off, and stand for ReLU or ReLU6.

        Ranges are those of photos that were seen, so one that ends at 6 or before it is that of ReLU6.
        """
        from keras import layers

        x, (scale, zero) = self._tensor(node.input[0]), (self._constants[name] for name in node.input[1:])
        maker = self._makers.get(node.input[0])
        if zero.dtype != np.uint8 or zero or (maker is not None and maker.op_type in ("Clip", "Relu")):
            return x
        return layers.ReLU(6.0 if float(scale) * 255 < _SIX else None)(x)

    def _pad(self, node: onnx.NodeProto) -> Any:
        """Lay zeros around a picture, whether its channels come last or first: none are added to them."""
        from keras import layers

        begin, end = self._constants[node.input[1]].reshape(2, 4).tolist()
        axes = (1, 2) if begin[3] == end[3] == 0 else (2, 3)
        return layers.ZeroPadding2D([(begin[axis], end[axis]) for axis in axes])(self._tensor(node.input[0]))

    def _crop(self, node: onnx.NodeProto) -> Any:
        """Cut rows and columns out of a picture, (n, height, width, channels)."""
        from keras import layers

        x = self._tensor(node.input[0])
        starts, ends, axes = (self._constants[name].tolist() for name in node.input[1:4])
        margins = [(0, 0), (0, 0)]
        for start, end, axis in zip(starts, ends, axes, strict=True):
            if axis in (1, 2):
                margins[axis - 1] = (start, max(0, x.shape[axis] - end) if end >= 0 else -end)
        return layers.Cropping2D(tuple(margins))(x)

    def _convolution(self, node: onnx.NodeProto) -> Any:
        from keras import layers

        kernel = self._weights[node.input[1]]
        bias = self._weights[node.input[2]] if len(node.input) > 2 else np.zeros(len(kernel), np.float32)
        groups = next((item.i for item in node.attribute if item.name == "group"), 1)
        size, strides = kernel.shape[2:], _integers(node, "strides") or (1, 1)
        x, padding = self._padded(self._tensor(node.input[0]), node, size, strides)
        if groups > 1:
            layer: Any = layers.DepthwiseConv2D(size, strides=strides, padding=padding)
            self._set.append((layer, [kernel.transpose(2, 3, 0, 1), bias]))
        else:
            layer = layers.Conv2D(len(kernel), size, strides=strides, padding=padding)
            self._set.append((layer, [kernel.transpose(2, 3, 1, 0), bias]))
        return layer(x)

    def _padded(
        self, x: Any, node: onnx.NodeProto, size: tuple[int, int], strides: tuple[int, ...]
    ) -> tuple[Any, str]:
        """Leave zeros to the convolution where Keras would lay the same: that converts to fewer operations."""
        from keras import layers

        top, left, bottom, right = _integers(node, "pads") or (0, 0, 0, 0)
        if not (top or left or bottom or right):
            return x, "valid"
        given = (top, bottom), (left, right)
        same = tuple(map(_same, x.shape[1:3], size, strides))
        return (x, "same") if given == same else (layers.ZeroPadding2D(given)(x), "valid")


def _same(places: int, size: int, stride: int) -> tuple[int, int]:
    """Zeros before and after that TensorFlow's padding "same" lays along one axis."""
    total = max((-(-places // stride) - 1) * stride + size - places, 0)
    return total // 2, total - total // 2


def _constants(proto: onnx.ModelProto) -> dict[str, npt.NDArray[Any]]:
    from onnx import numpy_helper

    stored = {item.name: numpy_helper.to_array(item) for item in proto.graph.initializer}
    return {**stored, **_weights(proto)}


def _integers(node: onnx.NodeProto, name: str) -> tuple[int, ...]:
    return next((tuple(item.ints) for item in node.attribute if item.name == name), ())
