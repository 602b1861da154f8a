"""The campaign: `python -m tests.fuzz [--seed N] [--count N]`, or `make fuzz SEED=… COUNT=…`.

Exit code 1 if a file broke a promise; the files that did are kept.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from tests.fuzz.campaign import Broken, campaign
from tests.fuzz.samples import samples
from tests.fuzz.shrink import shrunk

OUT = Path("out/fuzz")


def main() -> int:
    """Run the campaign that the arguments ask for."""
    parser = argparse.ArgumentParser(description="Reads files that were made to break the reader.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--out", type=Path, default=OUT, help="where files that break are kept")
    given = parser.parse_args()
    logging.getLogger("restore").addHandler(logging.NullHandler())
    args = (samples(), given.seed, range(given.first, given.first + given.count))
    print(f"{given.count} files from {len(args[0])} good ones, seed {given.seed}", flush=True)
    summary = campaign(*args, tell=lambda broken: _keep(broken, given.out))
    print(summary)
    return 1 if summary.broken else 0


def _keep(broken: Broken, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{broken.seed}-{broken.number}.bin"
    path.write_bytes(shrunk(broken))
    print(f"{path} ({path.stat().st_size} bytes, from file {broken.number} of seed "
          f"{broken.seed}, written as {broken.suffix}): {broken.fault}", flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
