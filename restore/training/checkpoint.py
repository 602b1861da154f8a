"""All that a run needs to go on, in one safetensors file; the last two are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from restore.errors import ModelError
from restore.photo.atomic import write_bytes

__all__ = ["KEPT", "Header", "latest", "read", "read_header", "write", "write_weights"]

FORMAT = 1
KEPT = 2

_CURE = "Train this recipe in another folder, or go on with the recipe that wrote it."


class Header(BaseModel):
    """What stands in a checkpoint beside its tensors.

    Attributes:
        format: Version of the file's layout.
        name: The recipe's.
        recipe: Its fingerprint.
        architecture: The network's shape, for messages.
        groups: Names of the groups whose levels are in it.
        step: Steps made.
        pixels: Pixels seen.
        caution: Factor of the learning rates after a return to earlier weights.
        cautious_until: Step until which it holds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    name: str
    recipe: str
    architecture: dict[str, Any]
    groups: tuple[str, ...]
    step: int
    pixels: int
    caution: float = 1.0
    cautious_until: int = 0


def write(folder: Path, header: Header, tensors: Mapping[str, Tensor]) -> Path:
    """Write a checkpoint, then remove all but the last two.

    Raises:
        WriteError: It could not be written; the earlier ones stand as they were.
    """
    path = folder / f"checkpoint-{header.step:09d}.safetensors"
    write_bytes(path, _pack(tensors, header.model_dump_json()), overwrite=True)
    for old in _all(folder)[:-KEPT]:
        with suppress(OSError):
            old.unlink()
    return path


def write_weights(path: Path, header: Header, weights: Mapping[str, Tensor]) -> None:
    """Write the weights that are given away, in half precision.

    Raises:
        WriteError: They could not be written.
    """
    about = header.model_dump_json(include={"name", "architecture", "step", "pixels"})
    write_bytes(path, _pack({n: w.half() for n, w in weights.items()}, about), overwrite=True)


def latest(folder: Path) -> Path | None:
    """Return the newest checkpoint that is whole, if there is one."""
    for path in reversed(_all(folder)):
        with suppress(SafetensorError, OSError), safe_open(path, "pt"):
            return path
    return None


def read_header(path: Path, architecture: Mapping[str, Any] | None = None) -> Header:
    """Read what stands in a checkpoint beside its tensors.

    Args:
        path: The file.
        architecture: The network's shape that it must have.

    Raises:
        ModelError: It is no checkpoint, of another version, or of another network.
    """
    try:
        with safe_open(path, "pt") as file:
            fields = json.loads((file.metadata() or {}).get("restore", "{}"))
        if fields.get("format") != FORMAT:
            raise ModelError(
                f"{path} is of version {fields.get('format')}; this is version {FORMAT}.", _CURE
            )
        header = Header.model_validate(fields)
    except (SafetensorError, OSError, ValidationError, ValueError) as error:
        raise _unreadable(path, error) from None
    if architecture is not None and header.architecture != architecture:
        raise ModelError(
            f"{path} is of another network: {_words(header.architecture)} there, "
            f"{_words(architecture)} here.",
            _CURE,
        )
    return header


def read(path: Path, expected: Mapping[str, Tensor]) -> tuple[Header, dict[str, Tensor]]:
    """Read a checkpoint after comparing what is in it with what is going to be filled.

    Args:
        path: The file.
        expected: Tensors of the names and shapes that it must have; tensors of `balance.` may
            differ, for the groups may have changed.

    Raises:
        ModelError: It is no checkpoint, of another version, or of another network.
    """
    header = read_header(path)
    try:
        with safe_open(path, "pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            if difference := _difference(shapes, expected):
                raise ModelError(
                    f"{path} is of another network ({_words(header.architecture)}): {difference}.",
                    _CURE,
                )
            return header, {name: file.get_tensor(name) for name in expected if name in shapes}
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from None


def _all(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-*.safetensors"))


def _pack(tensors: Mapping[str, Tensor], about: str) -> bytes:
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    data: bytes = save(plain, {"restore": about})
    return data


def _unreadable(path: Path, error: Exception) -> ModelError:
    return ModelError(f"{path} is not a checkpoint: {str(error).splitlines()[0]}.", _CURE)


def _difference(shapes: Mapping[str, tuple[int, ...]], expected: Mapping[str, Tensor]) -> str:
    """Say where the network or its optimiser differ; empty where they do not."""
    for name in sorted({*shapes, *expected}):
        if name.startswith("balance."):
            continue
        there = shapes.get(name)
        here = tuple(expected[name].shape) if name in expected else None
        if there != here:
            return f"{name} is {_shape(there)} there and {_shape(here)} here"
    return ""


def _shape(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else "×".join(map(str, shape)) or "a number"


def _words(architecture: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in architecture.items())
