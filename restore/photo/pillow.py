"""Pillow images to photos and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from restore.errors import PhotoError
from restore.photo.exif import PREFIX
from restore.photo.metadata import Metadata
from restore.photo.orientation import upright
from restore.photo.photo import Photo

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["from_pil", "to_pil"]

_EXPANDED = {"1": "L", "P": "RGB", "PA": "RGBA", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB"}
_PLAIN = {"L", "LA", "RGB", "RGBA", "F", "I;16", "I;16L", "I;16B", "I;16N"}


def from_pil(image: Image) -> Photo:
    """Make a photo of a Pillow image; see `Photo.from_pil`."""
    mode = _EXPANDED.get(image.mode, image.mode)
    if mode not in _PLAIN:
        raise PhotoError(
            f"A Pillow image of mode “{image.mode}” cannot be restored.",
            "Convert it first, for example with image.convert('RGB').",
        )
    if "transparency" in image.info and mode in ("L", "RGB"):
        mode = "LA" if image.mode == "L" else "RGBA"
    photo = Photo.from_array(np.asarray(image if image.mode == mode else image.convert(mode)))
    info = image.info
    dpi = info.get("dpi")
    metadata = Metadata(
        icc=info.get("icc_profile") or None,
        exif=info.get("exif") or None,
        xmp=info.get("xmp") or None,
        dpi=(float(dpi[0]), float(dpi[1])) if dpi else None,
    )
    return upright(photo.pixels, photo.alpha, metadata)


def to_pil(photo: Photo) -> Image:
    """Return a Pillow image of a photo; see `Photo.to_pil`."""
    from PIL import Image

    photo = photo.converted(transfer=photo.transfer, premultiplied=False)
    array = photo.to_array()
    if array.ndim == 3 and array.dtype != np.uint8:
        what = {2: "gray with alpha", 3: "RGB", 4: "RGB with alpha"}[array.shape[2]]
        raise PhotoError(
            f"Pillow has no mode for {array.dtype} {what}.",
            "Use photo.to_array(), or write the photo to PNG or TIFF.",
        )
    image = Image.fromarray(array)
    meta = photo.metadata
    exif = PREFIX + meta.exif if meta.exif else None
    info = {"icc_profile": meta.icc, "exif": exif, "xmp": meta.xmp, "dpi": meta.dpi}
    image.info.update({key: value for key, value in info.items() if value})
    return image
