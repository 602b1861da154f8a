"""Inks and Lab to RGB, by littleCMS.

Networks, screens and most formats know RGB alone. CMYK is converted through the profile of its
file, and Lab by its definition; the result is given the profile of a working space. Restored, a
photo stays in RGB: back to inks is a decision about paper, which is the printer's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from restore.photo.colour.profiles import adobe_rgb, prophoto, space

__all__ = ["cmyk_to_rgb", "lab_to_rgb"]

_RELATIVE, _BLACK_POINT = 1, 0x2000
"""littleCMS: relative colorimetric intent with black point compensation."""
_ROWS = 1 << 20


def cmyk_to_rgb(
    inks: np.ndarray[Any, Any], icc: bytes | None
) -> tuple[np.ndarray[Any, Any], bytes | None, str]:
    """Convert amounts of ink to RGB.

    Args:
        inks: (H, W, 4), cyan, magenta, yellow, black; uint8 or uint16, 0 being none.
        icc: The CMYK profile of the file. Without one (or with one of another space), red is
            (1 - C)·(1 - K), and so on, and the result has no profile either.

    Returns:
        (H, W, 3) of the same type, the new profile, and a sentence for the person.
    """
    if space(icc) != "CMYK":
        top = np.iinfo(inks.dtype).max
        paper = top - inks.astype(np.uint32)
        product = (paper[:, :, :3] * paper[:, :, 3:] + top // 2) // top
        note = "CMYK without a profile was converted to RGB by a plain model of inks."
        return product.astype(inks.dtype), None, note
    name, working = _working_space(inks.dtype)
    assert icc is not None
    rgb = _transformed(inks, icc, "cmyk", working, inks.dtype)
    return rgb, working, f"CMYK was converted to {name} through the photo's profile."


def lab_to_rgb(
    lab: np.ndarray[Any, Any], dtype: np.dtype[Any]
) -> tuple[np.ndarray[Any, Any], bytes, str]:
    """Convert CIE L*a*b* (D50) to RGB.

    Args:
        lab: (H, W, 3) float32: L* from 0 to 100, a* and b* from -128 to 127.
        dtype: uint8 or uint16, of the result.

    Returns:
        (H, W, 3), its profile, and a sentence for the person.
    """
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB", 5000))
    name, working = _working_space(dtype)
    rgb = _transformed(lab, profile.tobytes(), "lab", working, dtype)
    return rgb, working, f"Lab was converted to {name}."


def _working_space(dtype: np.dtype[Any]) -> tuple[str, bytes]:
    """Return name and profile of the widest space for which a depth has enough levels."""
    if dtype.itemsize == 1:
        return "Adobe RGB", adobe_rgb()
    return "ProPhoto RGB", prophoto()


def _transformed(
    samples: np.ndarray[Any, Any], icc: bytes, kind: str, working: bytes, dtype: np.dtype[Any]
) -> np.ndarray[Any, Any]:
    import imagecodecs

    out = np.empty((*samples.shape[:2], 3), dtype)
    rows = max(1, _ROWS // samples.shape[1])
    for i in range(0, len(samples), rows):
        out[i : i + rows] = imagecodecs.cms_transform(
            np.ascontiguousarray(samples[i : i + rows]),
            icc,
            working,
            colorspace=kind,
            outcolorspace="rgb",
            outdtype=dtype,
            intent=_RELATIVE,
            flags=_BLACK_POINT,
        )
    return out
