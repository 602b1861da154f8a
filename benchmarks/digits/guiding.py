"""Guidance: how much of it, against how many samples are accepted and how diverse they are."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from benchmarks.digits.judge import Judge
from benchmarks.digits.networks import Networks
from benchmarks.digits.sampling import LABELS, levels, start
from restore.diffusion.guidance import classifier_free, classifier_guided, gradient_of
from restore.diffusion.samplers import Denoise, sample_dpmpp_2m
from restore.networks.classifier import log_probability

FREE = (0.0, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
VARIANTS = (1.5, 3.0, 8.0)
BY_CLASSIFIER = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
STEPS = 20


def guidances(
    networks: Networks,
) -> dict[str, tuple[tuple[float, ...], Callable[[float], Denoise]]]:
    """Return each kind of guidance: its scales, and the denoiser of a scale."""
    told, plain = networks.prior.told(LABELS), networks.prior.told()
    of_class = log_probability(networks.classifier, LABELS, networks.reading)
    gradient = gradient_of(of_class)
    low, high = 0.2, 5.0
    return {
        "classifier-free": (FREE, lambda s: classifier_free(told, plain, s)),
        "classifier-free, within σ 0.2 to 5": (
            VARIANTS,
            lambda s: classifier_free(told, plain, s, interval=(low, high)),
        ),
        "classifier-free, rescaled by 0.7": (
            VARIANTS,
            lambda s: classifier_free(told, plain, s, rescale=0.7),
        ),
        "by a classifier": (BY_CLASSIFIER, lambda s: classifier_guided(plain, gradient, s)),
        "by a classifier, class told": (
            (1.0, 4.0),
            lambda s: classifier_guided(told, gradient, s),
        ),
    }


def by_every_scale(networks: Networks, judge: Judge) -> tuple[list[dict], dict[str, Tensor]]:
    """Return figures of each kind and scale, and samples of some."""
    rows, shown = [], {}
    for kind, (scales, denoiser) in guidances(networks).items():
        for scale in scales:
            samples = sample_dpmpp_2m(denoiser(scale), start()[0], levels(STEPS))
            shown[f"{kind}, {scale:g}"] = samples[:20]
            row = {
                "guidance": kind,
                "scale": scale,
                "accepted": judge.accepted(samples, LABELS),
                "spread": judge.spread(samples, LABELS),
                "distance": judge.distance(samples),
            }
            print(row, flush=True)
            rows.append(row)
    return rows, shown
