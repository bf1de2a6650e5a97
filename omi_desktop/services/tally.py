"""Counting in the classroom: the number changes at once, and is durable a moment later.

A thread of its own writes. Presses made while one commit is under way share the next, so that a slow disk never
holds up a hand. What could not be written stays here and is tried again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from omi_desktop.domain.changes import Change, Changes, Topic
from omi_desktop.domain.clock import Clock, stamp
from omi_desktop.domain.errors import FileProblem, NotSaved, OmiError
from omi_desktop.store import tally
from omi_desktop.store.file import Store
from omi_desktop.store.tally import Press

MOST = 99_999
"""The greatest number that a line takes."""
_AGAIN_AFTER = 5.0
"""Seconds until a commit that failed is tried again by itself."""


class Tally:
    """The tallies of all sessions that are being counted. Safe to use from any thread; no call but `flush`, `ending`
    and the very first waits for the disk."""

    def __init__(self, store: Store, clock: Clock, changes: Changes) -> None:
        self._store = store
        self._clock = clock
        self._changes = changes
        self._changed = threading.Condition()
        self._presses: list[Press] | None = None
        self._next_id = 1
        self._unwritten: list[Press] = []
        self._retracted: list[int] = []
        self._writing = False
        self._is_closed = False
        self._is_due = False
        self._problem: OmiError | None = None
        self._thread: threading.Thread | None = None

    def press(self, session: str, line: str, change: int = 1) -> int:
        """Count so many more of a line, or fewer; what it stands at now."""
        return self._add(session, line, change, is_set=False)

    def set(self, session: str, line: str, number: int) -> int:
        """Make a line stand at this number."""
        return self._add(session, line, number, is_set=True)

    def undo(self, session: str) -> Press | None:
        """Take back the last press of a session; None if there is none."""
        with self._changed:
            made = self._of(session)
            if not made:
                return None
            last = made[-1]
            self._loaded().remove(last)
            self._retracted.append(last.id)
            self._wake()
            return last

    def counts(self, session: str) -> dict[str, int]:
        """What each line stands at, presses included that are not durable yet. Fills the record's form at the end."""
        with self._changed:
            return tally.count(self._of(session))

    def sessions(self) -> list[str]:
        """The sessions that are being counted, those included that an earlier run of the program began."""
        with self._changed:
            return list(dict.fromkeys(press.session for press in self._loaded()))

    @property
    def is_durable(self) -> bool:
        """Whether every press so far would survive a pulled plug."""
        with self._changed:
            return not (self._unwritten or self._retracted or self._writing)

    @property
    def problem(self) -> OmiError | None:
        """Why the last commit failed; None once one succeeded. Nothing is lost while the program stays open."""
        with self._changed:
            return self._problem

    def flush(self) -> None:
        """Return when every press so far is durable. Raises NotSaved when the next commit fails."""
        with self._changed:
            self._problem = None
            self._wake()
            self._changed.wait_for(
                lambda: not (self._unwritten or self._retracted or self._writing) or self._problem is not None
            )
            if self._problem is not None:
                raise self._problem

    @contextmanager
    def ending(self, *sessions: str) -> Iterator[None]:
        """Round the save of a session's record, whose transaction lets the rows go (`store.tally.forget`), or round an
        erasure: no press of these is written meanwhile or afterwards. If the block fails, the tally stays."""
        with self._store.alone():
            yield
            with self._changed:
                self._presses = [press for press in self._loaded() if press.session not in sessions]
                self._unwritten = [press for press in self._unwritten if press.session not in sessions]
        for session in sessions:
            self._changes.announce(Change(Topic.TALLY, session))

    def file_replaced(self) -> None:
        """Another file is in the place of the one that was written to: everything counted here goes into it."""
        with self._changed:
            if self._presses is not None:
                self._unwritten = list(self._presses)
                self._wake()

    def close(self) -> None:
        """Write what waits, once, and end the thread."""
        with self._changed:
            self._is_closed = True
            thread = self._thread
            self._wake()
        if thread is not None:
            thread.join()

    def _add(self, session: str, line: str, number: int, *, is_set: bool) -> int:
        number = max(0 if is_set else -MOST, min(number, MOST))
        with self._changed:
            before = tally.count(self._of(session)).get(line, 0)
            if not is_set:
                # A press that would leave the line's bounds counts for what is left of it, so that undoing it does
                # not undo more than it did.
                number = max(0, min(before + number, MOST)) - before
            press = Press(self._next_id, session, line, number, is_set, stamp(self._clock.now()))
            self._next_id += 1
            self._loaded().append(press)
            self._unwritten.append(press)
            self._wake()
            return number if is_set else before + number

    def _of(self, session: str) -> list[Press]:
        return [press for press in self._loaded() if press.session == session]

    def _loaded(self) -> list[Press]:
        if self._presses is None:
            with self._store.read() as connection:
                self._presses = tally.presses(connection)
            self._next_id = 1 + max((press.id for press in self._presses), default=0)
        return self._presses

    def _wake(self) -> None:
        if self._thread is None and (self._unwritten or self._retracted) and not self._is_closed:
            self._thread = threading.Thread(target=self._write_all, name="tally", daemon=True)
            self._thread.start()
        self._is_due = True
        self._changed.notify_all()

    def _write_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_due, _AGAIN_AFTER if self._problem else None)
                self._is_due = False
                has_work = bool(self._unwritten or self._retracted)
                if self._is_closed and not has_work:
                    return
            if has_work:
                self._commit()
            with self._changed:
                if self._is_closed and (self._problem or not (self._unwritten or self._retracted)):
                    return

    def _commit(self) -> None:
        made: list[Press] = []
        gone: list[int] = []
        is_written = False
        problem: OmiError | None = None
        try:
            with self._store.write() as connection:
                # Taken only inside: whoever holds the file alone decides what may still be written.
                with self._changed:
                    made, self._unwritten = self._unwritten, []
                    gone, self._retracted = self._retracted, []
                    self._writing = True
                tally.add(connection, made)
                tally.take_back(connection, gone)
            is_written = True
        except (NotSaved, FileProblem) as error:
            problem = error
        finally:
            with self._changed:
                self._writing = False
                self._problem = problem
                if not is_written:
                    # Not those of a session whose record was saved since: they would count again.
                    here = {press.id for press in self._loaded()}
                    self._unwritten = [press for press in made if press.id in here] + self._unwritten
                    self._retracted = gone + self._retracted
                self._changed.notify_all()
        for session in dict.fromkeys(press.session for press in made):
            self._changes.announce(Change(Topic.TALLY, session))
