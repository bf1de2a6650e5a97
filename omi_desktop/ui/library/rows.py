"""A list whose rows say what they lead to: a title, a line or two of text with matches marked, and a few facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent, QTextDocument, QTextOption
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from omi_desktop.library import Activity, Career, Chapter, Hit, Item, Kind
from omi_desktop.library.items import KINDS, Snippet, age_range
from omi_desktop.library.wishes import COMPLETE, Wish, is_complete, label
from omi_desktop.ui import fonts, theme, words

if TYPE_CHECKING:
    from omi_desktop.library import Library
    from omi_desktop.library.search import Found

KIND_NAMES: dict[Kind, str] = {"handbook": "Handbook", "activity": "Activity", "career": "Career story"}
_SIDE, _TOP, _PLAIN_TOP, _STEP = 12, 9, 6, 16
_KEPT_HEIGHTS = 2_000

_NO_TEXT = Snippet("", ())

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list. `above` and `below` are a few words in small type; `text` may have marked ranges.

    `target` is whatever the owner of the list opens. A plain row is quieter; `level` indents it.
    """

    target: str
    title: str
    text: Snippet = _NO_TEXT
    above: str = ""
    below: str = ""
    is_plain: bool = False
    level: int = 0

    @property
    def sentence(self) -> str:
        """The row as a screen reader says it."""
        return ". ".join(
            part.rstrip(".") for part in (self.title, self.above, self.text.text, self.below) if part
        )


def of_item(item: Item, doubt: str = "") -> Row:
    """A row of a shelf. `doubt` is what it leaves unsaid of what was wished for."""
    below = _facts(doubt, _few_facts(item))
    return Row(f"{item.kind}/{item.id}", item.title, Snippet(item.summary, ()), below=below)


def of_hit(hit: Hit, item: Item, doubt: str = "") -> Row:
    """A row of search results."""
    below = _facts(doubt, _few_facts(item)) if isinstance(item, Activity) else ""
    return Row(f"{hit.kind}/{hit.id}", hit.title, hit.snippet, above=KIND_NAMES[hit.kind], below=below)


def of_hits(found: Found, library: Library) -> list[Row]:
    """The rows of what a search found, without what has left the library since."""
    items = {(item.kind, item.id): item for kind in KINDS for item in library.shelf(kind)}
    return [
        of_hit(hit, item, found.doubts.get((hit.kind, hit.id), ""))
        for hit in found.hits
        if (item := items.get((hit.kind, hit.id))) is not None
    ]


def starred(row: Row) -> Row:
    """The row of a favourite, where others stand beside it."""
    return replace(row, below=_facts("Favourite", row.below))


def _few_facts(item: Item) -> str:
    match item:
        case Chapter():
            return words.counted(item.minutes, "minute")
        case Activity():
            complete = label(Wish("activity", "type", COMPLETE)) if is_complete(item) else ""
            ages = f"Ages {age_range(item.ages)}" if item.ages else ""
            time = words.counted(item.minutes, "minute") if item.minutes else ""
            return _facts(complete, ages, time, "Free" if item.cost == "free" else "", _state(item.status))
        case Career():
            length = words.counted(item.minutes, "minute") if item.minutes else ""
            return _facts(item.medium.capitalize(), length, item.provider)


def _state(status: str) -> str:
    return {"historic": "From an earlier year", "closed": "Closed"}.get(status, "")


def _facts(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


class _Rows(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Row, ...] = ()

    def show(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.sentence
            case Qt.ItemDataRole.UserRole:
                return row
        return None


class _Painter(QStyledItemDelegate):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._heights: dict[tuple[Row, int, float], int] = {}

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        look = theme.current()
        state = option.state
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        box = QRectF(option.rect).adjusted(1, 1, -1, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if is_chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(look.colour("tint" if is_chosen else "sunken"))
            painter.drawRoundedRect(box, 10, 10)
        if is_chosen:
            painter.setBrush(look.colour("accent"))
            painter.drawRoundedRect(QRectF(box.left(), box.top() + 10, 3, box.height() - 20), 1.5, 1.5)
        left = _left(index)
        painter.translate(QPoint(int(box.left()) + left, int(box.top()) + _top(index)))
        self._document(index, int(box.width()) - left - look.px(_SIDE)).drawContents(painter)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        look = theme.current()
        view = option.widget
        width = view.viewport().width() if isinstance(view, QListView) else 300
        key = (index.data(Qt.ItemDataRole.UserRole), width, look.scale)
        if key not in self._heights:
            if len(self._heights) > _KEPT_HEIGHTS:
                self._heights.clear()
            document = self._document(index, width - 2 - _left(index) - look.px(_SIDE))
            self._heights[key] = int(document.size().height()) + 2 + 2 * _top(index)
        return QSize(width, self._heights[key])

    def _document(self, index: Index, width: int) -> QTextDocument:
        look = theme.current()
        document = QTextDocument()
        document.setDocumentMargin(0)
        document.setDefaultFont(fonts.interface_font(look.px(fonts.BODY)))
        wrap = QTextOption()
        wrap.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        document.setDefaultTextOption(wrap)
        document.setHtml(_html(index.data(Qt.ItemDataRole.UserRole)))
        document.setTextWidth(max(width, 40))
        return document


def _left(index: Index) -> int:
    return theme.current().px(_SIDE + _STEP * index.data(Qt.ItemDataRole.UserRole).level)


def _top(index: Index) -> int:
    return theme.current().px(_PLAIN_TOP if index.data(Qt.ItemDataRole.UserRole).is_plain else _TOP)


def _html(row: Row) -> str:
    look = theme.current()
    muted, text, accent = (look.colour(token).name() for token in ("muted", "text", "accent"))
    small, weight = look.px(fonts.SMALL), 400 if row.is_plain else 600
    parts = []
    if row.above:
        parts.append(
            f'<div style="color:{accent}; font-size:{look.px(12)}px; font-weight:600">{escape(row.above)}</div>'
        )
    parts.append(f'<div style="color:{text}; font-weight:{weight}">{escape(row.title)}</div>')
    if row.text.text:
        parts.append(f'<div style="color:{muted}; font-size:{small}px">{_marked(row.text, text)}</div>')
    if row.below:
        parts.append(
            f'<div style="color:{muted}; font-size:{look.px(12)}px; margin-top:3px">{escape(row.below)}</div>'
        )
    return "".join(parts)


def _marked(snippet: Snippet, colour: str) -> str:
    parts, at = [], 0
    for start, end in snippet.marks:
        parts.append(escape(snippet.text[at:start]))
        parts.append(f'<b style="color:{colour}">{escape(snippet.text[start:end])}</b>')
        at = end
    return "".join(parts) + escape(snippet.text[at:])


class RowList(QListView):
    """`opened` carries the row that a person chose, and whether it was with the keyboard."""

    opened = Signal(object, bool)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._model = _Rows()
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self))
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setSpacing(0)
        self.clicked.connect(lambda index: self._open(index, is_by_key=False))
        theme.current().changed.connect(self.scheduleDelayedItemsLayout)

    @property
    def rows(self) -> tuple[Row, ...]:
        """What it shows."""
        return self._model.rows

    @property
    def current_row(self) -> Row | None:
        """The row that Enter would open."""
        index = self.currentIndex()
        return self._model.rows[index.row()] if index.isValid() else None

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows; the first becomes current without being opened."""
        self._model.show(rows)
        self.scrollToTop()

    def choose(self, target: str) -> None:
        """Mark the row of what is open; nothing is opened by it."""
        for number, row in enumerate(self._model.rows):
            if row.target == target:
                self.setCurrentIndex(self._model.index(number))
                return
        self.clearSelection()
        self.setCurrentIndex(QModelIndex())

    def step(self, by: int) -> None:
        """Make the next or the previous row current."""
        here = self.currentIndex().row() if self.currentIndex().isValid() else -1 if by > 0 else 0
        count = len(self._model.rows)
        if count:
            self.setCurrentIndex(self._model.index(min(max(here + by, 0), count - 1)))

    def natural_height(self) -> int:
        """The height at which nothing scrolls, in pixels."""
        return (
            sum(self.sizeHintForRow(number) for number in range(len(self.rows))) + 2 * self.frameWidth() + 4
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What is open stays in view when a list beside it takes room."""
        super().resizeEvent(event)
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex(), is_by_key=True)
            return
        super().keyPressEvent(event)

    def _open(self, index: QModelIndex, *, is_by_key: bool) -> None:
        self.opened.emit(index.data(Qt.ItemDataRole.UserRole), is_by_key)
