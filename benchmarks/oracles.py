"""How far every conditioned reverse process is off where the posterior is known.

    python -m benchmarks.oracles [DRAWS]

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


def cell(method, name, sigma_y, prior, calls, draws=DRAWS):
    """Return what stands in the table: three figures, or nothing where there is no such method."""
    if METHODS[method].fault(OPERATORS[name], sigma_y):
        return ""
    off = Off.of(method, name, sigma_y, prior, calls, draws)
    misfit = f"{off.misfit:.2f}" if sigma_y else f"{off.misfit:.0e}" if off.misfit > 1e-12 else "0"
    return f"{off.mean:.2f}, {off.spread:.2f}, {misfit}"


def table(prior, draws=DRAWS):
    """Yield the lines of one prior's table."""
    yield f"| {prior} | calls | " + " | ".join(MEASUREMENTS) + " |"
    yield "|---" * (len(MEASUREMENTS) + 2) + "|"
    for method in METHODS.values():
        for calls in sorted({*CALLS, method.published or CALLS[0]}):
            cells = (cell(method.name, *m, prior, calls, draws) for m in MEASUREMENTS.values())
            yield f"| `{method.name}` | {calls} | " + " | ".join(cells) + " |"


def main(draws):
    for prior in PRIORS:
        for line in table(prior, draws):
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWS)
