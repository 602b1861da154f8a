"""Presets: parameters under a name; some come with the plug-in, the user's own are in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

__all__ = ["BUILT_IN", "Presets"]

BUILT_IN = {
    "denoise": {
        "Faithful": {"noise": "auto", "steps": 1},
        "Natural texture": {"noise": "auto", "steps": 16},
        "Half of it": {"noise": "auto", "steps": 1, "strength": 0.5},
    },
    "clean": {
        "Photo": {"defects": False, "steps": 1},
        "Old print": {"defects": True, "sensitivity": 0.5, "steps": 1},
        "Badly scratched print": {"defects": True, "sensitivity": 0.8, "steps": 1},
    },
    "upscale": {
        "Twice": {"scale": 2, "consistent": True, "steps": 1},
        "Four times": {"scale": 4, "consistent": True, "steps": 1},
        "Four times, noise removed": {"scale": 4, "consistent": False, "steps": 1},
    },
    "inpaint": {
        "Smooth": {"steps": 1},
        "Natural texture": {"steps": 16},
    },
    "deblur": {
        "Soft lens": {"shape": "gaussian", "size": 1.5},
        "Camera shake": {"shape": "motion", "size": 9.0},
        "Out of focus": {"shape": "disc", "size": 4.0},
    },
}
"""By action and name; of parameters that an action does not have, nothing is used."""


class Presets:
    """The presets of all actions.

    Args:
        path: The file of the user's own; it need not exist.

    Attributes:
        fault: Why the user's own could not be read, in words; empty if they could.
    """

    def __init__(self, path):
        self._path = Path(path)
        self.fault = ""
        self._own = self._read()

    def names(self, action):
        """Return the names of what comes with the plug-in, and those of the user's own."""
        own = sorted(self._own.get(action, ()), key=str.casefold)
        return [name for name in BUILT_IN.get(action, ()) if name not in own], own

    def get(self, action, name):
        """Return the parameters of a preset; the user's own goes before one of the same name."""
        own = self._own.get(action, {})
        return dict(own[name] if name in own else BUILT_IN[action][name])

    def save(self, action, name, parameters):
        """Keep a preset of the user's own.

        Raises:
            OSError: The file cannot be written; nothing has changed.
        """
        own = {key: dict(value) for key, value in self._own.items()}
        own.setdefault(action, {})[name] = dict(parameters)
        self._write(own)

    def remove(self, action, name):
        """Forget a preset of the user's own.

        Raises:
            OSError: The file cannot be written; nothing has changed.
        """
        own = {key: dict(value) for key, value in self._own.items()}
        own.get(action, {}).pop(name, None)
        self._write(own)

    def _read(self):
        try:
            told = json.loads(self._path.read_text("utf-8"))
            return {
                str(action): {str(name): dict(values) for name, values in presets.items()}
                for action, presets in told.items()
            }
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.fault = "The presets in %s cannot be read: %s." % (self._path, error.strerror)
        except (ValueError, TypeError, AttributeError):
            kept = self._path.with_suffix(".damaged")
            self.fault = "The presets in %s are damaged; they are kept as %s." % (self._path, kept)
            try:
                os.replace(self._path, kept)
            except OSError:
                self.fault = "The presets in %s are damaged." % self._path
        return {}

    def _write(self, own):
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(own, indent=1, ensure_ascii=False), "utf-8")
        os.replace(new, self._path)
        self._own = own
