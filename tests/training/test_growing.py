"""A grown network computes what the smaller one did, exactly, and can learn more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Generator, Tensor

from restore.engine.card import Architecture
from restore.errors import ModelError
from restore.networks.unet import UNet
from restore.training.growing import grow, load_weights, new_network

SMALL: dict[str, Any] = {"channels": (4, 6), "blocks": (1, 1), "inputs": 4, "embedding": 8}


def network(seed: int, **changes: Any) -> UNet:
    """A network none of whose weights is zero."""
    net = new_network(Architecture(**SMALL | changes), seed)
    generator = Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return net


def picture(inputs: int) -> Tensor:
    return torch.randn(2, inputs, 8, 8, generator=Generator().manual_seed(5))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"blocks": (3, 2)},
        {"channels": (8, 6)},
        {"channels": (4, 12)},
        {"channels": (8, 16), "blocks": (2, 3), "embedding": 12},
        {"told": 4},
    ],
    ids=str,
)
def test_a_grown_network_is_the_same_function(changes: dict[str, Any]) -> None:
    small, large = network(0), network(1, **changes)
    with torch.no_grad():
        if "embedding" in changes or "told" in changes:
            large.embedding.frequencies[:64] = small.embedding.frequencies  # type: ignore[union-attr]
    assert not torch.allclose(small(picture(4)), large(picture(4)), atol=1e-2)
    grow(large, small.state_dict())

    torch.testing.assert_close(large(picture(4)), small(picture(4)), atol=1e-5, rtol=1e-5)


def test_new_inputs_are_not_listened_to_and_new_outputs_change_nothing() -> None:
    small = network(0, embedding=0)
    large = network(1, embedding=0, inputs=7, outputs=4)
    grow(large, small.state_dict())
    x = picture(7)

    torch.testing.assert_close(large(x)[:, :3], small(x[:, :4]), atol=1e-5, rtol=1e-5)


def test_what_is_new_is_reached_by_gradients() -> None:
    small, large = network(0), network(1, channels=(8, 12), blocks=(2, 1))
    grow(large, small.state_dict())
    descent = torch.optim.SGD(large.parameters(), lr=1e-4)
    for _ in range(5):  # what is behind zeros is reached once these have moved
        descent.zero_grad()
        large(picture(4)).square().mean().backward()
        descent.step()

    for name in ("tail.weight", "middle.0.conv1.weight", "encoder.0.1.conv2.weight"):
        parameter = large.get_parameter(name)
        assert parameter.grad is not None
        assert (parameter.grad != 0).float().mean() > 0.7, name


def test_a_part_may_stay_as_it_is() -> None:
    small, large = network(0), network(1, outputs=1)
    tail = large.tail.weight.clone()
    grow(large, small.state_dict(), fresh=("tail",))

    assert torch.equal(large.tail.weight, tail)
    assert torch.equal(large.head.weight, small.head.weight)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"channels": (2, 6)}, r"conv1\.bias is \(4,\) in them, and the network has \(2,\)"),
        ({"blocks": (1, 0)}, r"middle\.0\..*the network has none"),
        ({"outputs": 1}, r"tail\..*the network has \(4,"),
    ],
)
def test_a_network_cannot_shrink(changes: dict[str, Any], says: str) -> None:
    small, large = network(0), network(1, **changes)
    before = {name: tensor.clone() for name, tensor in large.state_dict().items()}
    with pytest.raises(ModelError, match=says):
        grow(large, small.state_dict())

    assert all(torch.equal(t, before[n]) for n, t in large.state_dict().items())


def test_the_first_weights_depend_on_the_seed_alone() -> None:
    state = torch.get_rng_state()
    one, same, other = (new_network(Architecture(**SMALL), seed) for seed in (0, 0, 1))

    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(one.head.weight, same.head.weight)
    assert not torch.equal(one.head.weight, other.head.weight)


def test_weights_are_read_in_single_precision(tmp_path: Path) -> None:
    weights = {name: tensor.half() for name, tensor in network(0).state_dict().items()}
    save_file(weights, tmp_path / "weights.safetensors")
    read = load_weights(tmp_path / "weights.safetensors")

    assert {tensor.dtype for tensor in read.values()} == {torch.float32}
    assert all(torch.equal(read[name].half(), tensor) for name, tensor in weights.items())


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 not weights at all"])
def test_a_file_without_weights_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "weights.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"weights\.safetensors cannot be read"):
        load_weights(path)
