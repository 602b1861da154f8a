"""What holds for all tests."""

import signal

from hypothesis import settings

settings.register_profile("restore", deadline=None)  # a busy machine is no failure
settings.load_profile("restore")

# A shell lets its background jobs ignore Ctrl-C, and so would all processes that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
