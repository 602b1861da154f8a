"""The runtimes that can evaluate a network."""

from restore.engine.backends.network import Network

__all__ = ["Network"]
