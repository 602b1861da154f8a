"""What is written of a photo's metadata: the one way that every file goes."""

from __future__ import annotations

from collections.abc import Callable

from restore.photo.formats import Format
from restore.photo.metadata import Metadata
from restore.photo.metadata.describing import described
from restore.photo.metadata.fitting import fitted
from restore.photo.metadata.stripping import Strip, stripped
from restore.photo.photo import Photo

__all__ = ["prepared"]


def prepared(
    metadata: Metadata,
    target: Format,
    size: tuple[int, int],
    photo: Photo | None,
    strip: Strip,
    tell: Callable[[str], None],
) -> Metadata:
    """Return metadata without what is not wanted, true of the picture, and fit for the format.

    Args:
        metadata: As they are carried.
        target: The format.
        size: Width and height of the picture.
        photo: Its pixels; None where they are not all there.
        strip: What is not wanted.
        tell: Is told of each part that is left out though it means something.

    Raises:
        ParameterError: `strip` is unknown.
    """
    wanted = stripped(metadata, strip, tell)
    return fitted(described(wanted, size, photo, tell), target, tell)
