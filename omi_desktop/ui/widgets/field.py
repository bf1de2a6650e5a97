"""A field of a form: its label, its control, a hint, and what is wrong with it."""

from __future__ import annotations

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from omi_desktop.ui import theme
from omi_desktop.ui.widgets import labels


class Field(QWidget):
    """The label names the control for screen readers; hint and fault are its description.

    `widest` is the control's greatest width in pixels at 100 % text; 0 for the whole row.
    """

    def __init__(self, label: str, control: QWidget, hint: str = "", *, widest: int = 0) -> None:
        super().__init__()
        self.control = control
        self._hint = hint
        self._fault = ""
        self.label = labels.strong(label)
        self.label.setBuddy(control)
        self.hint_label = labels.small(hint)
        if not hint:
            self.hint_label.hide()
        self.fault_label = labels.error("")
        self.fault_label.hide()
        control.setAccessibleName(label)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for part in (self.label, control, self.hint_label, self.fault_label):
            column.addWidget(part)
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._describe()
        self._widest = widest
        if widest:
            self._fit()
            theme.current().changed.connect(self._fit)

    @property
    def fault(self) -> str:
        """What is wrong, or nothing."""
        return self._fault

    def set_fault(self, message: str = "") -> None:
        """Say what is wrong with the value, or with no message that it is fine again."""
        self._fault = message
        self.fault_label.setText(message)
        self.fault_label.setVisible(bool(message))
        self.control.setProperty("faulty", bool(message))
        self.control.style().unpolish(self.control)
        self.control.style().polish(self.control)
        self._describe()

    def set_hint(self, hint: str) -> None:
        """Change the hint below the control."""
        self._hint = hint
        self.hint_label.setText(hint)
        self.hint_label.setVisible(bool(hint))
        self._describe()

    def _fit(self) -> None:
        self.control.setMaximumWidth(theme.current().px(self._widest))

    def _describe(self) -> None:
        self.control.setAccessibleDescription(" ".join(part for part in (self._fault, self._hint) if part))
