"""Restore photos with a diffusion prior: denoise, clean, upscale, inpaint, deblur.

    import restore

    photo = restore.read("photo.jpg")
    restore.denoise(photo).write("restored.jpg")

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restore.api import clean, deblur, denoise, inpaint, read, run, upscale, vary
    from restore.hooks import Result
    from restore.photo import Photo

__all__ = [
    "Photo",
    "Result",
    "__version__",
    "clean",
    "deblur",
    "denoise",
    "inpaint",
    "read",
    "run",
    "upscale",
    "vary",
]

__version__ = "0.1.0"

_HOMES = {"Photo": "restore.photo", "Result": "restore.hooks"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "restore.api")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
