"""y = A x + n: operators, the conditioned reverse processes that invert them, and guarantees."""

from restore.inverse.blur import Blur
from restore.inverse.colour import Bayer, Grayscale
from restore.inverse.composition import Chain, Composition
from restore.inverse.crop import Crop
from restore.inverse.ddnm import ddnm, ddnm_plus
from restore.inverse.ddrm import ddrm
from restore.inverse.denoising import denoise_gaussian
from restore.inverse.diffpir import diffpir, proximal
from restore.inverse.downscale import Downscale
from restore.inverse.dps import dps
from restore.inverse.gibbs import split_gibbs
from restore.inverse.guarantees import project, residual
from restore.inverse.jpeg import Jpeg
from restore.inverse.kernels import disc_kernel, gaussian_kernel, motion_kernel
from restore.inverse.methods import METHODS, Method
from restore.inverse.operators import Identity, LinearOperator, Mask, Operator, expect_fit
from restore.inverse.pigdm import pigdm
from restore.inverse.repaint import repaint
from restore.inverse.resize import enlarge, resize
from restore.inverse.solving import solve
from restore.inverse.spectrum import Spectrum, spectrum
from restore.inverse.sums import Sum
from restore.inverse.unbordered import Unbordered

__all__ = [
    "METHODS",
    "Bayer",
    "Blur",
    "Chain",
    "Composition",
    "Crop",
    "Downscale",
    "Grayscale",
    "Identity",
    "Jpeg",
    "LinearOperator",
    "Mask",
    "Method",
    "Operator",
    "Spectrum",
    "Sum",
    "Unbordered",
    "ddnm",
    "ddnm_plus",
    "ddrm",
    "denoise_gaussian",
    "diffpir",
    "disc_kernel",
    "dps",
    "enlarge",
    "expect_fit",
    "gaussian_kernel",
    "motion_kernel",
    "pigdm",
    "project",
    "proximal",
    "repaint",
    "residual",
    "resize",
    "solve",
    "spectrum",
    "split_gibbs",
]
