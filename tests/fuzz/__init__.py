"""Files made to break the reader: `make fuzz`, or `python -m tests.fuzz --help`."""
