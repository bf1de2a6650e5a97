"""The year group field of one line: type `8`, `7-11` or `8, 9`; or click one or several."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QWidget

from omi_desktop.domain.stages import Stage
from omi_desktop.ui.record import year_groups
from omi_desktop.ui.record.picker import Option, Picker, Row


class StagePicker(Picker):
    """`taken` carries a tuple of codes. The first click replaces what was chosen, further ones add or take away."""

    def __init__(self, name: str, owner: QWidget) -> None:
        self._stages: Sequence[Stage] = ()
        self._chosen: tuple[str, ...] = ()
        self._is_adding = False
        super().__init__(name, self._find, owner, placeholder="Year group", is_wrapped=True)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The codes of the year groups that are chosen."""
        return self._chosen

    @property
    def typed(self) -> str:
        """Text that was typed and stands for nothing chosen."""
        text = self.line.text()
        return "" if text == year_groups.said(self._chosen) else text

    def offer(self, stages: Sequence[Stage]) -> None:
        """The year groups that the place has."""
        self._stages = stages
        if self.is_open:
            self.open()

    def choose(self, codes: tuple[str, ...], typed: str = "") -> None:
        """Choose from code."""
        self._chosen = codes
        self.show_text(year_groups.said(codes))
        if typed:
            self.line.setText(typed)

    def settle(self) -> None:
        """Take what was typed, if it names a year group; used when the field is left or the form saved."""
        if self.typed.strip():
            self.take_typed()
        elif not self.line.text() and self._chosen:
            self.choose(())
            self.taken.emit(())

    def take(self, option: Option) -> None:
        codes = option.value if isinstance(option.value, tuple) else ()
        self._is_adding = False
        self.choose(codes)
        self.taken.emit(codes)

    def row_of(self, option: Option) -> Row:
        codes = option.value if isinstance(option.value, tuple) else ()
        if len(codes) == 1 and not self.typed and codes[0] in self._chosen:
            return Row(f"✓ {option.text}", f"{option.text}, chosen")
        return super().row_of(option)

    def close(self) -> None:
        super().close()
        self._is_adding = False

    def _on_pressed(self, index: QModelIndex) -> None:
        option = self._options[index.row()]
        codes = option.value if isinstance(option.value, tuple) else ()
        if self.typed or len(codes) != 1:
            self.take(option)
            return
        if not self._is_adding:
            chosen: tuple[str, ...] = codes
        elif codes[0] in self._chosen:
            chosen = tuple(code for code in self._chosen if code != codes[0])
        else:
            known = [stage.code for stage in self._stages]
            chosen = tuple(code for code in known if code in {*self._chosen, *codes})
        self._chosen = chosen
        self._shown = year_groups.said(chosen)
        self.line.setText(self._shown)
        self.open()
        self._is_adding = True
        self.taken.emit(chosen)

    def _find(self, typed: str) -> list[Option]:
        return [
            Option(codes, year_groups.said(codes)) for codes in year_groups.candidates(typed, self._stages)
        ]
