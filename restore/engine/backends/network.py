"""What a runtime offers, and which one is taken."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from restore.engine.card import Card
from restore.errors import DeviceError, ModelError, ParameterError

__all__ = ["Backend", "Device", "Network", "Pixels", "Precision", "open_network"]

Pixels: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
Device: TypeAlias = Literal["auto", "cpu", "cuda"]
Backend: TypeAlias = Literal["auto", "torch", "onnxruntime"]
Precision: TypeAlias = Literal["float32", "bfloat16"]


class Network(Protocol):
    """F(x), evaluated somewhere.

    Attributes:
        backend: "torch" or "onnxruntime".
        provider: What really computes, such as "CPUExecutionProvider" or "cuda:0".
        device: "cpu" or "cuda".
        precision: "float32" or "bfloat16".
    """

    backend: str
    provider: str
    device: str
    precision: Precision

    def __call__(self, x: Pixels) -> Pixels:
        """Return F (B, outputs, H, W) for x (B, inputs, H, W), both float32.

        Raises:
            MemoryError: There is not enough memory, of the device's or of the host's.
        """
        ...


def open_network(
    card: Card,
    device: str = "auto",
    backend: str = "auto",
    threads: int | None = None,
    precision: Precision = "float32",
) -> tuple[Network, tuple[str, ...]]:
    """Open a verified model.

    Args:
        card: The model.
        device: "cpu", "cuda" (an error if it cannot be had), or "auto": CUDA where a device
            answers, with a note if it then turns out to be of no use.
        backend: "torch", "onnxruntime", or "auto": ONNX Runtime on the CPU, where it spares the
            seconds that importing torch takes; on CUDA torch first.
        threads: CPU threads; None for one a core.
        precision: "float32", or "bfloat16", which torch alone computes.

    Returns:
        The network, and notes for the person.

    Raises:
        DeviceError: The device that was asked for cannot be used.
        ModelError: The backend cannot read the model.
        ParameterError: There is no such device, backend or precision.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ParameterError(f"There is no device “{device}”.", "Take auto, cpu or cuda.")
    if backend not in ("auto", "torch", "onnxruntime"):
        raise ParameterError(
            f"There is no backend “{backend}”.", "Take auto, torch or onnxruntime."
        )
    if precision not in ("float32", "bfloat16"):
        raise ParameterError(f"There is no precision “{precision}”.", "Take float32 or bfloat16.")
    if precision == "bfloat16":
        if backend == "onnxruntime":
            raise ParameterError(
                "The ONNX Runtime computes in float32 alone.", "Take torch for bfloat16."
            )
        backend = "torch"
    if threads is not None and threads < 1:
        raise ParameterError(f"{threads} threads cannot compute anything.", "Ask for at least 1.")
    notes: list[str] = []
    if device == "cuda" or (device == "auto" and cuda_devices() > 0):
        for name in ("torch", "onnxruntime") if backend == "auto" else (backend,):
            try:
                return _open(card, "cuda", name, threads, precision), tuple(notes)
            except (DeviceError, ModelError) as error:
                notes.append(f"The GPU is not used: {error.message}")
        if device == "cuda":
            raise DeviceError(
                " ".join(notes).replace("The GPU is not used: ", ""),
                "Choose the device “auto” or “cpu”, or mend the GPU's driver or runtime.",
            )
    if backend == "auto":
        backend = "onnxruntime" if card.graph else "torch"
    return _open(card, "cpu", backend, threads, precision), tuple(notes)


def _open(
    card: Card, device: str, backend: str, threads: int | None, precision: Precision
) -> Network:
    if backend == "torch":
        from restore.engine.backends.torch_backend import TorchNetwork

        return TorchNetwork(card, device, threads, precision)
    from restore.engine.backends.ort_backend import OrtNetwork

    return OrtNetwork(card, device, threads)


def cuda_devices() -> int:
    """Return how many CUDA devices the driver reports; 0 without a driver."""
    import ctypes
    import sys

    library = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        cuda = ctypes.CDLL(library)
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if cuda.cuInit(0) != 0 or cuda.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
