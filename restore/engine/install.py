"""Taking in a model from elsewhere: looked at, verified and measured before it is accepted."""

from __future__ import annotations

import importlib.util
import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from restore.engine.backends.network import open_network
from restore.engine.card import CARD, WEIGHTS, Card, sha256
from restore.engine.prior import Prior
from restore.engine.quality import denoised_psnr
from restore.engine.registry import shipped_models, user_models
from restore.errors import ModelError, ParameterError

__all__ = ["Installed", "install_model"]

Pixels: TypeAlias = np.ndarray[Any, Any]
PICKLES = {".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle"}
SIGMA = 25 / 255
LEAST_GAIN = 3.0
"""In dB at σ = 25/255. A trained prior gains eight or more; a network that answers nothing, under
which the preconditioning shrinks every pixel toward gray, gains less than one."""


class Installed(NamedTuple):
    """A model that was taken in, and the PSNR in dB of noisy pictures before and after it."""

    card: Card
    before: float
    after: float


def install_model(
    source: Path,
    pictures: Sequence[Pixels],
    *,
    name: str = "",
    licence: str = "",
    into: Path | None = None,
) -> Installed:
    """Install a model for this user.

    Args:
        source: A model's folder with its card, or a safetensors file with the weights of the
            package's U-Net.
        pictures: Clean photos (H, W, 3) in [0, 1] to measure the model on.
        name: Name of a model from a safetensors file; by default that of the file.
        licence: Licence of a model from a safetensors file, which has no card to say it.
        into: Folder of the user's models; the usual one by default.

    Returns:
        The installed model's card, and what it was measured to do.

    Raises:
        ModelError: The model is not safe to read, not complete, not what its card says, has no
            licence, does not restore, or its name is taken.
        ParameterError: There is no picture to measure on.
    """
    if not pictures:
        raise ParameterError("A model is measured before it is accepted, and there is no picture.")
    if source.suffix.lower() in PICKLES:
        raise ModelError(
            f"{source.name} is a pickle, which can run any program when it is opened.",
            "Ask for the weights as safetensors; nothing else is read here.",
        )
    into = into or user_models()
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=into) as staging:
        folder = Path(staging) / "model"
        folder.mkdir()
        if source.is_dir():
            card = _copy(source, folder)
        elif source.suffix.lower() == ".safetensors" and source.is_file():
            card = _wrap(source, folder, name, licence)
        else:
            raise ModelError(
                f"{source} is not a model.", "Give a model's folder or a .safetensors file."
            )
        if card.kind != "prior":
            raise ModelError(
                f"The model “{card.name}” does not restore photos, so it cannot be measured.",
                "Only models that restore photos can be installed.",
            )
        target = into / card.name
        if target.exists() or (shipped_models() / card.name).exists():
            raise ModelError(
                f"There already is a model “{card.name}”.", "Remove it, or choose another name."
            )
        before, after = measure(card, pictures)
        folder.replace(target)
    return Installed(Card.load(target), before, after)


def measure(card: Card, pictures: Sequence[Pixels]) -> tuple[float, float]:
    """Return the mean PSNR in dB of pictures with noise σ = 25/255, before and after the model.

    Raises:
        ModelError: The result is not finite or not better, with any runtime that the model is
            for; or it is no picture.
    """
    if not card.architecture.is_prior:
        raise ModelError(
            f"The model “{card.name}” returns no picture, so it cannot be measured here.",
            "It was not installed.",
        )
    for backend in ("torch", "onnxruntime") if card.graph else ("torch",):
        network, _ = open_network(card, "cpu", backend)
        before, after = denoised_psnr(Prior(card, network), pictures, SIGMA)
        if not after >= before + LEAST_GAIN:
            raise ModelError(
                f"The model “{card.name}” does not restore: noisy photos of {before:.1f} dB "
                f"became {after:.1f} dB with {backend}.",
                "It was not installed.",
            )
    return before, after


def _copy(source: Path, folder: Path) -> Card:
    """Copy a model's card and the files it names, then verify the copies."""
    card = Card.load(source)
    for file in (CARD, *card.files):
        if not (source / file).is_file():
            raise ModelError(f"The model “{card.name}” lacks its file {source / file}.")
        shutil.copyfile(source / file, folder / file)
    card = Card.load(folder)
    card.verify()
    return card


def _wrap(source: Path, folder: Path, name: str, licence: str) -> Card:
    """Make a model's folder of bare weights."""
    from safetensors import SafetensorError, safe_open

    from restore.engine.export import architecture_of

    if not licence:
        raise ModelError(
            f"Nothing says under which licence {source.name} may be used.",
            "State the licence, or install a folder with a card.",
        )
    shutil.copyfile(source, folder / WEIGHTS)
    try:
        with safe_open(folder / WEIGHTS, "np") as file:
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
            kinds = {key: file.get_slice(key).get_dtype() for key in shapes}
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{source} is not a safetensors file: {error}") from None
    architecture = architecture_of(shapes)
    if importlib.util.find_spec("onnx") and set(kinds.values()) <= {"F16", "F32"}:
        from restore.engine.card import GRAPH
        from restore.networks.graph import build_graph

        graph = build_graph(folder / WEIGHTS, architecture.channels, architecture.blocks)
        (folder / GRAPH).write_bytes(graph)
    try:
        card = Card(
            name=name or source.stem.lower(),
            version="1",
            licence=licence,
            parameters=sum(math.prod(shape) for shape in shapes.values()),
            architecture=architecture,
            files={path.name: sha256(path) for path in sorted(folder.iterdir())},
            folder=folder,
        )
    except ValueError:
        raise ModelError(
            f"A model cannot be named “{name or source.stem.lower()}”.",
            "Take up to 40 lower-case letters, digits, “-” and “_”.",
        ) from None
    (folder / CARD).write_text(card.to_toml(), "utf-8")
    return card
