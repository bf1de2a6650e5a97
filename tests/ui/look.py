"""What an eye and a screen reader would complain about, found by program."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAccessible, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

_CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)


Kind = TypeVar("Kind", bound=QWidget)


def find(root: QWidget, kind: type[Kind], name: str) -> Kind:
    """The one visible widget that a screen reader calls so."""
    found = [widget for widget in root.findChildren(kind) if widget.isVisible() and spoken(widget) == name]
    assert len(found) == 1, f"{len(found)} visible {kind.__name__} called {name!r}"
    return found[0]


def press(root: QWidget, name: str) -> None:
    """Click the button of that name, as a mouse does."""
    QTest.mouseClick(find(root, QAbstractButton, name), Qt.MouseButton.LeftButton)


def write(widget: QWidget, text: str) -> None:
    """Type text; `QTest.keyClicks` knows only ASCII."""
    for letter in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, Qt.Key.Key_unknown, Qt.KeyboardModifier.NoModifier, letter)
            QApplication.sendEvent(widget, event)


def spoken(widget: QObject) -> str:
    """The name of a widget as screen readers get it."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name)


def unnamed(root: QWidget) -> list[str]:
    """The visible controls that have no accessible name."""
    return [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in root.findChildren(QWidget)
        if isinstance(widget, _CONTROLS)
        and widget.isVisible()
        and not widget.objectName().startswith("qt_")
        and widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and not spoken(widget)
    ]


def clipped(root: QWidget) -> list[str]:
    """The visible texts that do not fit their widget."""
    return [
        f"{_text(widget)!r}: {widget.width()}×{widget.height()}"
        for widget in root.findChildren(QWidget)
        if isinstance(widget, QLabel | QAbstractButton)
        and widget.isVisible()
        and _text(widget)
        and not _fits(widget)
    ]


def _text(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""


def _fits(widget: QWidget) -> bool:
    if widget.hasHeightForWidth():
        return widget.height() >= widget.heightForWidth(widget.width()) and widget.width() >= _longest_word(
            widget
        )
    needed = widget.minimumSizeHint()
    return widget.width() >= needed.width() and widget.height() >= needed.height()


def _longest_word(widget: QWidget) -> int:
    metrics = widget.fontMetrics()
    return max(metrics.horizontalAdvance(word) for word in _text(widget).split())
