"""Where figures come from: machine, versions, model; all that is needed to obtain them again."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version

from restore.hooks import Report

__all__ = ["machine", "model", "versions"]

PACKAGES = ("restore", "numpy", "scipy", "pillow", "scikit-image", "onnxruntime-gpu", "torch")


def machine() -> dict[str, str]:
    """Return system, processor, number of cores and today's date."""
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "date": time.strftime("%Y-%m-%d"),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that compute, where they are installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def model(report: Report) -> dict[str, str]:
    """Return the model that a report names, with its hash, and what computed it."""
    return {
        "name": report.model,
        "sha256": report.model_sha256,
        "backend": report.backend,
        "provider": report.provider,
    }
