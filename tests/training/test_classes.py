"""Priors of classes, classifiers and autoencoders, taught in seconds and looked at."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from restore.diffusion import karras, noise_like, sample_dpmpp_2m
from restore.diffusion.guidance import classifier_free, classifier_guided, gradient_of
from restore.errors import ParameterError
from restore.inverse import Downscale, Mask, dps
from restore.inverse.latent import ThroughDecoder
from restore.networks.classifier import log_probability
from restore.networks.labelled import NO_CLASS, ClassPrior
from restore.training.autoencoding import AutoencoderRecipe
from restore.training.classifying import ClassifierRecipe
from restore.training.data.cache import build_cache
from restore.training.data.labelled import open_labelled
from restore.training.generating import ClassesRecipe, Generating
from restore.training.latents import Latents, load_autoencoder
from restore.training.recipe import Recipe
from tests.training import digits
from tests.training.digits import CLASSES, LEARNT, recipe
from tests.training.problems import Record

PER_CLASS = 10
SIGMAS = karras(10, 0.03, 10.0)


class Taught(NamedTuple):
    network: nn.Module
    objective: Any
    record: Record
    recipe: Recipe


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The folder of all runs; the first digits are learnt from, the others are the judge's."""
    folder = tmp_path_factory.mktemp("world")
    images, labels = digits.load()
    digits.write(folder / "learnt", images[:LEARNT], labels[:LEARNT])
    return folder


@pytest.fixture(scope="module")
def taught(world):
    """Train each kind once."""
    known: dict[str, Taught] = {}
    torch.set_num_threads(1)

    def of(name: str) -> Taught:
        if name not in known:
            made = RECIPES[name](world)
            known[name] = Taught(*digits.train(made, world / name), made)
        return known[name]

    return of


def _prior(world):
    objective = {"kind": "classes", "classes": CLASSES, "channels": 1, "sigma_data": 0.75}
    return recipe(
        world / "learnt",
        {**objective, "drop_class": 0.3},
        network={"told": 11},
        schedule={"steps": 180},
    )


def _classifier(world):
    objective = {"kind": "classifier", "classes": CLASSES, "channels": 1, "sigma_data": 0.75}
    return recipe(world / "learnt", objective, network={"blocks": (1,)})


def _autoencoder(world):
    objective = {"kind": "autoencoder", "channels": 1, "latents": 2, "beta": 0.003}
    return recipe(world / "learnt", objective, network={"embedding": 0}, schedule={"steps": 110})


RECIPES = {"prior": _prior, "classifier": _classifier, "autoencoder": _autoencoder}


@pytest.fixture(scope="module")
def accepted():
    """The share of samples that a judge who saw no learnt digit takes for their class."""
    svm = pytest.importorskip("sklearn.svm")
    images, labels = digits.load()
    judge = svm.SVC(gamma=0.04).fit(images[LEARNT:].reshape(-1, 64) / 127.5 - 1, labels[LEARNT:])

    def share(samples, label) -> float:
        found = judge.predict(samples.clamp(-1, 1).reshape(-1, 64).numpy())
        return float((found == label.numpy()).mean())

    return share


LABEL = torch.arange(10).repeat_interleave(PER_CLASS)


def samples(denoise):
    start = SIGMAS[0] * noise_like(torch.empty(len(LABEL), 1, 8, 8), 1)(0)
    return sample_dpmpp_2m(denoise, start, SIGMAS)


@pytest.mark.parametrize("name", RECIPES)
def test_the_loss_falls(taught, name: str) -> None:
    losses = taught(name).record.losses
    assert np.mean(losses[-20:]) < 0.75 * np.mean(losses[:5])
    assert all(np.isfinite(value) for value in taught(name).record.figures[-1].values())


def test_guidance_makes_samples_of_the_class_that_is_asked_for(taught, accepted) -> None:
    prior = taught("prior")
    classes = ClassPrior(prior.network, prior.recipe.objective.labelling)
    plain = classes.told()
    unguided = accepted(samples(plain), LABEL)
    told = accepted(samples(classes.told(LABEL)), LABEL)
    free = accepted(samples(classifier_free(classes.told(LABEL), plain, 3.0)), LABEL)
    assert unguided < 0.3
    assert unguided + 0.2 < told < free

    judge = taught("classifier")
    gradient = gradient_of(log_probability(judge.network, LABEL, judge.recipe.objective.labelling))
    guided = accepted(samples(classifier_guided(plain, gradient, 3.0)), LABEL)
    assert guided > unguided + 0.15


def test_the_class_is_left_out_as_often_as_the_recipe_says(taught) -> None:
    objective = taught("prior").objective
    left_out = []

    def spy(x):
        left_out.append((x[:, 1:11] == 0).all(1).all((1, 2)))
        assert ((x[:, 1:11].sum(1) == 1).all((1, 2)) | left_out[-1]).all()
        return torch.zeros_like(x[:, :1])

    losses = objective.losses(spy, 2000, torch.Generator().manual_seed(0))
    assert torch.equal(losses.group == 1, left_out[0])
    assert float(left_out[0].float().mean()) == pytest.approx(0.3, abs=0.04)


def test_an_autoencoder_loses_less_than_pixels_differ(taught) -> None:
    coder = taught("autoencoder")
    x = coder.objective.held_out.fixed(30, 1)
    x_hat = coder.network(x, torch.zeros(30, 2, 4, 4)).x_hat
    spread = (x - x.mean(0)).square().mean() ** 0.5
    assert (x_hat - x).square().mean() ** 0.5 < 0.5 * spread


def test_latents_are_scaled_to_unit_variance_and_learnt_from(taught, world, tmp_path) -> None:
    taught("autoencoder")
    objective = {
        "kind": "classes",
        "classes": CLASSES,
        "channels": 2,
        "sigma_data": 1.0,
        "autoencoder": world / "autoencoder",
    }
    made = recipe(world / "learnt", objective, network={"told": 11}, schedule={"steps": 40})
    pictures = open_labelled(world / "cache", 8, torch.device("cpu"), CLASSES, 1)[0]
    latents = Latents.fitted(load_autoencoder(written(taught, world)), pictures)
    z = latents.draw(500, torch.Generator().manual_seed(3)).x_0
    assert z.shape == (500, 2, 4, 4)
    assert float(z.std()) == pytest.approx(1, abs=0.05)
    network, objective, record = digits.train(made, world / "latent")
    assert np.mean(record.losses[-10:]) < np.mean(record.losses[:3])
    assert objective.sheet(network).size[0] > 8 * 8


def written(taught, world):
    """The autoencoder's run, with the recipe that a whole run leaves beside its weights."""
    from restore.engine.card import to_toml
    from restore.training.run import RECIPE

    table = taught("autoencoder").recipe.model_dump(mode="json", exclude_none=True)
    (world / "autoencoder" / RECIPE).write_text(to_toml(table), "utf-8")
    return world / "autoencoder"


@pytest.mark.parametrize("name", ["hole", "half"])
def test_dps_through_the_decoder_agrees_with_the_measurement(taught, world, name: str) -> None:
    """With a Gaussian in the place of a trained prior of latents."""
    from restore.networks.labelled import Labelling

    keep = torch.ones(1, 1, 8, 8)
    keep[..., 3:6, 2:6] = 0
    inner = {"hole": Mask(keep), "half": Downscale(2, (8, 8))}[name]
    held_out = taught("autoencoder").objective.held_out.fixed(4, 1)
    coder = load_autoencoder(written(taught, world))
    space = Latents.fitted(
        coder, open_labelled(world / "cache", 8, torch.device("cpu"), CLASSES, 1)[0]
    ).space
    operator = ThroughDecoder(inner, space, (2, 4, 4), 1)
    # F = 0 is E[z | z_σ] of standard normal latents
    prior = ClassPrior(lambda x: torch.zeros_like(x[:, :2]), Labelling(0, 1.0)).told()
    y = inner(held_out)
    noise = noise_like(torch.empty(4, 2, 4, 4), 2)
    free, drawn = (
        dps(prior.vjp, operator, y, 0.0, karras(40, 0.02, 20.0), noise, zeta=zeta)
        for zeta in (0.0, 1.0)
    )

    def residual(z):
        return float((y - operator(z)).square().mean() ** 0.5)

    assert residual(drawn) < 0.5 * residual(free)


def test_classes_are_the_folders_of_the_recipe(world, tmp_path) -> None:
    build_cache([world / "learnt"], tmp_path, crop=8)
    cpu = torch.device("cpu")
    images, labels = digits.load()
    learnt, _ = open_labelled(tmp_path, 8, cpu, CLASSES, 1)
    x, label = learnt.fixed(200, 1)
    every = torch.from_numpy(images[:LEARNT]).float().div(127.5).sub(1)
    for picture, found in zip(x[::20], label[::20], strict=True):
        at = (every - picture[0]).square().sum((1, 2)).argmin()
        assert labels[at] == found
        torch.testing.assert_close(every[at], picture[0])
    with pytest.raises(ParameterError, match="“9”, which is no class"):
        open_labelled(tmp_path, 8, cpu, CLASSES[:9], 1)
    with pytest.raises(ParameterError, match="no picture of the class “ten”"):
        open_labelled(tmp_path, 8, cpu, (*CLASSES, "ten"), 1)


def test_a_run_that_trained_something_else_is_no_autoencoder(taught, world) -> None:
    from restore.engine.card import to_toml

    run = world / "classifier"
    table = taught("classifier").recipe.model_dump(mode="json", exclude_none=True)
    (run / "recipe.toml").write_text(to_toml(table), "utf-8")
    with pytest.raises(ParameterError, match=r"trained no autoencoder, but “classifier”"):
        load_autoencoder(run)


def test_the_recipe_in_the_guide_is_one() -> None:
    from pathlib import Path

    import restore

    path = Path(restore.__file__).parents[1] / "docs" / "recipes" / "digits.toml"
    loaded = Recipe.load(path)
    assert isinstance(loaded.objective, ClassesRecipe)
    assert loaded.network.told == len(CLASSES) + 1
    assert loaded.architecture.inputs == 12
    assert loaded.architecture.outputs == 1
    located = loaded.objective.model_copy(update={"autoencoder": Path("run")})
    assert located.located(path.parent).autoencoder == path.parent / "run"
    for kind in (AutoencoderRecipe(), ClassifierRecipe(classes=("a", "b"))):
        assert kind.model_validate(kind.model_dump()) == kind
    assert Generating.groups == ("class told", "no class")
    assert NO_CLASS < 0
