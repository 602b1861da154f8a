"""`restore benchmark`: the toolkit beside other methods, on your own pictures and machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import click

from restore.cli import benchmark_methods, wording
from restore.cli.console import print_json
from restore.cli.session import Session
from restore.evaluation.benchmark import run_benchmark
from restore.evaluation.degrade import TASKS
from restore.evaluation.scores import Benchmark

__all__ = ["command"]

Rows: TypeAlias = Sequence[tuple[str, ...]]


def _numbers(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    number = click.IntRange(1, 1000)
    return tuple(number(part, param, ctx) for part in value.split(","))


_HELP = """Degrade the pictures in FOLDER in known ways, restore them, and measure.

Other methods run on the same pictures in the same run. Nothing is written to FOLDER. LPIPS is
among the figures where its weights are installed: see docs/guide/measure.md.
"""


@click.group("benchmark")
def command() -> None:
    """Measure the toolkit and other methods on pictures of your own."""


def _of_task(task: str) -> click.Command:
    """Build `restore benchmark TASK FOLDER`."""

    @click.command(task, help=_HELP)
    @click.argument("folder", type=click.Path(path_type=Path))
    @click.option(
        "--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N pictures."
    )
    @click.option(
        "--steps",
        callback=_numbers,
        default="1",
        metavar="N[,N…]",
        show_default=True,
        help="Numbers of steps to measure, such as 1,2,4,8.",
    )
    @click.option(
        "--samples",
        type=click.IntRange(min=4),
        metavar="N",
        help="Measure N posterior samples of each result too: diversity and calibration.",
    )
    @click.option("--stability", is_flag=True, help="Measure stability too: runs, tiles, crops.")
    @click.option("--model", default="base", show_default=True, help="Name of the diffusion model.")
    @click.option("--device", default="auto", show_default=True, help="Where the model runs.")
    @click.option("--json", "as_json", is_flag=True, help="Write everything measured as JSON.")
    @click.pass_context
    def measuring(
        ctx: click.Context,
        folder: Path,
        limit: int | None,
        steps: tuple[int, ...],
        samples: int | None,
        stability: bool,
        model: str,
        device: str,
        as_json: bool,
    ) -> None:
        from restore.engine import Engine

        session = Session.of(ctx)
        with session.console.progress(quiet=as_json) as bar:
            benchmark = run_benchmark(
                task,
                folder,
                limit=limit,
                engine=Engine(device=device, folders=session.plugins.models()),
                model=model,
                steps=steps,
                samples=samples or 0,
                stability=stability,
                progress=lambda done, total: bar(done / total, f"{done} of {total}"),
            )
        if as_json:
            print_json(benchmark.as_dict())
        else:
            click.echo(_text(benchmark))

    return measuring


for _task in TASKS:
    command.add_command(_of_task(_task))
command.add_command(benchmark_methods.command)


def _text(benchmark: Benchmark) -> str:
    means = benchmark.means()
    tables = [_quality(means), _samples(means), _stability(means)]
    model = "{name} ({backend}, {provider}), sha256 {sha256:.12}".format(**benchmark.model)
    machine = "{processor}, {cores} cores, {system}, {date}".format(**benchmark.machine)
    parts = [
        benchmark.protocol,
        *(wording.table(rows) for rows in tables if len(rows) > 1),
        f"Model: {model}\nMachine: {machine}",
    ]
    return "\n\n".join(parts)


def _quality(means: Sequence[Mapping[str, Any]]) -> Rows:
    columns = {
        "psnr": ("PSNR dB", ".2f"),
        "ssim": ("SSIM", ".4f"),
        "lpips": ("LPIPS", ".3f"),
        "evaluations": ("NFE", ".4g"),
        "mflop_per_pixel": ("MFLOP/px", ".2f"),
        "seconds": ("seconds", ".2f"),
        "pictures": ("pictures", "d"),
    }
    if all(mean["lpips"] is None for mean in means):
        del columns["lpips"]
    rows = [("", "", *(title for title, _ in columns.values()))]
    for mean in means:
        figures = (
            "–" if mean[name] is None else format(mean[name], form)
            for name, (_, form) in columns.items()
        )
        rows.append((mean["setting"], mean["method"], *figures))
    return rows


def _samples(means: Sequence[Mapping[str, Any]]) -> Rows:
    rows: list[tuple[str, ...]] = [
        ("", "", "distance", "over seeds", "error/σ", "within σ", "within 2σ")
    ]
    for mean in means:
        if "diversity" in mean:
            within = (f"{mean[f'within_{k}']:.2f} ({mean[f'expected_{k}']:.2f})" for k in (1, 2))
            spread = (f"{mean[name]:.4f}" for name in ("diversity", "over_seeds"))
            ratio = f"{mean['error_over_sigma']:.2f}"
            rows.append((mean["setting"], mean["method"], *spread, ratio, *within))
    return rows


def _stability(means: Sequence[Mapping[str, Any]]) -> Rows:
    rows: list[tuple[str, ...]] = [("", "", "runs", "tiles", "crops")]
    for mean in means:
        if "runs_rms" in mean:
            figures = (_levels(mean, name) for name in ("runs", "tiles", "crops"))
            rows.append((mean["setting"], mean["method"], *figures))
    return rows


def _levels(mean: Mapping[str, Any], name: str) -> str:
    if mean[f"{name}_rms"] is None:
        return "–"
    rms, largest = (255 * mean[f"{name}_{kind}"] for kind in ("rms", "largest"))
    return f"{rms:.2g}, {largest:.2g}"
