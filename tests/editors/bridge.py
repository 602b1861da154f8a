"""Runs inside an editor: carries out what the tests ask for, one request at a time.

A request is a file in a folder, a JSON object with the path of a script, the name of a function in
it and its argument; so is the answer. The function may be a generator: each `yield` lets the
editor go on for a moment. Standard library only: the editor's own Python runs it.
"""

import json
import runpy
import sys
import time
import traceback
import types
from pathlib import Path

_ANSWERED = ".answer"
_ASKED = ".request"


def serve(folder, pause=time.sleep):
    """Answer requests until one says to leave; for editors whose scripts have a process."""
    while True:
        for step in answers(folder):
            if step == "leave":
                return
            pause(0.01)
        pause(0.01)


def answers(folder):
    """Take one request, if there is one, and yield whenever the editor may go on."""
    waiting = sorted(Path(folder).glob("*" + _ASKED))
    if not waiting:
        return
    asked = waiting[0]
    request = json.loads(asked.read_text(encoding="utf-8"))
    asked.unlink()
    try:
        value = None if request["script"] is None else _call(request)
        if isinstance(value, types.GeneratorType):
            value = yield from value
        answer = {"value": value}
    except BaseException:
        answer = {"error": traceback.format_exc()}
    partial = asked.with_suffix(".partial-answer")
    partial.write_text(json.dumps(answer), encoding="utf-8")
    partial.replace(asked.with_suffix(_ANSWERED))
    if request["script"] is None:
        yield "leave"


def _call(request):
    folder = str(Path(request["script"]).parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return runpy.run_path(request["script"])[request["function"]](request["argument"])
