"""What happens to photos: pieces that degrade a batch and say what an estimator could know."""

from restore.training.degradations.blur import Blur
from restore.training.degradations.camera import Camera
from restore.training.degradations.chain import Chain, Step, apply
from restore.training.degradations.downscale import Downscale
from restore.training.degradations.drawing import Piece
from restore.training.degradations.gaussian import Gaussian
from restore.training.degradations.jpeg import Jpeg
from restore.training.degradations.masks import Mask
from restore.training.degradations.view import Degradation, View

__all__ = [
    "PIECES",
    "Blur",
    "Camera",
    "Chain",
    "Degradation",
    "Downscale",
    "Gaussian",
    "Jpeg",
    "Mask",
    "Piece",
    "Step",
    "View",
    "apply",
]

PIECES: dict[str, type[Piece]] = {
    "blur": Blur,
    "camera": Camera,
    "downscale": Downscale,
    "gaussian": Gaussian,
    "jpeg": Jpeg,
    "mask": Mask,
}
"""By the `kind` that a recipe names."""
