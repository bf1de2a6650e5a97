"""Buttons, by kind. An icon follows the theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QPushButton

from omi_desktop.ui import icons, theme
from omi_desktop.ui.tokens import Token

Kind = Literal["primary", "secondary", "quiet", "danger", "nav", "row", "chip"]
_ICON_COLOURS: Final[dict[str, Token]] = {
    "primary": "on_accent",
    "secondary": "text",
    "quiet": "accent",
    "danger": "danger",
    "nav": "muted",
    "row": "accent",
    "chip": "on_tint",
}
ICON_SIDE: Final = 20


class PressedByEnter(QPushButton):
    """Enter presses it, as Space does. Qt leaves that to dialogs and to some desktops."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if not is_enter or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.click()


class Button(PressedByEnter):
    """A push button; `icon_name` is one of `icons.DRAWINGS`."""

    def __init__(
        self,
        text: str,
        kind: Kind = "secondary",
        on_click: Callable[[], object] | None = None,
        *,
        icon_name: str | None = None,
    ) -> None:
        super().__init__(text)
        self._kind = kind
        self._icon_name = icon_name
        self.setProperty("kind", kind)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        if on_click is not None:
            self.clicked.connect(lambda _checked=False: on_click())
        if icon_name is not None:
            self.draw_icon()
            theme.current().changed.connect(self.draw_icon)

    def set_icon(self, icon_name: str | None) -> None:
        """Another icon, or none, on a button that was made with one."""
        self._icon_name = icon_name
        self.setIcon(QIcon())
        self.draw_icon()

    def draw_icon(self) -> None:
        """Draw the icon in the present theme."""
        if self._icon_name is None:
            return
        token = self._icon_token()
        side = theme.current().px(ICON_SIDE)
        self.setIcon(icons.icon(self._icon_name, token, ICON_SIDE))
        self.setIconSize(QSize(side, side))

    def _icon_token(self) -> Token:
        return _ICON_COLOURS[self._kind]


class NavButton(Button):
    """A place in the navigation. Not checkable: screen readers would call it a check box."""

    def __init__(self, text: str, on_click: Callable[[], object], icon_name: str) -> None:
        self.is_here = False
        super().__init__(text, "nav", on_click, icon_name=icon_name)

    def set_here(self, *, is_here: bool) -> None:
        """Show whether this is the place in view."""
        if is_here == self.is_here:
            return
        self.is_here = is_here
        self.setProperty("here", is_here)
        self.setAccessibleDescription("You are here" if is_here else "")
        self.style().unpolish(self)
        self.style().polish(self)
        self.draw_icon()

    def _icon_token(self) -> Token:
        return "on_tint" if self.is_here else "muted"


def primary(
    text: str, on_click: Callable[[], object] | None = None, *, icon_name: str | None = None
) -> Button:
    """The one action that a page is for."""
    return Button(text, "primary", on_click, icon_name=icon_name)


def secondary(
    text: str, on_click: Callable[[], object] | None = None, *, icon_name: str | None = None
) -> Button:
    """Any other action."""
    return Button(text, "secondary", on_click, icon_name=icon_name)


def quiet(text: str, on_click: Callable[[], object] | None = None, *, icon_name: str | None = None) -> Button:
    """An action beside the way, like a link."""
    return Button(text, "quiet", on_click, icon_name=icon_name)


def danger(
    text: str, on_click: Callable[[], object] | None = None, *, icon_name: str | None = None
) -> Button:
    """An action that takes something away."""
    return Button(text, "danger", on_click, icon_name=icon_name)
