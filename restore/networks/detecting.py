"""What a detector's output means."""

from __future__ import annotations

from typing import Any

__all__ = ["logit"]


def logit(f: Any) -> Any:
    """Return the logit of the probability that a pixel is damaged, for the network's output f.

    An untrained network, whose f is 0, thus says 2 %: about the share of a damaged print.
    """
    return 4 * (f - 1)
