"""Tests in the real editors: `make test-editors`.

Where GIMP and Krita come from is told in `roots`, how they are started in `programs`. A test takes
`gimp` or `krita` and lets it run a function of a script that lies beside the test:

    value = gimp.run(Path(__file__).with_name("script.py"), "main", {"anything": "JSON"})

The script is ordinary code of that editor. The plug-in is in its profile, and starts `toolkit`: the
worker of this checkout with the actions of `tests/plugins/editors.py`. `new_gimp`, `new_krita` and
`new_toolkit` make others, for tests that harm them. `new_gimp(display=new_display())` has a window;
`display.keys`, `.type`, `.click` and `.screenshot` do what a person would. With
RESTORE_EDITORS_ROOT another folder than /var/tmp/restore-editors has the editors, with
RESTORE_EDITORS_SUITE=forky or sid it is GIMP 3.2 or Krita 6.
"""
