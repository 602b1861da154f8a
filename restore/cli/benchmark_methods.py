"""`restore benchmark methods`: conditioned reverse processes on every task, with real photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from restore.cli import wording
from restore.cli.console import print_json
from restore.cli.session import Session
from restore.errors import ParameterError

if TYPE_CHECKING:
    from restore.evaluation.outcomes import Outcome

__all__ = ["command"]

COLUMNS: tuple[str, ...] = (
    "task",
    "method",
    "calls",
    "from σ",
    "PSNR dB",
    "SSIM",
    "LPIPS",
    "NFE",
    "seconds",
)


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    return None if value is None else [part.strip() for part in value.split(",")]


def _numbers(ctx: click.Context, param: click.Parameter, value: str) -> list[int]:
    number = click.IntRange(1, 100_000)
    return [number(part, param, ctx) for part in value.split(",")]


@click.command("methods")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="[FOLDER…]")
@click.option(
    "--tasks",
    callback=_names,
    metavar="TASK[,TASK…]",
    help="Of denoise, x2, x4, box, strokes, text, deblur, motion, chain, colourise.  "
    "[default: all]",
)
@click.option(
    "--methods",
    callback=_names,
    metavar="NAME[,NAME…]",
    help="Of network, denoising, repaint, ddrm, ddnm, ddnm_plus, pigdm, dps, diffpir, "
    "split_gibbs.  [default: all]",
)
@click.option(
    "--calls",
    callback=_numbers,
    default="20,100",
    metavar="N[,N…]",
    show_default=True,
    help="How many evaluations of the network a method may take.",
)
@click.option(
    "--start",
    type=click.FloatRange(min=0, min_open=True),
    default=20.0,
    metavar="σ",
    show_default=True,
    help="Noise level at which methods start, of pictures from -1 to 1.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N pictures of each folder, evenly spread by name.",
)
@click.option(
    "--crop",
    type=click.IntRange(16, 2048),
    default=128,
    metavar="PIXELS",
    show_default=True,
    help="Side of the square that is cut from the middle of each.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write each figure here as soon as it is known (JSON lines), and do nothing again that "
    "it holds already. Without FOLDER, only show what it holds.",
)
@click.option("--model", default="base", show_default=True, help="Name of the diffusion model.")
@click.option("--device", default="auto", show_default=True, help="Where the model runs.")
@click.option(
    "--threads", type=click.IntRange(min=1), metavar="N", help="Processor cores.  [default: all]"
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "bfloat16"]),
    default="float32",
    show_default=True,
    help="In which the network computes.",
)
@click.option("--markdown", is_flag=True, help="Write the table as Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Write everything measured as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    folders: tuple[Path, ...],
    tasks: list[str] | None,
    methods: list[str] | None,
    calls: list[int],
    start: float,
    limit: int | None,
    crop: int,
    record: Path | None,
    model: str,
    device: str,
    threads: int | None,
    precision: Literal["float32", "bfloat16"],
    markdown: bool,
    as_json: bool,
) -> None:
    """Solve every task by every method on the middles of the pictures in FOLDER, and measure.

    The pictures of a task go through the network as one batch, in torch. A run that is stopped
    goes on from its --record; records of several runs, joined with `cat`, make one table.
    """
    from restore.engine import Engine
    from restore.evaluation.outcomes import Record
    from restore.evaluation.trials import PROTOCOL, run_methods

    if not folders and record is None:
        raise ParameterError("There is nothing to measure on.", "Name a folder of pictures.")
    kept = Record(record)
    if folders:
        session = Session.of(ctx)
        with session.console.progress(quiet=as_json) as bar:
            run_methods(
                folders,
                tasks=tasks,
                methods=methods,
                calls=calls,
                start=start,
                limit=limit,
                crop=crop,
                engine=Engine(
                    device=device,
                    backend="torch",
                    threads=threads,
                    precision=precision,
                    folders=session.plugins.models(),
                ),
                model=model,
                record=kept,
                progress=bar,
            )
    if as_json:
        print_json([asdict(outcome) for outcome in kept.outcomes])
        return
    rows = _rows(kept.outcomes)
    click.echo(_markdown(rows) if markdown else f"{PROTOCOL}\n\n{wording.table(rows)}")
    for outcome in kept.outcomes:
        if outcome.fault:
            click.echo(f"{outcome.task}, {outcome.method}, {outcome.calls}: {outcome.fault}")


def _rows(outcomes: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """Return the means of every outcome, each task's together, few calls first."""
    from restore.evaluation.problems import PROBLEMS

    tasks = list(PROBLEMS)
    ordered = sorted(outcomes, key=lambda o: (tasks.index(o.task), o.calls, -o.start))
    rows = [COLUMNS]
    for each in ordered:
        figures = (
            "–" if (mean := each.mean(name)) is None else format(mean, form)
            for name, form in (("psnr", ".2f"), ("ssim", ".4f"), ("lpips", ".3f"))
        )
        cost = (str(each.evaluations), f"{each.seconds:.2f}") if each.psnr else ("–", "–")
        label = PROBLEMS[each.task].label
        start = f"{each.start:g}" if each.start else "–"
        rows.append((label, each.method, str(each.calls), start, *figures, *cost))
    return rows


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * 2 + ["---:"] * 7, *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
