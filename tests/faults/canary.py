"""Words planted where only the ambassador should find them again, and then looked for everywhere.

A real laptop records, syncs over real HTTP through a relay that keeps every byte, and goes through one error after the
other. Then every file of the laptop and of OMI online, every log and every message is read: raw, inflated, and with
each word as base64, hex, in an address, in JSON or in UTF-16.
"""

from __future__ import annotations

import base64
import gzip
import json
import logging
import random
import shutil
import socket
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import quote

import h11

from omi_desktop.app import _keep_log
from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.errors import OmiError, Refused
from omi_desktop.domain.session import Place
from omi_desktop.domain.stages import Nation
from omi_desktop.domain.trace import describe
from omi_desktop.reports.syncing import report_for_hub
from omi_desktop.services.desk import Desk, Person
from omi_desktop.store.file import FILE_NAME
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens
from omi_desktop.ui import show_error
from tests.faults.prepared import room
from tests.faults.rig import Blind, Broken, Rig
from tests.kit.bodies import details
from tests.kit.centre import running_centre
from tests.kit.clock import SetClock
from tests.kit.cut import Relay
from tests.kit.full_disk import file_size_limit

APP = "omi-desktop/test"
_LOGGERS = ("omi_desktop", "uvicorn", "uvicorn.access", "uvicorn.error", "fastapi", "urllib3", "keyring")


@dataclass
class Canaries:
    """The words, each with the only places where it may be. Letters beyond ASCII and a space tell encodings apart."""

    draft: str
    """Typed and not saved: on the laptop, in the file and its copies."""
    person: str
    """The person's own details: the same."""
    tally: str
    """The key of a tally that is not saved: the same."""
    note: str
    """Beside a page of the Library: the same."""
    text: str
    """Saved and synced: also in messages to OMI online, and there."""
    unsent: str
    """Saved and never sent: in the file and its copies, and sealed in the sync file."""
    mistyped: str
    """Typed in the place of a code: in the one message that tries it."""
    code: str = ""
    """The join code: in the one message that uses it."""
    token: str = ""
    """The sign-in: in the answer that gave it, and then in one header."""
    carry_key: str = ""
    """The key of sync files: in the answer that gave it."""

    @classmethod
    def of(cls, rng: random.Random) -> Canaries:
        """Words that nobody else has."""
        return cls(
            *(
                f"{name}ŵ {rng.randbytes(6).hex()}"
                for name in ("draft", "person", "tally", "note", "text", "unsent", "mistyped")
            )
        )


@dataclass
class Found:
    """Everything that was written or sent, by where: each with how to say it."""

    places: dict[str, bytes] = field(default_factory=dict)

    def add(self, where: str, data: bytes) -> None:
        """Something to read."""
        self.places[where] = self.places.get(where, b"") + data

    def where(self, word: str) -> set[str]:
        """The places that hold a word, in any spelling."""
        wanted = spellings(word)
        return {
            where
            for where, data in self.places.items()
            for text in readings(data)
            if any(w in text for w in wanted)
        }


def spellings(word: str) -> set[bytes]:
    """A word as bytes, in every way that it may be written."""
    raw = word.encode()
    found = {raw, word.encode("utf-16-le"), word.encode("utf-16-be"), json.dumps(word)[1:-1].encode()}
    found |= {
        raw.hex().encode(),
        raw.hex().upper().encode(),
        quote(word).encode(),
        quote(word, safe="").encode(),
    }
    found |= {quote(word).replace("%20", "+").encode(), repr(raw)[2:-1].encode(), ascii(word)[1:-1].encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # Only the letters that depend on the word alone, wherever it begins among three bytes.
            letters = encode(bytes(shift) + raw).rstrip(b"=")
            found.add(letters[(shift * 8 + 5) // 6 : len(letters) - 1])
    return found


def readings(data: bytes) -> Iterator[bytes]:
    """Data as it is, and everything in it that was packed with gzip."""
    yield data
    start = data.find(b"\x1f\x8b\x08")
    while start >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj(31).decompress(data[start:])
        start = data.find(b"\x1f\x8b\x08", start + 1)


class Recorder(Relay):
    """A relay that keeps what it passes, one text for each direction of each connection."""

    def __init__(self, port: int) -> None:
        self.heard: dict[tuple[socket.socket, str], bytearray] = {}
        super().__init__(port)

    def passed(self, source: socket.socket, way: str, data: bytes) -> None:
        """Keep it."""
        self.heard.setdefault((source, way), bytearray()).extend(data)

    def messages(self) -> Iterator[tuple[str, bytes]]:
        """Each message: which it is, and what is in its head and body, inflated."""
        for (_, name), data in list(self.heard.items()):
            yield from _messages(bytes(data), name)


def _messages(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """The HTTP messages of one direction. What can't be read as one is given as it is."""
    connection = h11.Connection(h11.SERVER if name == "up" else h11.CLIENT)
    if name == "down":
        connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
        connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    head, body, what = b"", b"", f"{name} ?"
    with suppress(h11.RemoteProtocolError):
        while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Request):
                what = f"{event.method.decode()} {event.target.decode().partition('?')[0]}"
                yield f"target {what}", event.target
            elif isinstance(event, h11.Response):
                what = f"answer {event.status_code}"
            if isinstance(event, h11.Request | h11.Response):
                for key, value in event.headers:
                    kind = f"header {key.decode()} of {what}"
                    yield kind, value
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                yield f"body of {what}", _inflated(body)
                rest = connection.trailing_data[0]
                if rest:
                    yield from _messages(rest, name)
                return
    yield f"part of {what}", head + body


def _inflated(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


class World:
    """One laptop, OMI online and the wire between them, with a log of everything that either may write."""

    def __init__(self, folder: Path, rng: random.Random, stack: ExitStack) -> None:
        self.rng = rng
        self.words = Canaries.of(rng)
        self.found = Found()
        self.laptop, self.there = folder / "laptop", folder / "centre"
        self.there.mkdir(parents=True)
        stack.enter_context(_logged(folder / "logs", self.laptop / "log"))
        self.centre = stack.enter_context(running_centre(f"sqlite:///{self.there / 'central.db'}"))
        self.wire = stack.enter_context(closing(Recorder(int(self.centre.url.rpartition(":")[2]))))
        self.tokens, self.changes, self.clock = MemoryTokens(), Changes(), SetClock()
        self.desk = Desk.open(self.laptop / "profile", clock=self.clock, changes=self.changes, app=APP)
        stack.callback(self.desk.close)
        self.syncing = Syncing(
            self.desk.store, tokens=self.tokens, clock=self.clock, changes=self.changes, address=self.wire.url
        )
        stack.callback(self.syncing.stop)

    def begin(self) -> None:
        """Sign in, type, count and save."""
        words, desk = self.words, self.desk
        desk.save_person(Person(words.person, Nation.WALES, words.person))
        words.code = self.centre.invite()
        self.syncing.enrol(words.code, "Work laptop")
        words.token, words.carry_key = (
            next(secret for name, secret in self.tokens._kept.items() if name.endswith("/carry") is is_carry)
            for is_carry in (False, True)
        )
        desk.page_notes.put("career/solar-scientist", words.note)
        desk.drafts.keep("record/new", {"class_name": words.draft, "four": {"reflection": words.draft}})
        desk.tally.press(words.tally, "en.y8")
        desk.tally.flush()
        self.save(words.text)
        self.syncing.run_once()

    def save(self, text: str, **more: object) -> None:
        """Record a session."""
        self.desk.sessions.save(details(28, class_name=text, **more))

    def end(self) -> None:
        """Save what is never sent, and write what may be given to others."""
        self.save(self.words.unsent)
        path = self.laptop.parent / "waiting.omisync"
        self.syncing.write_sync_file(path)
        self.found.add("sync file", path.read_bytes())
        report = report_for_hub(
            self.syncing.state(),
            self.syncing.attempts(),
            program=APP,
            device=self.desk.device(),
            at=self.clock.now(),
        )
        self.found.add("report for the hub", report.encode())

    def collect(self, folder: Path) -> None:
        """Read everything; the laptop and the centre have ended."""
        for path in (p for p in folder.rglob("*") if p.is_file()):
            name = str(path.relative_to(folder))
            data = path.read_bytes()
            self.found.add(name, data)
            if data.startswith(b"SQLite format 3\0"):
                self.found.add(name, _every_value(path))
        for where, data in self.wire.messages():
            self.found.add(where, data)


# What goes wrong, each as a person would meet it.


def _signed_out(world: World) -> None:
    kept = dict(world.tokens._kept)
    for name in kept:
        world.tokens.put(name, "nobody's")
    world.save(world.words.text)
    with _failing():
        world.syncing.run_once()
    world.tokens._kept.update(kept)


def _centre_fails(world: World) -> None:
    """A statement with a person's words fails, in a way that nobody foresaw."""
    run = "CREATE TRIGGER broken BEFORE INSERT ON leaf BEGIN SELECT RAISE(ABORT, 'broken'); END"
    with _changed(world.there / "central.db", run, "DROP TRIGGER broken"):
        world.save(world.words.text)
        with suppress(OmiError):
            world.syncing.run_once()


def _centre_without_a_table(world: World) -> None:
    with _changed(
        world.there / "central.db", "ALTER TABLE log RENAME TO gone", "ALTER TABLE gone RENAME TO log"
    ):
        world.save(world.words.text)
        with _failing():
            world.syncing.run_once()


def _cut_off(world: World) -> None:
    world.save(world.words.text)
    world.wire.down = world.rng.randrange(1, 200)
    with _failing():
        world.syncing.run_once()
    world.wire.down = None


def _wrong_code(world: World) -> None:
    with _failing():
        world.syncing.enrol(world.words.mistyped, "Work laptop")


def _refused(world: World) -> None:
    with _failing(Refused):
        world.save(world.words.draft * 100)


def _full_disk(world: World) -> None:
    path = world.laptop / "profile" / FILE_NAME
    with file_size_limit(path.stat().st_size), _failing():
        world.save(world.words.draft, four={"reflection": world.words.draft * 40}, places=_many_places())
        for _ in range(20):
            world.desk.drafts.keep("record/new", {"class_name": world.words.draft * 400})


def _file_without_a_table(world: World) -> None:
    """Our own statement fails, with what was typed in its parameters."""
    path = world.laptop / "profile" / FILE_NAME
    with (
        _changed(path, "ALTER TABLE draft RENAME TO gone", "ALTER TABLE gone RENAME TO draft"),
        _failing(),
    ):
        world.desk.drafts.keep("record/new", {"class_name": world.words.draft})


def _listener_fails(world: World) -> None:
    def fail(_change: Change) -> None:
        raise ValueError(f"{world.words.draft} {world.words.token} {world.words.code}")

    stop = world.changes.listen(fail)
    world.changes.announce(Change(Topic.PERSON))
    stop()


def _crash(world: World) -> None:
    error = KeyError(world.words.draft)
    error.__cause__ = ValueError(world.words.token)
    world.found.add("crash report", describe(error).encode())
    show_error.crash(error)


def _copies(world: World) -> None:
    copy = world.desk.backups.make()
    world.desk.backups.preview(copy)
    world.desk.backups.restore(copy)
    world.found.add("list of copies", repr(world.desk.backups.all()).encode())


def _spoilt_sync_file(world: World) -> None:
    path = world.laptop.parent / "spoilt.omisync"
    world.save(world.words.text)
    world.syncing.write_sync_file(path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with suppress(OmiError):
        world.syncing.take_in_sync_file(path)


TROUBLES: tuple[Callable[[World], None], ...] = (
    _signed_out,
    _centre_fails,
    _centre_without_a_table,
    _cut_off,
    _wrong_code,
    _refused,
    _full_disk,
    _file_without_a_table,
    _listener_fails,
    _crash,
    _copies,
    _spoilt_sync_file,
)


class Canary(Rig):
    """Words planted, and looked for everywhere."""

    name = "canary"
    what = (
        "Planted words, sign-in and code looked for in every file, log and message: only where they must be"
    )
    unit = "places"
    short = 12

    def __enter__(self) -> Self:
        self._open = ExitStack()
        self._room = self._open.enter_context(room(self.folder, self.name))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def trial(self, seed: int) -> Mapping[str, int]:
        """One evening: everything goes wrong once, in an order that the seed decides."""
        rng = random.Random(f"canary {seed}")
        folder = self._room / str(seed)
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            with ExitStack() as running:
                world = World(folder, rng, running)
                world.begin()
                for trouble in rng.sample(TROUBLES, len(TROUBLES)):
                    trouble(world)
                world.syncing.run_once()
                world.end()
            world.collect(folder)
        _judge(world)
        return {"places": len(world.found.places), "errors": len(TROUBLES)}


_FILE = ("laptop/profile/",)
_SYNCED = (*_FILE, "centre/central.db", "body of POST /v1/sync", "body of answer 200")
_MAY_BE: Mapping[str, tuple[str, ...]] = {
    "draft": _FILE,
    "person": _FILE,
    "tally": _FILE,
    "note": _FILE,
    "unsent": _FILE,
    "text": _SYNCED,
    "mistyped": ("body of POST /v1/devices",),
    "code": ("body of POST /v1/devices",),
    "token": ("body of answer 200", "header authorization"),
    "carry_key": ("body of answer 200",),
}
"""Where each may be, by how the name of the place begins."""
_MUST_BE: Mapping[str, str] = {
    "draft": f"laptop/profile/{FILE_NAME}",
    "person": f"laptop/profile/{FILE_NAME}",
    "note": f"laptop/profile/{FILE_NAME}",
    "tally": f"laptop/profile/{FILE_NAME}",
    "unsent": f"laptop/profile/{FILE_NAME}",
    "text": "body of POST /v1/sync",
    "mistyped": "body of POST /v1/devices",
    "code": "body of POST /v1/devices",
    "token": "header authorization of POST /v1/sync",
    "carry_key": "body of answer 200",
}
"""Where each is certain to be: a rig that does not see it there is blind."""


def _judge(world: World) -> None:
    for name, allowed in _MAY_BE.items():
        seen = world.found.where(getattr(world.words, name))
        if _MUST_BE[name] not in seen:
            raise Blind(f"the {name} is not seen in {_MUST_BE[name]}, only in {sorted(seen)}")
        leaks = sorted(where for where in seen if not where.startswith(allowed))
        if leaks:
            raise Broken(f"the {name} is in {', '.join(leaks)}")


@contextmanager
def _failing(kind: type[OmiError] = OmiError) -> Iterator[None]:
    """What must fail, in a way that a person is told of."""
    try:
        yield
    except kind:
        return
    raise Blind("what was to go wrong went well")


@contextmanager
def _changed(path: Path, do: str, undo: str) -> Iterator[None]:
    """A database with something changed in it behind its program's back."""
    for statement in (do, undo):
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as raw:
            raw.execute(statement)
        if statement is do:
            yield


@contextmanager
def _logged(folder: Path, own: Path) -> Iterator[None]:
    """The program's own log at its most talkative, and beside it all that the libraries and the centre say."""
    folder.mkdir(parents=True)
    handler = logging.FileHandler(folder / "everything.log", encoding="utf-8")
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(each.level, list(each.handlers), each.propagate) for each in loggers]
    _keep_log(own, is_debug=True)
    for each in loggers:
        each.setLevel(logging.DEBUG)
        each.addHandler(handler)
    try:
        yield
    finally:
        for each, (level, handlers, propagate) in zip(loggers, before, strict=True):
            for added in [h for h in each.handlers if h not in handlers]:
                each.removeHandler(added)
                added.close()
            each.setLevel(level)
            each.propagate = propagate


def _every_value(path: Path) -> bytes:
    """All values of a database, each whole: in the file a long one is cut into pages."""
    parts: list[bytes] = []
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as raw:
        tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in raw.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - a name of the file's own
                parts += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\n".join(parts)


def _many_places() -> tuple[Place, ...]:
    return tuple(Place(ref, f"School {ref}", nation=Nation.ENGLAND) for ref in range(1, 30))
