import torch

from fakeface.inference.packed_weights import pack, unpack


def test_a_block_s_largest_weight_sets_its_scale() -> None:
    # Two outputs of 40 inputs: five blocks, of which the third holds the end of one output and the start of the other.
    weight = torch.zeros(2, 40)
    weight[0, 0], weight[0, 1], weight[0, 20] = 1.27, 0.126, -254.0
    weight[1, 39] = 0.5
    packed = pack({"layer.weight": weight})
    assert packed.keys() == {"layer.weight", "layer.weight.scales"}
    assert packed["layer.weight"].dtype == torch.int8
    assert packed["layer.weight"].shape == (2, 40)
    assert packed["layer.weight"][0, [0, 1, 20]].tolist() == [127, 13, -127]
    assert packed["layer.weight"][1, 39] == 127
    assert packed["layer.weight.scales"].dtype == torch.float16
    assert torch.allclose(packed["layer.weight.scales"][:2].float(), torch.tensor([0.01, 2.0]), rtol=1e-3)
    restored = unpack(packed)["layer.weight"]
    assert torch.allclose(restored[0, [0, 1, 20]], torch.tensor([1.27, 0.13, -254.0]), rtol=1e-3)
    assert (restored[weight == 0] == 0).all()


def test_no_weight_moves_by_more_than_half_a_step_of_its_block() -> None:
    weight = torch.randn(33, 3, 5, 5, generator=torch.Generator().manual_seed(0)) * 0.05
    restored = unpack(pack({"weight": weight}))["weight"]
    assert restored.shape == weight.shape
    steps = torch.stack([part.abs().max() / 127 for part in weight.flatten().split(16)]).repeat_interleave(16)
    # The scale is rounded to half precision, hence a little more than half.
    assert ((restored - weight).flatten().abs() <= 0.6 * steps[: weight.numel()]).all()


def test_small_and_whole_numbered_tensors_are_not_packed() -> None:
    weights = {
        "depthwise.weight": torch.full((8, 1, 3, 3), 0.3),
        "norm.bias": torch.full((64,), 0.1),
        "norm.scales": torch.full((64,), 0.2),
        "norm.num_batches_tracked": torch.tensor(70000),
        "head.weight": torch.full((1, 64), 1e-9),
    }
    packed = pack(weights)
    assert packed["depthwise.weight"].dtype == packed["norm.bias"].dtype == torch.float16
    assert packed["norm.num_batches_tracked"] == 70000
    restored = unpack(packed)
    assert restored.keys() == weights.keys()
    assert restored["head.weight"].abs().max() < 1e-6
    assert torch.allclose(restored["depthwise.weight"].float(), weights["depthwise.weight"], rtol=1e-3)
