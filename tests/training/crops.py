"""Crops of synthetic pictures, for objectives."""

import numpy as np
import torch

from tests.engine.conftest import picture


class Photos:
    """Stands in for `restore.training.data.crops.Crops`."""

    def __init__(self, side=48):
        crops = np.stack([picture(side, side, seed) for seed in range(6)])
        self.crops = torch.from_numpy(crops).permute(0, 3, 1, 2) * 2 - 1

    def draw(self, n, generator):
        return self.crops[torch.randint(len(self.crops), (n,), generator=generator)]

    def fixed(self, n, seed):
        return self.crops[torch.arange(n) % len(self.crops)]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)
