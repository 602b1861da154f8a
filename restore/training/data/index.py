"""What lies where in a cache: the file `index.json`, which makes a cache complete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    model_validator,
)

from restore.errors import ParameterError, PhotoError
from restore.training.data.sources import Entry

__all__ = ["INDEX", "VERSION", "Index", "Picture", "key_of"]

INDEX = "index.json"
VERSION = 1
"""Of the layout of the cache's files."""

_REBUILD = "Build the cache again from its sources."


class Picture(BaseModel):
    """A picture of the cache: `height` × `width` × 3 bytes from `offset`."""

    model_config = ConfigDict(frozen=True)

    name: str
    height: PositiveInt
    width: PositiveInt
    offset: NonNegativeInt
    source: str

    @property
    def end(self) -> int:
        """Offset of the byte behind its last one."""
        return self.offset + 3 * self.height * self.width


class Index(BaseModel):
    """A cache's contents.

    Attributes:
        version: Of the layout.
        key: What the sources held when the cache was built; see `key_of`.
        pictures: In the order of their pixels, without gaps.
        skipped: Pictures that could not be used, and why.
    """

    model_config = ConfigDict(frozen=True)

    version: int = VERSION
    key: str
    pictures: tuple[Picture, ...]
    skipped: tuple[tuple[str, str], ...] = ()

    @model_validator(mode="after")
    def _without_gaps(self) -> Index:
        offset = 0
        for picture in self.pictures:
            if picture.offset != offset:
                raise ValueError(f"{picture.name} does not follow the picture before it")
            offset = picture.end
        return self

    @property
    def size(self) -> int:
        """Bytes of all pictures."""
        return self.pictures[-1].end if self.pictures else 0

    @classmethod
    def read(cls, folder: Path) -> Index:
        """Read the index of a cache.

        Raises:
            PhotoError: There is none, it is damaged, or of another version.
            ParameterError: The file is not the index of a cache.
        """
        path = folder / INDEX
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise PhotoError(f"There is no complete cache in {folder}.", _REBUILD) from error
        except OSError as error:
            reason = error.strerror or error
            raise PhotoError(
                f"{path} cannot be read: {reason}.", "Check its permissions."
            ) from error
        try:
            version = _Version.model_validate_json(data).version
        except ValidationError as error:
            raise ParameterError(
                f"{path} is not the index of a cache of photos.",
                "Choose another folder for the cache, or delete that file.",
            ) from error
        if version != VERSION:
            raise PhotoError(
                f"The cache {folder} has version {version}; this is made for {VERSION}.", _REBUILD
            )
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise PhotoError(f"{path} is damaged.", _REBUILD) from error


class _Version(BaseModel):
    """What indices of all versions have."""

    version: int
    key: str


def key_of(entries: Iterable[Entry]) -> str:
    """Return a hash of the names, sizes and times of files; where the sources lie is not in it."""
    listed = [(entry.source, entry.size, entry.mtime) for entry in entries]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()
