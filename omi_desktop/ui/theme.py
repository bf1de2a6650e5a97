"""The theme in force: colours, text size, palette and style sheet. Everything visible asks it."""

from __future__ import annotations

from functools import cache
from typing import Final, Literal, get_args

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from omi_desktop.ui import fonts, style_sheet, tokens
from omi_desktop.ui.tokens import Column, Token

Mode = Literal["system", "light", "dark", "contrast"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
SCALES: Final = (1.0, 1.25, 1.5, 1.75, 2.0)
_SCHEMES: Final[dict[Mode, Qt.ColorScheme]] = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
    "contrast": Qt.ColorScheme.Dark,
}


class Theme(QObject):
    """Colours by token and lengths by text size. `changed` says that both must be asked for again."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._mode: Mode = "system"
        self._scale = 1.0
        self._app: QApplication | None = None

    @property
    def mode(self) -> Mode:
        """What the person chose; `system` follows the desktop."""
        return self._mode

    @property
    def scale(self) -> float:
        """Text size, 1.0 to 2.0."""
        return self._scale

    @property
    def column(self) -> Column:
        """The column of the token table in force."""
        if self._mode != "system":
            return self._mode
        return "dark" if desktop_is_dark() else "light"

    def colour(self, token: Token) -> QColor:
        """The colour of a token at this moment."""
        return QColor(tokens.value(token, self.column))

    def px(self, length: float) -> int:
        """A length that grows with the text, from its pixels at 100 %."""
        return round(length * self._scale)

    def apply(self, app: QApplication) -> None:
        """Dress the application; from now on it follows `choose` and the desktop."""
        if self._app is None:
            app.styleHints().colorSchemeChanged.connect(self._follow_desktop)
            app.setStyle("Fusion")
        self._app = app
        self._dress()

    def choose(self, mode: Mode, scale: float) -> None:
        """Take the person's choice; does nothing when it is already in force."""
        scale = min(max(scale, SCALES[0]), SCALES[-1])
        if (mode, scale) == (self._mode, self._scale):
            return
        self._mode, self._scale = mode, scale
        self._dress()
        self.changed.emit()

    def _follow_desktop(self) -> None:
        if self._mode == "system":
            self._dress()
            self.changed.emit()

    def _dress(self) -> None:
        if self._app is None:
            return
        self._app.styleHints().setColorScheme(_SCHEMES[self._mode])  # title bars and the system's own dialogs
        self._app.setPalette(self._palette())
        self._app.setFont(fonts.interface_font(self.px(fonts.BODY)))
        self._app.setStyleSheet(style_sheet.build(self.column, self._scale))

    def _palette(self) -> QPalette:
        palette = QPalette()
        role = QPalette.ColorRole
        parts: tuple[tuple[QPalette.ColorRole, Token], ...] = (
            (role.Window, "page"),
            (role.WindowText, "text"),
            (role.Base, "surface"),
            (role.AlternateBase, "sunken"),
            (role.ToolTipBase, "surface"),
            (role.ToolTipText, "text"),
            (role.PlaceholderText, "muted"),
            (role.Text, "text"),
            (role.Button, "surface"),
            (role.ButtonText, "text"),
            (role.BrightText, "danger"),
            (role.Link, "accent"),
            (role.LinkVisited, "accent"),
            (role.Highlight, "accent"),
            (role.HighlightedText, "on_accent"),
            (role.Accent, "accent"),
            (role.Mid, "line"),
            (role.Dark, "edge"),
        )
        for part, token in parts:
            palette.setColor(part, self.colour(token))
        for part in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, part, self.colour("muted"))
        return palette


def desktop_is_dark() -> bool:
    """What the desktop asks for. A desktop that says nothing is light."""
    return QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark


@cache
def current() -> Theme:
    """The one theme of this run."""
    return Theme()
