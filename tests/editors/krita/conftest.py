"""What the tests in Krita share: pictures in Krita's own bytes, and what should come of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import restore
from restore.hooks.manager import Plugins
from restore.photo import Photo
from restore.photo.metadata import Metadata
from tests.editors.programs.krita import Krita
from tests.plugins import install

SCENE = Path(__file__).with_name("scene.py")
NUMBERS = {"U8": np.uint8, "U16": np.uint16, "F16": np.float16, "F32": np.float32}
Pixels = np.ndarray[Any, Any]


def noise(depth: str, height: int, width: int, values: int = 4, seed: int = 0) -> Pixels:
    """Return a picture (H, W, values) as Krita would give it, with every alpha there is."""
    rng = np.random.default_rng(seed)
    number = np.dtype(NUMBERS[depth])
    if number.kind == "f":
        picture = rng.random((height, width, values)).astype(number)
        picture[:2, :, :-1] = 0
        picture[2:4, :, :-1] *= number.type(1e-4)  # below the smallest normal half float
        picture[4:6, :, :-1] *= 3  # brighter than white
        return picture
    return rng.integers(0, np.iinfo(number).max, (height, width, values), number, endpoint=True)


def colours(picture: Pixels) -> Pixels:
    """Return a picture in Krita's bytes with its colours in the order of RGB, or the reverse."""
    if picture.shape[2] == 4 and picture.dtype.kind == "u":
        return picture[:, :, [2, 1, 0, 3]]
    return picture


@dataclass
class Scenes:
    """Runs actions in Krita on pictures and returns what became of them."""

    krita: Krita
    folder: Path
    plugins: Plugins
    told: dict[str, Any] = field(default_factory=dict)

    def run(self, action: str, picture: Pixels, **told: Any) -> dict[str, Any]:
        """Make a picture with a layer "photo" and run an action on it; see `scene.run`."""
        path = self.folder / "pixels"
        path.write_bytes(picture.tobytes())
        height, width = picture.shape[:2]
        asked = {"action": action, "pixels": str(path), "out": str(self.folder / "out")}
        return self.ask("run", {**asked, "width": width, "height": height, **told})

    def meanwhile(self, what: str, picture: Pixels, **told: Any) -> dict[str, Any]:
        """Let something happen while the action "slow" runs; see `scene.meanwhile`."""
        path = self.folder / "pixels"
        path.write_bytes(picture.tobytes())
        height, width = picture.shape[:2]
        size = {"pixels": str(path), "width": width, "height": height}
        return self.ask("meanwhile", {"what": what, **size, **told})

    def ask(self, function: str, argument: Any = None) -> Any:
        """Call a function of scene.py within Krita."""
        answer = self.krita.run(SCENE, function, argument)
        if isinstance(answer, dict) and answer.get("error"):
            print(self.krita.log())
        return answer

    def result(self, what: str, like: Pixels, size: tuple[int, int] | None = None) -> Pixels:
        """Return what a run left: "layer", "whole", "mask" or "spread", (H, W, values)."""
        width, height = size or (like.shape[1], like.shape[0])
        data = np.fromfile((self.folder / "out").with_suffix("." + what), like.dtype)
        return data.reshape(height, width, -1)

    def expected(
        self,
        action: str,
        picture: Pixels,
        depth: str = "U8",
        profile: str = "sRGB-elle-V2-srgbtrc.icc",
        origin: tuple[int, int] = (0, 0),
        **parameters: Any,
    ) -> Pixels:
        """Return what the toolkit makes of these pixels of Krita's, in Krita's bytes."""
        model = {4: "RGBA", 2: "GRAYA"}[picture.shape[2]]
        icc = bytes.fromhex(self.ask("icc", [model, depth, profile]))
        seen = colours(picture)
        half = seen.dtype == np.float16
        seen = seen.astype(np.float32) if half else seen
        photo = Photo(
            np.ascontiguousarray(seen[:, :, :-1]),
            np.ascontiguousarray(seen[:, :, -1]),
            metadata=Metadata(icc=icc or None),
            transfer="linear" if "-g10" in profile else "encoded",
            origin=origin,
        )
        made = restore.run(action, photo, plugins=self.plugins, **parameters).photo
        assert made.alpha is not None
        whole = np.concatenate([made.pixels, made.alpha[:, :, None]], axis=2)
        return colours(whole.astype(np.float16) if half else whole)


@pytest.fixture(scope="session")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Plugins:
    """What the worker of the tests has, in this process."""
    site = tmp_path_factory.mktemp("site")
    install(site, "editors")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        return Plugins.load()


@pytest.fixture(scope="session")
def scenes(krita: Krita, scratch: Callable[[], Path], plugins: Plugins) -> Scenes:
    return Scenes(krita, scratch(), plugins)
