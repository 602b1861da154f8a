"""What reading and writing a photo costs beyond the library underneath.

    python benchmarks/photo_io.py [MEGAPIXELS] [REPEATS]

For each format and depth a file is read and written, in turns with the bare library's decoding and
encoding of the same picture with the same options; what is compared is processor time, so that
whatever else the machine does weighs little. The ratio is of sums, its interval of 95 % a bootstrap
over the turns. Exit code 1 if the lower end of an interval is above the target.
"""

from __future__ import annotations

import io
import logging
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from restore.photo import Photo, read, write

TARGET = 1.3


@dataclass(frozen=True)
class Case:
    """A format at a depth, and how the library underneath reads and writes it."""

    suffix: str
    dtype: str
    decode: Callable[[Path], object]
    encode: Callable[[Path, np.ndarray], object]


def pillow_decode(path: Path) -> object:
    with Image.open(path) as image:
        return np.array(image)


def jpeg_encode(path: Path, array: np.ndarray) -> object:
    with Image.open(path) as image:
        options = {"qtables": image.quantization, "subsampling": "4:4:4", "optimize": True}
    return saved(array, "JPEG", **options)


def webp_encode(path: Path, array: np.ndarray) -> object:
    return saved(array, "WEBP", exact=True, lossless=True, quality=50, method=2)


def tiff_encode(path: Path, array: np.ndarray) -> object:
    file = io.BytesIO()
    options = {"compression": "adobe_deflate", "predictor": True, "maxworkers": 1}
    tifffile.imwrite(file, array, photometric="rgb", metadata=None, **options)
    return file.getvalue()


def saved(array: np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, kind, **options)
    return file.getvalue()


def png_decode(path: Path) -> object:
    return imagecodecs.png_decode(path.read_bytes())


def png_encode(path: Path, array: np.ndarray) -> object:
    return imagecodecs.png_encode(array)


CASES = (
    Case(".jpg", "uint8", pillow_decode, jpeg_encode),
    Case(".png", "uint8", png_decode, png_encode),
    Case(".png", "uint16", png_decode, png_encode),
    Case(".tif", "uint8", tifffile.imread, tiff_encode),
    Case(".tif", "uint16", tifffile.imread, tiff_encode),
    Case(".tif", "float32", tifffile.imread, tiff_encode),
    Case(".webp", "uint8", pillow_decode, webp_encode),
)


def picture(megapixels: float, dtype: str) -> np.ndarray:
    """Return smooth values with the noise of a camera, 3:2."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(height * 1.5)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(x / (50 + 9 * c)) * np.cos(y / (70 - 9 * c)) for c in range(3)]
    noise = np.random.default_rng(0).normal(0, 0.01, (height, width, 3)).astype(np.float32)
    values = np.clip(np.stack(waves, axis=-1) / 2.5 + 0.5 + noise, 0, 1)
    if dtype == "float32":
        return values
    return np.rint(values * np.iinfo(dtype).max).astype(dtype)


def seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def interval(ours: np.ndarray, theirs: np.ndarray) -> tuple[float, float, float]:
    """Return the ratio of sums and the ends of its interval."""
    rng = np.random.default_rng(0)
    draws = rng.integers(0, len(ours), (2000, len(ours)))
    low, high = np.quantile(ours[draws].sum(1) / theirs[draws].sum(1), (0.025, 0.975))
    return float(ours.sum() / theirs.sum()), float(low), float(high)


def measure(case: Case, megapixels: float, repeats: int, folder: Path) -> bool:
    """Print a case's figures and return whether they may be within the target."""
    array = picture(megapixels, case.dtype)
    path, copy = folder / f"photo{case.suffix}", folder / f"copy{case.suffix}"
    write(Photo.from_array(array), path, overwrite=True)
    photo = read(path)
    calls = {
        "read": (lambda: read(path), lambda: case.decode(path)),
        "write": (
            lambda: write(photo, copy, overwrite=True),
            lambda: copy.write_bytes(case.encode(path, array)),  # type: ignore[arg-type]
        ),
    }
    times: dict[str, list[list[float]]] = {name: [[], []] for name in calls}
    for turn in range(repeats + 1):
        for name, pair in calls.items():
            for who in (0, 1) if turn % 2 else (1, 0):
                spent = seconds(pair[who])
                if turn:
                    times[name][who].append(spent)
    ours, theirs = np.array(times["read"]) + np.array(times["write"])
    ratio, low, high = interval(ours, theirs)
    parts = ", ".join(f"{name} {sum(a) / sum(b):.2f}" for name, (a, b) in times.items())
    print(f"{case.suffix[1:]:5}{case.dtype:8}{ratio:6.2f} times the library", end=" ")
    print(f"({low:.2f} to {high:.2f}): {parts};", end=" ")
    print(f"{1000 * theirs.mean():.0f} ms by the library", flush=True)
    return low <= TARGET


def main(megapixels: float = 12, repeats: int = 9) -> int:
    """Measure all cases."""
    logging.getLogger("restore").addHandler(logging.NullHandler())
    print(f"reading and writing {megapixels:g} Mpx, {repeats} turns; target at most {TARGET}")
    with tempfile.TemporaryDirectory() as folder:
        met = [measure(case, megapixels, repeats, Path(folder)) for case in CASES]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main(*(float(a) if i == 0 else int(a) for i, a in enumerate(sys.argv[1:]))))  # type: ignore[arg-type]
