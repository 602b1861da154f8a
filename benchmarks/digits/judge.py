"""What is measured of samples: a judge's word, their diversity, their distance to real digits."""

from __future__ import annotations

import numpy as np
import torch
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from sklearn.svm import SVC
from torch import Tensor

from benchmarks.digits.data import part


class Judge:
    """A support-vector machine, which has seen none of the digits that the networks learnt."""

    def __init__(self) -> None:
        x, label = part("judge")
        self.machine = SVC(C=10, gamma=0.04).fit(flat(x), label.numpy())
        self.real, self.labels = part("held-out")

    def accepted(self, x: Tensor, label: Tensor) -> float:
        """Return the share of pictures that it takes for their class, in percent."""
        return 100 * float((self.machine.predict(flat(x)) == label.numpy()).mean())

    @property
    def accuracy(self) -> float:
        """The share of held-out digits that it takes for what they are, in percent."""
        return self.accepted(self.real, self.labels)

    def spread(self, x: Tensor, label: Tensor) -> float:
        """Return how far pictures of a class lie from their mean, over how far real digits do."""
        return _within(flat(x), label.numpy()) / _within(flat(self.real), self.labels.numpy())

    def distance(self, x: Tensor) -> float:
        """Return the Fréchet distance of the pixels' Gaussians to that of the held-out digits.

        ‖μ − μ'‖² + tr(Σ + Σ' − 2 (Σ Σ')^½) (Heusel et al. 2017), on the 64 pixels themselves.
        """
        a, b = flat(x), flat(self.real)
        one, other = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
        root = sqrtm(one @ other + 1e-8 * np.eye(len(one))).real
        return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(one + other - 2 * root))

    def precision_and_recall(self, x: Tensor) -> tuple[float, float]:
        """Return how many pictures lie among the real ones, and the reverse, in percent.

        A picture lies among others if it is nearer to one of them than that one's third neighbour
        (Kynkäänniemi et al. 2019), in the space of the pixels.
        """
        a, b = flat(x), flat(self.real)
        return 100 * _among(a, b), 100 * _among(b, a)


def flat(x: Tensor) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return pictures as rows of values in [-1, 1]."""
    return x.clamp(-1, 1).reshape(len(x), -1).to(torch.float64).numpy()


def _among(x: np.ndarray, others: np.ndarray) -> float:
    reach = np.sort(cdist(others, others), axis=1)[:, 3]
    return float((cdist(x, others) < reach).any(axis=1).mean())


def _within(x: np.ndarray, label: np.ndarray) -> float:
    means = np.stack([x[label == k].mean(0) for k in range(10)])
    return float(((x - means[label]) ** 2).mean() ** 0.5)
