import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper

from fakeface.errors import UserError
from fakeface.inference.packed_weights import pack, unpack

Array = NDArray[np.float32]


def model_of(weights: dict[str, Array]) -> ModelProto:
    """Return a model whose outputs are its weights."""
    nodes = [helper.make_node("Identity", [f"net.{name}"], [name]) for name in weights]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in weights]
    graph = helper.make_graph(nodes, "weights", [], outputs)
    graph.initializer.extend(numpy_helper.from_array(weight, f"net.{name}") for name, weight in weights.items())
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def packed(weights: dict[str, Array]) -> tuple[dict[str, NDArray[np.generic]], dict[str, Array]]:
    """Return what is stored, and the weights that both ways out of it agree on."""
    model = model_of(weights)
    names = pack(model, weights)
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    unpacked = unpack(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    computed = dict(zip(weights, session.run(list(weights), {}), strict=True))
    for name in weights:
        assert (unpacked[names[name]] == computed[name]).all()
    return stored, computed


def test_a_block_s_largest_weight_sets_its_scale() -> None:
    # Two outputs of 40 inputs: five blocks, of which the third holds the end of one output and the start of the other.
    weight = np.zeros((2, 40), dtype=np.float32)
    weight[0, 0], weight[0, 1], weight[0, 20] = 1.27, 0.126, -254.0
    weight[1, 39] = 0.5
    stored, restored = packed({"layer.weight": weight})
    integers, scales = stored["net.layer.weight:integers"], stored["net.layer.weight:scales"]
    assert [str(stored.dtype) for stored in (integers, scales)] == ["int8", "float16"]
    assert integers.shape == (5, 16)
    assert integers.flatten()[[0, 1, 20, 79]].tolist() == [127, 13, -127, 127]
    assert scales[:2, 0].tolist() == pytest.approx([0.01, 2.0], rel=1e-3)
    assert restored["layer.weight"][0, [0, 1, 20]].tolist() == pytest.approx([1.27, 0.13, -254.0], rel=1e-3)
    assert (restored["layer.weight"][weight == 0] == 0).all()


def test_no_weight_moves_by_more_than_half_a_step_of_its_block() -> None:
    weight = np.random.default_rng(0).normal(0, 0.05, (32, 3, 5, 5)).astype(np.float32)
    restored = packed({"weight": weight})[1]["weight"]
    assert restored.shape == weight.shape
    steps = np.abs(weight.reshape(-1, 16)).max(axis=1).repeat(16).reshape(weight.shape) / 127
    # The scale is rounded to half precision, hence a little more than half.
    assert (np.abs(restored - weight) <= 0.6 * steps).all()


def test_small_and_odd_tensors_stay_in_half_precision() -> None:
    generator = np.random.default_rng(0)
    weights = {
        "depthwise.weight": generator.random((8, 1, 3, 3), dtype=np.float32),
        "norm.bias": generator.random(64, dtype=np.float32),
        "odd.weight": generator.random((3, 35), dtype=np.float32),
        "head.weight": np.full((1, 64), 1e-9, dtype=np.float32),
    }
    stored, restored = packed(weights)
    assert [name for name in stored if name.endswith(":half")] == ["net.depthwise.weight:half", "net.odd.weight:half"]
    assert (restored["norm.bias"] == weights["norm.bias"]).all()
    assert np.abs(restored["head.weight"]).max() < 1e-6
    for name in ("depthwise.weight", "odd.weight"):
        assert restored[name] == pytest.approx(weights[name], rel=1e-3)


def test_a_weight_that_the_exporter_changed_is_refused() -> None:
    weight = np.ones((4, 32), dtype=np.float32)
    with pytest.raises(UserError, match="the exporter changed the weight a"):
        pack(model_of({"a": weight}), {"a": weight.T.copy()})
