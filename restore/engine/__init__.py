"""Running a network on a photo of any size: models, devices, tiles, memory, checks."""

from restore.engine.card import Card
from restore.engine.engine import Engine
from restore.engine.prior import Prior, PriorInfo
from restore.engine.registry import find_models

__all__ = ["Card", "Engine", "Prior", "PriorInfo", "find_models"]
