"""The Qt that this Krita was built with: 5 until 5.2, 5 or 6 from 5.3 on.

Both are spoken to alike: enumerations are always written with their scope, as PyQt6 asks.
"""

try:
    import pykrita

    MAJOR = pykrita.qt_major_version()
except (ImportError, AttributeError):  # before Krita 5.3 nobody asked
    MAJOR = 5

if MAJOR == 6:
    from PyQt6 import QtCore, QtGui, QtWidgets
else:
    from PyQt5 import QtCore, QtGui, QtWidgets

__all__ = ["MAJOR", "QtCore", "QtGui", "QtWidgets", "dock_right", "later"]


def dock_right(base):
    """Return the right side as a place for a docker.

    Args:
        base: Krita's DockWidgetFactoryBase, whose enumeration has a scope with Qt 6 only.
    """
    return getattr(base, "DockPosition", base).DockRight


def later(milliseconds, call):
    """Call something from the event loop after a while."""
    QtCore.QTimer.singleShot(milliseconds, call)
