"""A recipe: everything that decides what a training run makes, in one TOML file."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, Field, SerializeAsAny, ValidationError, model_validator

from restore.engine.card import Architecture
from restore.errors import ParameterError
from restore.training.objectives import OBJECTIVES, Frozen, ObjectiveRecipe, find

__all__ = ["AdamWRecipe", "MuonRecipe", "OptimiserRecipe", "Recipe", "ScheduleRecipe"]

Model = TypeVar("Model", bound=BaseModel)
Share = Annotated[float, Field(ge=0, lt=1)]
Rate = Annotated[float, Field(gt=0, le=1)]


class DataRecipe(Frozen):
    """What is learnt from.

    Attributes:
        sources: Folders and zip files of photos, absolute once loaded.
        crop: Side of the squares that are cut out, in pixels.
    """

    sources: tuple[Path, ...] = Field(min_length=1)
    crop: int = Field(96, ge=8, le=1024)


class NetworkRecipe(Frozen):
    """Shape of the U-Net.

    Attributes:
        channels: Width of each level, from the finest.
        blocks: Residual blocks of each level.
        embedding: Width of the embedding that modulates the blocks; 0 for none.
        told: How many of the network's last channels are embedded: 1 for the noise level alone, 4
            for the degradation maps as well.
    """

    channels: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field(min_length=1, max_length=8)
    blocks: tuple[Annotated[int, Field(ge=0, le=64)], ...] = Field(min_length=1, max_length=8)
    embedding: int = Field(128, ge=0, le=4096)
    told: int = Field(1, ge=1, le=16)


class MuonRecipe(Frozen):
    """Of the filters inside the network."""

    rate: Rate = 0.01
    momentum: Share = 0.95
    weight_decay: Share = 0.01


class AdamWRecipe(Frozen):
    """Of all other weights."""

    rate: Rate = 1e-3
    betas: tuple[Share, Share] = (0.9, 0.99)
    weight_decay: Share = 1e-4


class OptimiserRecipe(Frozen):
    """How weights follow gradients.

    Attributes:
        muon: Of the filters inside the network.
        adamw: Of all other weights.
        clip: Norm above which the gradient of all weights together is scaled down to it.
    """

    muon: MuonRecipe = MuonRecipe()
    adamw: AdamWRecipe = AdamWRecipe()
    clip: float = Field(1.0, gt=0)


class ScheduleRecipe(Frozen):
    """How long, and how fast when.

    Attributes:
        batch: Examples a step, of each process.
        steps: Of the whole schedule.
        warm_up: Steps over which the learning rate rises.
        decay: Last share of the schedule, over which it falls to zero.
        average: Decay of the weights' moving average, a step.
    """

    batch: int = Field(16, ge=1)
    steps: int = Field(ge=1)
    warm_up: int = Field(200, ge=0)
    decay: float = Field(0.4, ge=0, le=1)
    average: Share = 0.999

    @model_validator(mode="after")
    def _warm_up_ends(self) -> Self:
        if self.warm_up >= self.steps:
            raise ValueError(f"warm_up must be less than the {self.steps} steps")
        return self


class RunRecipe(Frozen):
    """What does not change the weights, or hardly.

    Attributes:
        precision: Of the network's arithmetic; “auto” is bf16 where the machine has it.
        checkpoint_minutes: Between checkpoints.
        validate_every: Checkpoints from one validation to the next; 0 for one at the end only.
        report_seconds: Between reports of the loss.
    """

    precision: Literal["auto", "fp32", "bf16"] = "auto"
    checkpoint_minutes: float = Field(5.0, ge=0)
    validate_every: int = Field(1, ge=0)
    report_seconds: float = Field(5.0, ge=0)


class OriginRecipe(Frozen):
    """What a run began with; filled in by the run itself.

    Attributes:
        weights: The file, with the folder that it lay in.
        sha256: Its hash.
        megapixels: How much these weights had seen.
    """

    weights: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    megapixels: int = Field(0, ge=0)


class Recipe(Frozen):
    """A recipe as read and checked.

    Attributes:
        name: Lower-case identifier of the model that it makes.
        title: What a menu shows.
        licence: SPDX identifier of the weights' licence.
        seed: Of the first weights and of every batch.
        data: What is learnt from.
        network: The network's shape.
        objective: What is learnt; its kind decides the further keys.
        optimiser: How weights follow gradients.
        schedule: How long, and how fast when.
        run: Checkpoints and reports.
        origin: What the run began with; None if from chance.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")
    title: str = ""
    licence: str = Field(min_length=1)
    seed: int = Field(0, ge=0, lt=2**63)
    data: DataRecipe
    network: NetworkRecipe
    objective: SerializeAsAny[ObjectiveRecipe]
    optimiser: OptimiserRecipe = OptimiserRecipe()
    schedule: ScheduleRecipe
    run: RunRecipe = RunRecipe()
    origin: OriginRecipe | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        levels = len(self.network.channels)
        if len(self.network.blocks) != levels:
            raise ValueError(f"network.blocks needs {levels} numbers, as network.channels has")
        if self.data.crop % 2**levels:
            raise ValueError(
                f"data.crop must be a multiple of {2**levels}, for {levels} levels in the network"
            )
        if self.data.crop % (multiple := self.objective.crop_multiple):
            raise ValueError(
                f"data.crop must be a multiple of {multiple}, for an objective of the kind "
                f"“{self.objective.kind}”"
            )
        return self

    @classmethod
    def load(cls, path: Path, objectives: Mapping[str, str] = OBJECTIVES) -> Recipe:
        """Read and check a recipe; the pictures are not looked at.

        Args:
            path: The TOML file; its `data.sources` may be relative to its folder.
            objectives: For each kind of objective, the place of its recipe's class.

        Raises:
            ParameterError: It cannot be read, or a key is missing, unknown or out of range.
        """
        try:
            fields = tomllib.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ParameterError(f"The recipe {path} cannot be read: {reason}.") from None
        if isinstance(table := fields.get("objective"), dict):
            kind = str(table.get("kind"))
            if kind not in objectives:
                raise ParameterError(
                    f"The recipe {path} is wrong at objective.kind: there is no “{kind}”.",
                    f"Allowed: {', '.join(objectives)}.",
                )
            fields["objective"] = _check(find(objectives[kind]), table, path, ("objective",))
        recipe = _check(cls, fields, path)
        folder = path.resolve().parent
        sources = tuple(folder / source.expanduser() for source in recipe.data.sources)
        data = recipe.data.model_copy(update={"sources": sources})
        objective = recipe.objective.located(folder)
        return recipe.model_copy(update={"data": data, "objective": objective})

    @property
    def architecture(self) -> Architecture:
        """The network's shape, as a model's card says it."""
        return Architecture(
            **self.network.model_dump(),
            inputs=self.objective.inputs,
            outputs=self.objective.outputs,
        )

    @property
    def fingerprint(self) -> str:
        """A hash of what decides the weights: all but places, `run` and `origin`."""
        places = {"data": {"sources"}, "objective": {"autoencoder"}}
        kept = self.model_dump(mode="json", exclude={**places, "run": True, "origin": True})
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _check(
    model: type[Model], fields: dict[str, Any], path: Path, place: tuple[str, ...] = ()
) -> Model:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, (*place, *first["loc"])))
        at = f" at {key}" if key else ""
        if first["type"] == "extra_forbidden":
            keys = ", ".join(_keys(model, first["loc"]))
            what, hint = "there is no such key", f"Allowed: {keys}." if keys else ""
        else:
            what = first["msg"].removeprefix("Value error, ")
            what = what[:1].lower() + what[1:]
            given = first["input"]
            hint = f"It is {given!r}." if isinstance(given, str | int | float | list) else ""
        raise ParameterError(f"The recipe {path} is wrong{at}: {what}.", hint) from None


def _keys(model: Any, place: tuple[str | int, ...]) -> list[str]:
    """Return the keys of the table in which the last part of `place` stands."""
    for part in place[:-1]:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    return list(getattr(model, "model_fields", ()))
