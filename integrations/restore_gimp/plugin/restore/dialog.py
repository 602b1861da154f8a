"""The dialog of an action: its fields, and a preview of a piece at full resolution."""

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
import preview  # noqa: E402
import widgets  # noqa: E402
from gi.repository import GimpUi, Gtk  # noqa: E402

__all__ = ["asked"]


def asked(procedure, config, work):
    """Show the dialog of an action until it is closed.

    Args:
        procedure: The procedure of the action.
        config: Its values, which the dialog sets.
        work: The `Run` that they are for.

    Returns:
        Whether the action shall run, and what its preview has told already.
    """
    GimpUi.init(procedure.get_name())
    dialog = GimpUi.ProcedureDialog.new(procedure, config, work.entry["label"])
    help_button = dialog.get_widget_for_response(Gtk.ResponseType.HELP)
    if help_button is not None:  # GIMP's manual has no page about us
        help_button.hide()
    about = dialog.get_label("about", work.entry["help"], False, False)
    about.set_xalign(0)
    both = Gtk.Box(spacing=18)
    seen = preview.Preview(work, config)
    both.pack_start(seen, False, False, 0)
    both.pack_start(widgets.Rows(config, work.entry), True, True, 0)
    both.show_all()
    content = dialog.fill_box("content", ["about"])
    content.set_orientation(Gtk.Orientation.VERTICAL)
    content.set_spacing(12)
    content.pack_start(both, True, True, 0)
    dialog.fill(["content"])
    try:
        return dialog.run(), seen.notes
    finally:
        seen.close()
        dialog.destroy()
