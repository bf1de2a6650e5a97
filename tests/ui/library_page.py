"""How a test uses the Library page: it looks, clicks and types as a person does."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListView, QTextBrowser, QWidget

from omi_desktop.ui.pages.library import LibraryPage
from tests.ui.look import find, spoken


class Browser:
    """Stands at the door to the desktop's browser."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.is_there = True

    def open(self, url: object) -> bool:
        self.opened.append(url.toString())  # type: ignore[attr-defined]
        return self.is_there


def titles(view: QListView) -> list[str]:
    model = view.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def click(root: QWidget, view_name: str, title: str) -> None:
    """Click the row that begins so."""
    view = find(root, QListView, view_name)
    row = next(number for number, text in enumerate(titles(view)) if text.startswith(title))
    index = view.model().index(row, 0)
    view.scrollTo(index)
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).topLeft() + QPoint(20, 12)
    )


def reading(page: LibraryPage) -> str:
    """The title of the page that can be read at this moment."""
    readers = [reader for reader in page.findChildren(QTextBrowser) if reader.isVisible()]
    return spoken(readers[0]) if readers and not page.reader.document().isEmpty() else ""


def choose_tab(page: LibraryPage, name: str) -> None:
    tabs = page.shelves.tabs
    assert tabs.isVisible()
    number = next(at for at in range(tabs.count()) if tabs.tabText(at).startswith(name))
    QTest.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(number).center())


def type_search(page: LibraryPage, text: str) -> QLineEdit:
    box = find(page, QLineEdit, "Search the Library")
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    return box
