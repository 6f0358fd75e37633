"""What a network averages before its last layer, read out of its ONNX file and handed out beside the probabilities.

Nothing is written to disk: an ONNX file is one protobuf message, and a message with another put behind it is the two
merged. So the file, followed by a few bytes that name more outputs, is the same network with more outputs; nothing but
ONNX Runtime is needed to run it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# Numbers of the fields read here, from onnx.proto.
_GRAPH = 7  # of ModelProto
_NODE, _OUTPUT = 1, 12  # of GraphProto
_NODE_INPUT, _NODE_OUTPUT, _NODE_KIND = 1, 2, 4  # of NodeProto
_NAME = 1  # of ValueInfoProto
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5  # wire types
_RESHAPED = frozenset({"Squeeze", "Reshape", "Flatten", "Identity"})


@dataclass(frozen=True)
class Node:
    """One operation of a graph."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Averaged:
    """The end of a network that classifies by global averages (Lin et al. 2014).

    Parameters
    ----------
    blocks : tuple of str
        Tensors that are averaged, (n, channels, height, width), in the order in which the last layer reads them.
    kernel : str
        The last layer's weights, (channels of all blocks, labels).
    """

    blocks: tuple[str, ...]
    kernel: str


def find_averaged(model: bytes) -> Averaged | None:
    """Find what the last layer of a network averages.

    Parameters
    ----------
    model : bytes
        An ONNX file.

    Returns
    -------
    Averaged or None
        None where the network does not end in global average pooling, one dense layer and a softmax.
    """
    nodes = list(_nodes(model))
    makers = {name: node for node in nodes for name in node.outputs}
    last = nodes[-1] if nodes else None
    if last is None or last.kind != "Softmax":
        return None
    product = makers.get(last.inputs[0])
    if product is not None and product.kind == "Add":
        product = next((makers[name] for name in product.inputs if _is(makers, name, "MatMul")), None)
    if product is None or product.kind != "MatMul":
        return None
    features, kernel = product.inputs
    joined = makers.get(features)
    parts = joined.inputs if joined is not None and joined.kind == "Concat" else (features,)
    blocks = [_block(makers, part) for part in parts]
    return None if None in blocks else Averaged(tuple(filter(None, blocks)), kernel)


def with_outputs(model: bytes, names: tuple[str, ...]) -> bytes:
    """Hand out more tensors of a network, after its own outputs, in this order."""
    outputs = b"".join(_field(_OUTPUT, _field(_NAME, name.encode())) for name in names)
    return model + _field(_GRAPH, outputs)


def _block(makers: dict[str, Node], name: str) -> str | None:
    node = makers.get(name)
    while node is not None and node.kind in _RESHAPED:
        node = makers.get(node.inputs[0])
    return node.inputs[0] if node is not None and node.kind == "GlobalAveragePool" else None


def _is(makers: dict[str, Node], name: str, kind: str) -> bool:
    return name in makers and makers[name].kind == kind


def _nodes(model: bytes) -> Iterator[Node]:
    for number, graph in _fields(memoryview(model)):
        if number == _GRAPH and isinstance(graph, memoryview):
            for inner, value in _fields(graph):
                if inner == _NODE and isinstance(value, memoryview):
                    yield _node(value)


def _node(message: memoryview) -> Node:
    texts: dict[int, list[str]] = {_NODE_INPUT: [], _NODE_OUTPUT: [], _NODE_KIND: []}
    for number, value in _fields(message):
        if isinstance(value, memoryview) and number in texts:
            texts[number].append(str(value, "utf-8"))
    inputs, outputs, kinds = (tuple(texts[part]) for part in (_NODE_INPUT, _NODE_OUTPUT, _NODE_KIND))
    return Node("".join(kinds), inputs, outputs)


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Walk the fields of a protobuf message: their numbers and, undecoded, their values."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, place = _varint(message, place)
            yield number, value
            continue
        if wire == _BYTES:
            length, place = _varint(message, place)
        elif wire in (_EIGHT_BYTES, _FOUR_BYTES):
            length = 8 if wire == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"wire type {wire} is not one of ONNX files")
        yield number, message[place : place + length]
        place += length


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _field(number: int, content: bytes) -> bytes:
    return _written(number << 3 | _BYTES) + _written(len(content)) + content


def _written(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
