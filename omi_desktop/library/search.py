"""Search over the library: words and wishes, typed in one line.

What is understood as a wish ("Year 5", "30 minutes", "no kit") chooses among the activities; every other word must be
in the text, the last one as far as it is typed. A word that the library does not have is read as the nearest that it
has. Only plain words take the short way that `tests/bench/search.py` measures.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from omi_desktop.domain.stages import Nation
from omi_desktop.library.alike import others, spell_out
from omi_desktop.library.asked import Questions
from omi_desktop.library.index import words
from omi_desktop.library.items import KINDS, OWN, Chapter, Hit, Item, Kind
from omi_desktop.library.slips import Vocabulary
from omi_desktop.library.understanding import Meaning, Understood, may_mean, understand
from omi_desktop.library.wishes import Wish, doubt, fits

WORD_LIMIT = 12
LETTER_LIMIT = 40
_COMPLETION_LIMIT = 60
_EVERY: Final = 10_000

_SELECT = """
SELECT kind, id, title, summary, snippet(entry, 3, char(2), char(3), '…', 20), -rank
FROM entry WHERE entry MATCH ?1 {kinds} ORDER BY rank LIMIT ?2
"""
_EVERYWHERE = _SELECT.format(kinds="")
_IN_KINDS = _SELECT.format(kinds="AND kind IN (?3, ?4, ?5)")
_COMPLETIONS = "SELECT word FROM word WHERE word >= ?1 AND word < ?1 || char(0x10ffff) LIMIT ?2"
_MATCHED = """
SELECT highlight(entry, 0, char(2), char(3)) || ' ' || highlight(entry, 2, char(2), char(3)) || ' '
    || highlight(entry, 3, char(2), char(3))
FROM entry WHERE entry MATCH ?1 AND kind = ?2 AND id = ?3
"""

_SAYS_NOTHING: Final = """
a about activities activity am an and any anything are at be been but can could did do does doesn doing don find for
from get got had has have he her his how i idea ideas if in is isn it looking many me much my need not of on or our
please resource resources session she should so some something that the their them there they thing things this to us
want was we were what when where which who whose why will with won would you your
"""
PASSED_OVER: Final = frozenset(_SAYS_NOTHING.split())
"""Words that say nothing of what is looked for, while there are others."""
_HARD: Final = frozenset(("years", "ages", "minutes", "kit", "preparation", "type"))
"""Wishes that only an activity can fulfil. "Online" and "free" may as well be words of a chapter."""
_IN_TITLE: Final = 1.6
"""How much more a page counts whose title has every word: BM25 alone prefers short texts to long chapters."""
_IS_TITLE: Final = 3.0
"""How much more a page counts that is called so: "assembly" is the chapter before a job that has it in its name."""
_FEW: Final = 5
_SENTENCE: Final = 3
"""With fewer pages than this for so many words or more, pages that have some of the words follow, at this weight:"""
_SOME: Final = 0.3
_WEIGHTS: Final = {"current": 1.0, "unchecked": 0.9, "historic": 0.5, "closed": 0.3}
_WORDLESS: Final = 9.0
"""Where activities stand that are as wished but have not the other words: last."""
_ASIDE: Final = 1.5
"""Where chapters and careers stand when an activity is wished for: after those that leave one thing unsaid."""
_OF_JOBS: Final = frozenset(("job", "jobs"))
"""Who types these wants careers first, whatever else is wished for."""
_SURELY: Final = 0.4
"""How near a question (`asked`) must be for its chapter to be brought in without having each word of a sentence."""
_EXACTLY: Final = 0.7
"""How near a question with wishes in it must be to go before the activities that are as wished: "What age is P7?"."""
_CONTRACTED: Final = re.compile(r"(?<=\w)['’](?:s|t|m|d|re|ve|ll)\b", re.IGNORECASE)
_COMPLETE: Final = 1.3
"""How much more a page counts that stands here in full: it can be read at once, with the network off."""

Name = tuple[Kind, str]
_HANDBOOK: Final[tuple[Kind, ...]] = ("handbook",)


class Found(NamedTuple):
    """What a search found, and how the typed text was read."""

    hits: list[Hit]
    meanings: tuple[Meaning, ...] = ()
    read_as: tuple[tuple[str, str], ...] = ()
    """Words that the library does not have, and what each was read as."""
    doubts: Mapping[Name, str] = {}
    """Of hits that may not be as wished: what they do not say."""
    instead: tuple[tuple[Wish, int], ...] = ()
    """When no activity is surely as wished: how many are without one of the wishes."""


class _Texts(NamedTuple):
    hits: list[Hit]
    read_as: tuple[tuple[str, str], ...] = ()


class Search:
    """Searches one index; any thread may ask. `lock` is held while the connection is in use."""

    def __init__(
        self, connection: sqlite3.Connection, lock: threading.Lock, items: Mapping[Kind, Sequence[Item]]
    ) -> None:
        self._connection = connection
        self._lock = lock
        self._items: dict[Name, Item] = {(item.kind, item.id): item for kind in KINDS for item in items[kind]}
        self._weights = {name: weight for name, item in self._items.items() if (weight := _weight(item)) != 1}
        self._titles = {name: _forms(words(item.title)) for name, item in self._items.items()}
        self._chapters = [item for item in items["handbook"] if isinstance(item, Chapter)]
        self._vocabulary: Vocabulary | None = None
        self._questions: Questions | None = None

    def search(
        self,
        text: str,
        kinds: Collection[Kind] | None = None,
        limit: int = 30,
        *,
        nation: Nation = Nation.ENGLAND,
        wishes: Sequence[Wish] = (),
    ) -> Found:
        """The best hits first; nothing for a text without a letter or digit.

        Any text is valid. When no item has all the words, items that have some of them are found. `nation` says what
        "Year 8" means; `wishes` are those that were chosen and not typed. Raises sqlite3.DatabaseError when the index
        is damaged.
        """
        text = text[: WORD_LIMIT * LETTER_LIMIT * 4]
        asked = _asked_in(text)
        if not asked or limit < 1 or (kinds is not None and not kinds):
            return Found([])
        is_sentence = len(asked) >= _SENTENCE
        if may_mean(asked):
            understood = understand(text, nation)
            if understood.meanings:
                return self._search_wished(asked, understood, kinds, limit, wishes)
            asked = _looked_for(asked) or asked
        if wishes:
            return self._search_wished(asked, Understood((), text), kinds, limit, wishes)
        sought = asked if PASSED_OVER.isdisjoint(asked) else _looked_for(asked) or asked
        hits, read_as = self._find(sought, kinds, limit, is_sentence=is_sentence)
        answers = self._answering(asked, read_as)
        if answers and is_sentence:
            hits = self._with_answers(hits, sought, kinds, answers)
        return Found(self._weighed(hits, sought, answers)[:limit], (), read_as)

    def matched(self, kind: Kind, item_id: str, text: str, nation: Nation = Nation.ENGLAND) -> frozenset[str]:
        """The words of one page that a search for `text` finds there, in lower case, as they are written."""
        rest = understand(text[: WORD_LIMIT * LETTER_LIMIT * 4], nation).rest
        asked = _looked_for(words(_CONTRACTED.sub("", rest))[:WORD_LIMIT])
        if not asked:
            return frozenset()
        wanted = [f'"{word[:LETTER_LIMIT]}"' for word in asked]
        wanted += [f'"{phrase}"' for phrase in others(_looked_for(_asked_in(rest)), words)]
        with self._lock:
            for number, word in enumerate(asked, 1):
                finished = self._completions(word)
                if number == len(asked):
                    wanted += [f'"{one}"' for one in finished]
                if not finished:
                    wanted += [f'"{one}"' for one in self._nearest(word, is_open=number == len(asked))]
            rows = self._connection.execute(_MATCHED, (" OR ".join(wanted), kind, item_id)).fetchall()
        return frozenset(
            part.partition("\x03")[0].casefold() for (text,) in rows for part in text.split("\x02")[1:]
        )

    def _search_wished(
        self,
        asked: list[str],
        understood: Understood,
        kinds: Collection[Kind] | None,
        limit: int,
        wishes: Sequence[Wish],
    ) -> Found:
        meanings = understood.meanings
        sought = _looked_for(_asked_in(understood.rest))
        if sought or not meanings:
            texts = self._find(sought or asked, kinds, _EVERY, is_sentence=len(asked) >= _SENTENCE)
        else:
            texts = _Texts([_plain_hit(item) for item in self._items.values() if item.kind == "activity"])
        hits = {(hit.kind, hit.id): hit for hit in texts.hits}
        if meanings:
            # A chapter has no year group or time, but may speak of them: there the words count as words.
            with self._lock:
                spoken = self._ask(_all_of(asked), ("handbook", "career"), _EVERY)
            hits |= {(hit.kind, hit.id): hit for hit in spoken}
        typed = [meaning.wish for meaning in meanings]
        every = [*typed, *wishes]
        wanted, whole = _forms(sought or asked), _forms(asked)
        answers = self._answering(asked, texts.read_as)
        for hit in self._with_answers((), asked, kinds, answers):
            hits.setdefault((hit.kind, hit.id), hit)
        is_hard = any(wish.field in _HARD for wish in typed)
        best = max((hit.score for hit in hits.values()), default=0) * _IS_TITLE
        doubts: dict[Name, str] = {}
        ranked: list[tuple[tuple[float, float, int], Hit]] = []
        for name, hit in hits.items():
            item = self._items[name]
            if kinds is not None and hit.kind not in kinds:
                continue
            unsaid = doubt(item, every)
            if unsaid is None:
                continue
            if unsaid:
                doubts[name] = unsaid
            is_named = whole <= self._titles[name] or wanted == self._titles[name]
            group: float = (
                _ASIDE if is_hard and hit.kind != "activity" and not is_named else _unsaid(item, every)
            )
            if hit.kind == "career" and not _OF_JOBS.isdisjoint(sought):
                group = -1
            score = hit.score * self._weights.get(name, 1) * self._named(name, wanted)
            if (near := answers.get(name, 0)) >= _EXACTLY:
                group = -1
            score += near**2 * best
            ranked.append(((group, -score, _spare(item, every)), hit))
        ranked.sort(key=lambda pair: pair[0])
        instead: tuple[tuple[Wish, int], ...] = ()
        if not any(hit.kind == "activity" and hit[:2] not in doubts for _rank, hit in ranked):
            instead = self._without_one(hits, [wish for wish in every if wish.kind == "activity"])
            if meanings and sought and (kinds is None or "activity" in kinds):
                ranked += self._wordless(hits, every, sought, doubts)
        return Found([hit for _rank, hit in ranked[:limit]], meanings, texts.read_as, doubts, instead)

    def _wordless(
        self, hits: Mapping[Name, Hit], wishes: Sequence[Wish], sought: Sequence[str], doubts: dict[Name, str]
    ) -> list[tuple[tuple[float, float, int], Hit]]:
        """Activities that are as wished but have not the words beside the wishes, our own first; each says so."""
        found = []
        for name, item in self._items.items():
            if item.kind == "activity" and name not in hits and doubt(item, wishes) == "":
                doubts[name] = f"Fits, but does not say “{' '.join(sought)}”"
                rank = (_WORDLESS, -self._weights.get(name, 1.0), _spare(item, wishes))
                found.append((rank, _plain_hit(item)))
        return sorted(found, key=lambda pair: pair[0])

    def _without_one(self, hits: Mapping[Name, Hit], wishes: Sequence[Wish]) -> tuple[tuple[Wish, int], ...]:
        activities = [self._items[name] for name in hits if name[0] == "activity"]
        counts = (
            (wish, sum(all(fits(item, other) for other in wishes if other != wish) for item in activities))
            for wish in wishes
        )
        return tuple((wish, count) for wish, count in counts if count)

    def _named(self, name: Name, wanted: frozenset[str]) -> float:
        """How much more a page counts for its title."""
        title = self._titles[name]
        return 1.0 if not wanted <= title else _IS_TITLE if wanted == title else _IN_TITLE

    def _answering(self, asked: Sequence[str], read_as: Sequence[tuple[str, str]]) -> Mapping[Name, float]:
        if self._questions is None:
            with self._lock:
                self._questions = Questions(self._connection, self._chapters, PASSED_OVER)
        meant = dict(read_as)
        return self._questions.answering([meant.get(word, word) for word in asked] if meant else asked)

    def _with_answers(
        self,
        hits: Sequence[Hit],
        sought: Sequence[str],
        kinds: Collection[Kind] | None,
        answers: Mapping[Name, float],
    ) -> list[Hit]:
        """The hits, and the chapters that answer a sentence without having each of its words."""
        there = {hit[:2] for hit in hits}
        missing = {name for name, near in answers.items() if near >= _SURELY and name not in there}
        if not missing or (kinds is not None and "handbook" not in kinds):
            return list(hits)
        with self._lock:
            some = self._ask(_some_of(sought), _HANDBOOK, _EVERY)
        return [*hits, *(hit for hit in some if hit[:2] in missing)]

    def _weighed(self, hits: list[Hit], sought: list[str], answers: Mapping[Name, float]) -> list[Hit]:
        """Hits of plain words in order."""
        weights, wanted = self._weights, _forms(sought)
        scores = []
        for hit in hits:
            name = hit[:2]
            scores.append(hit[5] * weights.get(name, 1.0) * self._named(name, wanted))
        if answers:
            # A long chapter has few points for a word: what it is asked weighs as much as the best page there is.
            best = max(scores, default=0)
            scores = [
                score + answers.get(hit[:2], 0) ** 2 * best for score, hit in zip(scores, hits, strict=True)
            ]
        order = sorted(range(len(hits)), key=scores.__getitem__, reverse=True)
        return [hits[at] for at in order]

    def _find(
        self, asked: Sequence[str], kinds: Collection[Kind] | None, limit: int, *, is_sentence: bool
    ) -> _Texts:
        with self._lock:
            if hits := self._ask(_all_of(asked), kinds, limit):
                return _Texts(self._with_some(hits, asked, kinds, limit) if is_sentence else hits)
            # The index holds stems: "activities" as "activ", which "activit*" misses. So finish the word, then stem.
            ways = [[word[:LETTER_LIMIT]] for word in asked]
            if finished := self._completions(asked[-1]):
                ways[-1] = finished
                if hits := self._ask(_one_way_each(ways), kinds, limit):
                    return _Texts(hits)
            read_as = []
            for number, word in enumerate(asked):
                is_last = number == len(asked) - 1
                if not (finished if is_last else self._completions(word, 1)) and (
                    near := self._nearest(word, is_open=is_last)
                ):
                    ways[number] = [*near, *self._completions(near[0])] if is_last else list(near)
                    read_as.append((word, near[0]))
            if read_as and (hits := self._ask(_one_way_each(ways), kinds, limit)):
                return _Texts(hits, tuple(read_as))
            if len(asked) == 1:
                return _Texts([])
            some = " OR ".join(f'"{way}"' for choice in ways for way in choice)
            return _Texts(self._ask(some, kinds, limit), tuple(read_as))

    def _with_some(
        self, hits: list[Hit], asked: Sequence[str], kinds: Collection[Kind] | None, limit: int
    ) -> list[Hit]:
        """Few pages have every word of a sentence: those that have some follow."""
        if len(hits) >= _FEW:
            return hits
        some = self._ask(_some_of(asked), kinds, limit)
        there = {hit[:2] for hit in hits}
        rest = [hit._replace(score=hit.score * _SOME) for hit in some if hit[:2] not in there]
        return [*hits, *rest][:limit]

    def _completions(self, word: str, limit: int = _COMPLETION_LIMIT) -> list[str]:
        return [found for (found,) in self._connection.execute(_COMPLETIONS, (word[:LETTER_LIMIT], limit))]

    def _nearest(self, word: str, *, is_open: bool) -> tuple[str, ...]:
        if self._vocabulary is None:
            self._vocabulary = Vocabulary(dict(self._connection.execute("SELECT word, pages FROM word")))
        return self._vocabulary.nearest(word[:LETTER_LIMIT], is_open=is_open)

    def _ask(self, match: str, kinds: Collection[Kind] | None, limit: int) -> list[Hit]:
        if kinds is None:
            rows = self._connection.execute(_EVERYWHERE, (match, limit))
        else:
            chosen = [kind if kind in kinds else "" for kind in KINDS]
            rows = self._connection.execute(_IN_KINDS, (match, limit, *chosen))
        return list(map(Hit._make, rows))


def _asked_in(text: str) -> list[str]:
    return words(_CONTRACTED.sub("", spell_out(text)))[:WORD_LIMIT]


def _looked_for(asked: Sequence[str]) -> list[str]:
    return [word for word in asked if word not in PASSED_OVER and not _is_crowd(word)]


def _forms(several: Sequence[str]) -> frozenset[str]:
    """Words without their plural, to compare titles with what is typed."""
    return frozenset(f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s") for word in several)


def _is_crowd(word: str) -> bool:
    """ "For 200" says how many there will be, not what is looked for."""
    return word.isdecimal() and word.isascii() and 20 <= int(word[:5]) < 1000


def _all_of(asked: Sequence[str]) -> str:
    """Every word, the last one as far as it is typed."""
    return " ".join([f'"{word[:LETTER_LIMIT]}"' for word in asked]) + "*"


def _some_of(asked: Sequence[str]) -> str:
    return " OR ".join(f'"{word[:LETTER_LIMIT]}"' for word in asked)


def _one_way_each(ways: Sequence[Sequence[str]]) -> str:
    quoted = ([f'"{way}"' for way in choice] for choice in ways)
    return " AND ".join(f"({' OR '.join(choice)})" for choice in quoted)


def _plain_hit(item: Item) -> Hit:
    return Hit(item.kind, item.id, item.title, item.summary, item.summary, 1.0)


def _weight(item: Item) -> float:
    if isinstance(item, Chapter):
        return _COMPLETE
    return _WEIGHTS[item.status] * (_COMPLETE if item.provider == OWN else 1.0)


def _spare(item: Item, wishes: Sequence[Wish]) -> int:
    """Minutes that an activity leaves of those wished for: the fuller the better."""
    asked = [int(wish.value) for wish in wishes if wish.field == "minutes"]
    minutes = getattr(item, "minutes", None)
    return min(asked) - minutes if asked and minutes is not None else 0


def _unsaid(item: Item, wishes: Sequence[Wish]) -> int:
    return sum(fits(item, wish) is None for wish in wishes)
