"""The window with hands: how an act of the tour finds, presses, types and looks."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from queue import Empty, SimpleQueue
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QTextBrowser,
    QWidget,
)

from omi_desktop.ui.picture import save_picture

if TYPE_CHECKING:
    from omi_desktop.app import Running

Script = Generator[Callable[[], bool], None, None]
_Widget = TypeVar("_Widget", bound=QWidget)
_EVERY_MS: Final = 20
_SIZE: Final = QSize(1160, 740)


class Stage(QObject):
    """The window, hands to use it with, and a script that waits for what it yields."""

    def __init__(self, running: Running, pictures: Path, patience_ms: int) -> None:
        super().__init__()
        self.window, self.room, self.syncing = running
        self.has_ended_well = False
        self._pictures = pictures
        self._patience = patience_ms
        self._waited = 0
        self._script: Script | None = None
        self._until: Callable[[], bool] = lambda: True
        self._heard: SimpleQueue[str] = SimpleQueue()
        self._word = ""
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._go_on)
        threading.Thread(target=self._listen, name="tour", daemon=True).start()

    def play(self, script: Script) -> None:
        """Begin. The window closes when the script ends, well or badly."""
        self.window.resize(_SIZE)
        self._script = script
        self._timer.start()

    def _listen(self) -> None:
        for line in sys.stdin:
            self._heard.put(line.strip())

    def _go_on(self) -> None:
        assert self._script is not None  # noqa: S101
        if not self._until():
            self._waited += _EVERY_MS
            if self._waited > self._patience:
                self._end(f"waited in vain in {_where(self._script)}")
            return
        self._waited = 0
        try:
            self._until = next(self._script)
        except StopIteration:
            self.has_ended_well = True
            self._end(None)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is a failed tour
            self._end(f"{type(error).__name__}: {error}")

    def _end(self, failure: str | None) -> None:
        self._timer.stop()
        if failure:
            save_picture(self.window, self._pictures / "failed.png")
            say(failed=failure)
        self.window.close()

    def hears(self) -> bool:
        """Whether the conductor has said something; `word` holds it."""
        try:
            self._word = self._heard.get_nowait()
        except Empty:
            return False
        return True

    @property
    def word(self) -> str:
        """What the conductor said last."""
        return self._word

    def find(self, kind: type[_Widget], name: str, within: QWidget | None = None) -> _Widget | None:
        """A visible control by its accessible name or its text."""
        for widget in (within or self.window).findChildren(kind):
            said = {widget.accessibleName()}
            if isinstance(widget, (QAbstractButton, QLabel)):
                said.add(widget.text())
            if name in said and widget.isVisible():
                return widget
        return None

    def control(self, kind: type[_Widget], name: str, within: QWidget | None = None) -> _Widget:
        """The same, which must be there."""
        found = self.find(kind, name, within)
        if found is None:
            raise LookupError(f"there is no “{name}” in view")
        return found

    def sees(self, text: str) -> bool:
        """Whether these words stand in view."""
        return any(
            text in label.text().replace("\N{NO-BREAK SPACE}", " ")
            for label in self.window.findChildren(QLabel)
            if label.isVisible()
        )

    def reads(self, text: str) -> bool:
        """Whether an open page of the library holds these words."""
        return any(
            text in browser.toPlainText()
            for browser in self.window.findChildren(QTextBrowser)
            if browser.isVisible()
        )

    def click(self, name: str) -> None:
        """Press a button."""
        self.control(QAbstractButton, name).click()

    def keys(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def types(self, text: str) -> None:
        """Type where the focus is."""
        QTest.keyClicks(QApplication.focusWidget() or self.window, text)

    def picture(self, name: str, of: QWidget | None = None) -> None:
        """Write a picture of the window, or of a part of it, as it is."""
        save_picture(of or self.window, self._pictures / f"{name}.png")


def _where(script: object) -> str:
    """The step of a script that waits, however deep."""
    place = "the script"
    while isinstance(script, GeneratorType):
        place = f"{script.__name__}, line {script.gi_frame.f_lineno if script.gi_frame else '?'}"
        script = script.gi_yieldfrom
    return place


def say(**found: Any) -> None:
    """A line for the process that conducts."""
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def checked(step: str, what: str) -> None:
    """A step whose check held."""
    say(step=step, checked=what)
