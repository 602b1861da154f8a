"""Diffusion in the papers' symbols: forward process, schedules, fusion, noise, samplers."""

from restore.diffusion.arrays import Array, namespace
from restore.diffusion.denoiser import (
    GRAY_NOISE,
    UNKNOWN,
    Denoiser,
    DifferentiableDenoiser,
    Look,
    Observation,
    StripDenoiser,
    VectorJacobian,
)
from restore.diffusion.discrete import DiscreteProcess
from restore.diffusion.fusion import Fused, fuse
from restore.diffusion.gaussian import GaussianPrior, StationaryPrior
from restore.diffusion.mixture import GaussianMixturePrior
from restore.diffusion.noise import gaussian, noise_like
from restore.diffusion.parametrisation import convert
from restore.diffusion.preconditioning import SIGMA_DATA, Preconditioning, precondition
from restore.diffusion.process import (
    alpha_bar_to_sigma,
    forward,
    from_vp,
    sigma_to_alpha_bar,
    snr,
    to_vp,
)
from restore.diffusion.samplers import sample_ddim, sample_dpmpp_2m, sample_edm, sample_heun
from restore.diffusion.schedule import (
    SIGMA_MAX,
    SIGMA_MIN,
    cosine,
    karras,
    linear,
    respace,
    scaled_linear,
    schedule,
    truncate,
)

__all__ = [
    "GRAY_NOISE",
    "SIGMA_DATA",
    "SIGMA_MAX",
    "SIGMA_MIN",
    "UNKNOWN",
    "Array",
    "Denoiser",
    "DifferentiableDenoiser",
    "DiscreteProcess",
    "Fused",
    "GaussianMixturePrior",
    "GaussianPrior",
    "Look",
    "Observation",
    "Preconditioning",
    "StationaryPrior",
    "StripDenoiser",
    "VectorJacobian",
    "alpha_bar_to_sigma",
    "convert",
    "cosine",
    "forward",
    "from_vp",
    "fuse",
    "gaussian",
    "karras",
    "linear",
    "namespace",
    "noise_like",
    "precondition",
    "respace",
    "sample_ddim",
    "sample_dpmpp_2m",
    "sample_edm",
    "sample_heun",
    "scaled_linear",
    "schedule",
    "sigma_to_alpha_bar",
    "snr",
    "to_vp",
    "truncate",
]
