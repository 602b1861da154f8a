"""The command line: one file a command, nothing but click imported until a command runs."""

from restore.cli.program import main

__all__ = ["main"]
