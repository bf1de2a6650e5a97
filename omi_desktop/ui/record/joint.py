"""Just me, or other ambassadors too: how many, and the code that makes one room count once."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from omi_desktop.domain import join_code
from omi_desktop.ui import fonts
from omi_desktop.ui.record.entry import Entry
from omi_desktop.ui.widgets import buttons, labels
from omi_desktop.ui.widgets.choice import Choice
from omi_desktop.ui.widgets.field import Field
from omi_desktop.ui.widgets.flow import Flow

MISTYPED: Final = "This code is mistyped. Check each character."
FITS: Final = "This code fits."
_THEIRS: Final = "From another laptop."
_WHO = (("me", "Just me"), ("others", "Other ambassadors too"))


class JointSection(QWidget):
    """The panel for other ambassadors; `who_field`, which opens it, stands where the form puts it. The code is made
    when it is first needed and stays the same while the form does."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._my_code = ""
        self.who = Choice("Who was there for STEM", _WHO, "me")
        self.who_field = Field("Just you?", self.who)
        self.ambassadors = QLineEdit()
        self.ambassadors.setMaxLength(4)
        self.ambassadors.setPlaceholderText("2")
        self.ambassadors_field = Field("Ambassadors", self.ambassadors, "Counting you.", widest=120)
        self.my_code = QLineEdit()
        self.my_code.setReadOnly(True)
        self.my_code.setFont(fonts.tabular(self.my_code.font()))
        self.my_code_field = Field("Show this code", self.my_code, "To the others.", widest=150)
        self.their_code = QLineEdit()
        self.their_code.setMaxLength(16)
        self.their_code_field = Field("Or type theirs", self.their_code, _THEIRS, widest=150)
        self.large_button = buttons.secondary("Show it large", self.show_large)
        row = QWidget()
        flow = Flow(row, spacing=18, is_top=True)
        for field in (self.ambassadors_field, self.my_code_field, self.their_code_field):
            flow.addWidget(field)
        large = QWidget()
        Flow(large).addWidget(self.large_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(row)
        column.addWidget(large)
        column.addWidget(
            labels.small("With one code between you, the same young people count once. It needs no network.")
        )
        self.who.chosen.connect(self._on_who)
        self.ambassadors.textEdited.connect(self._on_edited)
        self.their_code.textEdited.connect(self._on_their_code)
        self.hide()

    @property
    def is_joint(self) -> bool:
        """Whether other ambassadors were there."""
        return self.who.value() == "others"

    @property
    def code(self) -> str:
        """This form's own code, once other ambassadors were there."""
        return self._my_code

    def show_entry(self, entry: Entry) -> None:
        """Show what a form holds."""
        self._my_code = entry.my_code
        self.who.set_value("others" if entry.is_joint else "me")
        self.ambassadors.setText(entry.ambassadors)
        self.their_code.setText(entry.their_code)
        self.their_code_field.set_hint(_THEIRS)
        self._arrange()

    def clear_faults(self) -> None:
        """Nothing is wrong any more."""
        self.ambassadors_field.set_fault()
        self.their_code_field.set_fault()

    def _on_who(self, _value: str) -> None:
        self._arrange()
        self.changed.emit()

    def _on_edited(self, _text: str) -> None:
        self.clear_faults()
        self.changed.emit()

    def show_large(self) -> None:
        """Show the code for the others to read across the room."""
        from omi_desktop.ui.dialogs.join_code import JoinCodeDialog  # noqa: PLC0415 -- only when needed

        typed = join_code.normalise(self.their_code.text())
        JoinCodeDialog(typed if join_code.is_valid(typed) else self._my_code, self.window()).open()

    def _on_their_code(self, text: str) -> None:
        """A whole code is judged at once: it must be right while the others are still in the room."""
        self._on_edited(text)
        typed = join_code.normalise(text)
        is_right = join_code.is_valid(typed)
        if not is_right and len(typed) >= join_code.LENGTH:
            self.their_code_field.set_fault(MISTYPED)
        self.their_code_field.set_hint(FITS if is_right else _THEIRS)

    def _arrange(self) -> None:
        if self.is_joint and not self._my_code:
            self._my_code = join_code.make()
        self.my_code.setText(join_code.shown(self._my_code) if self._my_code else "")
        self.setVisible(self.is_joint)
