"""Exit codes that no single error has; every `RestoreError` brings its own."""

__all__ = ["BATCH_EXIT_CODE"]

BATCH_EXIT_CODE = 1
"""Some photos of several failed."""
