"""The tensors of a PyTorch checkpoint, read without running what a pickle could run.

A checkpoint pickles a dictionary whose tensors are calls of one function with references to raw
storages. The unpickler here knows that function, the names of the storages and ordered
dictionaries; everything else is refused before it is looked up. Both layouts are read: zip
archives, and the one before PyTorch 1.6, in which storages follow the pickles.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

__all__ = ["read_checkpoint"]

Array = np.ndarray[Any, Any]

MAGIC = 0x1950A86A20F9469CFC6C
STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ByteStorage": "<u1",
}

_DAMAGED = (
    EOFError,
    KeyError,
    ValueError,
    IndexError,
    AttributeError,
    TypeError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True)
class Storage:
    """A reference to raw numbers."""

    key: str
    dtype: np.dtype[Any]
    length: int


@dataclass(frozen=True)
class View:
    """A tensor that is yet to be filled: a window into a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def of(self, values: Array) -> Array:
        """Return the tensor, a copy.

        Raises:
            pickle.UnpicklingError: It reaches beyond its storage.
        """
        if len(self.shape) != len(self.strides) or min((*self.shape, *self.strides, 0)) < 0:
            raise pickle.UnpicklingError("a tensor has an impossible shape")
        last = sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        if self.offset < 0 or (0 not in self.shape and self.offset + last >= values.size):
            raise pickle.UnpicklingError("a tensor reaches beyond its storage")
        strides = [step * values.itemsize for step in self.strides]
        return np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, strides).copy()


def read_checkpoint(path: Path) -> dict[str, Array]:
    """Return the tensors of a state dictionary by their names.

    Raises:
        pickle.UnpicklingError: It holds anything but tensors, or is damaged.
    """
    try:
        with path.open("rb") as file:
            archive = zipfile.is_zipfile(file)
            file.seek(0)
            tree, raw = _zip(file) if archive else _legacy(file)
        if not isinstance(tree, dict) or not all(isinstance(v, View) for v in tree.values()):
            raise pickle.UnpicklingError(f"{path.name} is not a dictionary of tensors")
        return {str(name): _filled(view, raw) for name, view in tree.items()}
    except _DAMAGED as error:
        raise pickle.UnpicklingError(f"{path.name} is damaged: {error}") from error


def _filled(view: View, raw: Callable[[Storage], bytes]) -> Array:
    values = np.frombuffer(raw(view.storage), view.storage.dtype)
    return view.of(values[: view.storage.length])


class TensorsOnly(pickle.Unpickler):
    """Reads dictionaries, texts, numbers and references to tensors."""

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the names that a state dictionary needs."""
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _view
        if module == "torch" and name in STORAGES:
            return np.dtype(STORAGES[name])
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a tensor")

    def persistent_load(self, pid: Any) -> Storage:
        """Return the reference ("storage", type, key, place, length, …)."""
        kind, dtype, key, _, length = pid[:5]
        if kind != "storage" or not isinstance(dtype, np.dtype):
            raise pickle.UnpicklingError(f"a reference to a {kind}")
        return Storage(str(key), dtype, int(length))


def _view(storage: Storage, offset: int, shape: Any, strides: Any, *_: Any) -> View:
    return View(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _zip(file: BinaryIO) -> tuple[Any, Callable[[Storage], bytes]]:
    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    [pickled] = [name for name in contents if name.endswith("/data.pkl")]
    prefix = pickled.removesuffix("data.pkl")
    if contents.get(f"{prefix}byteorder", b"little") != b"little":
        raise pickle.UnpicklingError("the numbers are not little-endian")
    tree = TensorsOnly(io.BytesIO(contents[pickled])).load()
    return tree, lambda storage: contents[f"{prefix}data/{storage.key}"]


def _legacy(file: BinaryIO) -> tuple[Any, Callable[[Storage], bytes]]:
    magic, _, system = (TensorsOnly(file).load() for _ in range(3))
    if magic != MAGIC or not system["little_endian"]:
        raise pickle.UnpicklingError("no checkpoint of PyTorch, or not little-endian")
    reader = _Remembering(file)
    tree, keys = reader.load(), TensorsOnly(file).load()
    raw = {}
    for key in keys:
        length = int.from_bytes(file.read(8), "little")
        raw[str(key)] = file.read(length * reader.sizes[str(key)])
    return tree, lambda storage: raw[storage.key]


class _Remembering(TensorsOnly):
    """Remembers how wide the numbers of each storage are: the old layout does not repeat it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.sizes: dict[str, int] = {}

    def persistent_load(self, pid: Any) -> Storage:
        """Return the reference, and remember it."""
        storage = super().persistent_load(pid)
        self.sizes[storage.key] = storage.dtype.itemsize
        return storage
