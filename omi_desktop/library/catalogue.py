"""The library as the window sees it: what there is, one page of it, and a search over everything."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from omi_desktop.domain.errors import LibraryProblem
from omi_desktop.domain.stages import Nation
from omi_desktop.library import index
from omi_desktop.library.browser import web_page
from omi_desktop.library.drawing import picture
from omi_desktop.library.excerpt import section
from omi_desktop.library.items import (
    KINDS,
    Activity,
    Career,
    Chapter,
    Item,
    Kind,
    Page,
    item_from_json,
    page_from_json,
)
from omi_desktop.library.locate import content_root
from omi_desktop.library.search import Found, Search
from omi_desktop.library.targets import diagrams_of
from omi_desktop.library.wishes import Wish

_log = logging.getLogger(__name__)


class Library:
    """Handbook, activities and career stories. Any thread may call it; values are frozen."""

    def __init__(self, connection: sqlite3.Connection, root: Path, cache: Path) -> None:
        self._root = root
        self._cache = cache
        self._lock = threading.Lock()
        self._is_closed = False
        self._use(connection)

    @classmethod
    def open(cls, cache: Path, root: Path | None = None) -> Library:
        """Open the content that came with the app, with its index in the folder `cache`.

        Takes some milliseconds, or a few hundred after the content changed: not for the window's thread.
        Raises LibraryProblem when there is no content.
        """
        root = root or content_root()
        try:
            return cls(index.open_index(cache, root), root, cache)
        except OSError as error:
            raise LibraryProblem("The handbook can't be read") from error

    def turn_to(self, root: Path, cache: Path) -> None:
        """Go on with the content under another root, with its index in another folder. Whoever reads meanwhile gets the
        one or the other. Raises LibraryProblem, and goes on as before."""
        try:
            connection = index.open_index(cache, root)
        except OSError as error:
            raise LibraryProblem("The new pages can't be read") from error
        with self._lock:
            if self._is_closed:
                connection.close()
                raise LibraryProblem("The library is closed")
            before = self._connection
            self._root, self._cache = root, cache
            self._use(connection)
            before.close()

    def close(self) -> None:
        """Let go of the index."""
        with self._lock:
            self._is_closed = True
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def chapters(self) -> tuple[Chapter, ...]:
        """The handbook in reading order."""
        return cast("tuple[Chapter, ...]", self._items["handbook"])

    def activities(self) -> tuple[Activity, ...]:
        """Activities and resources by title: our own complete ones first, what is over at the end."""
        return cast("tuple[Activity, ...]", self._items["activity"])

    def careers(self) -> tuple[Career, ...]:
        """Career stories by title, what is over at the end."""
        return cast("tuple[Career, ...]", self._items["career"])

    def shelf(self, kind: Kind) -> tuple[Item, ...]:
        """Everything of one kind, in the order of its shelf."""
        return self._items[kind]

    def item(self, kind: Kind, item_id: str) -> Item:
        """One item. Raises LibraryProblem when there is none of that name."""
        for item in self._items[kind]:
            if item.id == item_id:
                return item
        raise LibraryProblem(
            "This page is not in the library", detail="", hint="Search for its title instead."
        )

    def page(self, kind: Kind, item_id: str) -> Page:
        """The page of an item, ready to show, with its pictures. Raises LibraryProblem when there is none of that name.

        The first time a diagram is shown it is drawn, in some 50 ms: not for the window's thread.
        """
        self.item(kind, item_id)
        connection = self._connection
        try:
            page = self._page(kind, item_id)
        except sqlite3.DatabaseError:
            self._heal(connection)
            page = self._page(kind, item_id)
        return replace(page, pictures=self._pictures(page))

    def section(self, kind: Kind, item_id: str, anchor: str) -> Page:
        """One section of a page alone, by the anchor of its heading. Raises LibraryProblem when there is none."""
        return section(self.page(kind, item_id), anchor)

    def web_page(self, kind: Kind, item_id: str) -> Path:
        """A file with the page for a browser, and the others beside it, since pages link to each other.

        Raises LibraryProblem when there is none of that name or it can't be written.
        """
        self.item(kind, item_id)
        try:
            for shelf in KINDS:
                folder = self._cache / "pages" / shelf
                folder.mkdir(parents=True, exist_ok=True)
                for item in self._items[shelf]:
                    text = web_page(self.page(shelf, item.id))
                    (folder / f"{item.id}.html").write_text(text, encoding="utf-8")
        except OSError as error:
            raise LibraryProblem(
                "The page could not be written for your browser", hint="Check that the disk is not full."
            ) from error
        return self._cache / "pages" / kind / f"{item_id}.html"

    def neighbours(self, chapter: str) -> tuple[Chapter | None, Chapter | None]:
        """The chapters before and after, in reading order."""
        chapters = self.chapters()
        here = chapters.index(cast("Chapter", self.item("handbook", chapter)))
        before = chapters[here - 1] if here else None
        return before, chapters[here + 1] if here + 1 < len(chapters) else None

    def search(
        self,
        text: str,
        kinds: Collection[Kind] | None = None,
        limit: int = 30,
        *,
        nation: Nation = Nation.ENGLAND,
        wishes: Sequence[Wish] = (),
    ) -> Found:
        """The best hits first and how the text was read; any text is valid. `wishes`: chosen beside the text."""
        connection = self._connection
        try:
            return self._search.search(text, kinds, limit, nation=nation, wishes=wishes)
        except sqlite3.DatabaseError:
            self._heal(connection)
            return self._search.search(text, kinds, limit, nation=nation, wishes=wishes)

    def matched(self, kind: Kind, item_id: str, text: str, nation: Nation = Nation.ENGLAND) -> frozenset[str]:
        """The words of a page that a search for `text` finds there, in lower case."""
        connection = self._connection
        try:
            return self._search.matched(kind, item_id, text, nation)
        except sqlite3.DatabaseError:
            self._heal(connection)
            return self._search.matched(kind, item_id, text, nation)

    def faults(self) -> tuple[str, ...]:
        """Content files that were left out because something is wrong with them, as `file:line: message`."""
        return self._faults

    def _use(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._items: dict[Kind, tuple[Item, ...]] = {
            "handbook": self._shelf("handbook"),
            "activity": self._shelf("activity"),
            "career": self._shelf("career"),
        }
        self._search = Search(connection, self._lock, self._items)
        self._faults = tuple(text for (text,) in connection.execute("SELECT text FROM fault"))

    def _shelf(self, kind: Kind) -> tuple[Item, ...]:
        rows = self._connection.execute("SELECT place, fields FROM item WHERE kind = ?", (kind,)).fetchall()
        shelf = [(place, item_from_json(kind, fields)) for place, fields in rows]
        shelf.sort(key=lambda entry: (entry[0], entry[1].title.casefold(), entry[1].id))
        return tuple(item for _place, item in shelf)

    def _page(self, kind: Kind, item_id: str) -> Page:
        with self._lock:
            rows = self._connection.execute(
                "SELECT page FROM item WHERE kind = ? AND id = ?", (kind, item_id)
            ).fetchall()
        if not rows:  # There were other pages a moment ago.
            raise LibraryProblem("This page is not in the library", hint="Search for its title instead.")
        return page_from_json(rows[0][0])

    def _pictures(self, page: Page) -> dict[str, bytes]:
        drawn = {
            source: picture(self._root, diagram, self._cache / "pictures")
            for source, diagram in diagrams_of(page.html).items()
        }
        return {source: png for source, png in drawn.items() if png is not None}

    def _heal(self, damaged: sqlite3.Connection) -> None:
        """The cache file went bad under us: go on from memory; the next start writes a new one."""
        with self._lock:
            if self._is_closed:
                raise LibraryProblem("The library is closed")
            if self._connection is damaged:
                _log.warning("the library's index is damaged; it is kept in memory for this run")
                damaged.close()
                self._use(index.in_memory(self._root))
