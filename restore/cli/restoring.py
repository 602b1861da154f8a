"""A call of an action's command: all is checked first, then photo after photo restored."""

from __future__ import annotations

import logging
import os
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restore.cli import wording
from restore.cli.batch import Outcome, Progress, run_batch, stop_on_signals
from restore.cli.beside import Beside
from restore.cli.codes import BATCH_EXIT_CODE
from restore.cli.console import print_json
from restore.cli.inputs import expand
from restore.cli.masks import check_asked, given_mask
from restore.cli.options import mask_fields, validated, value_of
from restore.cli.plan import Job, Plan, make_plan, refuse_without_room
from restore.cli.session import Session
from restore.engine import Engine
from restore.errors import BUG_EXIT_CODE, CancelledError, ParameterError, RestoreError
from restore.hooks import Action, Report, Result
from restore.hooks.variants import variant
from restore.photo import Depth, read
from restore.photo.fitting import check_depth
from restore.photo.formats.registry import by_suffix
from restore.photo.metadata.stripping import Strip
from restore.tasks.files import Handling, in_strips, whole
from restore.tasks.sizes import is_large, refuse_too_large

__all__ = ["Restoring"]

UNCERTAINTY_SAMPLES = 8
LOG = logging.getLogger("restore")


@dataclass(frozen=True)
class Restoring:
    """One call.

    Attributes:
        action: What to do.
        ending: What is added to the name of a result beside its photo.
        session: Plugins and console.
        given: The arguments and options, by name.
    """

    action: Action
    ending: str
    session: Session
    given: dict[str, Any]

    def run(self) -> int:
        """Check everything, work, and return the exit code."""
        console = self.session.console
        parameters = validated(self.action, self.given)
        jobs = self._plan().jobs
        if not jobs:
            console.line("Nothing to do.")
            return 0
        self._check_depth(jobs)
        scale = self._value(parameters, self.action.scale) if self.action.scale else 1
        quality, depth = self.given["quality"], self._depth()
        refuse_without_room(jobs, scale=scale, quality=quality, depth=depth)
        masks = {name: self._masks(jobs, name) for name in mask_fields(self.action)}
        beside = self._beside(jobs, parameters)
        engines = self._engines(len(jobs), parameters)

        def work(job: Job, engine: Engine, progress: Progress) -> Report:
            given = self._of_variant(job, parameters)
            whole = bool(masks) or job in beside.maps
            if not whole and (report := self._in_strips(job, engine, progress, given)):
                return report
            from_files = {name: by_job[job] for name, by_job in masks.items()}
            share = beside.share_of_result(job, given)
            result = self._whole(
                job, engine, lambda done, text: progress(share * done, text), given, from_files
            )
            beside.write(job, result, lambda done: progress(share + (1 - share) * done, ""))
            return result.report

        quiet = self.given["json"] and sys.stdout.isatty()
        start = time.perf_counter()
        shared = f"{len(engines)} at a time" if len(engines) > 1 else "one after the other"
        LOG.info("%s, %s", wording.count(len(jobs), "photo"), shared)
        with stop_on_signals() as stop, console.progress(quiet=quiet) as bar:
            outcomes = run_batch(
                jobs,
                work,
                engines,
                stop,
                on_outcome=self._tell,
                on_progress=lambda part, done: bar(
                    part, "stopping …" if stop.is_set() else f"{done} of {len(jobs)}"
                ),
            )
        return self._end(jobs, outcomes, time.perf_counter() - start)

    def _plan(self) -> Plan:
        given = self.given
        if given["overwrite"] and given["skip_existing"]:
            raise ParameterError("--overwrite and --skip-existing contradict each other.")
        masks = [Path(value_of(given, name)) for name in mask_fields(self.action)]
        formats = self.session.plugins.formats()
        found = expand(
            given["photos"], recursive=given["recursive"], without=masks, formats=formats
        )
        plan = make_plan(
            found.photos,
            given["output"],
            self.ending,
            overwrite=given["overwrite"],
            skip_existing=given["skip_existing"],
            page=given["page"],
            variants=given.get("variants") or 0,
            formats=formats,
        )
        for number, why in (
            (found.skipped, "not a photo"),
            (plan.earlier, "the result of an earlier run"),
            (plan.existing, "done already"),
        ):
            if number:
                self.session.console.line(f"Left out {wording.count(number, 'file')}: {why}.")
        return plan

    def _masks(self, jobs: Sequence[Job], name: str) -> dict[Job, Path]:
        mask = Path(value_of(self.given, name))
        formats = self.session.plugins.formats()
        return {job: given_mask(job.source, mask, formats) for job in jobs}

    def _beside(self, jobs: Sequence[Job], parameters: dict[str, Any]) -> Beside:
        if self.action.finds_mask and self.given["mask_out"] is not None:
            check_asked(self.action, bool(self._value(parameters, self.action.finds_mask)))
        return Beside.of(jobs, self.given)

    def _of_variant(self, job: Job, parameters: dict[str, Any]) -> dict[str, Any]:
        return variant(self.action, parameters, job.variant) if job.variant else parameters

    def _value(self, parameters: dict[str, Any], name: str) -> Any:
        return parameters.get(name, self.action.parameters.model_fields[name].default)

    def _engines(self, jobs: int, parameters: dict[str, Any]) -> list[Engine]:
        """Make an engine for each photo at a time; together they use every core once."""
        folders = self.session.plugins.models()
        cores = _cores()
        at_a_time = min(self.given["jobs"], jobs, cores)
        engines = [
            Engine(device=self.given["device"], threads=cores // at_a_time, folders=folders)
            for _ in range(at_a_time)
        ]
        if (model := self.action.parameters.model_fields.get("model")) is not None:
            for engine in engines:
                engine.prior(parameters.get("model", model.default))
        return engines

    def _in_strips(
        self, job: Job, engine: Engine, progress: Progress, parameters: dict[str, Any]
    ) -> Report | None:
        """Restore a photo strip by strip; None if it is small, or the action needs it whole."""
        if not (self.given["strips"] or is_large(job.source)):
            return None
        step = (self.action, parameters)
        return in_strips(step, job.source, job.target, engine, progress, self._handling())

    def _whole(
        self,
        job: Job,
        engine: Engine,
        progress: Progress,
        parameters: dict[str, Any],
        masks: dict[str, Path],
    ) -> Result:
        formats = self.session.plugins.formats()
        scale = self._value(parameters, self.action.scale) if self.action.scale else 1
        refuse_too_large(job.source, scale, strips=self.action.in_strips is not None)
        given = parameters | {name: read(path, formats=formats) for name, path in masks.items()}
        step = (self.action, given)
        (result,) = whole([step], job.source, job.target, engine, progress, self._handling())
        return result

    def _handling(self) -> Handling:
        given = self.given
        return Handling(
            formats=self.session.plugins.formats(),
            transfer=given["transfer"],
            page=given["page"],
            quality=given["quality"],
            depth=self._depth(),
            overwrite=given["overwrite"],
            strip=self._strip(),
            times=given["keep_times"],
            provenance=not given["no_provenance"],
        )

    def _strip(self) -> Strip:
        if self.given["strip_metadata"]:
            return "metadata"
        return "gps" if self.given["strip_gps"] else "nothing"

    def _depth(self) -> Depth | None:
        depths: dict[str, Depth] = {"8": 8, "16": 16, "float": "float"}
        return depths.get(self.given["depth"])

    def _check_depth(self, jobs: Sequence[Job]) -> None:
        """Refuse a depth that the format of a result cannot hold."""
        depth = self._depth()
        for job in jobs:
            target = by_suffix(job.target.suffix)
            if depth is not None and target is not None:
                check_depth(target, depth)

    def _tell(self, outcome: Outcome) -> None:
        job, error = outcome.job, outcome.error
        console = self.session.console
        if outcome.report is not None:
            console.line(wording.success(job.source, job.target, outcome.report))
        elif error is not None:
            console.line(wording.failure(job.source, error))
            if self.session.debug:
                console.line("".join(traceback.format_exception(error)))
        if self.given["json"]:
            print_json(wording.as_json(outcome), indent=None)

    def _end(self, jobs: Sequence[Job], outcomes: Sequence[Outcome], seconds: float) -> int:
        line = self.session.console.line
        errors = [outcome.error for outcome in outcomes if outcome.error is not None]
        done = f"{len(outcomes) - len(errors)} of {wording.count(len(jobs), 'photo')} done"
        if errors and len(jobs) > 1:
            line(wording.failures(outcomes))
        if len(outcomes) < len(jobs):
            line(f"Stopped: {done}. --skip-existing goes on from here.")
            return CancelledError.exit_code
        if len(jobs) > 1:
            line(f"{done} in {wording.seconds(seconds)}.")
        if not errors:
            return 0
        if len(jobs) > 1:
            return BATCH_EXIT_CODE
        return errors[0].exit_code if isinstance(errors[0], RestoreError) else BUG_EXIT_CODE


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
