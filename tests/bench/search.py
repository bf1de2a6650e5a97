"""A search in the library as the window makes it, against FTS5 alone on the same texts with the same options."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from omi_desktop.library.catalogue import Library
from omi_desktop.library.index import FILE_NAME
from omi_desktop.library.search import PASSED_OVER
from omi_desktop.library.understanding import may_mean
from tests.bench.measuring import Broken, Figure, Found, Settings, Values, column, p50_ms, take_turns

_SEED = 7
_HITS = 30
_MAKE = """CREATE VIRTUAL TABLE entry USING fts5(
    title, keywords, summary, body, kind UNINDEXED, id UNINDEXED, alike,
    tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3'
)"""
_RANK = "INSERT INTO entry (entry, rank) VALUES ('rank', 'bm25(12.0, 6.0, 4.0, 1.0, 0.0, 0.0, 1.0)')"
_ASK = """SELECT kind, id, title, summary, snippet(entry, 3, char(2), char(3), '…', 20), -rank
FROM entry WHERE entry MATCH ? ORDER BY rank LIMIT ?"""
_KINDS = {"word": "one word", "words": "two words", "letters": "the first four letters of a word"}


def measure(settings: Settings) -> Found:
    """The same queries to both, of three kinds."""
    cache = settings.folder / "search"
    with Library.open(cache) as library, closing(_copy(cache / FILE_NAME, cache / "limit.db")) as raw:
        queries = _queries(raw, cache / FILE_NAME, settings.size(200, 10))
        _compare(library, raw, queries)

        def limit() -> Values:
            return {
                kind: p50_ms([partial(_ask, raw, _match(query)) for query in some])
                for kind, some in queries.items()
            }

        def ours() -> Values:
            return {
                kind: p50_ms([partial(library.search, query, None, _HITS) for query in some])
                for kind, some in queries.items()
            }

        limits, our_runs = take_turns(settings, limit, ours)
    return Found(
        [
            Figure(
                f"search.{kind}",
                f"library search for {words}, p50 of {len(queries[kind])}; limit: raw FTS5, same texts and options",
                "ms",
                column(limits, kind),
                column(our_runs, kind),
                goal=1.3,
            )
            for kind, words in _KINDS.items()
        ]
    )


def _copy(index: Path, file: Path) -> sqlite3.Connection:
    """The texts that the library's own index is made of, in an index of our own, opened without locks as that is."""
    with closing(_look_into(index)) as source:
        rows = source.execute("SELECT title, keywords, summary, body, kind, id, alike FROM entry").fetchall()
    with closing(sqlite3.connect(file)) as raw, raw:
        raw.execute(_MAKE)
        raw.execute(_RANK)
        raw.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        raw.execute("INSERT INTO entry (entry) VALUES ('optimize')")
    return _look_into(file)


def _look_into(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)


def _queries(raw: sqlite3.Connection, index: Path, count: int) -> dict[str, Sequence[str]]:
    """Words of the texts, two of the same text, and beginnings: all of them found as they are typed."""
    rng = random.Random(_SEED)
    with closing(_look_into(index)) as source:
        words = [
            word
            for (word,) in source.execute("SELECT word FROM word WHERE length(word) > 4 ORDER BY word")
            if word.isascii() and word.isalpha() and _is_plain(word) and _ask(raw, _match(word))
        ]
        texts = [
            [word for word in words if f" {word} " in f" {body} "]
            for (body,) in source.execute("SELECT body FROM entry ORDER BY id")
        ]
    texts = [text for text in texts if len(text) > 1]
    pairs = (" ".join(rng.sample(text, 2)) for text in rng.choices(texts, k=count * 20))
    beginnings = (word[:4] for word in rng.sample(words, len(words)))
    return {
        "word": rng.sample(words, count),
        "words": [pair for pair in pairs if _ask(raw, _match(pair))][:count],
        "letters": [letters for letters in beginnings if _ask(raw, _match(letters))][:count],
    }


def _is_plain(word: str) -> bool:
    """Whether it is a word to look for, and no wish such as "online"; only its beginning is asked for too."""
    return not may_mean([word]) and not may_mean([word[:4]]) and word not in PASSED_OVER


def _match(query: str) -> str:
    """Every word, the last one as far as it is typed."""
    return " ".join(f'"{word}"' for word in query.split()) + "*"


def _ask(raw: sqlite3.Connection, match: str) -> list[tuple[object, ...]]:
    return raw.execute(_ASK, (match, _HITS)).fetchall()


def _compare(library: Library, raw: sqlite3.Connection, queries: dict[str, Sequence[str]]) -> None:
    for some in queries.values():
        for query in some:
            found = sorted(tuple(hit) for hit in library.search(query, None, _HITS).hits)
            if found != sorted(_ask(raw, _match(query))):
                raise Broken(f"the library and raw FTS5 find different things for {query!r}")
