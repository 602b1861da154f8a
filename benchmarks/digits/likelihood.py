"""Bits a pixel of unseen digits, by two bounds, and their class by comparing such bounds.

A digit's pixel has 17 values, so that log₂ 17 = 4.09 bits tell it without any model.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from benchmarks.digits.data import CLASSES, LEVELS, part
from benchmarks.digits.judge import Judge
from benchmarks.digits.networks import Networks
from restore.diffusion.bound import flow_bound, variational_bound
from restore.diffusion.classification import class_bounds, class_posterior
from restore.diffusion.discrete import DiscreteProcess
from restore.diffusion.flow import log_likelihood
from restore.diffusion.noise import noise_like
from restore.diffusion.reverse import fixed_variance, predict_by
from restore.diffusion.schedule import karras
from restore.networks.labelled import Told

SIGMA_1, SIGMA_MAX = 0.045, 40.0
"""The first is the best for the judge's digits of 0.03, 0.045, 0.06, 0.1, 0.15 and 0.25."""
STEPS, FLOW_STEPS, CLASSIFIER_STEPS = 200, 60, 25


def bits(networks: Networks, judge: Judge) -> list[dict]:
    """Return bits a pixel of the held-out digits, told their class or not."""
    x, label = judge.real, judge.labels
    rows = [
        {"model": "none: 17 values, all as likely", "exact": math.log2(LEVELS)},
        {"model": "each pixel by itself, as often as among the learnt", "exact": histogram(x)},
    ]
    for name, told in (
        ("no class", networks.prior.told()),
        ("class told", networks.prior.told(label)),
    ):
        by_bound, by_flow = variational(told, x), flow(told, x)
        row = {
            "model": f"diffusion, {name}",
            "bound": float(by_bound.mean()),
            "flow": float(by_flow.mean()),
            "bound_error": _error(by_bound),
            "flow_error": _error(by_flow),
        }
        print(row, flush=True)
        rows.append(row)
    return rows


def variational(told: Told, x: Tensor) -> np.ndarray:
    """Return the bits of each digit by the variational bound."""
    process = DiscreteProcess.of(karras(STEPS, SIGMA_1, SIGMA_MAX))
    reverse = fixed_variance(process, predict_by(process, told))
    return variational_bound(process, reverse, x, noise_like(x, 5), LEVELS).bits


def flow(told: Told, x: Tensor) -> np.ndarray:
    """Return the bits of each digit by the likelihood along the probability flow."""
    process = DiscreteProcess.of(karras(STEPS, SIGMA_1, SIGMA_MAX))
    noise = noise_like(x, 5)
    x_1 = x + SIGMA_1 * noise(1)
    log_p = log_likelihood(
        told.vjp, x_1, karras(FLOW_STEPS, SIGMA_1, SIGMA_MAX)[:-1], noise_like(x, 6)
    )
    last = fixed_variance(process, predict_by(process, told))(process.to_x_t(x_1, 1), 1)
    return flow_bound(last, log_p, x, SIGMA_1, LEVELS).bits


def histogram(x: Tensor) -> float:
    """Return the bits of pixels that know nothing of each other."""
    learnt, _ = part("learnt")
    counts = np.stack([(_level(learnt) == k).sum(0) for k in range(LEVELS)]) + 1.0
    p = counts / counts.sum(0)
    found = np.take_along_axis(p[:, None], _level(x)[None], axis=0)
    return float(-np.log2(found).mean())


def classified(networks: Networks, judge: Judge) -> dict:
    """Return how many held-out digits the prior finds the class of, in percent."""
    x, label = judge.real, judge.labels.numpy()
    process = DiscreteProcess.of(karras(CLASSIFIER_STEPS, 0.1, 10.0))
    told = [networks.prior.told(k) for k in range(len(CLASSES))]
    reverses = [fixed_variance(process, predict_by(process, each)) for each in told]
    bounds = class_bounds(process, reverses, x, noise_like(x, 7), LEVELS)
    posterior = class_posterior(bounds)
    return {
        "accuracy": 100 * float((bounds.argmin(0) == label).mean()),
        "evaluations": CLASSIFIER_STEPS * len(CLASSES),
        "confidence": 100 * float(posterior.max(0).mean()),
        "digits": len(x),
    }


def noisy_accuracy(networks: Networks, judge: Judge) -> list[dict]:
    """Return how many held-out digits the noisy classifier knows under noise, in percent."""
    x, label = judge.real, judge.labels
    rows = []
    for sigma in (0.05, 0.5, 1.0, 2.0):
        level = torch.full((len(x), 1, 1, 1), sigma)
        nothing = torch.full((len(x),), -1)
        noisy = x + sigma * noise_like(x, 8)(0)
        with torch.no_grad():
            logits = networks.classifier(networks.reading.assemble(noisy, level, nothing))
        rows.append(
            {"sigma": sigma, "accuracy": 100 * float((logits.argmax(1) == label).float().mean())}
        )
    return rows


def _level(x: Tensor) -> np.ndarray:
    return ((x[:, 0] + 1) * 8).round().long().numpy()


def _error(values: np.ndarray) -> float:
    return float(values.std() / len(values) ** 0.5)
