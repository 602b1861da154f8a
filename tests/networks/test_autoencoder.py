"""The autoencoder's shapes and its KL term, and a classifier's and a prior's classes."""

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from restore.diffusion.guidance import gradient_of
from restore.errors import ParameterError
from restore.networks.autoencoder import Autoencoder, TorchCoder, kl_to_standard
from restore.networks.classifier import Classifier, log_probability
from restore.networks.labelled import NO_CLASS, ClassPrior, Labelling
from restore.networks.unet import UNet


def noise(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def test_the_kl_term_is_torch_s():
    mean, log_variance = noise(5, 2, 3, 4), noise(5, 2, 3, 4)
    q = Independent(Normal(mean, torch.exp(log_variance / 2)), 3)
    p = Independent(Normal(torch.zeros_like(mean), torch.ones_like(mean)), 3)
    torch.testing.assert_close(kl_to_standard(mean, log_variance), kl_divergence(q, p))


@pytest.mark.parametrize(
    ("channels", "blocks"), [((8,), (1,)), ((8, 12), (1, 2)), ((4, 6, 8), (0, 1, 1))]
)
def test_latents_are_smaller_by_the_stride(channels, blocks):
    autoencoder = Autoencoder(channels, blocks, inputs=3, latents=2)
    s = autoencoder.stride
    x, eps = noise(2, 3, 3 * s, 2 * s), noise(2, 2, 3, 2)
    coded = autoencoder(x, eps)
    assert coded.x_hat.shape == x.shape
    assert coded.mean.shape == coded.log_variance.shape == eps.shape
    z = coded.mean + torch.exp(coded.log_variance / 2) * eps
    torch.testing.assert_close(coded.x_hat, autoencoder.decode(z))
    larger = torch.nn.functional.pad(eps, (0, 3, 0, 1), value=torch.nan)
    assert torch.equal(autoencoder(x, larger).x_hat, coded.x_hat)


def test_the_decoder_s_derivative_is_that_of_its_values():
    coder = TorchCoder(Autoencoder((8,), (1,), inputs=1, latents=2).double())
    z, direction, v = (
        noise(*shape).double() for shape in ((1, 2, 4, 3), (1, 2, 4, 3), (1, 1, 8, 6))
    )
    x, vjp = coder.decode_vjp(z)
    torch.testing.assert_close(x, coder.decode(z))
    h = 1e-6
    slope = (coder.decode(z + h * direction) - coder.decode(z - h * direction)) / (2 * h)
    torch.testing.assert_close((v * slope).sum(), (vjp(v) * direction).sum(), rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(vjp(v), vjp(v))


def prior(classes=3):
    network = UNet((8,), (1,), inputs=2 + classes, outputs=1, embedding=8, told=classes + 1)
    torch.nn.init.normal_(network.tail.weight, std=0.1)
    for block in network.middle:
        torch.nn.init.normal_(block.film.weight, std=0.3)
    return ClassPrior(network.requires_grad_(False), Labelling(classes))


def test_every_class_and_no_class_are_told_apart():
    x, classes = noise(1, 1, 8, 8), prior()
    found = [classes.told(label)(x, 0.5) for label in (NO_CLASS, 0, 1, 2)]
    for i, one in enumerate(found):
        assert all((one - other).abs().max() > 1e-3 for other in found[:i])
    each = classes.told(torch.tensor([2, NO_CLASS]))(x.expand(2, -1, -1, -1), 0.5)
    torch.testing.assert_close(each, torch.cat([found[3], found[0]]))


def test_a_told_prior_can_be_differentiated():
    told, x, v = prior().told(1), noise(2, 1, 8, 8), noise(2, 1, 8, 8)
    value, vjp = told.vjp(x, 0.7)
    torch.testing.assert_close(value, told(x, 0.7))
    (expected,) = torch.autograd.functional.vjp(lambda x: told._denoised(x, 0.7), x, v)[1:]
    torch.testing.assert_close(vjp(v), expected)


@pytest.mark.parametrize("label", [3, -2, torch.tensor([0, 3])])
def test_a_class_that_is_none_is_refused(label):
    with pytest.raises(ParameterError, match="There is no class"):
        prior().told(label)


def test_at_no_noise_the_prior_returns_what_it_is_given():
    x = noise(2, 1, 8, 8)
    torch.testing.assert_close(prior().told(0)(x, 0.0), x)


def test_probabilities_of_a_classifier_add_up_and_their_gradient_is_each_picture_s_own():
    network = Classifier((8, 12), (1, 1), inputs=2, classes=4, embedding=8)
    x, labelling = noise(3, 1, 8, 8), Labelling(0)
    with torch.no_grad():
        total = sum(log_probability(network, k, labelling)(x, 0.4).exp() for k in range(4))
    torch.testing.assert_close(total, torch.ones(3))
    gradient = gradient_of(log_probability(network, torch.tensor([0, 1, 2]), labelling))(x, 0.4)
    alone = gradient_of(log_probability(network, 1, labelling))(x[1:2], 0.4)
    assert gradient.abs().max() > 0
    torch.testing.assert_close(gradient[1:2], alone, atol=1e-6, rtol=1e-4)
