"""A conformance kit for plugins: what every host counts on, tried on real runs of their actions.

One line in a plugin's tests is enough, for all of its actions:

    from restore.testing import conformance

    test_conformance = conformance("restore_negative")

`restore.testing.table.CHECKS` is the list of what is tried.
"""

from restore.testing.kit import conformance
from restore.testing.photos import sample, spots
from restore.testing.subject import Subject, Unmet, subjects
from restore.testing.table import CHECKS, Check

__all__ = ["CHECKS", "Check", "Subject", "Unmet", "conformance", "sample", "spots", "subjects"]
