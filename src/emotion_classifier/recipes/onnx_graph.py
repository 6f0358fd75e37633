"""ONNX graphs written down operation by operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from emotion_classifier.errors import missing_extra

if TYPE_CHECKING:
    import numpy.typing as npt
    import onnx

OPSET = 17
# Of the operators for trees, kernels and the like.
ML_OPSET = 3
# Of the file format; onnxruntime 1.20, the oldest that is supported, reads up to 10.
IR_VERSION = 8


class Graph:
    """Nodes and constants of a graph; calling it adds an operation and gives the name of what comes out.

    Parameters
    ----------
    prefix : str
        What all names begin with; two graphs that are put together need different ones.

    Raises
    ------
    MissingExtraError
        If onnx is not installed.

    Examples
    --------
    >>> graph = Graph("example_")
    >>> doubled = graph("Add", "x", "x")
    >>> len(graph.nodes)
    1
    """

    FLOAT = 1
    DOUBLE = 11

    def __init__(self, prefix: str) -> None:
        try:
            import onnx
        except ImportError as error:
            raise missing_extra("train", "onnx") from error
        self._onnx = onnx
        self._prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def __call__(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Add an operation with one output."""
        name = f"{self._prefix}{operation}_{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(operation, inputs, [name], name, **attributes))
        return name

    def constant(self, values: npt.ArrayLike) -> str:
        """Add a constant of the dtype it comes in."""
        name = f"{self._prefix}constant_{len(self.constants)}"
        self.constants.append(self._onnx.numpy_helper.from_array(np.asarray(values), name))
        return name

    def part(self, tensor: str, axis: int, start: int, stop: int) -> str:
        """Cut a range out of one axis."""
        return self("Slice", tensor, *(self.constant(np.array([number])) for number in (start, stop, axis)))

    def mirrored(self, tensor: str, axis: int) -> str:
        """Turn one axis round."""
        numbers = (-1, np.iinfo(np.int64).min, axis, -1)
        return self("Slice", tensor, *(self.constant(np.array([number])) for number in numbers))

    def rename(self, tensor: str, name: str) -> None:
        """Give the last operation's output a name of your own."""
        assert self.nodes[-1].output[0] == tensor
        self.nodes[-1].output[0] = name

    def include(self, model: onnx.ModelProto, tensor: str) -> onnx.GraphProto:
        """Put in another model that reads one tensor of this graph; its own names get this graph's prefix.

        Returns
        -------
        onnx.GraphProto
            As put in: its outputs are tensors of this graph now.
        """
        (read,) = model.graph.input
        there = self._onnx.compose.add_prefix(model, self._prefix).graph
        self.nodes.append(self._onnx.helper.make_node("Identity", [tensor], [f"{self._prefix}{read.name}"]))
        self.nodes += there.node
        self.constants += there.initializer
        return there

    def model(self, inputs: dict[str, tuple[int, ...]], outputs: dict[str, int | None]) -> onnx.ModelProto:
        """Close the graph; what leads to none of the outputs is left out.

        Parameters
        ----------
        inputs : dict
            Name → shape of one row; float32.
        outputs : dict
            Name → length of one row, or None where it follows from the rest; float32.
        """
        helper = self._onnx.helper

        def tensor(name: str, shape: tuple[int | None, ...]) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, self.FLOAT, ["batch", *shape])

        nodes = self._needed(set(outputs))
        used = {name for node in nodes for name in node.input}
        graph = helper.make_graph(
            nodes,
            f"{self._prefix}graph",
            [tensor(name, shape) for name, shape in inputs.items()],
            [tensor(name, (length,)) for name, length in outputs.items()],
            [item for item in self.constants if item.name in used],
        )
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)],
            ir_version=IR_VERSION,
        )

    def _needed(self, wanted: set[str]) -> list[onnx.NodeProto]:
        kept = []
        for node in reversed(self.nodes):
            if wanted & set(node.output):
                kept.append(node)
                wanted |= set(node.input)
        return kept[::-1]
