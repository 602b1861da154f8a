"""A tiny network with a card, the shipped model, and pictures that look like photos to it."""

import numpy as np
import pytest

from restore.engine.card import Architecture, Card
from restore.engine.export import export_model


def random_weights(channels=(8, 12, 16), blocks=(1, 1, 2), seed=0):
    import torch

    from restore.networks.unet import UNet

    torch.manual_seed(seed)
    module = UNet(channels, blocks, embedding=16)
    with torch.no_grad():
        module.tail.weight.normal_(0, 0.1)
    return {name: w.numpy() for name, w in module.state_dict().items()}


def picture(height, width, seed=0):
    """Return (H, W, 3) in [0, 1]: 1/f noise, edges and a gradient."""
    rng = np.random.default_rng(seed)
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
    amplitude = 1 / np.maximum(np.hypot(fy, fx), 1 / max(height, width))
    amplitude[0, 0] = 0
    planes = []
    for _ in range(3):
        phase = np.exp(2j * np.pi * rng.random(amplitude.shape))
        planes.append(np.fft.irfft2(amplitude * phase, s=(height, width)))
    image = np.stack(planes, -1)
    image = 0.6 * image[..., :1] + 0.4 * image
    image = 0.5 + 0.15 * image / max(image.std(), 1e-9)
    for _ in range(6):
        y, x = rng.integers(0, height), rng.integers(0, width)
        h, w = rng.integers(4, 5 + height // 2), rng.integers(4, 5 + width // 2)
        image[y : y + h, x : x + w] = 0.5 * image[y : y + h, x : x + w] + 0.5 * rng.random(3)
    return np.clip(image, 0, 1).astype(np.float32)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """The folder of a random model named “tiny”."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    card = Card(
        name="tiny",
        version="1",
        licence="CC0-1.0",
        architecture=Architecture(channels=(1,), blocks=(1,)),
        files={},
    )
    export_model(random_weights(), card, folder)
    return folder
