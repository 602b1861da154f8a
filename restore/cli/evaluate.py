"""`restore evaluate`: how near a result is to a reference."""

from __future__ import annotations

import math
from pathlib import Path

import click

from restore.cli.console import print_json
from restore.cli.session import Session
from restore.errors import ParameterError
from restore.evaluation import psnr, ssim
from restore.evaluation.lpips import Lpips, fits, lpips_available
from restore.photo import read

__all__ = ["command"]


@click.command("evaluate")
@click.argument("result", type=click.Path(path_type=Path))
@click.argument("reference", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Write the figures as JSON.")
@click.pass_context
def command(ctx: click.Context, result: Path, reference: Path, as_json: bool) -> None:
    """Measure how near RESULT is to REFERENCE: PSNR and SSIM over all pixels, and LPIPS.

    Both are brought to [0, 1] first, so their bit depths may differ; their sizes may not. LPIPS is
    measured where its weights are installed: see docs/guide/measure.md.
    """
    formats = Session.of(ctx).plugins.formats()
    ours, truth = read(result, formats=formats), read(reference, formats=formats)
    if ours.size != truth.size:
        raise ParameterError(
            "{} is {}×{}, {} is {}×{}.".format(result, *ours.size, reference, *truth.size),
            "Only pictures of the same size can be measured.",
        )
    a, b = ours.to_float(), truth.to_float()
    if a.shape != b.shape:
        gray = result if a.shape[2] == 1 else reference
        raise ParameterError(f"{gray} is gray, the other is in colour.")
    ratio, similarity = psnr(a, b), ssim(a, b)
    distance = Lpips.load()(a, b) if lpips_available() and fits(b) else None
    if as_json:
        print_json(
            {
                "psnr": ratio if math.isfinite(ratio) else None,
                "ssim": similarity,
                "lpips": distance,
                "identical": math.isinf(ratio),
                "data_range": 1.0,
            }
        )
    else:
        perceived = "" if distance is None else f", LPIPS {distance:.4f}"
        same = "  (identical pixels)" if math.isinf(ratio) else ""
        click.echo(f"PSNR {ratio:.2f} dB, SSIM {similarity:.4f}{perceived}{same}")
