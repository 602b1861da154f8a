"""Everything that is tried, in the order in which a person would mend it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from restore.errors import RestoreError
from restore.hooks import Action
from restore.testing import dialog, masks, refusals, results, starting, strips, telling
from restore.testing.subject import Subject, Unmet

__all__ = ["CHECKS", "Check"]


@dataclass(frozen=True)
class Check:
    """A promise that hosts count on.

    Attributes:
        function: Tries it on a subject; raises `Unmet`, or lets pass what the action raises.
        applies: Whether the promise is one of this action's.
        of_plugin: Whether it is the whole plugin's, and tried but once.
    """

    function: Callable[[Subject], None]
    applies: Callable[[Action], bool] = lambda action: True
    of_plugin: bool = False

    @property
    def name(self) -> str:
        """What the check is called, such as "strength-blends"."""
        return self.function.__name__.replace("_", "-")

    @property
    def promise(self) -> str:
        """What it tries, one sentence."""
        return (self.function.__doc__ or "").splitlines()[0]

    def __call__(self, subject: Subject) -> None:
        """Try it.

        Raises:
            Unmet: The promise is not kept.
        """
        try:
            self.function(subject)
        except Unmet as fault:
            raise Unmet(f"{fault}\nEvery host counts on this: {self.promise}") from fault
        except RestoreError as error:
            raise Unmet(f"It refused an ordinary photo: {error}\n{self.promise}") from error


def _needs_mask(action: Action) -> bool:
    return action.needs_mask


def _finds_mask(action: Action) -> bool:
    return bool(action.finds_mask)


def _in_strips(action: Action) -> bool:
    return action.in_strips is not None


CHECKS = (
    Check(starting.is_found_by_hosts, of_plugin=True),
    Check(starting.import_is_light, of_plugin=True),
    Check(starting.import_is_quick, of_plugin=True),
    Check(dialog.fields_make_a_dialog),
    Check(dialog.texts_read_well),
    Check(dialog.entry_is_plain),
    Check(results.runs_with_defaults),
    Check(results.depths_agree),
    Check(results.linear_light_agrees),
    Check(results.alpha_and_metadata_stay),
    Check(results.any_size),
    Check(results.strength_blends),
    Check(results.same_parameters_same_pixels),
    Check(results.photo_is_not_written_to),
    Check(results.extremes_are_survived),
    Check(results.report_is_plain),
    Check(telling.progress_rises),
    Check(telling.can_be_stopped),
    Check(refusals.wrong_values_are_refused),
    Check(refusals.every_end_of_the_dialog),
    Check(masks.outside_the_mask_nothing_changes, _needs_mask),
    Check(masks.whole_and_empty_masks, _needs_mask),
    Check(masks.mask_that_is_found, _finds_mask),
    Check(strips.strips_are_the_whole, _in_strips),
    Check(starting.threads_agree),
    Check(starting.another_process_agrees),
)
