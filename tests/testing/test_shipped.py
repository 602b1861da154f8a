"""The actions that ship keep what the kit asks of everybody's."""

from restore.testing import conformance

test_builtin = conformance("restore.tasks.builtin", parameters={"deblur": {"steps": 2}})
test_classic = conformance("restore_classic")
