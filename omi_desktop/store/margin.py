"""What a person puts beside the pages of the Library: favourites, notes, files of their own. Never synced.

A page is named as `handbook/first-visit`. It need not be there: new pages come and go, and what is beside one stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, TableClause, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from omi_desktop.domain.clock import is_stamp
from omi_desktop.domain.revision import is_id
from omi_desktop.store.columns import attachment, favourite, page_note

TABLES: Final = (favourite, page_note, attachment)
SUFFIXES: Final = frozenset(
    ("mp4", "m4v", "mov", "webm", "mkv", "avi", "mp3", "m4a", "ogg", "wav", "pdf", "png", "jpg")
)
"""What can be attached: films, sound, documents and pictures; nothing that a desktop would run."""
LONGEST_NOTE: Final = 4000
"""In characters."""
LONGEST_NAME: Final = 255

_PAGE = re.compile(r"(?:handbook|activity|career)/[a-z0-9-]{1,80}")


class Attached(NamedTuple):
    """One row of the table `attachment`."""

    id: str
    page: str
    name: str
    suffix: str
    size: int
    added_at: str
    removed_at: str | None


def favourites(connection: Connection) -> list[str]:
    """The favourite pages, the newest first."""
    c = favourite.c
    return list(connection.execute(select(c.page).order_by(c.added_at.desc(), c.page)).scalars())


def add_favourite(connection: Connection, page: str, added_at: str) -> None:
    """Keep a page at hand; one that is already stays where it is."""
    connection.execute(insert(favourite).values(page=page, added_at=added_at).on_conflict_do_nothing())


def drop_favourite(connection: Connection, page: str) -> None:
    """Let a favourite be a page like others."""
    connection.execute(delete(favourite).where(favourite.c.page == page))


def note_of(connection: Connection, page: str) -> str:
    """What is written beside a page; nothing where there is no note."""
    found = connection.execute(select(page_note.c.text).where(page_note.c.page == page)).scalar()
    return str(found) if found is not None else ""


def put_note(connection: Connection, page: str, text: str, kept_at: str) -> None:
    """Keep a note over the one before; an empty one is no note."""
    if not text:
        connection.execute(delete(page_note).where(page_note.c.page == page))
        return
    row = {"page": page, "text": text, "kept_at": kept_at}
    connection.execute(insert(page_note).values(row).on_conflict_do_update(index_elements=["page"], set_=row))


def attached_to(connection: Connection, page: str) -> list[Attached]:
    """What is attached to a page and was not removed, the oldest first."""
    c = attachment.c
    rows = connection.execute(
        select(attachment).where(c.page == page, c.removed_at.is_(None)).order_by(c.added_at, c.id)
    )
    return _whole(rows)


def removed(connection: Connection) -> list[Attached]:
    """What was removed and whose copy may still be there."""
    rows = connection.execute(select(attachment).where(attachment.c.removed_at.is_not(None)))
    return _whole(rows)


def attach(connection: Connection, row: Attached) -> None:
    """Put down that a file is attached."""
    connection.execute(insert(attachment).values(row._asdict()))


def set_removed(connection: Connection, attachment_id: str, removed_at: str | None) -> None:
    """Remove what is attached, or with None bring it back."""
    c = attachment.c
    connection.execute(update(attachment).where(c.id == attachment_id).values(removed_at=removed_at))


def forget(connection: Connection, attachment_id: str) -> None:
    """The copy of a removed file is gone, and so is its row."""
    c = attachment.c
    connection.execute(delete(attachment).where(c.id == attachment_id, c.removed_at.is_not(None)))


def unite(
    connection: Connection, table: TableClause, rows: Iterable[Mapping[str, Any]], *, is_newer: bool
) -> None:
    """Add what another file has. Where both have something beside the same page, that of the newer file stays.

    What is only in one of them stays too, even if it was taken away meanwhile: bringing a copy back is how a note
    comes back that was deleted by mistake.
    """
    way = "OR REPLACE" if is_newer else "OR IGNORE"
    for row in rows:
        if _IS_WHOLE[table.name](row):
            connection.execute(insert(table).prefix_with(way).values(dict(row)))


def is_page(name: object) -> bool:
    """Whether this can name a page."""
    return isinstance(name, str) and _PAGE.fullmatch(name) is not None


def _whole(rows: Iterable[Sequence[Any]]) -> list[Attached]:
    """A row becomes the name of a file that the desktop opens: after damage it is not taken at its word."""
    found = (Attached(*row) for row in rows)
    return [row for row in found if _is_attachment(row._asdict())]


def _is_favourite(row: Mapping[str, Any]) -> bool:
    return is_page(row["page"]) and is_stamp(row["added_at"])


def _is_note(row: Mapping[str, Any]) -> bool:
    text = row["text"]
    return (
        is_page(row["page"])
        and isinstance(text, str)
        and 1 <= len(text) <= LONGEST_NOTE
        and is_stamp(row["kept_at"])
    )


def _is_attachment(row: Mapping[str, Any]) -> bool:
    name, size = row["name"], row["size"]
    return (
        is_id(row["id"])
        and is_page(row["page"])
        and isinstance(name, str)
        and 1 <= len(name) <= LONGEST_NAME
        and row["suffix"] in SUFFIXES
        and isinstance(size, int)
        and size >= 1
        and is_stamp(row["added_at"])
        and (row["removed_at"] is None or is_stamp(row["removed_at"]))
    )


_IS_WHOLE: Final[dict[str, Callable[[Mapping[str, Any]], bool]]] = {
    "favourite": _is_favourite,
    "page_note": _is_note,
    "attachment": _is_attachment,
}
