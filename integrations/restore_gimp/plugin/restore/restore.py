#!/usr/bin/env python3
"""Filters ▸ Restore in GIMP 3: one procedure and one menu entry for each action of the toolkit.

GIMP starts this file for each call. It has the standard library and GIMP's own modules; the work is
done by the toolkit's worker, which `restore_client` finds or starts. The actions are those that
`restore.json` beside this file tells.
"""

import json
import os
import sys
import traceback
from pathlib import Path

import gi

gi.require_version("Babl", "0.1")
gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
import fields  # noqa: E402
import restore_client  # noqa: E402
import running  # noqa: E402
from gi.repository import Gimp, GLib, GObject  # noqa: E402

PREFIX = "plug-in-restore-"
NOTHING = "plug-in-restore"
"""The procedure that says in words why there are no actions."""

CLOSED = "The window of the image was closed while it was restored: look for it in another one."

MENU = "<Image>/Filters/Restore"


def entries():
    """Return the actions by the names of their procedures; none if `restore.json` is not whole.

    The toolkit itself may be gone meanwhile: the entries stay, and say so when they are chosen.
    """
    beside = Path(__file__).with_name("restore.json")
    path = Path(os.environ.get("RESTORE_EDITOR_INSTALLATION") or beside)
    try:
        told = json.loads(path.read_text("utf-8"))
        return {PREFIX + entry["name"]: entry for entry in told["actions"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def run(procedure, run_mode, image, drawables, config, entry):
    """Carry out one call of a procedure."""
    status = Gimp.PDBStatusType
    window, seen = Gimp.default_display(), []
    try:
        if entry is None:
            return _failed(procedure, _why_nothing())
        work = running.Run(entry, image, drawables)
        if run_mode == Gimp.RunMode.INTERACTIVE:
            import dialog

            accepted, seen = dialog.asked(procedure, config, work)
            if not accepted:
                return procedure.new_return_values(status.CANCEL, GLib.Error())
        placed, notes = work.carry_out(config)
    except restore_client.Cancelled:
        return procedure.new_return_values(status.CANCEL, GLib.Error())
    except restore_client.RestoreError as error:
        return _failed(procedure, str(error))
    except Exception as error:
        traceback.print_exc()
        return _failed(procedure, f"The plug-in failed: {type(error).__name__}: {error}")
    if run_mode != Gimp.RunMode.NONINTERACTIVE:
        _show(placed, [note for note in notes if note not in seen], window)
    values = procedure.new_return_values(status.SUCCESS, GLib.Error())
    values.remove(1)
    values.insert(1, GObject.Value(type(placed), placed))
    return values


def _show(placed, notes, window):
    """Show a result, and notes: a line in the window's status bar if they fit there."""
    if isinstance(placed, Gimp.Image):
        Gimp.Display.new(placed)
    Gimp.displays_flush()
    if window is not None and not window.is_valid():
        notes = [*notes, CLOSED]
    if notes:
        Gimp.message(" ".join(notes))


def _failed(procedure, text):
    """Return what makes GIMP show a text."""
    error = GLib.Error.new_literal(GLib.quark_from_string("restore"), text, 0)
    return procedure.new_return_values(Gimp.PDBStatusType.EXECUTION_ERROR, error)


def _why_nothing():
    try:
        restore_client.load_installation()
    except restore_client.RestoreError as error:
        return str(error)
    return "The toolkit was updated, and this filter has changed or is gone.\nStart GIMP again."


class Restore(Gimp.PlugIn):
    """What GIMP asks for procedures."""

    def do_set_i18n(self, name):
        """Say that there is no catalogue of translations, which keeps GIMP from warning."""
        return False

    def do_query_procedures(self):
        """Return the name of a procedure for each action."""
        return list(entries()) or [NOTHING]

    def do_create_procedure(self, name):
        """Return a procedure; of an action that is gone or has changed, one that says so."""
        known = entries()
        entry = known.get(name)
        procedure = self._procedure(name, entry)
        if entry is None:
            procedure.set_menu_label("_Restore…")
            procedure.add_menu_path(MENU)
            procedure.set_documentation("Says what is missing", None, name)
            return procedure
        labels = [one["label"] for one in known.values()]
        procedure.set_menu_label(fields.mnemonics(labels)[entry["label"]] + "…")
        procedure.add_menu_path(MENU)
        procedure.set_documentation(entry["help"], None, name)
        fields.add_arguments(procedure, entry)
        if entry["scale"]:
            procedure.add_image_return_value("result", "Result", "The new image", False, _FLAGS)
        else:
            procedure.add_layer_return_value(
                "result", "Result", "The layer with the result", False, _FLAGS
            )
        return self._outdated(procedure) or procedure

    def _procedure(self, name, entry):
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, entry)
        procedure.set_image_types("*")
        procedure.set_sensitivity_mask(
            Gimp.ProcedureSensitivityMask.DRAWABLE
            | Gimp.ProcedureSensitivityMask.DRAWABLES
            | Gimp.ProcedureSensitivityMask.NO_DRAWABLES
        )
        procedure.set_attribution("The restore authors", "The restore authors", "2026")
        return procedure

    def _outdated(self, procedure):
        """Return a procedure with the arguments that GIMP knows, if an update has changed them.

        GIMP asks for the arguments when it starts, and would call the new ones with the old values.
        """
        if "-run" not in sys.argv:
            return None
        name = procedure.get_name()
        old = Gimp.get_pdb().lookup_procedure(name).get_arguments()
        new = procedure.get_arguments()
        if [(a.name, a.value_type) for a in old] == [(a.name, a.value_type) for a in new]:
            return None
        changed = self._procedure(name, None)
        for argument in old[len(changed.get_arguments()) :]:
            fields.add_anything(changed, argument.name, argument.value_type.name)
        return changed


_FLAGS = GObject.ParamFlags.READWRITE

Gimp.main(Restore.__gtype__, sys.argv)
