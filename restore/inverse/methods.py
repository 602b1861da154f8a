"""Every conditioned reverse process by its name.

Each says what it is defined for, and makes its own schedule of the network evaluations that it may
spend.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.diffusion.arrays import Array
from restore.diffusion.samplers import Callback, Denoise, Noise
from restore.diffusion.schedule import karras
from restore.errors import ParameterError
from restore.inverse.ddnm import ddnm_plus
from restore.inverse.ddrm import ddrm
from restore.inverse.denoising import denoise_gaussian
from restore.inverse.diffpir import diffpir
from restore.inverse.dps import dps
from restore.inverse.gibbs import split_gibbs
from restore.inverse.operators import Identity, LinearOperator, Mask, Operator
from restore.inverse.pigdm import pigdm
from restore.inverse.repaint import repaint
from restore.inverse.spectrum import spectrum

__all__ = ["METHODS", "START", "Method"]

START = 20.0
"""Where a walk starts unless told: far above the spread of photos, which is about 0.5."""

Plan = dict[str, Any]


@dataclass(frozen=True)
class Method:
    """One conditioned reverse process.

    Attributes:
        name: Its key in `METHODS`.
        title: As its authors write it.
        source: Paper and algorithm.
        walk: The function itself.
        plan: (evaluations, highest σ, number of values of a picture, options) → how `walk` spends
            them: its keyword arguments. What an option decides is left to it.
        published: Evaluations that the paper spends; None where there is no one number.
        exact: Whether its draws become those of p(x | y) as the evaluations grow in number.
        noisy: Whether y may be noisy.
        linear: Whether A has to be linear, with a pseudo-inverse.
        spectral: Whether the singular values of A have to be known.
        only: The one kind of operator that it is defined for; None for all.
        needs_gradient: Whether the prior has to be differentiable.
    """

    name: str
    title: str
    source: str
    walk: Callable[..., Array]
    plan: Callable[[int, float, int, Mapping[str, Any]], Plan]
    published: int | None = None
    exact: bool = False
    noisy: bool = True
    linear: bool = True
    spectral: bool = False
    only: type | None = None
    needs_gradient: bool = False

    def fault(self, operator: Operator, sigma_y: float) -> str:
        """Return why the method is not defined for a measurement; empty where it is."""
        kind = type(operator).__name__
        if self.only and not isinstance(operator, self.only):
            return f"{self.title} is defined for {self.only.__name__} alone, not for {kind}."
        if not isinstance(operator, LinearOperator):
            return f"{self.title} needs a linear operator, not {kind}." if self.linear else ""
        if self.spectral:
            try:
                spectrum(operator)
            except ParameterError as error:
                return f"{self.title} is not defined for {kind}. {error.message}"
        if sigma_y and not self.noisy:
            return f"{self.title} takes {kind} as free of noise, and σ_y is {sigma_y:.4g}."
        return ""

    @property
    def options(self) -> tuple[str, ...]:
        """Names of what a caller may choose."""
        taken = {"steps", "sigmas", "rhos", "noise", "x", "callback"}
        keywords = inspect.signature(self.walk).parameters.values()
        return tuple(p.name for p in keywords if p.kind is p.KEYWORD_ONLY and p.name not in taken)


def _denoising(
    denoise: Denoise,
    operator: Operator,
    y: Array,
    sigma_y: float,
    *,
    steps: int,
    noise: Noise,
    callback: Callback | None = None,
) -> Array:
    del operator
    return denoise_gaussian(denoise, y, sigma_y, steps=steps, noise=noise, callback=callback)


def _from_y(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    del top, values, options
    return {"steps": calls}


def _one_walk(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    del values, options
    return {"sigmas": karras(calls, sigma_max=top)}


def _travels(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    """DDNM: each stretch is walked as often as `travel` says."""
    del values
    _, repeats = options.get("travel", (1, 1))
    return {"sigmas": karras(max(1, calls // max(1, repeats)), sigma_max=top)}


def _jumps(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    """RePaint: 250 steps in jumps of 10, each walked 10 times; in proportion, for fewer calls."""
    del values
    repeats = max(1, options.get("repeats", min(10, round(calls**0.3))))
    steps = max(1, calls // repeats)
    jump = max(1, round(steps / 25))
    return {"sigmas": karras(steps, sigma_max=top), "repeats": repeats, "jump": jump}


def _gradient_steps(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    """DPS: ζ = 1 for 1000 steps on 3 × 256 × 256 values, and as long a way in all for fewer.

    Each step moves the state by about ζ, whatever the error is, and errors grow as the root of
    the number of values.
    """
    zeta = 1000 / calls * math.sqrt(values / (3 * 256**2))
    return _one_walk(calls, top, values, options) | {"zeta": zeta}


def _rounds(calls: int, top: float, values: int, options: Mapping[str, Any]) -> Plan:
    """Split Gibbs: ρ falls by the same factor from round to round, to 0.5/√calls.

    The chain's error falls with ρ, and the rounds that it needs grow as 1/ρ²; few steps a round
    are enough for a solver of second order.
    """
    del values
    inner = max(1, options.get("inner", min(20, round(calls**0.35))))
    rhos = np.geomspace(top, min(top, 0.5 / calls**0.5), max(1, calls // inner))
    return {"rhos": rhos, "inner": min(inner, calls)}


METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Method(
            "denoising",
            "Stochastic denoising",
            "Ho et al. 2020, alg. 2; Kawar et al. 2021",
            _denoising,
            _from_y,
            exact=True,
            only=Identity,
        ),
        Method(
            "repaint",
            "RePaint",
            "Lugmayr et al. 2022, alg. 1",
            repaint,
            _jumps,
            published=2500,
            noisy=False,
            only=Mask,
        ),
        Method(
            "ddrm",
            "DDRM",
            "Kawar et al. 2022, eq. 7 and 8",
            ddrm,
            _one_walk,
            published=20,
            spectral=True,
        ),
        Method(
            "ddnm",
            "DDNM",
            "Wang, Yu & Zhang 2023, alg. 1",
            ddnm_plus,
            _travels,
            published=100,
            noisy=False,
        ),
        Method(
            "ddnm_plus",
            "DDNM⁺",
            "Wang, Yu & Zhang 2023, section 3.3",
            ddnm_plus,
            _travels,
            published=100,
            spectral=True,
        ),
        Method(
            "pigdm",
            "ΠGDM",
            "Song, Vahdat, Mardani & Kautz 2023, alg. 1",
            pigdm,
            _one_walk,
            published=100,
            needs_gradient=True,
        ),
        Method(
            "dps",
            "DPS",
            "Chung et al. 2023, alg. 1",
            dps,
            _gradient_steps,
            published=1000,
            linear=False,
            needs_gradient=True,
        ),
        Method(
            "diffpir",
            "DiffPIR",
            "Zhu et al. 2023, alg. 1",
            diffpir,
            _one_walk,
            published=100,
        ),
        Method(
            "split_gibbs",
            "Split Gibbs sampling",
            "Vono et al. 2019; Xu & Chi 2024, alg. 1",
            split_gibbs,
            _rounds,
            exact=True,
        ),
    )
}
"""All of them, by name."""
