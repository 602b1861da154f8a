"""How far every conditioned reverse process is off where the posterior is known.

    python -m benchmarks.oracles [PRIOR…]

Prints the tables of docs/mathematics.md: for each method and number of network evaluations, and for
each measurement, the error of the mean, the spread and the misfit, as `tests.inverse.problems.Off`
has them. `tests/inverse/test_oracles.py` measures a part of them again.
"""

import sys

from restore.inverse import METHODS
from tests.inverse.problems import OPERATORS, PRIORS, Off

MEASUREMENTS = {
    "identity, 0.1": ("identity", 0.1),
    "mask, 0": ("mask", 0.0),
    "mask, 0.1": ("mask", 0.1),
    "÷2 bicubic, 0": ("bicubic", 0.0),
    "÷2 bicubic, 0.1": ("bicubic", 0.1),
    "blur, 0.1": ("blur", 0.1),
    "blur, 0.4": ("blur", 0.4),
}
"""The columns: an operator and the noise of y, σ_y in [-1, 1] units."""
CALLS = (20, 100)
DRAWS = 400


def counts(method):
    """Return at which numbers of evaluations a method is measured, its paper's among them."""
    return sorted({*CALLS, METHODS[method].published or CALLS[0]})


def cell(method, name, sigma_y, prior, calls):
    """Return what stands in the table: three figures, or nothing where there is no such method."""
    if METHODS[method].fault(OPERATORS[name], sigma_y):
        return ""
    off = Off.of(method, name, sigma_y, prior, calls, DRAWS)
    misfit = f"{off.misfit:.2f}" if sigma_y else f"{off.misfit:.0e}" if off.misfit > 1e-12 else "0"
    return f"{off.mean:.2f}, {off.spread:.2f}, {misfit}"


def row(method, prior, calls):
    """Return a line of a prior's table."""
    cells = (cell(method, *m, prior, calls) for m in MEASUREMENTS.values())
    return f"| `{method}` | {calls} | " + " | ".join(cells) + " |"


def main(priors):
    for prior in priors:
        print(f"| {prior} | calls | " + " | ".join(MEASUREMENTS) + " |")
        print("|---" * (len(MEASUREMENTS) + 2) + "|")
        for method in METHODS:
            for calls in counts(method):
                print(row(method, prior, calls), flush=True)
        print()


if __name__ == "__main__":
    main(sys.argv[1:] or PRIORS)
