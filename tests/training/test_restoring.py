"""Which examples a restorer sees, what it is told of them, and what it is measured by."""

import math
from dataclasses import replace

import pytest
import torch
from pydantic import ValidationError

from restore.diffusion.schedule import SIGMA_MAX
from restore.errors import ParameterError
from restore.networks.conditioning import Conditioning
from restore.training.degradations import View
from restore.training.figures import TASKS
from restore.training.mixture import Kind, deal, degrade, maps_of
from restore.training.recipe import Recipe
from restore.training.restoring import Restoring, RestoringRecipe
from tests.training.crops import Photos, generator

MIX = [
    {"name": "plain", "share": 3},
    {"name": "noise", "share": 1, "chain": [{"kind": "gaussian"}]},
    {
        "name": "jpeg",
        "share": 2,
        "unknown_noise": 0.5,
        "unknown_jpeg": 0.25,
        "chain": [{"kind": "jpeg"}],
    },
    {"name": "mask", "share": 1, "chain": [{"kind": "mask"}]},
    {"name": "up", "share": 1, "unknown_noise": 1, "chain": [{"kind": "downscale"}]},
]


def objective(**changes):
    recipe = RestoringRecipe.model_validate({"mix": MIX, **changes})
    return Restoring(recipe, Photos(), Photos())


def silent(x):
    return torch.zeros_like(x[:, :3])


def test_every_kind_has_its_share_even_in_small_batches():
    shares = [3, 1, 2, 1, 1]
    g = generator()
    dealt = torch.cat([deal(shares, 5, torch.device("cpu"), g) for _ in range(2000)])
    found = torch.bincount(dealt) / len(dealt)
    torch.testing.assert_close(found, torch.tensor(shares) / 8.0, atol=0.01, rtol=0)
    counts = torch.bincount(deal(shares, 80, torch.device("cpu"), g))
    assert (counts - torch.tensor(shares) * 10).abs().max() <= 1


def test_what_is_told_is_what_was_done():
    x_0 = Photos().draw(300, generator())
    kinds = objective().recipe.mix
    degraded = degrade(x_0, kinds, generator())
    noise, scale, jpeg = degraded.maps.split(1, 1)

    def of(name):
        return degraded.kind == [k.name for k in kinds].index(name)

    assert (noise[of("plain")] == 2).all()
    assert (degraded.y[of("plain")] == 0).all()
    assert (noise[of("noise")] > 0).all()
    hole = noise[of("mask")] == 2
    assert hole.any()
    known = ~hole.expand(-1, 3, -1, -1)
    assert torch.equal(degraded.y[of("mask")][known], x_0[of("mask")][known])
    factors = (2 ** (2 * scale[of("up")].unique())).tolist()
    assert factors == pytest.approx([2, 3, 4])
    assert (noise[of("up")] == -1).all()
    told = jpeg[of("jpeg")][:, 0, 0, 0]
    assert 0.1 < float((told == -1).float().mean()) < 0.4
    assert ((told == -1) | (told > 0.05)).all()


def test_an_unknown_quality_comes_with_an_unknown_noise():
    x_0 = Photos().draw(200, generator())
    kind = Kind.model_validate(MIX[2])
    maps = degrade(x_0, [kind], generator()).maps[:, :, 0, 0]
    assert (maps[maps[:, 2] == -1, 0] == -1).all()
    assert (maps[:, 0] == -1).float().mean() == pytest.approx(0.5, abs=0.1)


def test_some_of_those_that_tell_nothing_are_good_photos():
    x_0 = Photos().draw(200, generator())
    kind = Kind(
        name="jpeg",
        share=1,
        unknown_noise=1,
        unknown_jpeg=1,
        untouched=0.25,
        chain=[{"kind": "jpeg", "quality": [10, 10]}],
    )
    degraded = degrade(x_0, [kind], generator())
    good = (degraded.y == x_0).flatten(1).all(1)
    assert 0.15 < float(good.float().mean()) < 0.35
    assert (degraded.maps[:, 0] == -1).all()
    assert (degraded.maps[:, 2] == -1).all()


def test_nothing_is_told_of_a_hole_but_that_it_is_one():
    view = View.clean(torch.zeros(1, 3, 8, 8))
    noise = torch.zeros(1, 1, 8, 8)
    noise[..., 4:] = math.inf
    view = replace(view, noise=noise)
    unknown = torch.ones(1, 1, 1, 1, dtype=torch.bool)
    maps = maps_of(view, unknown, ~unknown)
    assert (maps[:, 0, :, :4] == -1).all()
    assert (maps[:, 0, :, 4:] == 2).all()


@pytest.mark.parametrize("loss", ["edm", "eps", "v"])
def test_losses_are_finite_reach_the_network_and_belong_to_groups(loss):
    trained = objective(loss=loss)
    network = torch.nn.Conv2d(10, 3, 1)
    losses = trained.losses(network, 40, generator())
    assert losses.loss.shape == losses.group.shape == (40,)
    assert torch.isfinite(losses.loss).all()
    losses.loss.mean().backward()
    assert network.weight.grad.abs().sum() > 0
    names = {trained.groups[i] for i in losses.group.tolist()}
    assert "plain" in names
    assert "plain, one step" not in names
    assert any(name.endswith("one step") for name in names)


def test_the_same_generator_gives_the_same_losses():
    first, again, other = (objective().losses(silent, 16, generator(s)).loss for s in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_loss_of_plain_diffusion_is_edm_s():
    # F = 0 means x̂_0 = c_skip·x_t; its loss is then the mean square of EDM's target for F.
    mix = [{"name": "plain", "share": 1}]
    trained = objective(mix=mix, plain_sigma=(math.log(0.3), 0.0))
    found = trained.losses(silent, 200, generator()).loss.mean()
    power = Photos().crops.square().mean()
    sigma, data = 0.3, 0.5
    skip = data**2 / (sigma**2 + data**2)
    expected = ((1 - skip) ** 2 * power + skip**2 * sigma**2) * (1 / data**2 + 1 / sigma**2)
    assert float(found) == pytest.approx(float(expected), rel=0.05)


def test_one_step_examples_have_no_x_t():
    seen = []

    def spy(x):
        seen.append(x)
        return torch.zeros_like(x[:, :3])

    trained = objective(mix=[MIX[1]], without_x_t=1.0)
    trained.losses(spy, 4, generator())
    noise, level = seen[0][:, 6:7], seen[0][:, 9:10]
    expected = (1 / (1 / noise**2 + 1 / SIGMA_MAX**2)).sqrt().log() / 4
    torch.testing.assert_close(level, expected, atol=1e-4, rtol=0)


def test_dropped_observations_leave_plain_diffusion():
    seen = []

    def spy(x):
        seen.append(x)
        return torch.zeros_like(x[:, :3])

    trained = objective(mix=[MIX[1]], without_x_t=0.0, drop_condition=1.0)
    trained.losses(spy, 4, generator())
    assert (seen[0][:, 3:6] == 0).all()
    assert (seen[0][:, 6] == 2).all()


def test_figures_do_not_depend_on_how_often_they_are_asked_for():
    trained = objective()
    first, again = trained.validate(silent), trained.validate(silent)
    assert first == again
    assert set(first) == set(TASKS)
    assert all(math.isfinite(value) for value in first.values())
    assert first["jpeg 40"] > first["jpeg 10"]
    assert first["noise 15"] > first["noise 50"]


def test_figures_of_a_network_that_answers_nothing_are_those_of_its_input():
    trained = objective()
    figures = trained.validate(silent)
    x_0 = Photos().fixed(16, 1)
    sigma = 2 * 25 / 255
    skip = 0.25 / (0.25 + sigma**2)
    error = (1 - skip) ** 2 * x_0.square().mean((1, 2, 3)) + skip**2 * sigma**2
    expected = (10 * torch.log10(4 / error)).mean()
    assert figures["noise 25"] == pytest.approx(float(expected), abs=0.3)


def test_a_sheet_shows_every_task():
    sheet = objective().sheet(silent)
    assert sheet.height > 2 * 48 * len(TASKS)


@pytest.mark.parametrize(
    "changes",
    [{"mix": []}, {"loss": "l1"}, {"without_x_t": 2}, {"mix": [{"name": "a", "share": 0}]}],
)
def test_an_impossible_recipe_is_refused(changes):
    with pytest.raises(ValidationError):
        RestoringRecipe.model_validate({"mix": MIX, **changes})


def test_a_crop_that_cannot_be_divided_is_refused_before_time_is_spent(tmp_path):
    path = tmp_path / "recipe.toml"
    text = """
    name = "a"
    licence = "CC0-1.0"
    data = { sources = ["photos"], crop = 96 }
    network = { channels = [8], blocks = [1] }
    objective = { kind = "restore", mix = [{ name = "plain", share = 1 }] }
    schedule = { steps = 1000 }
    """
    path.write_text(text)
    Recipe.load(path)
    path.write_text(text.replace("96", "128"))
    with pytest.raises(ParameterError, match=r"data\.crop must be a multiple of 24"):
        Recipe.load(path)


def test_conditioning_tells_the_network_and_the_engine_alike():
    from restore.diffusion import Observation
    from restore.networks.conditioning import Views

    x_0 = Photos().fixed(1, 0)
    maps = torch.zeros(1, 3, 48, 48)
    maps[:, 2] = 0.35
    ours = Conditioning().assemble(torch.zeros_like(x_0), SIGMA_MAX, x_0, maps.split(1, 1))
    theirs = Conditioning().prepare(Views(None, 0.0, Observation(x_0, jpeg=70.0)))
    torch.testing.assert_close(ours.x, theirs.x)
