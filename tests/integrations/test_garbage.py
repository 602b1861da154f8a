"""Whatever a faulty worker answers, the client returns a result or says in words that it cannot."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restore_editors import restore_client as client
from tests.integrations.impostor import Answer, chunks, frame, http, impostor
from tests.integrations.test_faults import GRAY, HEALTH, IMAGE, PLANE, RUN
from tests.integrations.toolkit import Toolkit

RESULT = {"kind": "result", "image": IMAGE, "report": {"notes": []}, "planes": [PLANE]}
PREVIEW = {"kind": "preview", "image": IMAGE, "x": 0, "y": 0}
GOOD = chunks(
    frame({"kind": "progress", "fraction": 0.5, "text": "half"}),
    frame(PREVIEW, bytes(16)),
    frame(RESULT, bytes(16)),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*RESULT, *IMAGE, *PLANE]), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good answer, some bytes of which are others, missing or new."""
    data = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(data)


@st.composite
def odd(draw: st.DrawFn) -> bytes:
    """Frames whose headers are JSON, and no more than that."""
    known = st.sampled_from([RESULT, PREVIEW, {"kind": "error", "error": {}}])
    headers = draw(st.lists(st.tuples(known, st.dictionaries(st.sampled_from([*RESULT]), JSON))))
    return chunks(*[frame({**good, **bad}, bytes(16)) for good, bad in headers])


@pytest.fixture(scope="module")
def faulty() -> Iterator[tuple[client.Worker, dict[str, Answer]]]:
    """A client, and what its worker answers."""
    answers: dict[str, Answer] = {"/health": http(HEALTH)}
    with tempfile.TemporaryDirectory(prefix="rc-") as folder:
        toolkit = Toolkit(Path(folder) / "t")
        with impostor(toolkit.folder, answers):
            yield toolkit.worker(), answers


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(answer=damaged() | odd())
def test_nothing_but_a_result_or_words(
    faulty: tuple[client.Worker, dict[str, Answer]], answer: bytes
) -> None:
    worker, answers = faulty
    answers[RUN] = answer
    with contextlib.suppress(client.RestoreError):
        outcome = worker.run("same", {}, GRAY, on_progress=show, on_preview=lambda *_: None)
        assert len(outcome.image.data) > 0
        assert all(isinstance(note, str) for note in outcome.notes)


def show(fraction: float, text: str) -> None:
    assert isinstance(fraction, float)
    assert isinstance(text, str)
