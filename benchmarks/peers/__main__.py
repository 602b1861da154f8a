"""Ours beside everything that is installed: `python -m benchmarks.peers TASK FOLDER`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import bm3d, enlargers, ffdnet, patchmatch
from benchmarks.peers.peer import Peer, UnavailableError
from restore.cli.wording import table
from restore.engine import Engine
from restore.errors import RestoreError
from restore.evaluation.benchmark import run_benchmark
from restore.evaluation.degrade import TASKS, Setting, settings
from restore.evaluation.peers import Method

PEERS: tuple[Peer, ...] = (
    *ffdnet.PEERS,
    *bm3d.PEERS,
    *patchmatch.PEERS,
    *enlargers.PEERS,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is that of the error, if there is one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("folder", type=Path, help="undamaged pictures that were not trained on")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N pictures")
    parser.add_argument("--model", default="base", help="name of our model")
    parser.add_argument("--device", default="auto", help="where our model runs")
    parser.add_argument("--without", action="append", default=[], metavar="PEER", help="leave out")
    parser.add_argument("--json", action="store_true", help="write everything as JSON")
    options = parser.parse_args(arguments)
    ready = prepare(options.task, options.without)

    def also(setting: Setting) -> Mapping[str, Method]:
        return {peer.name: method for peer, method in ready.items() if peer.suits(setting)}

    try:
        benchmark = run_benchmark(
            options.task,
            options.folder,
            limit=options.limit,
            engine=Engine(device=options.device),
            model=options.model,
            also=also,
            progress=lambda done, total: print(f"{done} of {total}", end="\r", file=sys.stderr),
        )
    except RestoreError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    licences = {peer.name: peer.licence for peer in ready}
    if options.json:
        print(json.dumps(benchmark.as_dict() | {"licences": licences}, indent=2))
    else:
        print(benchmark.protocol, "", table(rows(benchmark.means(), licences)), sep="\n")
    return 0


def prepare(task: str, without: Sequence[str]) -> dict[Peer, Method]:
    """Load the peers of a task; of each that cannot run a line says why."""
    ready = {}
    for peer in PEERS:
        if peer.name in without or not any(peer.suits(setting) for setting in settings(task)):
            continue
        try:
            ready[peer] = peer.ready()
        except UnavailableError as error:
            print(f"{peer.name} is left out: {error}", file=sys.stderr)
    return ready


def rows(means: Sequence[Mapping[str, Any]], licences: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Return the table, in each setting the best PSNR first."""
    titles = ("", "", "PSNR dB", "SSIM", "LPIPS", "seconds", "pictures", "licence")
    found = []
    for setting in dict.fromkeys(mean["setting"] for mean in means):
        group = [mean for mean in means if mean["setting"] == setting]
        for mean in sorted(group, key=lambda mean: -mean["psnr"]):
            lpips = mean.get("lpips")
            found.append(
                (
                    setting,
                    mean["method"],
                    f"{mean['psnr']:.2f}",
                    f"{mean['ssim']:.4f}",
                    "–" if lpips is None else f"{lpips:.3f}",
                    f"{mean['seconds']:.2f}",
                    str(mean["pictures"]),
                    licences.get(mean["method"], ""),
                )
            )
    return [titles, *found]


if __name__ == "__main__":
    sys.exit(main())
