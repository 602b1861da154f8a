"""Recipes: which folders, what is done to the photos in them, and where everything goes."""

from __future__ import annotations

import string
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from restore.photo import Depth

__all__ = ["FIELDS", "Folder", "Recipe", "Step"]

FIELDS = ("stem", "actions", "year", "month", "day")
"""What a name may be made of, in braces."""


def _placed(path: Path, info: ValidationInfo) -> Path:
    """Resolve ~, and what is relative from the recipe's own folder."""
    beside: Path = (info.context or {}).get("beside", Path())
    if "\0" in str(path) or not str(path).strip():
        raise ValueError("that is no folder")
    try:
        return beside / path.expanduser()
    except RuntimeError:
        raise ValueError(f"nobody here is called {path.parts[0]}") from None


def _pattern(pattern: str) -> str:
    if not pattern or "\0" in pattern:
        raise ValueError("an empty pattern matches nothing")
    if pattern.startswith("/") or ".." in PurePosixPath(pattern).parts:
        raise ValueError("patterns are held against names and paths within the folder")
    rest = pattern
    while "[" in rest:
        _, _, rest = rest.partition("[")
        if "]" not in rest[1:]:
            raise ValueError("a “[” is not closed")
        rest = rest[1:].partition("]")[2]
    return pattern


def _template(template: str) -> str:
    try:
        fields = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"the braces do not fit: {error}") from None
    for _, field, form, conversion in fields:
        if field is not None and (field not in FIELDS or form or conversion):
            known = ", ".join(f"{{{name}}}" for name in FIELDS)
            raise ValueError(f"a name is made of {known} and text, not of {{{field}}}")
    if "stem" not in [field for _, field, _, _ in fields]:
        raise ValueError("it must hold {stem}, or all photos would have one name")
    parts = PurePosixPath(template).parts
    if ".." in parts or template.startswith("/") or template.endswith("/") or "\0" in template:
        raise ValueError("a name stays within the output folder")
    if any(part.startswith(".") for part in parts):
        raise ValueError("a name that begins with a dot would be hidden")
    return template


Place = Annotated[Path, AfterValidator(_placed)]
Pattern = Annotated[str, AfterValidator(_pattern)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Step(_Table):
    """One action and its parameters, which stand beside it."""

    model_config = ConfigDict(extra="allow")

    action: str

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what is given to the action, by name."""
        return dict(self.model_extra or {})


class Folder(_Table):
    """A folder and what becomes of the photos in it.

    Attributes:
        path: Where photos are put.
        recursive: Whether folders within it count.
        include: Patterns; a photo must match one, if there are any. One without “/” is held
            against the name, one with it against the path within the folder. Case is ignored.
        exclude: Patterns of what is passed over, also of whole folders.
        output: Where results go, in the same folders within it.
        name: Of a result, without its ending; `FIELDS` in braces stand for parts.
        format: Of the results; None for that of each photo.
        quality: 1 to 100, of lossy formats; None for that of each photo.
        depth: Bits of each value; None for those of each photo.
        existing: What if the name is taken: a number is added, the file is replaced (unless it is
            the result of another photo), or the photo fails.
        originals: Whether photos that are done stay, or move to the archive.
        archive: Where they move.
        quarantine: Where photos that cannot be restored are shown, with the reason.
        step: What is done, in order.
    """

    path: Place
    recursive: bool = True
    include: tuple[Pattern, ...] = ()
    exclude: tuple[Pattern, ...] = ()
    output: Place
    name: Annotated[str, AfterValidator(_template)] = "{stem}"
    format: str | None = None
    quality: int | None = Field(None, ge=1, le=100)
    depth: Depth | None = None
    existing: Literal["number", "replace", "refuse"] = "number"
    originals: Literal["keep", "move"] = "keep"
    archive: Place | None = None
    quarantine: Place | None = None
    step: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _needs_archive(self) -> Folder:
        if (self.originals == "move") != (self.archive is not None):
            raise ValueError("“archive” names a folder if “originals” is “move”, and only then")
        return self

    @property
    def refuge(self) -> Path:
        """The quarantine, also if the recipe does not name it."""
        return self.quarantine or self.output / "not restored"

    @property
    def written(self) -> tuple[Path, ...]:
        """All folders that are written to."""
        return tuple(dict.fromkeys(filter(None, (self.output, self.archive, self.refuge))))


class Recipe(_Table):
    """A whole recipe.

    Attributes:
        device: Where models run.
        folder: The folders.
    """

    device: Literal["auto", "cpu", "cuda"] = "auto"
    folder: tuple[Folder, ...] = Field(min_length=1)
