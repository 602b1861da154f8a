"""The tables of docs/examples/digits.md, made of the figures that were measured."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "examples" / "digits.md"
FIGURES = DOCS / "examples" / "digits.json"

Row = Mapping[str, Any]


def filled(page: str, figures: Mapping[str, Any]) -> str:
    """Return the page with every table between its marks, `<!-- name -->` to `<!-- end -->`."""
    for name, text in tables(figures).items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        page, found = re.subn(pattern, lambda m, t=text: f"{m[1]}\n{t}\n\n{m[2]}", page, flags=re.S)
        if found != 1:
            raise ValueError(f"the page has {found} places for “{name}”")
    return page


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return every table of the page."""
    return {
        "networks": _table(
            figures["networks"],
            {
                "network": lambda r: r["name"],
                "trained numbers": lambda r: f"{r['parameters']:,}",
                "processor seconds": lambda r: f"{r['seconds']:.0f}",
            },
        ),
        "judge": _judge(figures),
        "samplers": _table(
            figures["samplers"],
            {
                "sampler": lambda r: r["sampler"],
                "evaluations": lambda r: str(r["evaluations"]),
                **_QUALITY,
            },
        ),
        "guidance": _table(
            figures["guidance"],
            {
                "guidance": lambda r: r["guidance"],
                "scale": lambda r: f"{r['scale']:g}",
                **_QUALITY,
            },
        ),
        "noisy": _table(
            figures["noisy"],
            {
                "σ": lambda r: f"{r['sigma']:g}",
                "right class, %": lambda r: f"{r['accuracy']:.1f}",
            },
        ),
        "coded": _coded(figures["coded"]),
        "generators": _table(
            figures["generators"],
            {
                "generator": lambda r: r["generator"],
                "accepted, %": lambda r: f"{r['accepted']:.1f}" if "accepted" in r else "",
                "spread": lambda r: f"{r['spread']:.2f}" if "spread" in r else "",
                "precision, %": lambda r: f"{r['precision']:.1f}",
                "recall, %": lambda r: f"{r['recall']:.1f}",
                "distance": lambda r: f"{r['distance']:.2f}",
            },
        ),
        "restored": _table(
            figures["restored"],
            {
                "task": lambda r: r["task"],
                "ζ": lambda r: f"{r['zeta']:g}",
                "r.m.s. of y − A D(z)": lambda r: f"{r['residual']:.3f}",
                "error": lambda r: f"{r['error']:.3f}",
                "accepted, %": lambda r: f"{r['accepted']:.1f}",
            },
        ),
        "bits": _table(
            figures["bits"],
            {
                "model": lambda r: r["model"],
                "variational bound": lambda r: _bits(r, "bound"),
                "probability flow": lambda r: _bits(r, "flow"),
            },
        ),
        "classified": _classified(figures["classified"]),
    }


_QUALITY = {
    "accepted, %": lambda r: f"{r['accepted']:.1f}",
    "spread": lambda r: f"{r['spread']:.2f}",
    "distance": lambda r: f"{r['distance']:.2f}",
}


def _table(rows: Sequence[Row], columns: Mapping[str, Any]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += ["| " + " | ".join(cell(row) for cell in columns.values()) + " |" for row in rows]
    return "\n".join(lines)


def _bits(row: Row, key: str) -> str:
    if "exact" in row:
        return f"{row['exact']:.3f}"
    return f"{row[key]:.3f} ± {row[key + '_error']:.3f}"


def _judge(figures: Row) -> str:
    judge = figures["judge"]
    return (
        f"It takes {judge['accuracy']:.1f} % of the {judge['digits']} held-out digits for what "
        f"they are. The digits that were learnt from are {judge['distance']:.2f} away from the "
        f"held-out ones by the Fréchet distance, and {judge['precision']:.1f} % of them lie among "
        f"these: no sampler has to do better. Every row below is of {judge['samples']:,} samples."
    )


def _coded(coded: Row) -> str:
    return (
        f"Held-out digits come back with an error of {coded['error']:.3f} a pixel (root mean "
        f"square, of values from −1 to 1), where pixels differ from their mean by "
        f"{coded['spread']:.3f}; the judge still takes {coded['accepted']:.1f} % of them for what "
        f"they are. The scale is {coded['scale']:.3f}, and with it the latents of digits that it "
        f"was not fitted on have a variance of {coded['variance']:.3f}."
    )


def _classified(found: Row) -> str:
    return (
        f"It finds the class of {found['accuracy']:.1f} % of the {found['digits']} held-out "
        f"digits, with {found['evaluations']} evaluations a digit; nothing was trained for it."
    )


def write(figures: Mapping[str, Any]) -> None:
    """Keep the figures, and put them into the page if they are all there."""
    FIGURES.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", "utf-8")
    try:
        page = filled(PAGE.read_text("utf-8"), figures)
    except KeyError:
        return
    PAGE.write_text(page, "utf-8")
