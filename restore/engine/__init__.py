"""Running a network on a photo of any size: models, devices, tiles, memory, checks."""

from restore.engine.card import Card
from restore.engine.detector import Detector
from restore.engine.engine import Engine
from restore.engine.prior import Prior
from restore.engine.registry import find_models
from restore.engine.tiled import ModelInfo

__all__ = ["Card", "Detector", "Engine", "ModelInfo", "Prior", "find_models"]
