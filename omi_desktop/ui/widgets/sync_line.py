"""The sync line: at the foot of every page, how many are waiting and when the last successful sync was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QEnterEvent,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from omi_desktop.domain.online import Link, SyncState
from omi_desktop.ui import fonts, icons, theme, words
from omi_desktop.ui.tokens import Token

_ICON = 18
_PAD = 12
_WIDE = 3000


@dataclass(frozen=True, slots=True)
class SyncWords:
    """What the line says: an icon, its colour, the news, and when the last successful sync was."""

    icon_name: str
    token: Token
    news: str
    last: str

    @property
    def sentence(self) -> str:
        """For screen readers and pictures of the window."""
        said = f"{self.news}. {self.last}." if self.last else f"{self.news}."
        return said.replace("\N{NO-BREAK SPACE}", " ")


def sync_words(state: SyncState) -> SyncWords:
    """The line for a state. It says that all is well only when `SyncState.is_all_well` does."""
    waiting = f"{state.waiting:,} waiting, safe on this laptop" if state.waiting else ""
    ask = _asks(state)
    last = (
        f"Last synced {_unbroken(words.moment(state.last_success))}"
        if state.last_success
        else "Not synced yet"
    )
    if state.is_all_well:
        return SyncWords("cloud_done", "accent", "Everything is synced", last)
    if state.link is Link.STARTING:
        return SyncWords("clock", "muted", "Opening your sessions", "")
    return SyncWords(*_LOOKS[state.link], _joined(_news(state), waiting, ask), last)


_LOOKS: Final[dict[Link, tuple[str, Token]]] = {
    Link.NO_CODE: ("cloud_waiting", "muted"),
    Link.IDLE: ("cloud_waiting", "muted"),
    Link.SYNCING: ("sync", "accent"),
    Link.OFFLINE: ("cloud_off", "muted"),
    Link.TROUBLE: ("cloud_off", "warning"),
    Link.SIGNED_OUT: ("warning", "warning"),
}


def _news(state: SyncState) -> str:
    match state.link:
        case Link.NO_CODE:
            return "Add a code to sync"
        case Link.SYNCING:
            return "Syncing now"
        case Link.OFFLINE:
            return "Offline"
        case Link.TROUBLE:
            return state.problem.title if state.problem is not None else "Not synced"
        case Link.SIGNED_OUT:
            return "Signed out"
        case _:
            return "" if state.waiting or state.needs_you or state.unowned else "Not checked yet"


def _asks(state: SyncState) -> str:
    parts = []
    if state.needs_you:
        parts.append(
            "1 session needs you" if state.needs_you == 1 else f"{state.needs_you:,} sessions need you"
        )
    if state.unowned:
        parts.append(f"{words.counted(state.unowned, 'session')} to claim")
    return ", ".join(parts)


def _unbroken(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _joined(*parts: str) -> str:
    return ". ".join(part for part in parts if part)


def announcement(before: SyncState, after: SyncState) -> str:
    """What a screen reader says unasked: only that all is synced now, or that something new needs the person."""
    if after.needs_you > before.needs_you:
        return _asks(after)
    if after.is_all_well and not before.is_all_well and before.link is not Link.STARTING:
        return sync_words(after).news
    return ""


class SyncLine(QAbstractButton):
    """A button that opens Sync. Its text wraps in the navigation and lies flat at the foot of the window."""

    def __init__(self) -> None:
        super().__init__()
        self._state = SyncState()
        self._words = sync_words(self._state)
        self._is_flat = False
        self._is_here = False
        # Not Fixed: that would hold it to the height of the hint, whose width is not always the one it gets.
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme.current().changed.connect(self.updateGeometry)
        self._describe()

    @property
    def state(self) -> SyncState:
        """What it shows."""
        return self._state

    @property
    def sentence(self) -> str:
        """What it says."""
        return self._words.sentence

    def show_state(self, state: SyncState) -> None:
        """Show another state."""
        if state != self._state:
            spoken = announcement(self._state, state)
            if spoken:
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, spoken))
            self._state = state
            self._words = sync_words(state)
            self._describe()
            self.updateGeometry()
            self.update()

    def set_here(self, *, is_here: bool) -> None:
        """Show whether Sync is the place in view."""
        self._is_here = is_here
        self.setAccessibleDescription("You are here" if is_here else "")
        self.update()

    def lie_flat(self, *, is_flat: bool) -> None:
        """In one row along the foot of a small window."""
        self._is_flat = is_flat
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._text_box(width).height() + 2 * theme.current().px(9)

    def sizeHint(self) -> QSize:
        px = theme.current().px
        width = (
            px(184)
            if not self._is_flat
            else self._left() + px(_PAD) + self._metrics().horizontalAdvance(self._text())
        )
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.current().px(120), self._metrics().height() + 2 * theme.current().px(9))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        current = theme.current()
        px = current.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(
            current.colour("tint" if self._is_here or self.underMouse() or self.isDown() else "sunken")
        )
        painter.drawRoundedRect(self.rect(), 10, 10)
        side = px(_ICON)
        drawn = icons.pixmap(
            self._words.icon_name, current.colour(self._words.token), side, self.devicePixelRatioF()
        )
        box = self._text_box(self.width())
        top = (self.height() - box.height()) // 2
        painter.drawPixmap(px(_PAD), top + (self._metrics().height() - side) // 2, drawn)
        painter.setFont(self._font())
        painter.setPen(current.colour("text"))
        painter.drawText(box.translated(0, top), self._flags(), self._text())
        painter.end()

    def _text(self) -> str:
        joint = " · " if self._is_flat else "\n"
        return joint.join(part for part in (self._words.news, self._words.last) if part)

    def _font(self) -> QFont:
        return fonts.tabular(fonts.interface_font(theme.current().px(fonts.SMALL)))

    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self._font())

    def _flags(self) -> int:
        return int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap)

    def _left(self) -> int:
        return theme.current().px(_PAD + _ICON + 8)

    def _text_box(self, width: int) -> QRect:
        """Where the text stands, from the top, when the line is so wide."""
        left = self._left()
        room = QRect(0, 0, max(width - left - theme.current().px(_PAD), 40), _WIDE)
        box = self._metrics().boundingRect(room, self._flags(), self._text())
        return QRect(left, 0, room.width(), box.height())

    def _describe(self) -> None:
        self.setText(self._words.news)
        self.setAccessibleName(f"Sync. {self._words.sentence}")
        self.setToolTip(self._words.sentence)
