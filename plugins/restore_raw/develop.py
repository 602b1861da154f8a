"""From the mosaic of a sensor to a photo."""

from __future__ import annotations

import io
from typing import Any

from restore.photo import Source
from restore.photo.formats import TRUNCATED, Decoded, RefusedError, check_size
from restore_raw.metadata import read_metadata

__all__ = ["develop"]

_SRGB_CURVE = (2.4, 12.92)
_TURNED = 1


def develop(data: bytes, max_pixels: int) -> Decoded:
    """Develop a raw file into 16-bit sRGB, upright, with the camera's white balance.

    The exposure is the camera's: nothing is brightened, so that photos of a series stay alike. What
    the sensor clipped is white.

    Raises:
        RefusedError: LibRaw does not know the camera, or the file is damaged or too large.
    """
    import rawpy

    raw = rawpy.RawPy()
    try:
        raw.open_buffer(io.BytesIO(data))
        check_size(raw.sizes.raw_width, raw.sizes.raw_height, max_pixels)
        raw.unpack()
        settings: dict[str, Any] = {
            "use_camera_wb": True,
            "no_auto_bright": True,
            "output_bps": 16,
            "gamma": _SRGB_CURVE,
            "output_color": rawpy.ColorSpace.sRGB,
        }
        samples = raw.postprocess(**settings)
    except (rawpy.LibRawFileUnsupportedError, rawpy.NotSupportedError) as error:
        raise RefusedError(
            "is of a camera that LibRaw does not know.",
            "Convert it to DNG, or develop it in another program into a 16-bit TIFF.",
        ) from error
    except rawpy.LibRawError as error:
        raise RefusedError(f"is a damaged raw file: {_words(error)}.", TRUNCATED) from error
    finally:
        raw.close()
    return Decoded(samples, read_metadata(data), Source(format="Camera raw"), _TURNED)


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)
