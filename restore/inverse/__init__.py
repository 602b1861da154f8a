"""y = A x + n: operators, the conditioned reverse processes that invert them, and guarantees."""

from restore.inverse.blur import Blur
from restore.inverse.ddnm import ddnm, ddnm_plus
from restore.inverse.denoising import denoise_gaussian
from restore.inverse.diffpir import diffpir, proximal
from restore.inverse.downscale import Downscale
from restore.inverse.guarantees import project, residual
from restore.inverse.operators import Identity, LinearOperator, Mask
from restore.inverse.resize import enlarge, resize

__all__ = [
    "Blur",
    "Downscale",
    "Identity",
    "LinearOperator",
    "Mask",
    "ddnm",
    "ddnm_plus",
    "denoise_gaussian",
    "diffpir",
    "enlarge",
    "project",
    "proximal",
    "residual",
    "resize",
]
