"""A row that breaks into further rows when its widgets do not fit, as at 200 % text."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class Flow(QLayout):
    """Left to right, each widget at its own size, then the next row.

    `is_top` sets the widgets of a row at its top, as fields want it: a message below one must not move the others.
    """

    def __init__(self, parent: QWidget | None = None, spacing: int = 10, *, is_top: bool = False) -> None:
        super().__init__(parent)
        self._is_top = is_top
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(QMargins())
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        self.invalidate()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), moves=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, moves=True)

    def sizeHint(self) -> QSize:
        shown = self._shown()
        width = sum(item.sizeHint().width() for item in shown) + self.spacing() * max(len(shown) - 1, 0)
        height = max((item.sizeHint().height() for item in shown), default=0)
        return self._grown(QSize(width, height))

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._shown():
            size = size.expandedTo(item.minimumSize())
        return self._grown(size)

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _grown(self, size: QSize) -> QSize:
        if self.isEmpty():
            return QSize()
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _place(self, rect: QRect, *, moves: bool) -> int:
        inside = rect.marginsRemoved(self.contentsMargins())
        rows: list[list[tuple[QLayoutItem, QSize]]] = [[]]
        used = 0
        for item in self._shown():
            size = item.sizeHint().boundedTo(QSize(max(inside.width(), item.minimumSize().width()), 1 << 20))
            if rows[-1] and used + size.width() > inside.width():
                rows.append([])
                used = 0
            rows[-1].append((item, size))
            used += size.width() + self.spacing()
        y = inside.top()
        for row in rows:
            height = max((size.height() for _, size in row), default=0)
            x = inside.left()
            for item, size in row:
                if moves:
                    down = 0 if self._is_top else (height - size.height()) // 2
                    item.setGeometry(QRect(QPoint(x, y + down), size))
                x += size.width() + self.spacing()
            y += height + self.spacing()
        if self.isEmpty():
            return 0  # with nothing in view the margins would stand there as a gap
        margins = self.contentsMargins()
        return max(y - self.spacing() - inside.top(), 0) + margins.top() + margins.bottom()
