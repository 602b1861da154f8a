"""Some rows of a TIFF page: only the segments that hold them are read and decoded."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from restore.photo.photo import Pixels

__all__ = ["Rows", "rows_of"]

_JPEG = (6, 7, 33007, 34892)


class Rows(Protocol):
    """The rows of a page, undecoded but for their compression."""

    def read(self, first: int, last: int) -> Pixels:
        """Return the samples (rows, width, samples) from `first` up to `last`, left out."""
        ...


def rows_of(page: Any) -> Rows:
    """Return the rows of a tifffile page of an open file."""
    return _Plain(page) if page.is_contiguous else _Segments(page)


class _Plain:
    """Rows of a picture that lies in the file as it is."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._dtype = np.dtype(page.parent.byteorder + page.dtype.char)
        self._planes = page.samplesperpixel if page.axes == "SYX" else 1
        self._each = page.samplesperpixel // self._planes

    def read(self, first: int, last: int) -> Pixels:
        page, height = self._page, last - first
        length = page.imagewidth * self._each * self._dtype.itemsize
        parts = []
        for plane in range(self._planes):
            at = page.dataoffsets[0] + (plane * page.imagelength + first) * length
            page.parent.filehandle.seek(at)
            data = page.parent.filehandle.read(height * length)
            rows = np.frombuffer(data, self._dtype).reshape(height, page.imagewidth, self._each)
            parts.append(rows.astype(self._dtype.newbyteorder("=")))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)


class _Segments:
    """Rows out of strips or tiles, of which those are kept decoded that were needed last."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._height = (
            page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength)
        )
        self._planes = page.samplesperpixel if page.axes == "SYX" else 1
        self._down = -(-page.imagelength // self._height)
        self._across = int(np.prod(page.chunked)) // (self._planes * self._down)
        self._kept: dict[int, Pixels] = {}
        self._options: dict[str, Any] = {"_fullsize": False}
        if int(page.compression) in _JPEG:
            self._options |= {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}

    def read(self, first: int, last: int) -> Pixels:
        wanted = range(first // self._height, -(-last // self._height))
        self._kept = {i: rows for i, rows in self._kept.items() if i in wanted}
        for i in wanted:
            if i not in self._kept:
                self._kept[i] = self._decoded(i)
        top = wanted[0] * self._height
        parts = [self._kept[i] for i in wanted]
        parts[-1] = parts[-1][: last - wanted[-1] * self._height]
        parts[0] = parts[0][first - top :]
        return parts[0].copy() if len(parts) == 1 else np.concatenate(parts)

    def _decoded(self, i: int) -> Pixels:
        """Return the rows that lie in the i-th line of segments."""
        page = self._page
        shape = min(self._height, page.imagelength - i * self._height), page.imagewidth
        out: Pixels = np.zeros((*shape, page.samplesperpixel), page.dtype)
        for plane in range(self._planes):
            for j in range(self._across):
                index = (plane * self._down + i) * self._across + j
                segment, (_, _, _, left, _), _ = page.decode(
                    self._data(index), index, **self._options
                )
                channels = slice(None) if self._planes == 1 else slice(plane, plane + 1)
                part = out[: segment.shape[1], left : left + segment.shape[2], channels]
                part[:] = segment[0, : part.shape[0], : part.shape[1]]
        return out

    def _data(self, index: int) -> bytes:
        file = self._page.parent.filehandle
        file.seek(self._page.dataoffsets[index])
        data: bytes = file.read(self._page.databytecounts[index])
        return data
