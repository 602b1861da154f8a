"""Latent diffusion, the autoencoder as a generator of its own, and restoration through it."""

from __future__ import annotations

import torch
from torch import Tensor

from benchmarks.digits.judge import Judge
from benchmarks.digits.networks import Networks
from benchmarks.digits.sampling import LABELS, N, levels, start
from restore.diffusion.guidance import classifier_free
from restore.diffusion.noise import noise_like
from restore.diffusion.samplers import sample_dpmpp_2m
from restore.inverse import Downscale, Mask
from restore.inverse.latent import ThroughDecoder
from restore.inverse.solving import solve

SHAPE = (1, 4, 4)
STEPS, SHOWN = 20, 20
SCALE = 1.5
RESTORED, CALLS, ZETA = 100, 60, 1.0


def generated(networks: Networks, judge: Judge) -> tuple[list[dict], dict[str, Tensor]]:
    """Return figures and samples of latent diffusion, and of the autoencoder by itself."""
    told, plain = networks.latents.told(LABELS), networks.latents.told()
    z = start(shape=SHAPE)[0]
    made = {
        "latent diffusion": sample_dpmpp_2m(told, z, levels(STEPS)),
        f"latent diffusion, guidance {SCALE}": sample_dpmpp_2m(
            classifier_free(told, plain, SCALE), z, levels(STEPS)
        ),
        "latent diffusion, no class": sample_dpmpp_2m(plain, z, levels(STEPS)),
    }
    shown = {name: networks.space.decode(z) for name, z in made.items()}
    noise = noise_like(torch.empty(N, *SHAPE), 2)(0)
    shown["the decoder of N(0, I)"] = networks.space.coder.decode(noise)
    pictures = networks.prior.told()
    shown["diffusion of pixels, no class"] = sample_dpmpp_2m(pictures, start()[0], levels(STEPS))
    rows = []
    for name, x in shown.items():
        classless = "no class" in name or "decoder" in name
        precision, recall = judge.precision_and_recall(x)
        row = {"generator": name, "precision": precision, "recall": recall}
        row["distance"] = judge.distance(x)
        if not classless:
            row |= {"accepted": judge.accepted(x, LABELS), "spread": judge.spread(x, LABELS)}
        print(row, flush=True)
        rows.append(row)
    return rows, {name: x[:SHOWN] for name, x in shown.items()}


def coded(networks: Networks, judge: Judge) -> dict:
    """Return how held-out digits come through the autoencoder."""
    x = judge.real
    z = networks.space.encode(x, noise_like(torch.empty(len(x), *SHAPE), 3)(0))
    x_hat = networks.space.decode(z)
    means = x.mean(0)
    return {
        "scale": networks.space.scale,
        "variance": float(z.var()),
        "error": float((x_hat - x).square().mean() ** 0.5),
        "spread": float((x - means).square().mean() ** 0.5),
        "accepted": judge.accepted(x_hat, judge.labels),
    }


def restored(networks: Networks, judge: Judge) -> tuple[list[dict], dict[str, Tensor]]:
    """Fill holes and enlarge by DPS through the decoder, told the class or not."""
    x, label = judge.real[:RESTORED], judge.labels[:RESTORED]
    keep = torch.ones(1, 1, 8, 8)
    keep[..., 2:5, 2:6] = 0
    rows, shown = [], {"truth": x[:SHOWN]}
    for task, inner in (("hole", Mask(keep)), ("doubled", Downscale(2, (8, 8), kernel="area"))):
        operator = ThroughDecoder(inner, networks.space, SHAPE, 1)
        y = inner(x)
        shown[f"{task}: given"] = inner.pinv(y)[:SHOWN]
        plain, told = networks.latents.told(), networks.latents.told(label)
        for name, prior, zeta in (
            (f"{task}, not measured", plain, 0.0),
            (f"{task}, no class", plain, ZETA),
            (f"{task}, class told", told, ZETA),
        ):
            z = solve(
                prior,
                operator,
                y,
                0.0,
                method="dps",
                calls=CALLS,
                seed=4,
                sigma_max=20.0,
                zeta=zeta,
            )
            x_hat = networks.space.decode(z)
            row = {
                "task": name,
                "zeta": zeta,
                "residual": float((inner(x_hat) - y).square().mean() ** 0.5),
                "error": float((x_hat - x).square().mean() ** 0.5),
                "accepted": judge.accepted(x_hat, label),
                "digits": len(x),
            }
            print(row, flush=True)
            rows.append(row)
            if zeta:
                shown[name] = x_hat[:SHOWN]
    return rows, shown
