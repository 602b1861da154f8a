"""The network in ONNX Runtime, on the CPU or on CUDA; torch is not imported on the CPU."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from restore.engine.backends.network import Pixels, Precision
from restore.engine.card import Card
from restore.errors import DeviceError, ModelError

__all__ = ["OrtNetwork", "runtime_clash"]

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
WHEELS = ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino")
FATAL = 4


class OrtNetwork:
    """A `Network` in ONNX Runtime.

    Args:
        card: The model; it must have a graph.
        device: "cpu" or "cuda".
        threads: CPU threads; None for one a core.

    Raises:
        DeviceError: CUDA was asked for and something else would compute.
        ModelError: The model has no graph, or ONNX Runtime cannot read it.
    """

    backend = "onnxruntime"
    precision: Precision = "float32"

    def __init__(self, card: Card, device: str, threads: int | None = None) -> None:
        if card.graph is None:
            raise ModelError(
                f"The model “{card.name}” has no ONNX graph.", "Choose the backend “torch”."
            )
        self.device = device
        self._graph = card.graph
        self._session = _session(card, device, threads)
        self.provider: str = self._session.get_providers()[0]

    def __call__(self, x: Pixels) -> Pixels:
        """Return F (B, outputs, H, W) for x (B, inputs, H, W).

        Raises:
            MemoryError: There is not enough memory.
            ModelError: The graph is not one of the package's U-Net.
        """
        try:
            f: Pixels = self._session.run(["f"], {"x": x})[0]
        except Exception as error:
            if any(word in str(error).lower() for word in ("allocat", "out of memory")):
                raise MemoryError(str(error)) from error
            reason = str(error).splitlines()[0]
            raise ModelError(f"ONNX Runtime cannot run {self._graph}: {reason}") from error
        return f


def _session(card: Card, device: str, threads: int | None) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = FATAL
    # Waiting threads sleep: spinning gains nothing here and takes the cores from the editor.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")

    def start(provider: str) -> Any:
        try:
            return onnxruntime.InferenceSession(str(card.graph), options, providers=[provider])
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"ONNX Runtime cannot open {card.graph}: {reason}") from None

    if device == "cpu":
        return start(CPU)
    if CUDA not in onnxruntime.get_available_providers():
        raise DeviceError(
            f"The installed ONNX Runtime {onnxruntime.__version__} has no CUDA.",
            runtime_clash() or "Install onnxruntime-gpu, or choose the device “cpu”.",
        )
    onnxruntime.set_default_logger_severity(FATAL)
    for load_libraries in (_preload, _import_torch):
        load_libraries()
        session = start(CUDA)
        if session.get_providers()[0] == CUDA:
            return session
    raise DeviceError(
        "ONNX Runtime was asked for CUDA and would compute on the CPU.",
        "Its CUDA and cuDNN libraries or the driver are missing or too old.",
    )


def _preload() -> None:
    import contextlib
    import io

    import onnxruntime

    if hasattr(onnxruntime, "preload_dlls"):
        with contextlib.redirect_stdout(io.StringIO()):
            onnxruntime.preload_dlls()


def _import_torch() -> None:
    """Bring torch's own CUDA libraries into the process."""
    import torch

    torch.cuda.is_available()


def runtime_clash() -> str:
    """Return a sentence if several ONNX Runtime packages overwrite each other, or nothing."""
    found = []
    for wheel in WHEELS:
        try:
            found.append(f"{wheel} {importlib.metadata.version(wheel)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    if len(found) < 2:
        return ""
    return (
        f"{' and '.join(found)} are installed over each other, and only one of them works: "
        "uninstall all of them, then install the one that you need."
    )
