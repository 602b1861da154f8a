"""Photos decoded once into one memory-mapped file, from which training cuts its crops."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

import numpy as np
from filelock import FileLock

from restore.errors import PhotoError, WriteError
from restore.photo.atomic import write_bytes
from restore.training.data.decode import Pixels, decode, explain, read_size
from restore.training.data.index import INDEX, Index, Picture, key_of
from restore.training.data.pictures import Pictures, check_room, is_held_out
from restore.training.data.sources import Entry, open_sources

__all__ = ["Cache", "Facts", "Progress", "build_cache"]

PIXELS = "pixels.u8"
_UNFINISHED = "pixels.u8.tmp"
_LOCK = ".lock"

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of pictures that are done, and of all."""


@dataclass(frozen=True)
class Facts:
    """What a model card says about training photos: the held-out ones are among `pictures`."""

    pictures: int
    held_out: int
    megapixels: float


@dataclass(frozen=True, eq=False)
class Cache:
    """Decoded photos.

    Attributes:
        folder: Where they lie.
        index: Which ones, where in `pixels`, and which could not be used.
        pixels: All bytes, a read-only memory map, (3 · pixels of all pictures,) uint8.
    """

    folder: Path
    index: Index
    pixels: Pixels

    @classmethod
    def open(cls, folder: Path) -> Cache:
        """Open a cache that was built.

        Raises:
            PhotoError: There is none, or it is incomplete, damaged or of another version.
            ParameterError: The folder holds an `index.json` of something else.
        """
        index = Index.read(folder)
        try:
            pixels = np.asarray(np.memmap(folder / PIXELS, np.uint8, "r"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise _damaged(folder, f"{PIXELS} cannot be mapped: {reason}") from error
        if pixels.size != index.size:
            raise _damaged(folder, f"{PIXELS} has {pixels.size} bytes instead of {index.size}")
        return cls(folder, index, pixels)

    def split(self, held_out: bool) -> Pictures:
        """Return the pictures to measure on, or those to train on; see `is_held_out`."""
        listed = [p for p in self.index.pictures if is_held_out(p.name) == held_out]
        return Pictures(
            self.pixels,
            tuple(p.name for p in listed),
            np.array([(p.height, p.width) for p in listed], np.int64).reshape(-1, 2),
            np.array([p.offset for p in listed], np.int64),
            tuple(PurePosixPath(p.source).parent.name for p in listed),
        )

    @property
    def facts(self) -> Facts:
        """What a model card says about the photos."""
        pictures = self.index.pictures
        held_out = sum(is_held_out(picture.name) for picture in pictures)
        return Facts(len(pictures), held_out, self.index.size / 3e6)


def build_cache(
    sources: Sequence[Path], folder: Path, progress: Progress | None = None, crop: int = 1
) -> Cache:
    """Decode the photos of folders and zip files into a cache, unless it is there already.

    A cache of the same files (names, sizes and times) is opened as it is; any other is replaced,
    once the new one is complete. A photo that cannot be used is left out and listed with the reason
    in `index.skipped`. Memory is taken for one picture at a time. Processes that want the same
    cache wait for the first of them.

    Args:
        sources: Folders, which are searched with all below them, and zip files.
        folder: The cache's own folder; it is made if need be.
        progress: Told of each picture.
        crop: Side of the crops that are going to be cut. If no photo is as large as that, this is
            found before any is decoded.

    Raises:
        ParameterError: No source is given, or one twice, or no photo has room for the crops, or
            `folder` holds an `index.json` of something else.
        PhotoError: A source is missing or cannot be read, or there is no photo that can be used.
        WriteError: The disk is too small, or the system refuses. Nothing that was there has
            changed.
    """
    with open_sources(sources) as entries:
        key = key_of(entries)
        if cache := _existing(folder, key):
            return cache
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / _LOCK):
                return _existing(folder, key) or _build(entries, key, folder, progress, crop)
        except OSError as error:
            raise WriteError(
                f"The cache {folder} cannot be written: {error.strerror or error}.",
                "Make room on the disk, or choose another folder.",
            ) from error


def _existing(folder: Path, key: str) -> Cache | None:
    """Return the cache that is there, if it is whole and of the same files."""
    with suppress(PhotoError):
        cache = Cache.open(folder)
        if cache.index.key == key:
            return cache
    return None


def _build(
    entries: Sequence[Entry], key: str, folder: Path, progress: Progress | None, crop: int
) -> Cache:
    unfinished = folder / _UNFINISHED
    unfinished.unlink(missing_ok=True)  # of a build that was killed
    usable, skipped = _survey(entries, folder, crop)
    pictures: list[Picture] = []
    offset = 0
    try:
        with unfinished.open("wb") as file:
            for done, entry in enumerate(usable, 1):
                try:
                    with entry.open() as opened:
                        pixels = decode(opened, entry.size)
                except Exception as error:
                    skipped.append((entry.source, explain(error)))
                else:
                    file.write(pixels.data)
                    height, width, _ = pixels.shape
                    picture = Picture(
                        name=entry.name,
                        height=height,
                        width=width,
                        offset=offset,
                        source=entry.source,
                    )
                    pictures.append(picture)
                    offset = picture.end
                if progress:
                    progress(done, len(usable))
            file.flush()
            os.fsync(file.fileno())
        if not pictures:
            source, reason = skipped[0]
            raise PhotoError(
                f"None of the {len(entries)} photos can be used; {source}: {reason}.",
                "Copy them again from where they came from, or name other ones.",
            )
        index = Index(key=key, pictures=tuple(pictures), skipped=tuple(skipped))
        # Pixels without an index are no cache; an index beside the wrong pixels would be one.
        (folder / INDEX).unlink(missing_ok=True)
        unfinished.replace(folder / PIXELS)
    finally:
        unfinished.unlink(missing_ok=True)
    write_bytes(folder / INDEX, index.model_dump_json(indent=1).encode(), overwrite=True)
    return Cache.open(folder)


def _survey(
    entries: Sequence[Entry], folder: Path, crop: int
) -> tuple[list[Entry], list[tuple[str, str]]]:
    """Read all headers; return the pictures to decode, and those that cannot be, with the reason.

    Raises:
        ParameterError: None has room for the crops.
        WriteError: The disk has no room for them.
    """
    usable, skipped, shapes = [], [], []
    for entry in entries:
        try:
            with entry.open() as file:
                shapes.append(read_size(file, entry.size)[::-1])
        except Exception as error:
            skipped.append((entry.source, explain(error)))
        else:
            usable.append(entry)
    if usable:
        check_room([entry.name for entry in usable], np.array(shapes), crop)
    needed = sum(3 * height * width for height, width in shapes)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise WriteError(
            f"The decoded photos take {needed / 1e9:.1f} GB, and {folder} has {free / 1e9:.1f} GB "
            "free.",
            "Make room on the disk, choose another folder, or name fewer photos.",
        )
    return usable, skipped


def _damaged(folder: Path, what: str) -> PhotoError:
    return PhotoError(
        f"The cache {folder} is damaged: {what}.", "Build the cache again from its sources."
    )
