"""Writing a model's folder: weights, the ONNX graph that points into them, card and hashes.

Needs the `onnx` package, which nothing else does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from restore.engine.backends.ort_backend import OrtNetwork
from restore.engine.backends.torch_backend import load_module
from restore.engine.card import CARD, GRAPH, WEIGHTS, Architecture, Card, sha256
from restore.engine.quality import Pixels, half_precision_loss
from restore.errors import ModelError

__all__ = ["architecture_of", "export_model"]

Weights: TypeAlias = Mapping[str, np.ndarray[Any, Any]]
TOLERANCE = 1e-3
"""Largest difference between ONNX and torch that is taken for round-off, in network units."""
HALF_PRECISION_LOSS = 0.01
"""In dB; what nobody sees and no table shows."""


def export_model(
    weights: Weights, card: Card, folder: Path, pictures: Sequence[Pixels] = ()
) -> Card:
    """Write weights, the graph and the card into a model's folder.

    Other files that belong to the model (credits, recipe) must already stand there; every file
    in the folder gets its hash on the card.

    Args:
        weights: Arrays by the names of `restore.networks.unet.UNet`.
        card: What to say of them; architecture, number of parameters, cost, differences and
            hashes are worked out here.
        folder: Where to write; it is made if need be.
        pictures: Clean photos (H, W, 3) in [0, 1]. On them it is measured what half precision
            would cost; the weights are stored so if that is next to nothing. Without pictures
            they keep the precision that they have. Those of a detector, whose probabilities
            need no digits, are always stored so.

    Returns:
        The card as written.

    Raises:
        ModelError: The weights are not those of a U-Net, or ONNX and torch differ.
    """
    from restore.networks.graph import build_graph

    folder.mkdir(parents=True, exist_ok=True)
    shape = architecture_of({name: w.shape for name, w in weights.items()})
    _write(weights, folder, np.float16 if shape.is_detector else None)
    card = card.model_copy(
        update={
            "architecture": shape,
            "parameters": sum(w.size for w in weights.values()),
            "files": _hashes(folder),
            "folder": folder,
        }
    )
    half = all(w.dtype == np.float16 for w in weights.values())
    if pictures and shape.is_prior and not half:
        loss = half_precision_loss(card, pictures)
        if loss <= HALF_PRECISION_LOSS:
            _write(weights, folder, np.float16)
        card = card.model_copy(update={"half_precision_loss": round(loss, 4)})
    (folder / GRAPH).write_bytes(build_graph(folder / WEIGHTS, shape.channels, shape.blocks))
    card = card.model_copy(update={"files": _hashes(folder)})
    difference, cost = _compare(card)
    if not difference <= TOLERANCE:
        raise ModelError(f"ONNX and torch differ by {difference:.2g} on {folder}.")
    card = card.model_copy(
        update={
            "onnx_difference": float(f"{difference:.1e}"),
            "mflop_per_pixel": round(cost, 3),
        }
    )
    (folder / CARD).write_text(card.to_toml(), "utf-8")
    return card


def architecture_of(shapes: Mapping[str, tuple[int, ...]]) -> Architecture:
    """Return the architecture that weights of these shapes belong to.

    Raises:
        ModelError: They are not the weights of a U-Net of this package.
    """

    def count(prefix: str) -> int:
        return len(
            {name.removeprefix(prefix).split(".")[0] for name in shapes if name.startswith(prefix)}
        )

    try:
        levels = count("down.")
        channels = [shapes["head.weight"][0]]
        channels += [shapes[f"down.{level}.weight"][0] for level in range(levels)]
        blocks = [count(f"encoder.{level}.") for level in range(levels)] + [count("middle.")]
        embedding, features = shapes.get("embedding.layers.0.weight", (0, 0))
        of_level = shapes.get("embedding.frequencies", (0,))[0]
        of_map = shapes.get("embedding.frequencies_of_maps", (0,))[0]
        maps = (features - 2 * of_level) // (2 * of_map) if of_map else 0
        return Architecture(
            channels=tuple(channels),
            blocks=tuple(blocks),
            inputs=shapes["head.weight"][1] // 4,
            outputs=shapes["tail.weight"][0] // 4,
            embedding=embedding,
            told=1 + maps,
        )
    except (KeyError, IndexError, ValueError) as error:
        raise ModelError(f"These weights are not those of a U-Net: {error}.") from None


def _write(weights: Weights, folder: Path, precision: type[np.floating[Any]] | None = None) -> None:
    from safetensors.numpy import save

    stored = {name: np.ascontiguousarray(w, precision) for name, w in weights.items()}
    (folder / WEIGHTS).write_bytes(save(stored))


def _hashes(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and path.name != CARD)
    return {path.name: sha256(path) for path in files}


def _compare(card: Card) -> tuple[float, float]:
    """Return the largest difference between the two runtimes, and the cost in MFLOP a pixel."""
    import torch

    module, graph = load_module(card), OrtNetwork(card, "cpu")
    operations = 0

    def count(layer: torch.nn.Module, _: Any, output: torch.Tensor) -> None:
        nonlocal operations
        assert isinstance(layer, torch.nn.Conv2d)
        operations += 2 * output.numel() * layer.weight[0].numel()

    for layer in module.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(count)
    rng = np.random.default_rng(0)
    stride = card.architecture.stride
    height, width = 5 * stride, 8 * stride
    x = rng.standard_normal((2, card.architecture.inputs, height, width), np.float32)
    with torch.inference_mode():
        expected = module(torch.from_numpy(x)).numpy()
    difference = float(np.abs(graph(x) - expected).max())
    return difference, operations / (2 * height * width) / 1e6
