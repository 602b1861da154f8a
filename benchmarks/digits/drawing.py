"""Pictures of the page: rows of digits, and curves of guidance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from torch import Tensor

from restore.training.sheet import draw_sheet

PIXEL = 4
"""Screen pixels to a digit's pixel."""


def rows_of_digits(rows: Mapping[str, Tensor], path: Path) -> None:
    """Draw a row of digits (N, 1, 8, 8) beside each name; the sheet's letters are not Greek."""
    large = {
        name.replace("η", "eta"): list(
            np.repeat(np.repeat(x.clamp(-1, 1).numpy(), PIXEL, 2), PIXEL, 3)
        )
        for name, x in rows.items()
    }
    sheet = draw_sheet(list(large.items()), [""] * max(len(row) for row in large.values()))
    sheet.convert("L").save(path, optimize=True)


def curves(figures: list[dict], path: Path) -> None:
    """Draw accepted samples, their spread and their distance against the scale of guidance."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    panels = (
        ("accepted", "accepted by the judge, %"),
        ("spread", "spread within a class,\nover that of real digits"),
        ("distance", "Fréchet distance to real digits"),
    )
    figure, axes = pyplot.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    for axis, (key, title) in zip(axes, panels, strict=True):
        for kind in dict.fromkeys(row["guidance"] for row in figures):
            chosen = [row for row in figures if row["guidance"] == kind]
            scales = [row["scale"] for row in chosen]
            axis.plot(scales, [row[key] for row in chosen], "o-", ms=3, lw=1, label=kind)
        axis.set(xlabel="scale", title=title, xscale="symlog")
        axis.title.set_size(9)
        axis.set_xticks([0, 1, 2, 4, 8, 16], ["0", "1", "2", "4", "8", "16"])
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=7)
    figure.savefig(path, dpi=90)
    pyplot.close(figure)
