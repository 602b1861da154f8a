"""A random model, as the engine's tests have it."""

from tests.engine.conftest import tiny

__all__ = ["tiny"]
