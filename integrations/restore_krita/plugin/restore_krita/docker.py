"""The docker: choose an action, run it, see how far it is, and compare."""

from __future__ import annotations

from krita import DockWidget, Krita

from .compare import Compare, Silent
from .job import Listener
from .panel import Panel
from .pixels import as_screen
from .qt import QtCore, QtGui, QtWidgets
from .restore_client import RestoreError

__all__ = ["RestoreDocker"]


class RestoreDocker(DockWidget, Listener):
    """Shown in every window; all of them tell of the same run.

    Args:
        runner: `Runner`.
        presets: `Presets`.
    """

    def __init__(self, runner, presets):
        super().__init__()
        self._runner = runner
        self._presets = presets
        self._panel = None
        self.setWindowTitle("Restore")
        self._actions = QtWidgets.QComboBox()
        self._actions.currentIndexChanged.connect(lambda index: self._chosen())
        self._actions.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed
        )
        self._help = _label()
        self._place = QtWidgets.QVBoxLayout()
        self._run = QtWidgets.QPushButton("Run")
        self._run.clicked.connect(lambda checked=False: self._pressed())
        self._bar = QtWidgets.QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._text = _label()
        self._compare = Compare(runner, self.say)
        self._picture = QtWidgets.QLabel()
        self._picture.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self._picture.hide()
        self.setWidget(self._arranged())
        self._idle()
        self._list()
        runner.listen(self)
        self.say(runner.toolkit.fault or presets.fault)

    def _arranged(self):
        """What one always needs at the top, the rest below it, which scrolls."""
        whole, inside = QtWidgets.QWidget(), QtWidgets.QWidget()
        column, scrolled = QtWidgets.QVBoxLayout(whole), QtWidgets.QVBoxLayout(inside)
        column.setContentsMargins(4, 4, 4, 4)
        scrolled.setContentsMargins(0, 0, 4, 0)
        top = QtWidgets.QHBoxLayout()
        top.addWidget(self._actions)
        top.addWidget(self._run)
        column.addLayout(top)
        column.addWidget(self._bar)
        column.addWidget(self._text)
        scrolled.addWidget(self._help)
        scrolled.addLayout(self._place)
        scrolled.addWidget(self._compare)
        scrolled.addWidget(self._picture)
        scrolled.addStretch(1)
        scroll = QtWidgets.QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        column.addWidget(scroll, 1)
        return whole

    def canvasChanged(self, canvas):
        """Krita shows another picture, or none."""
        self._list()

    def choose(self, name):
        """Show this action and come to the front."""
        self._list()
        self._actions.setCurrentIndex(self._actions.findData(name))
        self.setVisible(True)
        self.raise_()

    def recall(self):
        """Show the values that the chosen action was last run with."""
        self._chosen()

    def say(self, text):
        """Show a text under the button."""
        self._text.setText(text)
        self._text.setVisible(bool(text))

    # A run

    def progress(self, fraction, text):
        """Show how far the run is."""
        self._run.setText("Cancel")
        self._bar.setValue(round(1000 * fraction))
        self._bar.show()
        self.say(text[:1].upper() + text[1:])

    def preview(self, image):
        """Show the part that is ready."""
        pixels = as_screen(image)
        stride = 4 * image.width
        whole = QtGui.QImage(
            pixels, image.width, image.height, stride, QtGui.QImage.Format.Format_ARGB32
        )
        side = max(self._picture.parentWidget().width() - 16, 64)
        shown = QtGui.QPixmap.fromImage(whole.copy())
        if shown.width() > side:
            shown = shown.scaledToWidth(side, QtCore.Qt.TransformationMode.SmoothTransformation)
        self._picture.setPixmap(shown)
        self._picture.show()

    def finished(self, finished):
        """Show how the run ended."""
        self._idle()
        self._picture.hide()
        if finished.result is not None:
            self._compare.renew()
            done = "Done in %.1f s." % finished.seconds
            self.say("\n".join([done, *finished.notes]))
        else:
            self.say(finished.error)

    def _idle(self):
        self._run.setText("Run")
        self._bar.setValue(0)
        self._bar.hide()

    def _pressed(self):
        if self._runner.running:
            self.say("Stopping…")
            self._runner.cancel()
            return
        if self._panel is None:
            self.say(self._fault())
            return
        try:
            self._runner.start(self._panel.entry["name"], **self._panel.order())
            self._run.setText("Cancel")
        except RestoreError as error:
            self.say(str(error))

    # Actions

    def _list(self):
        changed = self._runner.toolkit.refresh()
        if not changed and self._actions.count():
            return
        chosen = self._actions.currentData()
        with Silent(self._actions):
            self._actions.clear()
            for entry in self._runner.toolkit.entries:
                self._actions.addItem(entry["label"], entry["name"])
            self._actions.setCurrentIndex(max(self._actions.findData(chosen), 0))
        self._chosen()
        if self._runner.toolkit.fault:
            self.say(self._runner.toolkit.fault)

    def _chosen(self):
        if self._panel is not None:
            self._place.removeWidget(self._panel)
            self._panel.gone = True
            self._panel.deleteLater()
            self._panel = None
        name = self._actions.currentData()
        if name is None:
            self._help.setText("")
            return
        entry = self._runner.toolkit.entry(name)
        self._help.setText(entry.get("help", ""))
        self._panel = Panel(entry, self._presets, self.say)
        panel = self._panel
        panel.strength.valueChanged.connect(lambda value: self._compare.follow(panel))
        panel.strength.sliderReleased.connect(lambda: self._compare.blend(panel))
        self._place.addWidget(self._panel)

    def _fault(self):
        return self._runner.toolkit.fault or "The toolkit has no actions."


def _label():
    label = QtWidgets.QLabel()
    label.setWordWrap(True)
    label.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def dockers():
    """Return the Restore dockers of all windows."""
    return [docker for docker in Krita.instance().dockers() if isinstance(docker, RestoreDocker)]
