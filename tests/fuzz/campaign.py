"""Many mutated files, one after the other, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from restore.photo import FORMATS
from tests.fuzz.mutate import mutated
from tests.fuzz.worker import Worker

__all__ = ["Broken", "Summary", "campaign", "ending"]


@dataclass(frozen=True)
class Broken:
    """A file that broke a promise; its bytes, and how it was to be written."""

    seed: int
    number: int
    data: bytes
    suffix: str
    fault: str


@dataclass
class Summary:
    """What came of the files."""

    read: int = 0
    refused: int = 0
    broken: list[Broken] = field(default_factory=list)
    memory: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        lines = [f"{count:6} {reason}" for reason, count in self.reasons.most_common(25)]
        numbers = ", ".join(str(b.number) for b in self.broken)
        lines += [
            f"{self.read} restored, {self.refused} refused, {len(self.broken)} broken"
            + f" ({numbers})" * bool(numbers),
            f"at most {self.memory / 1e6:.0f} MB for a file",
        ]
        return "\n".join(lines)


def campaign(
    samples: Sequence[bytes],
    seed: int,
    numbers: Iterable[int],
    tell: Callable[[Broken], object] = lambda broken: None,
) -> Summary:
    """Mutate and restore files.

    Args:
        samples: Good files to begin with.
        seed: Of the campaign.
        numbers: Of the files in it.
        tell: Is given each file that breaks a promise, at once.
    """
    summary = Summary()
    with Worker() as worker:
        for number in numbers:
            data, suffix = mutated(samples, seed, number), ending(number)
            verdict = worker.examine(data, suffix)
            summary.memory = max(summary.memory, verdict.memory)
            if verdict.fault:
                broken = Broken(seed, number, data, suffix, verdict.fault)
                summary.broken.append(broken)
                tell(broken)
            elif verdict.refusal:
                summary.refused += 1
                summary.reasons[_kind(verdict.refusal)] += 1
            else:
                summary.read += 1
    return summary


def ending(number: int) -> str:
    """Return the ending that a file is to be written with: each format's in turn."""
    endings = [target.suffixes[0] for target in FORMATS if target.encode]
    return endings[number % len(endings)]


def _kind(refusal: str) -> str:
    """Return a reason without the figures in it."""
    return "".join("0" if letter.isdigit() else letter for letter in refusal)[:100]
