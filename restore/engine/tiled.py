"""An opened model on pictures of any size, with an account of what computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from restore.engine.backends.network import Network, Pixels
from restore.engine.card import WEIGHTS, Card
from restore.engine.tiles import Tiling, in_strips, in_tiles
from restore.errors import MemoryLimitError

__all__ = ["ModelInfo", "TiledModel"]


@dataclass(frozen=True)
class ModelInfo:
    """What computes, and what a person should know about it.

    Attributes:
        model: Name of the model.
        sha256: Hash of its weights.
        backend: "torch" or "onnxruntime".
        provider: What really computes, such as "CPUExecutionProvider" or "cuda:0".
        device: "cpu" or "cuda".
        precision: "float32" or "bfloat16".
        notes: Sentences, such as that a smaller tile had to be taken.
        evaluations: How often the model was called; the tiles of a picture are one call.
        gflop: Floating-point operations of these calls in billions, the overlaps of tiles
            included; 0 if the card does not say what an evaluation costs.
    """

    model: str
    sha256: str
    backend: str
    provider: str
    device: str
    precision: str = "float32"
    notes: tuple[str, ...] = ()
    evaluations: int = 0
    gflop: float = 0.0


class TiledModel:
    """A network that sees a picture in tiles.

    Their size is fixed; when memory runs out it is halved, which `info` then says.

    Args:
        card: The model.
        network: What computes it.
        tiling: How large pictures are cut.
        notes: Of opening the network.
        on_tile: Told after each tile of a call how many are done, of how many.
    """

    def __init__(
        self,
        card: Card,
        network: Network,
        tiling: Tiling = Tiling(),  # noqa: B008
        *,
        notes: tuple[str, ...] = (),
        on_tile: Callable[[int, int], None] | None = None,
    ) -> None:
        self.card = card
        self.info = ModelInfo(
            card.name,
            card.files[WEIGHTS],
            network.backend,
            network.provider,
            network.device,
            network.precision,
            notes,
        )
        self._network = network
        self._tiling = tiling
        self._on_tile = on_tile

    def in_tiles(
        self, compute: Callable[[slice, slice], Pixels], shape: tuple[int, int, int, int]
    ) -> Pixels:
        """Return the picture (B, C, H, W) that `compute(rows, columns)` returns in parts; one call.

        Raises:
            MemoryLimitError: Not even the smallest tiles fit into memory.
        """
        self.info = replace(self.info, evaluations=self.info.evaluations + 1)
        while True:
            try:
                return in_tiles(compute, shape, self._tiling, self._on_tile)
            except MemoryError:
                self._halve_tiles(shape)

    def in_bands(
        self, compute: Callable[[slice, slice], Pixels], shape: tuple[int, int, int, int]
    ) -> Iterator[tuple[slice, Pixels]]:
        """Yield the same picture in strips, from the top on: which rows, and (B, C, rows, W).

        Raises:
            MemoryLimitError: Not even the smallest tiles fit into memory; or it ran out after the
                first strip, when it is too late to take others.
        """
        self.info = replace(self.info, evaluations=self.info.evaluations + 1)
        begun = False
        while True:
            try:
                for rows, strip in in_strips(compute, shape, self._tiling, self._on_tile):
                    begun = True
                    yield rows, strip
            except MemoryError as error:
                if begun:
                    raise MemoryLimitError(
                        f"Memory ran out in the middle of a picture of {shape[3]}×{shape[2]} "
                        "pixels.",
                        "Close other programs.",
                    ) from error
                self._halve_tiles(shape)
            else:
                return

    def account(self, shape: tuple[int, ...]) -> None:
        """Add what one evaluation of the network costs, on a picture (B, C, H, W) once padded."""
        batch, _, height, width = shape
        stride = self.card.architecture.stride
        pixels = batch * -(-height // stride) * -(-width // stride) * stride**2
        gflop = self.card.mflop_per_pixel * pixels / 1000
        self.info = replace(self.info, gflop=self.info.gflop + gflop)

    def _halve_tiles(self, shape: tuple[int, int, int, int]) -> None:
        smaller = self._tiling.halved()
        if smaller is None:
            raise MemoryLimitError(
                f"There is not enough memory for a picture of {shape[3]}×{shape[2]} pixels, "
                f"even in tiles of {self._tiling.size}.",
                "Close other programs, or work on a smaller picture.",
            )
        note = f"Memory ran out with tiles of {self._tiling.size}: {smaller.size} were taken."
        self._tiling = smaller
        self.info = replace(self.info, notes=(*self.info.notes, note))
