#!/usr/bin/env python3
"""A plug-in that lives beside GIMP and does what a person does in its windows during a run.

A file beside it says what: "close" the only image, "delete" its layer, or "select" something else.
"""

import sys
from pathlib import Path

import gi

gi.require_version("Gimp", "3.0")
from gi.repository import Gimp, GLib  # noqa: E402

WISH = Path(__file__).with_name("wish")


def live(procedure, config, data):
    procedure.get_plug_in().persistent_enable()
    procedure.persistent_ready()
    GLib.timeout_add(50, look)
    GLib.MainLoop().run()


def look():
    if WISH.exists():
        wish = WISH.read_text()
        WISH.unlink()
        (image,) = Gimp.get_images()
        if wish == "close":
            image.delete()
        elif wish == "delete":
            image.remove_layer(image.get_layers()[0])
        elif wish == "paint":
            image.get_layers()[0].fill(Gimp.FillType.WHITE)
        else:
            image.select_rectangle(Gimp.ChannelOps.REPLACE, 1, 2, 3, 4)
    return True


class Closer(Gimp.PlugIn):
    def do_set_i18n(self, name):
        return False

    def do_query_procedures(self):
        return ["extension-closer"]

    def do_create_procedure(self, name):
        return Gimp.Procedure.new(self, name, Gimp.PDBProcType.PERSISTENT, live, None)


Gimp.main(Closer.__gtype__, sys.argv)
