"""Other people's programs, as writers of files and as judges of what they hold."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

__all__ = ["PROGRAMS", "CannotError", "Program"]

_CHANNELS = {1: "gray", 2: "graya", 3: "rgb", 4: "rgba"}
_RAW_VIDEO = {
    ("uint8", 1): "gray",
    ("uint8", 2): "ya8",
    ("uint8", 3): "rgb24",
    ("uint8", 4): "rgba",
    ("uint16", 1): "gray16le",
    ("uint16", 2): "ya16le",
    ("uint16", 3): "rgb48le",
    ("uint16", 4): "rgba64le",
    ("float32", 1): "grayf32le",
}


class CannotError(Exception):
    """A program cannot do what it was asked."""


@dataclass(frozen=True)
class Program:
    """A program that is installed, or is not.

    Attributes:
        name: As people know it.
        commands: What it may be called on this machine.
        convert: The arguments to write a file from another: (source, target, options).
        ways: The files that it writes: ending, then options. What comes with every format that is
            read needs no entry.
        raw: Arguments and type to decode: (file, target, type, channels); samples come out as they
            are in memory.
    """

    name: str
    commands: tuple[str, ...]
    convert: Callable[[str, str, Sequence[str]], list[str]]
    ways: tuple[tuple[str, ...], ...]
    raw: Callable[[str, str, str, int], list[str]]

    @property
    def command(self) -> str:
        """Where it is; empty if it is not installed."""
        return next((found for name in self.commands if (found := shutil.which(name))), "")

    def write(self, source: Path, target: Path, options: Sequence[str]) -> None:
        """Write a file from another one.

        Raises:
            CannotError: It cannot.
        """
        self._run(self.convert(str(source), str(target), options))
        if not target.exists():
            raise CannotError("nothing was written")

    def decode(self, file: Path, like: np.ndarray) -> np.ndarray:
        """Return the samples of a file in the shape and type of an array.

        Raises:
            CannotError: It cannot, or has more or fewer of them.
        """
        raw = file.with_suffix(".raw")
        channels = like.shape[2] if like.ndim == 3 else 1
        self._run(self.raw(str(file), str(raw), like.dtype.name, channels))
        data = raw.read_bytes()
        if len(data) != like.nbytes:
            raise CannotError(f"decoded {len(data)} bytes where {like.nbytes} were expected")
        return np.frombuffer(data, like.dtype).reshape(like.shape)

    def _run(self, arguments: list[str]) -> None:
        done = subprocess.run(
            [self.command, *arguments], capture_output=True, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode:
            raise CannotError(done.stderr.decode(errors="replace").strip()[-300:])


def _magick(source: str, target: str, options: Sequence[str]) -> list[str]:
    kind, *rest = options if options and options[0].endswith(":") else ("", *options)
    return [source, *rest, kind + target]


def _magick_raw(file: str, target: str, dtype: str, channels: int) -> list[str]:
    if dtype.startswith("float"):
        raise CannotError("its build may hold no floats")
    bits = str(np.dtype(dtype).itemsize * 8)
    return [
        file,
        "-auto-orient",
        "-depth",
        bits,
        "-endian",
        "LSB",
        f"{_CHANNELS[channels]}:{target}",
    ]


def _vips(source: str, target: str, options: Sequence[str]) -> list[str]:
    return ["copy", source, target + "".join(options)]


def _ffmpeg(source: str, target: str, options: Sequence[str]) -> list[str]:
    return ["-v", "error", "-i", source, "-frames:v", "1", *options, target]


def _ffmpeg_raw(file: str, target: str, dtype: str, channels: int) -> list[str]:
    form = _RAW_VIDEO.get((dtype, channels))
    if form is None:
        raise CannotError("it has no such samples")
    return ["-v", "error", "-i", file, "-f", "rawvideo", "-pix_fmt", form, target]


PROGRAMS = (
    Program(
        "ImageMagick",
        ("magick", "convert-im6.q16", "convert"),
        _magick,
        (
            (".png", "-interlace", "PNG"),
            (".png", "png8:"),
            (".png", "-monochrome"),
            (".tif", "-compress", "None", "-interlace", "plane"),
            (".tif", "-compress", "LZW"),
            (".tif", "-compress", "Zip", "-endian", "MSB"),
            (".tif", "-compress", "RLE", "-define", "tiff:tile-geometry=16x16"),
            (".tif", "-alpha", "off", "-monochrome", "-compress", "Group4"),
            (".tif", "tiff64:"),
            (".tif", "-orient", "LeftBottom"),
            (".jpg", "-quality", "91"),
            (".jpg", "-sampling-factor", "4:2:0", "-interlace", "JPEG"),
            (".jpg", "-sampling-factor", "4:1:1"),
            (".jpg", "-orient", "RightTop"),
            (".webp", "-define", "webp:lossless=true"),
            (".webp", "-quality", "80"),
        ),
        _magick_raw,
    ),
    Program(
        "libvips",
        ("vips",),
        _vips,
        (
            (".png", "[interlace]"),
            (".png", "[palette]"),
            (".tif", "[compression=deflate,predictor=horizontal]"),
            (".tif", "[tile,tile-width=16,tile-height=16,compression=lzw]"),
            (".tif", "[bigtiff,compression=zstd]"),
            (".tif", "[compression=jpeg]"),
            (".jpg", "[Q=85]"),
            (".jpg", "[Q=85,interlace,optimize-coding,no-subsample]"),
            (".webp", "[lossless]"),
            (".webp", "[Q=70]"),
        ),
        lambda file, target, dtype, channels: ["rawsave", file + "[autorotate]", target],
    ),
    Program(
        "FFmpeg",
        ("ffmpeg",),
        _ffmpeg,
        (
            (".png", "-pred", "paeth"),
            (".png", "-pix_fmt", "pal8"),
            (".png", "-pix_fmt", "monob"),
            (".tif", "-compression_algo", "raw"),
            (".tif", "-compression_algo", "lzw"),
            (".tif", "-compression_algo", "deflate"),
            (".webp", "-lossless", "1"),
        ),
        _ffmpeg_raw,
    ),
)
