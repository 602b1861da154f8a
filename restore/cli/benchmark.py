"""`restore benchmark`: the toolkit beside other methods, on your own pictures and machine."""

from __future__ import annotations

from pathlib import Path

import click

from restore.cli import wording
from restore.cli.console import print_json
from restore.cli.session import Session
from restore.evaluation.benchmark import Benchmark, run_benchmark
from restore.evaluation.degrade import TASKS

__all__ = ["command"]


@click.command("benchmark")
@click.argument("task", type=click.Choice(TASKS))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N pictures.")
@click.option("--model", default="base", show_default=True, help="Name of the diffusion model.")
@click.option("--device", default="auto", show_default=True, help="Where the model runs.")
@click.option("--json", "as_json", is_flag=True, help="Write everything measured as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    task: str,
    folder: Path,
    limit: int | None,
    model: str,
    device: str,
    as_json: bool,
) -> None:
    """Degrade the pictures in FOLDER in known ways, restore them, and measure.

    Other methods run on the same pictures in the same run. Nothing is written to FOLDER.
    """
    from restore.engine import Engine

    session = Session.of(ctx)
    with session.console.progress(quiet=as_json) as bar:
        benchmark = run_benchmark(
            task,
            folder,
            limit=limit,
            engine=Engine(device=device, folders=session.plugins.models()),
            model=model,
            progress=lambda done, total: bar(done / total, f"{done} of {total}"),
        )
    if as_json:
        print_json(benchmark.as_dict())
    else:
        click.echo(_text(benchmark))


def _text(benchmark: Benchmark) -> str:
    rows = [("", "", "PSNR dB", "SSIM", "seconds", "pictures")]
    for mean in benchmark.means():
        figures = (f"{mean['psnr']:.2f}", f"{mean['ssim']:.4f}", f"{mean['seconds']:.2f}")
        rows.append((mean["setting"], mean["method"], *figures, str(mean["pictures"])))
    model = "{name} ({backend}, {provider}), sha256 {sha256:.12}".format(**benchmark.model)
    machine = "{processor}, {cores} cores, {system}, {date}".format(**benchmark.machine)
    return f"{benchmark.protocol}\n\n{wording.table(rows)}\n\nModel: {model}\nMachine: {machine}"
