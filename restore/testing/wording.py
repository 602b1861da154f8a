"""Texts that people read: sentences, and short names."""

from __future__ import annotations

import re

from restore.errors import RestoreError
from restore.testing.subject import require

__all__ = ["check_refusal", "is_sentence", "is_title"]

LONGEST_SENTENCE = 300
LONGEST_TITLE = 32
_INNARDS = re.compile(r"Traceback|<class |<function | object at 0x|\b\w+Error\b")
"""What belongs into a log."""


def is_sentence(text: object) -> bool:
    """Whether a text begins like a sentence, ends like one, and says nothing of Python."""
    return (
        isinstance(text, str)
        and 0 < len(text) <= LONGEST_SENTENCE
        and not (text[0].isalpha() and text[0].islower())
        and text.rstrip("”)").endswith((".", "!", "?"))
        and not _INNARDS.search(text)
    )


def is_title(text: object) -> bool:
    """Whether a text can stand before a control: short, with a capital, without a full stop."""
    return (
        isinstance(text, str)
        and 0 < len(text.strip()) <= LONGEST_TITLE
        and not text[0].islower()
        and not text.endswith((".", ":"))
    )


def check_refusal(error: RestoreError) -> None:
    """Hold an error to what an editor shows of it: its message, and its hint if it has one.

    Raises:
        Unmet: One of them is no sentence.
    """
    for part, text in (("message", error.message), ("hint", error.hint or "None.")):
        require(
            is_sentence(text),
            f"The {part} of a {type(error).__name__} is no sentence for a person: {text!r}. Begin "
            f"with a capital, end with a full stop, in {LONGEST_SENTENCE} characters, and say what "
            "cannot be done and what to do instead.",
        )
