"""A script for the editors that shows that scripts run."""


def main(argument):
    pass


def double(argument):
    return 2 * argument


def later(argument):
    yield
    yield
    return argument


def fail(argument):
    return 1 / 0
