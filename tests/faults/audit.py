"""Whether a profile is whole, and holds what was acknowledged and nothing else.

The diary of a life says what was about to be done and what was acknowledged. What was acknowledged must be there;
what had begun may be there wholly or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.revision import ROOT, Revision, chain
from omi_desktop.services.desk import Desk
from omi_desktop.store import accounts, backups, notes, tally
from tests.faults.lives import APP, digest
from tests.faults.rig import Broken
from tests.kit.clock import SetClock

Line = Mapping[str, Any]


class Lost(Broken):
    """A save that was acknowledged is not there."""


@dataclass(frozen=True)
class Held:
    """What a profile holds, as far as somebody was promised that it does."""

    revisions: Mapping[str, str] = field(default_factory=dict)
    """The sha of each by its id."""
    drafts: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)
    tallies: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What each line of each session that is being counted stands at."""

    @property
    def beside(self) -> tuple[Any, ...]:
        """What stands beside the revisions."""
        return self.drafts, self.choices, self.tallies

    def after(self, act: Line, rev_id: str | None = None, sha: str = "") -> Held:
        """What it holds once an act is done."""
        found = self
        if rev_id:
            found = replace(found, revisions={**found.revisions, rev_id: sha})
        gone = act["key"] if act["does"] == "let go" else act.get("lets_go")
        if gone:
            found = replace(found, drafts={k: form for k, form in found.drafts.items() if k != gone})
        if act.get("ends"):
            found = replace(found, tallies={k: t for k, t in found.tallies.items() if k != act["ends"]})
        if act["does"] == "count":
            found = found.counted(act["tally"], act["presses"])
        if act["does"] == "keep":
            found = replace(found, drafts={**found.drafts, act["key"]: act["form"]})
        if act["does"] == "choose":
            found = replace(found, choices={**found.choices, act["name"]: act["value"]})
        return found

    def counted(self, key: str, presses: Iterable[tuple[str, int]]) -> Held:
        """What it holds after some presses."""
        lines = dict(self.tallies.get(key, {}))
        for line, change in presses:
            lines[line] = max(0, lines.get(line, 0) + change)
        return replace(self, tallies={**self.tallies, key: lines})

    def outcomes(self, act: Line) -> list[Held]:
        """What it may hold once an act had begun that adds no revision: all of it or nothing, but presses may have
        been kept one by one."""
        if act["does"] == "count":
            presses = act["presses"]
            return [self, *(self.counted(act["tally"], presses[:n]) for n in range(1, len(presses) + 1))]
        return [self, self.after(act)]


@dataclass(frozen=True)
class Row:
    """A revision with what the columns beside it say."""

    revision: Revision
    owner: tuple[str, str] | None
    n: int | None


def read_diary(path: Path) -> list[Line]:
    """The lines that were written whole."""
    return read_lines(path.read_bytes()) if path.exists() else []


def read_lines(text: bytes) -> list[Line]:
    """The lines that were written whole."""
    return [json.loads(line) for line in text.rpartition(b"\n")[0].split(b"\n") if line]


def open_again(profile: Path) -> Desk:
    """Start the program on what is left. Raises Broken if it does not start."""
    try:
        desk = Desk.open(profile, clock=SetClock(), changes=Changes(), app=APP)
    except OmiError as error:
        raise Broken(f"the file does not open: {error!r} from {error.__cause__!r}") from error
    if (recovered := desk.recovered()) is not None:
        desk.close()
        raise Broken(f"the file was damaged and had to be recovered: {recovered}")
    return desk


def look(desk: Desk) -> tuple[Held, list[Row]]:
    """What an open profile holds. Raises Broken where that contradicts itself."""
    with desk.store.read() as connection:
        run = connection.exec_driver_sql
        if (said := run("PRAGMA integrity_check").scalars().all()) != ["ok"]:
            raise Broken(f"integrity_check says {said[:3]}")
        if run("PRAGMA foreign_key_check").first() is not None:
            raise Broken("a row refers to nothing")
        columns = "rev_id, record_id, kind, state, depth, saved_at, canonical, sha, is_leaf, centre_id, account_id, n"
        found = run(f"SELECT {columns} FROM revision").all()  # noqa: S608 - our own words
        links = {tuple(row) for row in run("SELECT rev_id, parent_id FROM parent")}
        forms = run("SELECT key, form FROM draft").all()
        choices = notes.preferences(connection)
        pressed: dict[str, list[tally.Press]] = {}
        for press in tally.presses(connection):
            pressed.setdefault(press.session, []).append(press)
    rows = [_row(row) for row in found]
    _check_family(rows, {row.rev_id for row in found if row.is_leaf}, links)
    shas = {row.revision.rev_id: row.revision.sha for row in rows}
    tallies = {key: tally.count(presses) for key, presses in pressed.items()}
    return Held(shas, {row.key: json.loads(row.form) for row in forms}, choices, tallies), rows


def _row(row: Any) -> Row:
    if hashlib.sha256(row.canonical).hexdigest() != row.sha:
        raise Broken(f"revision {row.rev_id} is not what its sha says")
    revision = Revision.from_canonical(row.canonical)
    says = (revision.rev_id, revision.record_id, revision.kind, revision.state.value, revision.depth)
    if (*says, revision.saved_at) != tuple(row)[:6]:
        raise Broken(f"revision {row.rev_id} and its columns differ")
    return Row(revision, (row.centre_id, row.account_id) if row.centre_id else None, row.n)


def _check_family(rows: Sequence[Row], leaves: set[str], links: set[tuple[Any, ...]]) -> None:
    named = {(row.revision.record_id, parent) for row in rows for parent in row.revision.parents}
    if links != {(row.revision.rev_id, parent) for row in rows for parent in row.revision.parents}:
        raise Broken("the parents that are noted are not those that the revisions name")
    if leaves != {r.revision.rev_id for r in rows if (r.revision.record_id, r.revision.rev_id) not in named}:
        raise Broken("what is marked as a leaf is not what no other names")


@dataclass(frozen=True)
class Audit:
    """What one profile must hold: `before` the life, its `diary`, and what may have come from elsewhere."""

    before: Held
    diary: Sequence[Line]
    theirs: Mapping[str, str] = field(default_factory=dict)
    """Revisions of OMI online and in copies, which may have been taken in."""

    def check(self, desk: Desk) -> Held:
        """See that everything promised holds, of a profile that was started again. Raises Broken."""
        found, rows = look(desk)
        sure, begun = self._promised()
        # What came from OMI online is no one's promise; that it came whole is looked at in `check_synced`.
        own = {k: sha for k, sha in found.revisions.items() if k in sure.revisions or k not in self.theirs}
        lost = [rev_id for rev_id, sha in sure.revisions.items() if own.get(rev_id) != sha]
        if lost:
            raise Lost(f"{len(lost)} acknowledged saves are lost, the first {lost[0]}; begun was {begun}")
        extra = [row.revision for row in rows if row.revision.rev_id in own.keys() - sure.revisions.keys()]
        if begun and extra and begun.get("adds"):
            made, *extra = extra
            if not _fits(made, begun["adds"]):
                raise Broken(f"{made.rev_id} is not what had begun: {begun}")
            sure = sure.after(begun, made.rev_id, made.sha)
        if extra:
            raise Broken(f"{len(extra)} revisions that nobody saved; begun was {begun}")
        may_be = sure.outcomes(begun) if begun and not begun.get("adds") else [sure]
        seen = replace(found, choices={name: found.choices.get(name) for name in self._choices()})
        if not self._was_restored() and not any(self._asked(each).beside == seen.beside for each in may_be):
            differ = [
                f"{str(here)[:200]} for {str(promised)[:200]}"
                for here, promised in zip(seen.beside, self._asked(may_be[-1]).beside, strict=True)
                if here != promised
            ]
            raise Broken(f"drafts, choices or tallies differ: {differ}; begun was {str(begun)[:200]}")
        return found

    def _choices(self) -> set[str]:
        """The choices that somebody made."""
        return {*self.before.choices, *(line["name"] for line in self.diary if line.get("does") == "choose")}

    def _asked(self, held: Held) -> Held:
        return replace(held, choices={name: held.choices.get(name) for name in self._choices()})

    def _was_restored(self) -> bool:
        """Whether a copy was brought back: what stands beside the revisions is then the newer of both."""
        return any(line.get("does") == "restore" for line in self.diary)

    def _promised(self) -> tuple[Held, Line | None]:
        """What must be there, and the act that had begun."""
        sure, begun = self.before, None
        for line in self.diary:
            if "does" in line:
                begun = line
            elif begun is not None:
                sure = sure.after(begun, line.get("rev_id"), line.get("sha", ""))
                begun = None
        return sure, begun


def _fits(made: Revision, adds: Line) -> bool:
    """Whether a revision is what was about to be saved, as far as that was known."""
    return (
        adds["record"] in (None, made.record_id)
        and adds.get("kind", made.kind) == made.kind
        and adds.get("state", made.state) == made.state
        and adds.get("body", None) in (None, digest(made.body))
    )


def check_synced(desk: Desk, log: Sequence[tuple[str, str]]) -> None:
    """See that what a laptop calls synced is the beginning of the log of OMI online, whole and in order, as far as
    its cursor. Raises Broken."""
    _, rows = look(desk)
    with desk.store.read() as connection:
        account = accounts.current(connection)
    if account is None:
        if any(row.n for row in rows):
            raise Broken("something is synced, with no account")
        return
    h = ROOT
    for rev_id, sha in log[: account.cursor_n]:
        h = chain(h, rev_id, sha)
    if h != account.cursor_h:
        raise Broken(f"the cursor is at {account.cursor_n}, with another hash than the log has there")
    synced = sorted((row.n, row.revision.rev_id) for row in rows if row.n)
    expected = [(n, rev_id) for n, (rev_id, _) in enumerate(log[: account.cursor_n], 1)]
    if synced != expected:
        raise Broken(f"{len(synced)} are synced, {len(expected)} are in the log up to the cursor")


def check_copies(desk: Desk, diary: Sequence[Line]) -> None:
    """See that every copy that is listed is whole, and that the last one that was promised is listed. Raises Broken."""
    found = desk.backups.all()
    for copy in found:
        if (fault := backups.damage_of(copy.path)) is not None:
            raise Broken(f"the copy {copy.path.name} is listed, and is not good: {fault}")
    promised = [line["copy"] for line in diary if line.get("did") == "back up"]
    if promised and promised[-1] not in {copy.path.name for copy in found}:
        raise Broken(f"the copy {promised[-1]} is not listed any more")


def revisions_in(copies: Iterable[Path]) -> dict[str, str]:
    """The shas of the revisions in safety copies, by their ids."""
    found: dict[str, str] = {}
    for path in copies:
        with closing(backups.open_to_read(path)) as raw:
            found.update(raw.execute("SELECT rev_id, sha FROM revision").fetchall())
    return found


def is_signed_in(desk: Desk) -> bool:
    """Whether an account is current."""
    with desk.store.read() as connection:
        return accounts.current(connection) is not None


def check_settled(desk: Desk, log: Sequence[tuple[str, str]]) -> None:
    """See that, after a sync, laptop and OMI online hold the same, each revision once. Raises Broken."""
    check_synced(desk, log)
    _, rows = look(desk)
    here = {row.revision.rev_id: row.revision.sha for row in rows if row.owner}
    if len(dict(log)) != len(log) or dict(log) != here:
        raise Broken(f"{len(log)} revisions at OMI online, {len(here)} here")
