"""The search index: one small SQLite file in the cache folder, made from the content and never anything else's home.

It also keeps every item and every rendered page, so only the first start after a change of content reads Markdown.
The file is named by a key of what it was made from. Any trouble with it (damaged, locked, read-only folder) costs
time, not function: the index is then built in memory.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from omi_desktop import __version__
from omi_desktop.library.alike import alike
from omi_desktop.library.items import Activity, Career, Chapter, Item, item_to_json, page_to_json
from omi_desktop.library.read import FOLDERS, Fault, FaultyContent, content_files, read
from omi_desktop.library.wishes import is_complete

if TYPE_CHECKING:
    from markdown_it.token import Token

FILE_NAME = "library.db"

_SCHEMA = """
CREATE TABLE made_from (key TEXT NOT NULL);
CREATE TABLE item (kind TEXT, id TEXT, place INTEGER, fields TEXT, page TEXT, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE fault (text TEXT NOT NULL);
CREATE TABLE word (word TEXT PRIMARY KEY, pages INTEGER, stem TEXT) WITHOUT ROWID;
CREATE VIRTUAL TABLE entry USING fts5(
    title, keywords, summary, body, kind UNINDEXED, id UNINDEXED, alike,
    tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3'
);
INSERT INTO entry (entry, rank) VALUES ('rank', 'bm25(12.0, 6.0, 4.0, 1.0, 0.0, 0.0, 1.0)');
"""
# How the index cuts each word to its stem: asked of FTS5 itself, so that there is no second stemmer to differ from it.
_STEMMING = """
CREATE VIRTUAL TABLE temp.stemming USING fts5(word, tokenize = 'porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE temp.stem USING fts5vocab('temp', 'stemming', 'instance');
INSERT INTO stemming (rowid, word) SELECT row_number() OVER (ORDER BY word), word FROM word;
UPDATE word SET stem = found.term
FROM (SELECT word, term FROM stem JOIN stemming ON stemming.rowid = stem.doc) AS found WHERE found.word = word.word;
DROP TABLE temp.stem;
DROP TABLE temp.stemming;
"""
_WORD = re.compile(r"[^\W_]+")
_log = logging.getLogger(__name__)


def open_index(cache: Path, root: Path) -> sqlite3.Connection:
    """A connection, for reading, to the index of the content under `root`; made anew when anything changed.

    It may be used from any thread, by one at a time. Raises OSError when the content can't be read.
    """
    key = content_key(root)
    file = cache / FILE_NAME
    try:
        if connection := _current(file, key):
            return connection
        _make_file(file, root, key)
        if connection := _current(file, key):
            return connection
    except (OSError, sqlite3.Error) as error:
        _log.warning("the library's index is kept in memory: %s", type(error).__name__)
    return in_memory(root)


def in_memory(root: Path) -> sqlite3.Connection:
    """The same index without a file."""
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    _fill(connection, root, content_key(root))
    return connection


def content_key(root: Path, ours: Path = Path(__file__).parent) -> str:
    """Names everything that the index is made from: the content, and our own code and tables that shape it."""
    digest = hashlib.sha256(f"{__version__} {sqlite3.sqlite_version}".encode())
    files = [path for folder in FOLDERS for path in (root / folder).glob("*.md")]
    for base, paths in ((ours, [*ours.glob("*.py"), *ours.glob("*.txt")]), (root, files)):
        for path in sorted(paths):
            data = path.read_bytes()
            digest.update(f"\n{path.relative_to(base).as_posix()} {len(data)}\n".encode())
            digest.update(data)
    return digest.hexdigest()


def words(text: str) -> list[str]:
    """The words of a text as the index sees them, before stemming: folded, without accents."""
    if text.isascii():
        return _WORD.findall(text.lower())
    folded = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(char for char in folded if not unicodedata.combining(char)))


def _current(file: Path, key: str) -> sqlite3.Connection | None:
    if not file.is_file():
        return None
    # Nobody writes to this file once it has its name, so it needs no locks, and a foreign lock does not stop us.
    address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
    try:
        is_ours = connection.execute("SELECT key FROM made_from").fetchall() == [(key,)]
        if is_ours and connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]:
            return connection
    except sqlite3.Error:
        _log.info("the library's index is damaged and is made anew")
    connection.close()
    return None


def _make_file(file: Path, root: Path, key: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    for left_over in file.parent.glob(f"{FILE_NAME}.*.new"):
        with suppress(OSError):
            left_over.unlink()
    making = file.with_name(f"{FILE_NAME}.{secrets.token_hex(4)}.new")
    try:
        with closing(sqlite3.connect(making, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            _fill(connection, root, key)
        making.replace(file)
    finally:
        making.unlink(missing_ok=True)


def _fill(connection: sqlite3.Connection, root: Path, key: str) -> None:
    # Only here and in the checker: pydantic and the Markdown parser are not needed once the index stands.
    from omi_desktop.library.compose import compose  # noqa: PLC0415
    from omi_desktop.library.markdown import TooDeep, parse, plain_text  # noqa: PLC0415
    from omi_desktop.library.model import to_item  # noqa: PLC0415

    found: dict[str, tuple[Item, list[Token]]] = {}
    faults: list[str] = []
    for kind, path in content_files(root):
        try:
            document = read(path, kind, root)
            item, tokens = to_item(document), parse(document.body)
        except FaultyContent as error:
            faults += map(str, error.faults)
        except TooDeep as error:
            faults.append(f"{path.relative_to(root).as_posix()}:1: {error.title}")
        else:
            if found.setdefault(item.id, (item, tokens))[0] is not item:
                faults.append(str(Fault(document.file, document.line_of("id"), "id is used twice")))
    for fault in faults:
        _log.warning("left out of the library: %s", fault)
    titles = {f"{item.kind}/{item.id}": item.title for item, _tokens in found.values()}
    vocabulary: Counter[str] = Counter()
    connection.executescript(_SCHEMA)
    connection.execute("BEGIN")
    chapters = sorted(
        (one for one, _ in found.values() if isinstance(one, Chapter)), key=lambda one: one.order
    )
    around = {
        one.id: (before, after)
        for before, one, after in zip([None, *chapters], chapters, [*chapters[1:], None], strict=False)
    }
    for item, tokens in found.values():
        page = compose(item, tokens, titles, *around.get(item.id, (None, None)))
        place = _place(item)
        row = (item.kind, item.id, place, item_to_json(item), page_to_json(page))
        connection.execute("INSERT INTO item VALUES (?, ?, ?, ?, ?)", row)
        texts = (item.title, " · ".join(_keywords(item)), item.summary, plain_text(tokens))
        own = words(" ".join(texts))
        also = alike(" ".join(texts), words)
        entry = (*texts, item.kind, item.id, " · ".join(also))
        connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", entry)
        vocabulary.update({*own, *words(" ".join(also))})
    connection.executemany("INSERT INTO word VALUES (?, ?, NULL)", sorted(vocabulary.items()))
    for statement in filter(str.strip, _STEMMING.split(";")):
        connection.execute(statement)
    connection.executemany("INSERT INTO fault VALUES (?)", [(fault,) for fault in faults])
    connection.execute("INSERT INTO entry (entry) VALUES ('optimize')")
    connection.execute("INSERT INTO made_from VALUES (?)", (key,))
    connection.execute("COMMIT")


def _place(item: Item) -> int:
    """Chapters stand in their order, activities that can be used at once before others, what is over at the end."""
    if isinstance(item, Chapter):
        return item.order
    return 2 if item.status in ("historic", "closed") else 0 if is_complete(item) else 1


def _keywords(item: Item) -> Iterable[str]:
    match item:
        case Chapter():
            return (*item.keywords, *item.asked)
        case Activity():
            return (*item.keywords, *item.subjects, item.provider, item.type, *item.place, item.curriculum)
        case Career():
            return (
                *item.keywords, *item.subjects, *item.interests, *item.routes,
                item.person, item.role, item.provider, item.medium, item.stream,
            )  # fmt: skip
