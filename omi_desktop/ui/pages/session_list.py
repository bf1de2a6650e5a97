"""The list of sessions: a model over what was read and a delegate that paints it, quick with thousands of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from omi_desktop.domain.dates import shown_times
from omi_desktop.domain.session import Details, Outcome, PlanDetails
from omi_desktop.services.places import fold
from omi_desktop.services.plans import PlanView
from omi_desktop.services.records import Standing
from omi_desktop.services.sessions import Listing, SessionView
from omi_desktop.ui import fonts, sentences, theme, words
from omi_desktop.ui.tokens import Token

Index = QModelIndex | QPersistentModelIndex
TO_RECORD, COMING_UP, DONE = "To record", "Coming up", "Done"
_ROOT: Final = QModelIndex()


@dataclass(frozen=True, slots=True)
class Item:
    """One session in the list. `haystack` is what the filter looks in."""

    group: str
    record_id: str
    details: Details | PlanDetails
    standing: Standing
    has_draft: bool
    is_removed: bool
    haystack: str

    @property
    def state(self) -> str:
        """The status of the session."""
        if self.group == TO_RECORD:
            return "To record"
        if self.group == COMING_UP:
            return "Planned"
        if self.is_removed:
            return "Removed on one laptop"
        is_off = isinstance(self.details, Details) and self.details.outcome is Outcome.CANCELLED
        return "Cancelled" if is_off else "Recorded"

    @property
    def record(self) -> str:
        """The status of its record."""
        return "Draft kept" if self.has_draft else self.standing.label

    @property
    def who(self) -> str:
        """How many came, or are expected."""
        if isinstance(self.details, PlanDetails):
            return sentences.expected(self.details)
        return sentences.came(self.details)

    def title(self, today: date) -> str:
        """The first line."""
        return f"{sentences.day(self.details.day, today)} · {sentences.where(self.details)}"

    def text(self) -> str:
        """The second line."""
        times = shown_times(self.details.start, self.details.minutes)
        return " · ".join(part for part in (self.who, sentences.what(self.details), times) if part)

    def sentence(self) -> str:
        """The row as one sentence, for screen readers."""
        parts = (
            sentences.when(self.details),
            sentences.where(self.details),
            sentences.what(self.details),
            self.who,
        )
        return f"{', '.join(part for part in parts if part)}. {self.state}. {self.record}."


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a group, and how many are in it."""

    name: str
    count: int


class Items:
    """Makes the rows of a listing. What the filter looks in is worked out once for each version of a session."""

    def __init__(self) -> None:
        self._haystacks: dict[str, str] = {}

    def of(self, listing: Listing, draft_ids: frozenset[str]) -> list[Item]:
        """The rows in the page's order. `draft_ids`: plans whose record was begun and not saved."""
        groups: tuple[tuple[str, Sequence[PlanView | SessionView]], ...] = (
            (TO_RECORD, listing.to_record),
            (COMING_UP, listing.coming_up),
            (DONE, (*listing.disputed, *listing.done)),
        )
        return [self._item(group, view, draft_ids) for group, views in groups for view in views]

    def _item(self, group: str, view: PlanView | SessionView, draft_ids: frozenset[str]) -> Item:
        record = view.record
        haystack = self._haystacks.get(record.head.rev_id)
        if haystack is None:
            haystack = self._haystacks[record.head.rev_id] = _haystack(view.details)
        has_draft = view.record_id in draft_ids
        return Item(
            group, view.record_id, view.details, record.standing, has_draft, record.is_removed, haystack
        )


def _haystack(details: Details | PlanDetails) -> str:
    places = (f"{place.name} {place.town} {place.postcode}" for place in details.places)
    parts = (sentences.when(details), sentences.what(details), details.class_name, details.programme, *places)
    return fold(" ".join(part for part in parts if part))


class SessionModel(QAbstractListModel):
    """Headings and sessions in one list. Headings can't be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._items: Sequence[Item] = ()
        self._rows: list[Item | Heading] = []
        self._filter = ""
        self._today = date.min

    @property
    def is_empty(self) -> bool:
        """Whether no row is shown."""
        return not self._rows

    def show_items(self, items: Sequence[Item], today: date) -> None:
        """Show these sessions."""
        self._items, self._today = items, today
        self._fill()

    def filter(self, text: str) -> None:
        """Show only sessions with words that begin as typed."""
        self._filter = text
        self._fill()

    def item(self, index: Index) -> Item | None:
        """The session in a row."""
        row = self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None
        return row if isinstance(row, Item) else None

    def heading(self, index: Index) -> Heading | None:
        """The heading in a row."""
        row = self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None
        return row if isinstance(row, Heading) else None

    def index_of(self, record_id: str) -> QModelIndex:
        """The row of a session; an invalid index when it is not shown."""
        for at, row in enumerate(self._rows):
            if isinstance(row, Item) and row.record_id == record_id:
                return self.index(at)
        return QModelIndex()

    def first(self) -> QModelIndex:
        """The first session."""
        return self.index(1) if len(self._rows) > 1 else QModelIndex()

    @property
    def today(self) -> date:
        """The day that dates are told from."""
        return self._today

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.item(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        heading = self.heading(index)
        if heading is not None:
            return f"{heading.name}, {words.counted(heading.count, 'session')}"
        item = self.item(index)
        return item.sentence() if item is not None else None

    def _fill(self) -> None:
        wanted = fold(self._filter).split()
        shown = [item for item in self._items if _matches(item.haystack, wanted)] if wanted else self._items
        self.beginResetModel()
        self._rows = []
        for group in (TO_RECORD, COMING_UP, DONE):
            own = [item for item in shown if item.group == group]
            if own:
                self._rows += [Heading(group, len(own)), *own]
        self.endResetModel()


def _matches(haystack: str, wanted: Sequence[str]) -> bool:
    padded = f" {haystack}"
    return all(f" {word}" in padded for word in wanted)


class SessionDelegate(QStyledItemDelegate):
    """Paints headings and sessions. All rows are equally tall, so that thousands cost nothing to lay out."""

    def __init__(self, model: SessionModel) -> None:
        super().__init__(model)
        self._model = model

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        px = theme.current().px
        strong, small = QFontMetrics(_font(fonts.BODY, is_strong=True)), QFontMetrics(_font(fonts.SMALL))
        return QSize(px(200), strong.height() + small.height() + px(24))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        heading = self._model.heading(index)
        item = self._model.item(index)
        area = QRectF(option.rect)
        if heading is not None:
            self._paint_heading(painter, area, heading)
        elif item is not None:
            self._paint_item(painter, area, item, option.state)
        painter.restore()

    def _paint_heading(self, painter: QPainter, area: QRectF, heading: Heading) -> None:
        px = theme.current().px
        inside = area.adjusted(px(14), 0, -px(14), -px(8))
        font = _font(fonts.HEADING, is_strong=True)
        painter.setFont(font)
        painter.setPen(theme.current().colour("text"))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
        painter.drawText(inside, flags, heading.name)
        wide = QFontMetrics(font).horizontalAdvance(heading.name) + px(10)
        painter.setFont(_font(fonts.SMALL))
        painter.setPen(theme.current().colour("muted"))
        painter.drawText(inside.adjusted(wide, 0, 0, -px(1)), flags, f"{heading.count:,}")

    def _paint_item(self, painter: QPainter, area: QRectF, item: Item, state: QStyle.StateFlag) -> None:
        current = theme.current()
        px = current.px
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        card = area.adjusted(px(2), px(2), -px(2), -px(2))
        if is_chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(current.colour("tint" if is_chosen else "sunken"))
            painter.drawRoundedRect(card, 10, 10)
        if is_chosen and state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(current.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(card.adjusted(1, 1, -1, -1), 10, 10)
        if not is_chosen:
            painter.setPen(QPen(current.colour("line"), 1))
            below = QPointF(px(12), 0)
            painter.drawLine(card.bottomLeft() + below, card.bottomRight() - below)
        inside = card.adjusted(px(12), px(8), -px(14), -px(8))
        strong, small = _font(fonts.BODY, is_strong=True), _font(fonts.SMALL)
        right = max(
            QFontMetrics(strong).horizontalAdvance(item.state),
            QFontMetrics(strong).horizontalAdvance(item.record),
        )
        text = inside.adjusted(0, 0, -right - px(18), 0)
        ink = current.colour("on_tint" if is_chosen else "text")
        muted = current.colour("on_tint" if is_chosen else "muted")
        _line(painter, text, strong, ink, item.title(self._model.today), is_top=True)
        _line(painter, text, small, muted, item.text(), is_top=False)
        side = QRectF(inside.right() - right, inside.top(), right, inside.height())
        is_due = item.group == TO_RECORD
        top = current.colour("warning") if is_due else ink
        _line(painter, side, _font(fonts.SMALL, is_strong=True), top, item.state, is_top=True, is_right=True)
        needs = item.standing is Standing.NEEDS_YOU and not item.has_draft
        under = current.colour(_ink(item)) if not is_chosen or needs else muted
        _line(
            painter,
            side,
            _font(fonts.SMALL, is_strong=needs),
            under,
            item.record,
            is_top=False,
            is_right=True,
        )


_INKS: Final[dict[Standing, Token]] = {
    Standing.SAVED: "muted",
    Standing.SYNCED: "accent",
    Standing.NEEDS_YOU: "warning",
}


def _ink(item: Item) -> Token:
    return "muted" if item.has_draft else _INKS[item.standing]


def _line(
    painter: QPainter,
    area: QRectF,
    font: QFont,
    ink: QColor,
    text: str,
    *,
    is_top: bool,
    is_right: bool = False,
) -> None:
    painter.setFont(font)
    painter.setPen(ink)
    shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(area.width()))
    across = Qt.AlignmentFlag.AlignRight if is_right else Qt.AlignmentFlag.AlignLeft
    down = Qt.AlignmentFlag.AlignTop if is_top else Qt.AlignmentFlag.AlignBottom
    painter.drawText(area, across | down, shown)


def _font(pixels: int, *, is_strong: bool = False) -> QFont:
    font = fonts.tabular(fonts.interface_font(theme.current().px(pixels)))
    if is_strong:
        font.setWeight(QFont.Weight.DemiBold)
    return font
