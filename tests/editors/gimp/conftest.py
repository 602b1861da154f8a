"""One GIMP for all tests on what the plug-in does to an image."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from restore.hooks.manager import Plugins
from tests.editors.programs.gimp import Gimp
from tests.editors.toolkit import Toolkit
from tests.plugins import install

WITHIN = Path(__file__).with_name("within.py")


class Studio:
    """Makes images in one GIMP and calls actions on them.

    Attributes:
        gimp: The GIMP.
        toolkit: What its plug-in starts.
    """

    def __init__(self, gimp: Gimp, toolkit: Toolkit, folder: Path) -> None:
        self.gimp, self.toolkit, self._folder = gimp, toolkit, folder
        self._numbers = itertools.count()

    def run(self, action: str, pixels: np.ndarray, /, **job: Any) -> dict[str, Any]:
        """Call an action on a layer with native pixels (H, W, C), alpha last; see `within.run`."""
        return self.ask("run", action, pixels, **job)

    def ask(self, function: str, action: str, pixels: np.ndarray, /, **job: Any) -> dict[str, Any]:
        """Call a function of `within` with a job."""
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        (folder / "pixels").write_bytes(np.ascontiguousarray(pixels).tobytes())
        height, width, channels = pixels.shape
        basic = {
            "action": action,
            "size": (width, height),
            "base": "gray" if channels < 3 else "rgb",
            "alpha": channels in (2, 4),
            "pixels": folder / "pixels",
            "folder": folder,
        }
        told: dict[str, Any] = self.gimp.run(WITHIN, function, basic | job)
        return told

    def file(self, content: np.ndarray | bytes) -> Path:
        """Return a file that GIMP can read."""
        path = self._folder / f"file-{next(self._numbers)}"
        path.write_bytes(content if isinstance(content, bytes) else content.tobytes())
        return path


def pixels_of(layer: dict[str, Any], dtype: Any = np.uint8) -> np.ndarray:
    """Return the native pixels (H, W, C) of a layer as `within.tell` told it."""
    width, height = layer["size"]
    return np.frombuffer(Path(layer["file"]).read_bytes(), dtype).reshape(height, width, -1)


def mask_of(layer: dict[str, Any]) -> np.ndarray:
    """Return the mask (H, W) of a layer in [0, 1]."""
    width, height = layer["size"]
    return np.frombuffer(Path(layer["mask"]).read_bytes(), np.float32).reshape(height, width)


def photo(height: int, width: int, channels: int, dtype: Any = np.uint8) -> np.ndarray:
    """Return pixels that differ everywhere, alpha included."""
    rng = np.random.default_rng(height * width * channels)
    if np.issubdtype(dtype, np.integer):
        return rng.integers(0, np.iinfo(dtype).max, (height, width, channels), dtype, endpoint=True)
    return rng.random((height, width, channels)).astype(dtype)


@pytest.fixture(scope="session")
def studio(
    new_toolkit: Callable[[], Toolkit], new_gimp: Callable[..., Gimp], scratch: Callable[[], Path]
) -> Studio:
    toolkit = new_toolkit()
    toolkit.add("tells", "tests.plugins.tells")
    return Studio(new_gimp(toolkit=toolkit), toolkit, scratch())


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Plugins:
    """What the worker of the tests has, in this process."""
    folder = tmp_path_factory.mktemp("site")
    install(folder, "editors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(folder), *sys.path])
        return Plugins.load()
