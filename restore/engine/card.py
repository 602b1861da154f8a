"""A model's card: what it is, who may use it, what it was taught, and the hash of every file."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from restore.errors import ModelError
from restore.networks.conditioning import Conditioning

__all__ = [
    "CARD",
    "GRAPH",
    "WEIGHTS",
    "Architecture",
    "Card",
    "Detection",
    "Figure",
    "Kind",
    "sha256",
    "to_toml",
]

CARD, WEIGHTS, GRAPH = "card.toml", "weights.safetensors", "network.onnx"
CARD_BYTES = 2**20

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Kind: TypeAlias = Literal["prior", "defects"]
Width = Annotated[int, Field(ge=1, le=4096)]


class Frozen(BaseModel):
    """A record that is what it says and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Architecture(Frozen):
    """Shape of the U-Net.

    Attributes:
        channels: Width of each level, from the finest.
        blocks: Residual blocks of each level.
        inputs: Channels that it is given.
        outputs: Channels that it gives.
        embedding: Width of the embedding that modulates its blocks; 0 if it has none.
        told: How many of its last channels are embedded.
    """

    channels: tuple[Width, ...] = Field(min_length=1, max_length=8)
    blocks: tuple[Annotated[int, Field(ge=0, le=64)], ...] = Field(min_length=1, max_length=8)
    inputs: Width = 10
    outputs: Width = 3
    embedding: int = Field(128, ge=0, le=4096)
    told: Width = 1

    @property
    def stride(self) -> int:
        """What height and width must be multiples of."""
        return int(2 ** len(self.channels))

    @property
    def is_prior(self) -> bool:
        """Whether it takes what `Conditioning` assembles, and returns a picture."""
        return (self.inputs, self.outputs) == (10, 3)

    @property
    def is_detector(self) -> bool:
        """Whether it takes a picture, and returns one number a pixel."""
        return (self.inputs, self.outputs) == (3, 1)


class Figure(Frozen):
    """One measured figure, with all that is needed to measure it again.

    Attributes:
        task: The benchmark, such as "denoise".
        setting: Its degradation, such as "σ 25".
        blind: The amount of noise was left for the toolkit to find.
        data: Name of the folder of pictures.
        pictures: How many of them were measured, the first by name.
        before: Mean RGB PSNR in dB of the degraded pictures.
        after: That of the results.
        protocol: Version of the degradations.
    """

    task: str
    setting: str
    blind: bool = False
    data: str
    pictures: int = Field(ge=1)
    before: float
    after: float
    protocol: int = 1

    @property
    def label(self) -> str:
        """What was measured, in words."""
        return f"{self.task} {self.setting}" + (", blind" if self.blind else "")


class Detection(Frozen):
    """How well damage was found, in pixels and to within one pixel.

    Attributes:
        data: What it was measured on.
        pictures: How many.
        damaged: Share of their pixels that is damaged.
        precision: Share of what was found that is damaged.
        recall: Share of what is damaged that was found; 0 where nothing is.
        marked: Share of the pixels that was found.
    """

    data: str
    pictures: int = Field(ge=1)
    damaged: float = Field(ge=0, le=1)
    precision: float = Field(ge=0, le=1)
    recall: float = Field(ge=0, le=1)
    marked: float = Field(ge=0, le=1)


class Card(Frozen):
    """What stands in a model's `card.toml`.

    Attributes:
        name: Lower-case identifier, also the name of its folder.
        kind: "prior" for a `Denoiser`, "defects" for a detector of damage; only the former has a
            use for `conditioning`.
        title: What a menu shows.
        version: Of the weights.
        licence: SPDX identifier of the weights' licence.
        tasks: What it was trained to restore.
        parameters: Number of weights.
        mflop_per_pixel: Cost of one evaluation in millions of floating-point operations a pixel; a
            multiply-add is two.
        architecture: Shape of the network.
        conditioning: How it reads its inputs.
        data: What it was trained on, in a sentence.
        credits: File that credits the training pictures; empty if there is none.
        recipe: File that says how it was trained; empty if there is none.
        trained_megapixels: How much it has seen.
        commit: Of the toolkit that exported it; empty if that was no checkout.
        protocol: How the figures were measured.
        quality: The figures of a prior.
        detection: Those of a detector.
        onnx_difference: Largest difference between the ONNX graph and torch, in network units.
        half_precision_loss: PSNR in dB that half precision costs, or would cost if the weights
            are not stored so; None if that was not measured.
        files: SHA-256 of every file beside the card.
        folder: Where it was found.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    kind: Kind = "prior"
    title: str = ""
    version: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    tasks: tuple[str, ...] = ()
    parameters: int = Field(0, ge=0)
    mflop_per_pixel: float = Field(0.0, ge=0)
    data: str = ""
    credits: str = ""
    recipe: str = ""
    trained_megapixels: int = Field(0, ge=0)
    commit: str = ""
    protocol: str = ""
    onnx_difference: float = 0.0
    half_precision_loss: float | None = None
    architecture: Architecture
    conditioning: Conditioning = Conditioning()
    quality: tuple[Figure, ...] = ()
    detection: tuple[Detection, ...] = ()
    files: dict[FileName, Hash]
    folder: Path = Field(default=Path(), exclude=True)

    @classmethod
    def load(cls, folder: Path) -> Card:
        """Read the card of a model's folder; its files are not looked at.

        Raises:
            ModelError: There is no card, or it is not one.
        """
        path = folder / CARD
        try:
            if path.stat().st_size > CARD_BYTES:
                raise ModelError(f"The model card {path} is too large to be one.")
            fields = tomllib.loads(path.read_text("utf-8"))
            card = cls.model_validate({**fields, "folder": folder})
        except (OSError, ValueError) as error:
            raise ModelError(f"{path} is not a model card: {_reason(error)}.") from None
        if WEIGHTS not in card.files:
            raise ModelError(f"The model card {path} names no {WEIGHTS}.")
        return card

    @property
    def weights(self) -> Path:
        """The safetensors file."""
        return self.folder / WEIGHTS

    @property
    def graph(self) -> Path | None:
        """The ONNX graph, if there is one."""
        return self.folder / GRAPH if GRAPH in self.files else None

    def verify(self) -> None:
        """Compare every file with its hash.

        Raises:
            ModelError: A file is missing or is not what the card says.
        """
        for name, expected in self.files.items():
            path = self.folder / name
            cure = f"Install the model “{self.name}” again: {self.folder} is not as it was made."
            if not path.is_file():
                raise ModelError(f"The model “{self.name}” lacks its file {path}.", cure)
            if sha256(path) != expected:
                raise ModelError(f"{path} is damaged or was changed: its hash is wrong.", cure)

    def to_toml(self) -> str:
        """Return the text of `card.toml`."""
        return to_toml(self.model_dump(mode="json", exclude_none=True))


def sha256(path: Path) -> str:
    """Return a file's SHA-256, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def to_toml(table: dict[str, Any], prefix: str = "") -> str:
    """Write a table of strings, numbers, lists, tables and lists of tables as TOML."""
    plain, nested = [], []
    for key, value in table.items():
        name = _value(key) if "." in key else key
        if isinstance(value, dict):
            nested.append(f"\n[{prefix}{name}]\n" + to_toml(value, f"{prefix}{name}."))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            nested += [f"\n[[{prefix}{name}]]\n" + to_toml(v, f"{prefix}{name}.") for v in value]
        else:
            plain.append(f"{name} = {_value(value)}\n")
    return "".join(plain + nested)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)
