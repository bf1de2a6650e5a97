"""A window with real services, opened at noon on Tue 24 Nov 2026, and the keys that a person presses in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.session import Activity, Details, PlaceKind
from omi_desktop.domain.stages import Nation
from omi_desktop.services.desk import Desk, Person
from omi_desktop.ui import tasks
from omi_desktop.ui.main_window import MainWindow
from omi_desktop.ui.pages.session import SessionPage
from omi_desktop.ui.pages.sessions import SessionsPage
from omi_desktop.ui.room import Room
from tests.kit import bodies
from tests.kit.clock import SetClock
from tests.kit.library import own_pages
from tests.kit.online import PlayedOnline
from tests.kit.room import room_of
from tests.ui.look import find

TODAY = bodies.TODAY
LAST_WEEK = date(2026, 11, 17)
Until = Callable[[Callable[[], bool]], None]

_NAMED = {
    "Enter": (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier),
    "Down": (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier),
    "Tab": (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier),
    "Shift+Tab": (Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier),
    "Ctrl+Enter": (Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier),
    "Ctrl+R": (Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier),
    "Ctrl+N": (Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier),
    "Alt+D": (Qt.Key.Key_D, Qt.KeyboardModifier.AltModifier),
}


@contextmanager
def opened_room(folder: Path, *, today: SetClock | None = None) -> Iterator[Room]:
    """Asha's desk in a folder; open it again and what was kept is there."""
    changes, clock = Changes(), today or SetClock()
    desk = Desk.open(folder / "profile", clock=clock, changes=changes, app="omi-desktop/test")
    desk.save_person(Person("Asha Patel", Nation.ENGLAND, "Orbit Systems"))
    with own_pages(folder / "cache") as library:
        yield room_of(desk=desk, online=PlayedOnline(changes), library=library, clock=clock, changes=changes)
        _take_down()
    desk.close()


def _take_down() -> None:
    """Close and delete the windows: each that is left is dressed again whenever the theme changes."""
    for window in QApplication.topLevelWidgets():
        if isinstance(window, MainWindow):
            window.close()
            window.deleteLater()
    assert tasks.finish()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def shown_window(room: Room) -> MainWindow:
    """The real window, in view and filled."""
    window = MainWindow()
    window.show()
    QTest.qWaitForWindowExposed(window)
    window.activateWindow()
    window.fill(room)
    return window


class Keys:
    """Presses keys in whatever has the focus, and counts them. Numbers of young people are counted apart."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self.pressed = 0

    def press(self, *names: str) -> None:
        """Press named keys, one keystroke each."""
        for name in names:
            key, modifier = _NAMED[name]
            QTest.keyClick(self._target(), key, modifier)
            self.pressed += 1

    def type(self, text: str) -> None:
        """Type letters, one keystroke each."""
        for letter in text:
            if letter.isascii():
                QTest.keyClicks(self._target(), letter)
            else:  # QTest knows only the keys of an English keyboard
                for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                    event = QKeyEvent(kind, Qt.Key.Key_unknown, Qt.KeyboardModifier.NoModifier, letter)
                    QApplication.sendEvent(self._target(), event)
            self.pressed += 1

    def count(self, number: int) -> None:
        """Type a head count: these keystrokes are nobody's to save."""
        QTest.keyClicks(self._target(), str(number))

    def _target(self) -> QWidget:
        return QApplication.focusWidget() or self._window


def session_page(window: MainWindow) -> SessionPage:
    """The page of one session."""
    page = window.page
    assert isinstance(page, SessionsPage)
    return page.session


def focused_name() -> str:
    """What a screen reader calls the widget with the focus."""
    widget = QApplication.focusWidget()
    return widget.accessibleName() if widget is not None else ""


def field(root: QWidget, name: str) -> QLineEdit:
    """The text field of that name."""
    return find(root, QLineEdit, name)


def says(root: QWidget, text: str) -> bool:
    """Whether a visible label holds a text."""
    return any(text in label.text() for label in root.findChildren(QLabel) if label.isVisible())


def last_week_at_ashby(**changed: object) -> Details:
    """Last Tuesday's class of Year 8 at Ashby Academy: 26 came."""
    return bodies.details(26, day=LAST_WEEK, **changed)


def a_festival() -> Details:
    """A festival last week."""
    place = bodies.ASHBY.__class__(1, "Space Day", PlaceKind.FESTIVAL, Nation.ENGLAND, "Leicester", "LE4 5NS")
    line = bodies.details().young_people[0].__class__(1, ("age.mixed",), 400, is_estimated=True)
    return bodies.details(day=LAST_WEEK, activity=Activity.FESTIVAL, places=(place,), young_people=(line,))
