"""Weights in an ONNX file as 8-bit integers, and out of it again for torch.

Of every 16 weights in a row the largest sets the scale, as in the 8-bit format of llama.cpp
(https://github.com/ggml-org/llama.cpp), which takes 32. With one scale per output channel the log odds of two
networks of ``configs/edits.yaml`` moved 1.6 and 2.0 times as far. Nodes at the beginning of the graph compute the
weights, which ONNX Runtime does once, when it loads the file. They are products and not ``DequantizeLinear``, which it
computes anew for every batch: an eighth slower.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from fakeface.errors import UserError

BLOCK = 16
"""Weights that share a scale."""

LEAST_INPUTS = 32
"""Weights of fewer inputs per output, such as those of depthwise convolutions, stay in half precision: they are few."""

HALF, INTEGERS, SCALES, SHAPE = ":half", ":integers", ":scales", ":shape"
"""Endings of the tensors that a weight is computed from."""

_LARGEST = 127
_LEAST_SCALE = 2.0**-20
"""Below it half precision has too few digits; weights so small change nothing."""

Weights = Mapping[str, NDArray[np.float32]]


def pack(model: ModelProto, weights: Weights) -> dict[str, str]:
    """Store large weights of a model as integers (int8) and scales (float16), small ones in half precision.

    Tensors of one dimension stay as they are, for every conversion makes the loading longer.

    Args:
        model: Is changed.
        weights: By the names that torch has for them.

    Returns:
        The name under which ``unpack`` finds each weight: equal ones are stored once.

    Raises:
        UserError: When the model does not hold a weight as it is.
    """
    graph = model.graph
    stored = {_content(numpy_helper.to_array(tensor)): tensor for tensor in graph.initializer}
    names = {}
    for name, weight in weights.items():
        if _content(weight) not in stored:
            raise UserError(
                f"the exporter changed the weight {name}, so the network cannot be released: take another backbone"
            )
        names[name] = stored[_content(weight)].name
    tensors: list[TensorProto] = []
    nodes: list[NodeProto] = []
    for tensor in graph.initializer:
        if tensor.name in names.values() and len(tensor.dims) > 1:
            parts, computing = _pack(tensor.name, numpy_helper.to_array(tensor))
            tensors += [numpy_helper.from_array(values, name) for name, values in parts.items()]
            nodes += computing
        else:
            tensors.append(tensor)
    nodes += graph.node
    graph.ClearField("initializer")
    graph.initializer.extend(tensors)
    graph.ClearField("node")
    graph.node.extend(nodes)
    return names


def unpack(model: ModelProto) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of a model, of those that were packed the rounded weight."""
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    weights = dict(stored)
    for name, values in stored.items():
        if name.endswith(HALF):
            weights[name.removesuffix(HALF)] = values.astype(np.float32)
        elif name.endswith(INTEGERS):
            weight = name.removesuffix(INTEGERS)
            blocks = values.astype(np.float32) * stored[weight + SCALES].astype(np.float32)
            weights[weight] = blocks.reshape(stored[weight + SHAPE])
    return weights


def _pack(name: str, weight: NDArray[np.float32]) -> tuple[dict[str, NDArray[np.generic]], list[NodeProto]]:
    """Return the tensors that are stored for a weight, and the nodes that compute it from them."""
    if weight[0].size < LEAST_INPUTS or weight.size % BLOCK:
        return {name + HALF: weight.astype(np.float16)}, [_to_float(name + HALF, name)]
    blocks = weight.reshape(-1, BLOCK)
    scales = np.abs(blocks).max(axis=1, keepdims=True) / np.float32(_LARGEST)
    scales = np.maximum(scales, np.float32(_LEAST_SCALE)).astype(np.float16)
    integers = np.round(blocks / scales.astype(np.float32)).clip(-_LARGEST, _LARGEST).astype(np.int8)
    shape = np.array(weight.shape, dtype=np.int64)
    return {name + INTEGERS: integers, name + SCALES: scales, name + SHAPE: shape}, [
        _to_float(name + INTEGERS, f"{name}:0"),
        _to_float(name + SCALES, f"{name}:1"),
        helper.make_node("Mul", [f"{name}:0", f"{name}:1"], [f"{name}:2"]),
        helper.make_node("Reshape", [f"{name}:2", name + SHAPE], [name]),
    ]


def _to_float(source: str, target: str) -> NodeProto:
    return helper.make_node("Cast", [source], [target], to=TensorProto.FLOAT)


def _content(values: NDArray[np.generic]) -> tuple[str, tuple[int, ...], bytes]:
    return str(values.dtype), values.shape, values.tobytes()
