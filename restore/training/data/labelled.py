"""Pictures with their classes: a folder a class, as in `digits/7/0012.png`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from torch import Generator, Tensor

from restore.errors import ParameterError
from restore.training.data.crops import Crops, Place, open_crops

__all__ = [
    "Labelled",
    "LabelledCrops",
    "LabelledPictures",
    "UprightCrops",
    "open_labelled",
    "open_upright",
]


class Labelled(NamedTuple):
    """Some pictures.

    Attributes:
        x_0: (N, C, H, W) in [-1, 1].
        label: Class of each, (N,) int64.
    """

    x_0: Tensor
    label: Tensor


class LabelledPictures(Protocol):
    """Where pictures with classes come from."""

    def draw(self, n: int, generator: Generator) -> Labelled:
        """Return random pictures."""
        ...

    def fixed(self, n: int, seed: int) -> Labelled:
        """Return the same pictures at every call."""
        ...


class UprightCrops:
    """Crops that are not turned, for a digit upside down is another one.

    Args:
        crops: Where to cut.
        channels: 3, or 1 for the mean of the colours.
    """

    def __init__(self, crops: Crops, channels: int) -> None:
        self.crops, self.channels = crops, channels

    def draw(self, n: int, generator: Generator) -> Tensor:
        """Return random crops; see `Crops.draw`."""
        return self.cut(self.places(n, generator))

    def fixed(self, n: int, seed: int) -> Tensor:
        """Return the same crops at each call, spread evenly over the pictures."""
        return self.cut(self.crops.fixed_places(n, seed))

    def places(self, n: int, generator: Generator) -> Place:
        """Return where `draw` cuts."""
        place = self.crops.places(n, generator)
        return place._replace(turn=torch.zeros_like(place.turn))

    def cut(self, place: Place) -> Tensor:
        """Return the crops at some places, (n, channels, crop, crop) float32 in [-1, 1]."""
        x = self.crops.cut(place)
        return x if self.channels == 3 else x.mean(1, keepdim=True)


class LabelledCrops:
    """Upright crops with their classes.

    Args:
        crops: Where to cut.
        classes: Names of the folders whose pictures are of class 0, 1, ….
        channels: 3, or 1 for the mean of the colours.

    Raises:
        ParameterError: A picture lies in another folder.
    """

    def __init__(self, crops: Crops, classes: Sequence[str], channels: int) -> None:
        index = {name: i for i, name in enumerate(classes)}
        folders = crops.pictures.folders
        if unknown := sorted(set(folders) - set(index)):
            raise ParameterError(
                f"A picture lies in the folder “{unknown[0]}”, which is no class.",
                f"The recipe's classes are {', '.join(classes)}: a folder each.",
            )
        self._upright = UprightCrops(crops, channels)
        self._label = torch.tensor([index[folder] for folder in folders])

    def draw(self, n: int, generator: Generator) -> Labelled:
        """Return random crops; see `Crops.draw`."""
        return self._at(self._upright.places(n, generator))

    def fixed(self, n: int, seed: int) -> Labelled:
        """Return the same crops at each call, spread evenly over the pictures."""
        return self._at(self._upright.crops.fixed_places(n, seed))

    def shown(self, x: Tensor) -> Tensor:
        """Return what such pictures look like: themselves."""
        return x

    def _at(self, place: Place) -> Labelled:
        label = self._label.to(place.picture.device)[place.picture]
        return Labelled(self._upright.cut(place), label)


def open_upright(
    cache: Path, crop: int, device: torch.device, channels: int
) -> tuple[UprightCrops, UprightCrops]:
    """Return the crops to learn from and the held-out ones; see `open_crops`."""
    learnt, held_out = (UprightCrops(each, channels) for each in open_crops(cache, crop, device))
    return learnt, held_out


def open_labelled(
    cache: Path, crop: int, device: torch.device, classes: Sequence[str], channels: int
) -> tuple[LabelledCrops, LabelledCrops]:
    """Return the crops to learn from and the held-out ones; see `open_crops`.

    Raises:
        ParameterError: There is no picture of a class to learn from.
        RestoreError: See `open_crops` and `LabelledCrops`.
    """
    crops = open_crops(cache, crop, device)
    if missing := [name for name in classes if name not in crops[0].pictures.folders]:
        raise ParameterError(
            f"There is no picture of the class “{missing[0]}” to learn from.",
            "Put pictures into a folder of that name, or take it out of the recipe.",
        )
    learnt, held_out = (LabelledCrops(each, classes, channels) for each in crops)
    return learnt, held_out
