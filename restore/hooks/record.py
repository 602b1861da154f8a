"""The provenance record: what was done to a photo is written into its own metadata."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from restore import __version__
from restore.hooks.report import Report
from restore.photo import Metadata, Photo, Source
from restore.photo.metadata.provenance import Event, recorded

__all__ = ["told", "with_record"]

log = logging.getLogger("restore")


def with_record(done: Photo, before: Photo, report: Report) -> Photo:
    """Return a result whose XMP packet tells of the action; an unchanged photo tells of nothing.

    A packet that is damaged stays as it is, with a warning to the logger “restore”.

    Args:
        done: The result.
        before: The photo that the action was run on.
        report: What the action did.
    """
    if np.array_equal(done.pixels, before.pixels):
        return done
    return replace(done, metadata=told(done.metadata, report, done.source))


def told(metadata: Metadata, report: Report, source: Source) -> Metadata:
    """Return metadata that tell of an action; as they are, with a warning, if that cannot be.

    Args:
        metadata: The photo's.
        report: What the action did.
        source: Where the photo came from, for the warning.
    """
    event = Event(
        action=report.action,
        parameters=report.parameters,
        model=report.model,
        model_sha256=report.model_sha256,
        software=f"restore {__version__}",
        when=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    try:
        return replace(metadata, xmp=recorded(metadata.xmp, event))
    except ValueError as error:
        name = source.path or "The photo"
        log.warning("%s: The XMP packet cannot tell what was done (%s).", name, error)
        return metadata
