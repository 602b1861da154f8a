"""The network in torch, on the CPU or on CUDA."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from restore.engine.backends.network import Pixels, Precision
from restore.engine.card import Card
from restore.errors import DeviceError, ModelError

if TYPE_CHECKING:
    from torch import Tensor

    from restore.networks.unet import UNet

__all__ = ["TorchNetwork", "load_module", "memory_errors"]


class TorchNetwork:
    """A `Network` in torch, with channels last and no gradients.

    Args:
        card: The model.
        device: "cpu" or "cuda".
        threads: CPU threads of the whole process; None leaves torch's own number.
        precision: "float32", or "bfloat16" for convolutions whose factors have 8 bits (their sums
            have 24): twice as fast on processors with AVX512-BF16.

    Raises:
        DeviceError: There is no CUDA device that torch can use.
        ModelError: The weights do not fit the architecture on the card.
    """

    backend = "torch"

    def __init__(
        self,
        card: Card,
        device: str,
        threads: int | None = None,
        precision: Precision = "float32",
    ) -> None:
        import torch

        if device == "cuda" and not torch.cuda.is_available():
            reason = "has no CUDA" if torch.version.cuda is None else "finds no CUDA device"
            raise DeviceError(
                f"The installed torch {torch.__version__} {reason}.",
                "Install torch built for CUDA, or choose the device “cpu”.",
            )
        if threads is not None:
            torch.set_num_threads(threads)
        self.device = device
        self.precision = precision
        self.provider = f"cuda:{torch.cuda.current_device()}" if device == "cuda" else "cpu"
        module = load_module(card).to(self.provider)
        self.module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def __call__(self, x: Pixels) -> Pixels:
        """Return F (B, outputs, H, W) for x (B, inputs, H, W).

        Raises:
            MemoryError: There is not enough memory.
        """
        import torch

        with memory_errors(), torch.inference_mode():
            images = torch.from_numpy(x).to(self.provider, memory_format=torch.channels_last)
            f: Pixels = self.forward(images).cpu().numpy()
            return f

    def forward(self, x: Tensor) -> Tensor:
        """Return F of a tensor on the device, which can be differentiated."""
        import torch

        half = self.precision == "bfloat16"
        with torch.autocast(self.device, torch.bfloat16, enabled=half):
            f: Tensor = self.module(x).float()
        return f


@contextmanager
def memory_errors() -> Iterator[None]:
    """Turn what torch raises where memory runs out into a MemoryError."""
    import torch

    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error):
            raise MemoryError(str(error)) from error
        raise


def load_module(card: Card) -> UNet:
    """Return the network in single precision, in evaluation mode, with its weights frozen.

    Raises:
        ModelError: The weights do not fit the architecture on the card.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from restore.networks.unet import UNet

    module = UNet(**card.architecture.model_dump())
    try:
        weights = {name: w.float() for name, w in load_file(card.weights).items()}
        module.load_state_dict(weights)
    except (SafetensorError, OSError, RuntimeError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise ModelError(
            f"{card.weights} does not fit the network that its card describes: {reason}"
        ) from None
    return module.eval().requires_grad_(False)
