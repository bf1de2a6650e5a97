"""A choice of one among few: a row of segments, one tab stop, arrow keys move."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QRadioButton, QSizePolicy, QWidget

from omi_desktop.ui.widgets.flow import Flow

_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class _Segment(QRadioButton):
    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        # Qt chooses what an arrow reaches only if something was chosen before.
        reached = self.window().focusWidget()
        if event.key() in _ARROWS and isinstance(reached, _Segment) and reached.group() is self.group():
            reached.setChecked(True)


class Choice(QWidget):
    """`chosen` carries the value that a person picked; setting it from code is silent."""

    chosen = Signal(str)

    def __init__(self, name: str, options: Sequence[tuple[str, str]], value: str | None = None) -> None:
        """`options` are pairs of value and text."""
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._values = [option for option, _ in options]
        row = Flow(self, spacing=8)
        for index, (_, text) in enumerate(options):
            segment = _Segment(text)
            segment.setProperty("kind", "segment")
            segment.setCursor(Qt.CursorShape.PointingHandCursor)
            segment.setAccessibleName(f"{name}: {text}")
            self._group.addButton(segment, index)
            row.addWidget(segment)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.set_value(value)
        self._group.idToggled.connect(self._on_toggled)

    def value(self) -> str | None:
        """The chosen value, or None."""
        index = self._group.checkedId()
        return self._values[index] if index >= 0 else None

    def set_value(self, value: str | None) -> None:
        """Choose from code; None chooses nothing."""
        blocked = self._group.blockSignals(True)
        checked = self._group.checkedButton()
        if value is not None:
            self._group.button(self._values.index(value)).setChecked(True)
        elif checked is not None:
            self._group.setExclusive(False)
            checked.setChecked(False)
            self._group.setExclusive(True)
        self._group.blockSignals(blocked)
        self._stop_at(self._group.checkedButton() or self._group.button(0))

    def setAccessibleDescription(self, description: str) -> None:
        super().setAccessibleDescription(description)
        for segment in self._group.buttons():
            segment.setAccessibleDescription(description)

    def _stop_at(self, stop: QAbstractButton) -> None:
        """Tab stops at this segment only, from either side. Qt sees to it no sooner than one has had the focus."""
        self.setFocusProxy(stop)
        for segment in self._group.buttons():
            is_stop = segment is stop
            segment.setFocusPolicy(Qt.FocusPolicy.StrongFocus if is_stop else Qt.FocusPolicy.ClickFocus)

    def _on_toggled(self, index: int, checked: bool) -> None:
        if checked:
            self._stop_at(self._group.button(index))
            self.chosen.emit(self._values[index])
