"""Tab goes through a form as the eye does. Qt goes by the age of the widgets, and rows are added later."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QWidget


def follow_layout(*roots: QWidget) -> None:
    """Order the tab stops inside some widgets of one window, one after the other, as their layouts order them."""
    window = roots[0].window()
    stops = chain.from_iterable(_stops(root) for root in roots if root.window() is window)
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def _stops(widget: QWidget) -> Iterator[QWidget]:
    # A segment that is not the stop of its choice now may be it later.
    if widget.focusPolicy() & Qt.FocusPolicy.StrongFocus and widget.focusProxy() is None:
        yield widget
    layout = widget.layout()
    if layout is not None:
        yield from _inside(layout)


def _inside(layout: QLayout) -> Iterator[QWidget]:
    for index in range(layout.count()):
        item = layout.itemAt(index)
        widget = item.widget() if item is not None else None
        inner = item.layout() if item is not None else None
        if widget is not None:
            yield from _stops(widget)
        elif inner is not None:
            yield from _inside(inner)
