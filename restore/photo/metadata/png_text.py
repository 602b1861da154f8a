r"""Texts of a PNG file, and the blocks that are kept in texts for want of chunks of their own.

PNG specification, third edition, section 11.3.3. ImageMagick and ExifTool write a block such as the
IPTC data as a text "Raw profile type NAME": a line feed, the name, the length, and the bytes in
hexadecimal, 36 a line.
"""

from __future__ import annotations

import zlib

from restore.photo.metadata import Text

__all__ = ["inflate", "packed_profile", "packed_text", "profile_of", "read_text"]

_RAW = "Raw profile type "
_BYTES_PER_LINE = 36
_MAX_KEYWORD = 79


def inflate(data: bytes, limit: int) -> bytes:
    """Return what was deflated.

    Raises:
        ValueError: It is cut short, or longer than the limit.
        zlib.error: It is damaged.
    """
    inflater = zlib.decompressobj()
    out = inflater.decompress(data, max(1, limit))
    if not inflater.eof:
        raise ValueError("cut short or too long")
    return out


def read_text(kind: bytes, data: bytes, limit: int) -> Text:
    """Read a chunk of type tEXt, zTXt or iTXt, whose text is no longer than the limit.

    Raises:
        ValueError: It is damaged or too long.
        IndexError: It is cut short.
        zlib.error: It is damaged.
    """
    keyword, rest = data.split(b"\0", 1)
    name = keyword.decode("latin-1")
    if kind == b"tEXt":
        return Text(name, rest.decode("latin-1"))
    if kind == b"zTXt":
        return Text(name, inflate(rest[1:], limit).decode("latin-1"))
    language, translated, text = rest[2:].split(b"\0", 2)
    if rest[0]:
        text = inflate(text, limit)
    return Text(
        name,
        text.decode("utf-8", "surrogateescape"),
        language.decode("latin-1"),
        translated.decode(),
    )


def packed_text(text: Text) -> tuple[bytes, bytes]:
    """Return type and data of the chunk that holds a text.

    Raises:
        ValueError: PNG cannot hold it: its keyword is none, or a zero is in it.
    """
    raw = text.text.encode("utf-8", "surrogateescape")
    try:
        raw.decode()
    except UnicodeDecodeError:
        raw = raw.decode("latin-1").encode()
    keyword = text.keyword.encode("latin-1")
    if not 0 < len(keyword) <= _MAX_KEYWORD or b"\0" in keyword + raw:
        raise ValueError("not a text")
    if not (text.language or text.translated):
        try:
            return b"tEXt", keyword + b"\0" + raw.decode().encode("latin-1")
        except UnicodeEncodeError:
            pass
    names = text.language.encode("latin-1") + b"\0" + text.translated.encode()
    return b"iTXt", b"\0".join([keyword, b"\0\0" + names, raw])


def profile_of(text: Text) -> tuple[str, bytes] | None:
    """Return name and bytes of a block that is kept as a text; None if a text is just that.

    Raises:
        ValueError: It is damaged.
    """
    if not text.keyword.startswith(_RAW):
        return None
    name = text.keyword.removeprefix(_RAW).lower()
    _, length, digits = text.text.lstrip("\n").split("\n", 2)
    block = bytes.fromhex(digits)
    if len(block) != int(length):
        raise ValueError("cut short")
    return name, block


def packed_profile(name: str, block: bytes) -> bytes:
    """Return the data of a zTXt chunk that holds a block."""
    starts = range(0, len(block), _BYTES_PER_LINE)
    lines = "".join(block[i : i + _BYTES_PER_LINE].hex() + "\n" for i in starts)
    text = f"\n{name}\n{len(block):8d}\n{lines}"
    return f"{_RAW}{name}".encode() + b"\0\0" + zlib.compress(text.encode(), 9)
