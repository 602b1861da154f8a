"""Muon against the SVD, AdamW against torch's own, and steps that must not be made."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor, nn

from restore.networks.unet import UNet
from restore.training.adamw import AdamW
from restore.training.muon import Muon, orthogonalise
from restore.training.optimiser import Optimiser
from restore.training.recipe import OptimiserRecipe

ONE = torch.ones(())
YES = torch.tensor(True)
NO = torch.tensor(False)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(8, 72), (72, 8), (16, 16), (1, 9)])
def test_singular_values_come_near_one_and_singular_vectors_stay(shape: tuple[int, int]) -> None:
    u, _, vh = torch.linalg.svd(random(2, *shape), full_matrices=False)
    s = torch.logspace(0, -1.5, min(shape))
    result = orthogonalise(u * s @ vh)

    diagonal = u.mT @ result @ vh.mT
    values = diagonal.diagonal(dim1=1, dim2=2)
    assert ((values > 0.65) & (values < 1.25)).all()
    torch.testing.assert_close(diagonal, torch.diag_embed(values), atol=1e-3, rtol=0)
    torch.testing.assert_close(u @ diagonal @ vh, result, atol=1e-3, rtol=0)


def test_the_gram_form_is_jordans_polynomial_of_the_singular_values() -> None:
    g = random(1, 6, 30)
    u, s, vh = torch.linalg.svd((g / g.norm()).double(), full_matrices=False)
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    expected = u * s[:, None] @ vh

    torch.testing.assert_close(orthogonalise(g).double(), expected, atol=1e-3, rtol=0)


def test_matrices_of_very_small_rank_and_of_zeros_stay_finite() -> None:
    thin = random(1, 64, 1) @ random(1, 1, 576, seed=1)

    assert orthogonalise(thin).norm() == pytest.approx(1, abs=0.35)
    assert (orthogonalise(torch.zeros(1, 4, 9)) == 0).all()


def test_muon_is_nesterov_momentum_orthogonalised() -> None:
    filters = nn.Parameter(random(4, 8, 3, 3))
    muon = Muon([filters], rate=0.1, momentum=0.9, weight_decay=0.01)
    expected, momentum = filters.detach().clone(), torch.zeros(4, 72)
    for step in range(3):
        filters.grad = random(4, 8, 3, 3, seed=step)
        g = filters.grad.flatten(1)
        momentum = 0.9 * momentum + g
        update = orthogonalise((g + 0.9 * momentum)[None])[0]
        expected = expected * (1 - 0.1 * 0.01) - 0.1 * update.view_as(expected)
        muon.step(ONE, ONE, YES)

    torch.testing.assert_close(filters.detach(), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_muon_does_not_depend_on_the_layout_or_on_its_neighbours(
    layout: torch.memory_format,
) -> None:
    start = [random(4, 8, 3, 3, seed=seed) for seed in (1, 2)]
    together = [nn.Parameter(t.clone(memory_format=layout)) for t in start]
    alone = [nn.Parameter(t.clone()) for t in start]
    for parameters in (together, alone):
        for seed, parameter in enumerate(parameters):
            parameter.grad = random(4, 8, 3, 3, seed=3 + seed).to(memory_format=layout)
    Muon(together, 0.1, 0.9, 0.0).step(ONE, ONE, YES)
    for parameter in alone:
        Muon([parameter], 0.1, 0.9, 0.0).step(ONE, ONE, YES)

    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_adamw_is_that_of_torch() -> None:
    ours, theirs = ([nn.Parameter(random(5, 3)), nn.Parameter(random(7, seed=1))] for _ in range(2))
    adamw = AdamW(ours, rate=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    reference = torch.optim.AdamW(theirs, lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    for step in range(20):
        factor = 1 - step / 20
        for parameter, twin in zip(ours, theirs, strict=True):
            parameter.grad = random(*parameter.shape, seed=step) * 10 ** (step % 5 - 2)
            twin.grad = parameter.grad.clone()
        reference.param_groups[0]["lr"] = 0.01 * factor
        reference.step()
        adamw.step(torch.tensor(factor), ONE, YES)

    for parameter, twin in zip(ours, theirs, strict=True):
        torch.testing.assert_close(parameter, twin, atol=1e-6, rtol=1e-5)


def network() -> UNet:
    torch.default_generator.manual_seed(0)
    return UNet((4, 8), (1, 1), inputs=4, embedding=4)


def backward(net: UNet, scale: float = 1.0) -> None:
    (scale * (net(random(2, 4, 8, 8)) - 1).square().mean()).backward()


def test_every_trained_weight_moves_and_each_by_one_optimiser() -> None:
    net = network()
    nn.init.normal_(net.tail.weight, generator=Generator().manual_seed(0))
    for block in (*net.encoder[0], *net.middle, *net.decoder[0]):
        nn.init.normal_(block.film.weight, generator=Generator().manual_seed(0))
    before = {n: p.clone() for n, p in net.named_parameters()}
    optimiser = Optimiser(net, OptimiserRecipe())
    backward(net)
    assert optimiser.step(1.0, YES)

    moved = {n for n, p in net.named_parameters() if not torch.equal(p, before[n])}
    assert before.keys() - moved == {"embedding.frequencies"}
    inner = sum(t.numel() for t in optimiser.muon.state().values())
    assert inner == sum(
        p.numel()
        for n, p in net.named_parameters()
        if p.ndim == 4 and not n.startswith(("head", "tail"))
    )
    trained = sum(p.numel() for p in net.parameters() if p.requires_grad)
    assert inner + len(optimiser.adamw.first) == trained
    assert all(p.grad is None for p in net.parameters())


@pytest.mark.parametrize("how", ["loss", "gradient"])
def test_a_step_that_is_not_finite_changes_nothing(how: str) -> None:
    net = network()
    optimiser = Optimiser(net, OptimiserRecipe())
    backward(net)
    optimiser.step(1.0, YES)
    before = {n: t.clone() for n, t in {**net.state_dict(), **optimiser.state()}.items()}

    backward(net)
    if how == "gradient":
        assert net.head.weight.grad is not None
        net.head.weight.grad[0, 0, 0, 0] = torch.nan
    assert not optimiser.step(1.0, NO if how == "loss" else YES)

    for name, tensor in {**net.state_dict(), **optimiser.state()}.items():
        assert torch.equal(tensor, before[name]), name


def test_the_first_step_may_be_left_out() -> None:
    net = network()
    optimiser = Optimiser(net, OptimiserRecipe())
    backward(net, torch.inf)
    optimiser.step(1.0, YES)

    assert all(tensor.isfinite().all() for tensor in net.state_dict().values())


def test_long_gradients_are_clipped_all_together() -> None:
    nets = network(), network()
    for net, scale in zip(nets, (1e3, 1e6), strict=True):
        optimiser = Optimiser(net, OptimiserRecipe(clip=0.1))
        backward(net, scale)
        optimiser.step(1.0, YES)
        norm = torch.cat([t.flatten() for t in optimiser.muon.state().values()]).square().sum()
        norm += (optimiser.adamw.first / (1 - 0.9)).square().sum()
        assert float(norm.sqrt()) == pytest.approx(0.1, rel=1e-3)
