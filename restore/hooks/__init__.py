"""What a plugin needs: actions, what they can be told, what they return, and the hooks."""

from restore.hooks.action import (
    Action,
    Context,
    Detector,
    Parameters,
    PriorParameters,
    StripWork,
)
from restore.hooks.command import Command
from restore.hooks.host import Host, Installed, Problem, Profile, Toolkit, Verdict
from restore.hooks.mask import Mask, MaskParameters, as_mask
from restore.hooks.report import Check, Report, Result
from restore.hooks.specs import hookimpl, hookspec

__all__ = [
    "Action",
    "Check",
    "Command",
    "Context",
    "Detector",
    "Host",
    "Installed",
    "Mask",
    "MaskParameters",
    "Parameters",
    "PriorParameters",
    "Problem",
    "Profile",
    "Report",
    "Result",
    "StripWork",
    "Toolkit",
    "Verdict",
    "as_mask",
    "hookimpl",
    "hookspec",
]
