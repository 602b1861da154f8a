"""HEIC, read by libheif through pi-heif, which has no encoder and so no part under the GPL."""

from __future__ import annotations

import io

import numpy as np

from restore.photo.depth import rescaled
from restore.photo.formats import Decoded, Format, RefusedError, check_size
from restore.photo.formats.avif import container_profile
from restore.photo.heif import brands, read_still
from restore.photo.metadata import Metadata
from restore.photo.orientation import upright_xmp
from restore.photo.source import Source

__all__ = ["FORMAT"]

_STILLS = frozenset((b"heic", b"heix", b"heim", b"heis", b"mif1"))
_SEQUENCES = frozenset((b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"))


def decode(data: bytes, max_pixels: int) -> Decoded:
    """Read a HEIC file's primary picture: 10 and 12 bits become 16.

    libheif turns and crops it as the container says; what stands in EXIF does not count.

    Raises:
        RefusedError: It is a sequence, or too large.
    """
    import pi_heif

    if brands(data[:64])[0] in _SEQUENCES:
        raise RefusedError(
            "is an animated HEIC.", "Save the frame that you want as a picture of its own."
        )
    still = read_still(data)
    check_size(still.width, still.height, max_pixels)
    image = pi_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
    samples = np.array(image)
    if samples.ndim == 2:
        samples = samples[:, :, None]
    bits = int(image.info["bit_depth"])
    if samples.dtype == np.uint16:
        samples = rescaled(samples >> (16 - bits), 2**bits - 1, 65535)
    icc, faults = container_profile(still, gray=samples.shape[2] < 3)
    metadata = Metadata(
        icc=icc,
        exif=still.exif,
        xmp=upright_xmp(still.xmp) if still.xmp else None,
    )
    source = Source(format="HEIC", lossless=False, bits=bits if samples.itemsize > 1 else 0)
    return Decoded(np.ascontiguousarray(samples), metadata, source, 1, faults=faults)


FORMAT = Format(
    "HEIC",
    (".heic", ".heif", ".hif"),
    lambda head: bool((_STILLS | _SEQUENCES) & set(brands(head[:64])[:1])),
    decode,
    library="pi_heif",
    install="restore[heic]",
)
