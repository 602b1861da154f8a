"""The options that every action's command has, whatever its parameters."""

from __future__ import annotations

import click

__all__ = ["RESERVED", "common_options", "mask_option", "sampling_options"]


def common_options(ending: str) -> list[click.Option]:
    """Return the options.

    Args:
        ending: What is added to the name of a result beside its photo.
    """
    return [
        click.Option(
            ["-o", "--output"],
            metavar="FILE|FOLDER",
            help=f"Where results go.  [default: beside each photo, as NAME-{ending}]",
        ),
        click.Option(["-r", "--recursive"], is_flag=True, help="Folders within folders too."),
        click.Option(["--overwrite"], is_flag=True, help="Replace files that exist."),
        click.Option(["--skip-existing"], is_flag=True, help="Leave out photos already done."),
        click.Option(
            ["--page"],
            type=click.IntRange(min=1),
            metavar="N",
            help="Which page of files of several, such as scans in one TIFF.",
        ),
        click.Option(
            ["--quality"],
            type=click.IntRange(1, 100),
            metavar="N",
            help="Quality of JPEG and other lossy results.  [default: as the photo]",
        ),
        click.Option(
            ["--depth"],
            type=click.Choice(["8", "16", "float"]),
            help="Bits of each value in results.  [default: as the photo]",
        ),
        click.Option(
            ["--transfer"],
            type=click.Choice(["encoded", "linear"]),
            help="What the values of photos are.  [default: as the file says]",
        ),
        click.Option(
            ["--keep-times/--no-keep-times"],
            default=True,
            help="Whether a result is as old as its photo, so that both stand together by date.",
            show_default="kept",
        ),
        click.Option(
            ["--strips"],
            is_flag=True,
            help="Work strip by strip, in little memory, on small photos too.",
        ),
        click.Option(
            ["--device"],
            default="auto",
            metavar="NAME",
            show_default=True,
            help="Where the model runs: auto, cpu or cuda.",
        ),
        click.Option(
            ["--jobs"],
            type=click.IntRange(min=1),
            default=1,
            metavar="N",
            show_default=True,
            help="Photos at a time; they share the processor's cores.",
        ),
        click.Option(
            ["--strip-metadata"],
            is_flag=True,
            help="Write nothing but the picture and its colour profile.",
        ),
        click.Option(
            ["--strip-gps"],
            is_flag=True,
            help="Leave out where photos were taken: coordinates and names of places.",
        ),
        click.Option(
            ["--no-provenance"],
            is_flag=True,
            help="Do not tell in the result's XMP what was done.",
        ),
        click.Option(["--json"], is_flag=True, help="Write one JSON report a photo to stdout."),
    ]


def mask_option() -> click.Option:
    """Return the option that actions which find masks have besides."""
    text = (
        "Write what was found, white on black, to edit it and to give it to “restore inpaint "
        "--mask”: a .png file, or a folder for NAME.png of each photo."
    )
    return click.Option(["--mask-out"], metavar="FILE|FOLDER", help=text)


def sampling_options() -> list[click.Option]:
    """Return the options that actions which can draw samples have besides."""
    return [
        click.Option(
            ["--variants"],
            type=click.IntRange(min=2),
            metavar="N",
            help="Make N results to choose from, all of them plausible, with the seeds that follow "
            "--seed and a number at the end of their names.",
        ),
        click.Option(
            ["--uncertainty-out"],
            metavar="FILE|FOLDER",
            help="Write how unsure each pixel is, the standard deviation over eight samples, as a "
            "16-bit gray .png file (65535 is 0.25 of white); or a folder for NAME.png of each "
            "photo.",
        ),
    ]


RESERVED = frozenset(
    flag
    for option in (*common_options(""), mask_option(), *sampling_options())
    for flag in (*option.opts, *option.secondary_opts)
) | {"--help"}
"""Flags that no parameter can have."""
