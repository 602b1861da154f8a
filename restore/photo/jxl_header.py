"""The beginning of a JPEG XL codestream (ISO/IEC 18181-1, annex D): all before the first frame."""

from __future__ import annotations

from dataclasses import dataclass

from restore.photo import cicp

__all__ = ["Header", "read_header", "with_transfer"]

_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
_GRAY, _XYB, _CUSTOM = 1, 2, 2
_ALPHA, _SPOT, _MOSAIC = 0, 2, 5
_PRIMARIES = {1: 1, 9: 9, 11: 12}
_WHITES = {1: (0.3127, 0.3290), 10: (1 / 3, 1 / 3), 11: (0.314, 0.351)}
_SRGB_PRIMARIES = (0.639998686, 0.330010138, 0.300003784, 0.600003357, 0.150002046, 0.059997204)
_RED_GREEN_BLUE = {
    1: _SRGB_PRIMARIES,
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}


@dataclass
class Header:
    """What it says.

    Attributes:
        width: As stored, not yet upright.
        height: The same.
        orientation: As in EXIF.
        bits: A sample.
        floats: Whether samples are floats.
        animated: Whether several frames follow in time; what comes below was then not read.
        alpha: Whether there is alpha.
        premultiplied: Whether colours are multiplied by it.
        extra: Number of channels that are neither colour nor alpha.
        converted: Whether colours were converted for lossy compression (to XYB).
        gray: Whether there is one channel of colour.
        has_icc: Whether a compressed ICC profile follows.
        primaries: Code point or chromaticities of the colour space, if there is no profile.
        transfer: Code point, or the exponent from coded to linear values.
        transfer_at: Where the four bits of the code point lie; 0 if there are none.
    """

    width: int = 0
    height: int = 0
    orientation: int = 1
    bits: int = 8
    floats: bool = False
    animated: bool = False
    alpha: bool = False
    premultiplied: bool = False
    extra: int = 0
    converted: bool = True
    gray: bool = False
    has_icc: bool = False
    primaries: int | cicp.Chromaticities = 1
    transfer: int | float = cicp.SRGB
    transfer_at: int = 0


def read_header(data: bytes) -> Header:
    """Read it from a codestream, or from its first part.

    Raises:
        EOFError: It is cut short.
        ValueError: It is no codestream.
    """
    if data[:2] != b"\xff\x0a":
        raise ValueError("it has no JPEG XL codestream")
    bits = _Bits(data)
    header = Header()
    header.width, header.height = _size(bits)
    if bits.flag():
        return header
    more = bits.flag()
    if more:
        header.orientation = 1 + bits.take(3)
        if bits.flag():
            _size(bits)
        if bits.flag():
            _preview(bits)
        if bits.flag():
            header.animated = True
            return header
    header.bits, header.floats = _depth(bits)
    bits.flag()
    for _ in range(bits.number((0, 0), (0, 1), (4, 2), (12, 1))):
        _extra_channel(bits, header)
    header.converted = bits.flag()
    _colours(bits, header)
    return header


def with_transfer(data: bytes, transfer: int) -> bytes:
    """Return a codestream that names another transfer curve, one of the code points 2 to 17.

    Raises:
        ValueError: It names none of these now.
    """
    at = read_header(data).transfer_at
    if not at:
        raise ValueError("it names no transfer curve")
    end = (at + 11) // 8
    number = int.from_bytes(data[:end], "little")
    number = number & ~(15 << at) | (transfer - 2) << at
    return number.to_bytes(end, "little") + data[end:]


class _Bits:
    """Numbers read from the lowest bit up, behind the two bytes of the signature."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 16

    @property
    def position(self) -> int:
        return self._at

    def take(self, count: int) -> int:
        first, last = self._at // 8, (self._at + count + 7) // 8
        if last > len(self._data):
            raise EOFError("the file ends within its header")
        value = int.from_bytes(self._data[first:last], "little") >> self._at % 8
        self._at += count
        return value & ((1 << count) - 1)

    def flag(self) -> bool:
        return bool(self.take(1))

    def number(self, *choices: tuple[int, int]) -> int:
        """Return U32 of the specification: one of four (bits, offset), chosen by two bits."""
        count, offset = choices[self.take(2)]
        return offset + self.take(count)

    def kind(self) -> int:
        return self.number((0, 0), (0, 1), (4, 2), (6, 18))

    def coordinate(self) -> float:
        """Return a chromaticity, a signed number of millionths."""
        packed = self.number((19, 0), (19, 524288), (20, 1048576), (21, 2097152))
        return (packed >> 1 if packed % 2 == 0 else -(packed + 1 >> 1)) / 1e6


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.flag()
    long = ((9, 1), (13, 1), (18, 1), (30, 1))
    height = 8 * (1 + bits.take(5)) if small else bits.number(*long)
    if ratio := _RATIOS.get(bits.take(3)):
        return height * ratio[0] // ratio[1], height
    return 8 * (1 + bits.take(5)) if small else bits.number(*long), height


def _preview(bits: _Bits) -> None:
    if bits.flag():
        sizes = ((0, 16), (0, 32), (5, 1), (9, 33))
    else:
        sizes = ((6, 1), (8, 65), (10, 321), (12, 1345))
    bits.number(*sizes)
    if not bits.take(3):
        bits.number(*sizes)


def _depth(bits: _Bits) -> tuple[int, bool]:
    if not bits.flag():
        return bits.number((0, 8), (0, 10), (0, 12), (6, 1)), False
    depth = bits.number((0, 32), (0, 16), (0, 24), (6, 1))
    bits.take(4)
    return depth, True


def _extra_channel(bits: _Bits, header: Header) -> None:
    kind = _ALPHA
    if not bits.flag():
        kind = bits.kind()
        _depth(bits)
        bits.number((0, 0), (0, 3), (0, 4), (3, 1))
        bits.take(8 * bits.number((0, 0), (4, 0), (5, 16), (10, 48)))
        if kind == _ALPHA:
            header.premultiplied |= bits.flag()
        elif kind == _SPOT:
            bits.take(64)
        elif kind == _MOSAIC:
            bits.number((0, 1), (2, 0), (4, 3), (8, 19))
    if kind == _ALPHA and not header.alpha:
        header.alpha = True
    else:
        header.extra += 1


def _colours(bits: _Bits, header: Header) -> None:
    if bits.flag():
        return
    header.has_icc = bits.flag()
    space = bits.kind()
    header.gray = space == _GRAY
    if header.has_icc:
        return
    if space == _XYB:
        raise ValueError("its colours are of no kind that photos have")
    white = bits.kind()
    xy_white = (bits.coordinate(), bits.coordinate()) if white == _CUSTOM else _WHITES.get(white)
    primaries = 1
    if not header.gray:
        primaries = bits.kind()
    rgb: tuple[float, ...] | None = _RED_GREEN_BLUE.get(primaries)
    if primaries == _CUSTOM:
        rgb = tuple(bits.coordinate() for _ in range(6))
    if bits.flag():
        header.transfer = 1e7 / max(1, bits.take(24))
    else:
        header.transfer = bits.kind()
        header.transfer_at = bits.position - 4 if 2 <= header.transfer < 18 else 0
    if xy_white is None or rgb is None:
        raise ValueError("its colours are of no kind that photos have")
    header.primaries = (*rgb, *xy_white)  # type: ignore[assignment]
    if white == 1 and primaries in _PRIMARIES:
        header.primaries = _PRIMARIES[primaries]
