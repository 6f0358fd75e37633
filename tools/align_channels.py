"""Round the channels of a converted network up to what processors work on at once, without changing its output.

ONNX Runtime lays feature maps out in blocks of 8 or 16 channels, but only where a convolution has whole blocks;
elsewhere it rearranges them forth and back and leaves additions and activations by themselves. The networks of
BlazeFace have 8, 12, 28, 36 … channels. Here every feature map gets more channels, which are zero throughout. Where
channels of zeros were added to a map (Pad) only to be added to a wider one, the wider one comes in two parts, and only
the first is added to. Output differs in the last digits only, because sums are taken in another order.
"""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, NodeProto, helper, numpy_helper, shape_inference

BLOCK = 16
"""Channels that processors with AVX-512 work on at once; those of half the width take two turns."""


def aligned(model: ModelProto) -> ModelProto:
    """Return a network with whole blocks of channels and any number of pictures in a batch.

    Parameters
    ----------
    model : ModelProto
        One picture in, with float32 weights; made of Conv, Relu, Add, MaxPool, Resize, Pad (of channels), Transpose,
        Reshape and Concat.

    Raises
    ------
    ValueError
        If it has other layers.
    """
    inferred = shape_inference.infer_shapes(model).graph
    known = [*inferred.value_info, *inferred.input, *inferred.output]
    shapes = {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in known}
    graph = _Graph(model, shapes)
    for node in model.graph.node:
        graph.add(node)
    return graph.model()


def _rounded(channels: int) -> int:
    return -(-channels // BLOCK) * BLOCK


class _Graph:
    """The network under construction."""

    def __init__(self, model: ModelProto, shapes: dict[str, list[int]]) -> None:
        self._model, self._shapes = model, shapes
        self._old = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        self._new: dict[str, np.ndarray] = {}
        self._nodes: list[NodeProto] = []
        self._same: dict[str, str] = {}  # by which other tensor one is replaced
        self._widened: dict[str, tuple[str, int]] = {}  # what had channels added, and the channels it has
        self._parts: dict[str, tuple[str, str]] = {}  # what is there in two parts
        leaves = ("Transpose", "Reshape")
        self._exact = {name for node in model.graph.node if node.op_type in leaves for name in node.input}

    def add(self, node: NodeProto) -> None:
        inputs = [self._same.get(name, name) for name in node.input]
        if node.op_type == "Conv":
            self._convolution(node, inputs)
        elif node.op_type == "Pad":
            self._widening(node, inputs)
        elif node.op_type == "Add" and (widened := self._widened.keys() & set(inputs)):
            (conv,) = set(inputs) - widened
            self._addition_to_a_part(node, self._widened[widened.pop()], conv)
        elif node.op_type == "Relu" and inputs[0] in self._parts:
            parts = [f"{part}_relu" for part in self._parts[inputs[0]]]
            for name, part in zip(self._parts[inputs[0]], parts, strict=True):
                self._nodes.append(helper.make_node("Relu", [name], [part], part))
            self._nodes.append(helper.make_node("Concat", parts, node.output, node.name, axis=1))
        elif node.op_type == "Resize":
            (*_, height, width), (*_, tall, wide) = self._shapes[node.input[0]], self._shapes[node.output[0]]
            scales = np.array([1, 1, tall / height, wide / width], np.float32)
            self._node(node, [inputs[0], "", self._weight(f"{node.output[0]}_scales", scales)])
        elif node.op_type == "Reshape":
            shape = np.array([0, -1, self._shapes[node.output[0]][-1]], np.int64)
            self._node(node, [inputs[0], self._weight(f"{node.output[0]}_shape", shape)])
        elif node.op_type in {"Relu", "Add", "MaxPool", "Transpose", "Concat"}:
            self._node(node, inputs)
        else:
            raise ValueError(f"layers of type {node.op_type} are not provided for")

    def _convolution(self, node: NodeProto, inputs: list[str]) -> None:
        options = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        weight, bias = self._old[inputs[1]], self._old[inputs[2]]
        outputs, per_group = weight.shape[:2]
        wide_out = outputs if node.output[0] in self._exact else _rounded(outputs)
        colours = inputs[0] in {name for n in self._nodes if n.op_type == "Transpose" for name in n.output}
        wide_in = per_group if options["group"] > 1 or colours else _rounded(per_group)
        if options["group"] > 1:
            if options["group"] != outputs or per_group != 1:
                raise ValueError(f"{node.name} is neither a depthwise nor an ordinary convolution")
            options["group"] = wide_out
        wide = np.zeros((wide_out, wide_in, *weight.shape[2:]), np.float32)
        wide[:outputs, :per_group] = weight
        more = np.zeros(wide_out, np.float32)
        more[:outputs] = bias
        names = [self._weight(name, value) for name, value in zip(inputs[1:], (wide, more), strict=True)]
        self._nodes.append(helper.make_node("Conv", [inputs[0], *names], node.output, node.name, **options))

    def _widening(self, node: NodeProto, inputs: list[str]) -> None:
        """Leave out what adds channels within a block; keep the rest for the addition that follows."""
        narrow, wide = (_rounded(self._shapes[name][1]) for name in (node.input[0], node.output[0]))
        if self._shapes[node.input[0]][2:] != self._shapes[node.output[0]][2:]:
            raise ValueError(f"{node.name} adds more than channels")
        if narrow == wide:
            self._same[node.output[0]] = inputs[0]
        else:
            self._widened[node.output[0]] = inputs[0], narrow

    def _addition_to_a_part(self, node: NodeProto, widened: tuple[str, int], output: str) -> None:
        """Split the convolution that gives the wider map, and add the narrower map to its first part."""
        added, narrow = widened
        (conv,) = (made for made in self._nodes if output in made.output)
        self._nodes.remove(conv)
        options = {attribute.name: helper.get_attribute_value(attribute) for attribute in conv.attribute}
        weights = [self._new.pop(name) for name in conv.input[1:]]
        first, rest = f"{output}_first", f"{output}_rest"
        for part, rows in ((first, slice(narrow)), (rest, slice(narrow, None))):
            names = [
                self._weight(f"{name}_{part}", value[rows])
                for name, value in zip(conv.input[1:], weights, strict=True)
            ]
            self._nodes.append(helper.make_node("Conv", [conv.input[0], *names], [part], part, **options))
        self._nodes.append(helper.make_node("Add", [first, added], [f"{first}_sum"], node.name))
        self._parts[node.output[0]] = f"{first}_sum", rest

    def _node(self, node: NodeProto, inputs: list[str]) -> None:
        new = NodeProto()
        new.CopyFrom(node)
        new.input[:] = inputs
        self._nodes.append(new)

    def _weight(self, name: str, value: np.ndarray) -> str:
        if name in self._new and not np.array_equal(self._new[name], value):
            raise ValueError(f"{name} is used in two ways")
        self._new[name] = value
        return name

    def model(self) -> ModelProto:
        new = ModelProto()
        new.CopyFrom(self._model)
        graph = new.graph
        del graph.node[:], graph.initializer[:], graph.value_info[:]
        graph.node.extend(self._nodes)
        graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in self._new.items())
        for value in (*graph.input, *graph.output):
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
        return new
