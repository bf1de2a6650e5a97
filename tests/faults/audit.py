"""Whether a profile is whole, and holds what was acknowledged and nothing else.

The diary of a life says what was about to be done and what was acknowledged. What was acknowledged must be there;
what had begun may be there wholly or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.errors import OmiError
from omi_desktop.domain.revision import ROOT, Revision, chain
from omi_desktop.services.desk import Desk
from omi_desktop.store import accounts, notes
from tests.faults.lives import APP, digest
from tests.faults.rig import Broken
from tests.kit.clock import SetClock

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Held:
    """What a profile holds, as far as somebody was promised that it does."""

    revisions: Mapping[str, str] = field(default_factory=dict)
    """The sha of each by its id."""
    drafts: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, Any] = field(default_factory=dict)

    def after(self, act: Line, rev_id: str | None = None, sha: str = "") -> Held:
        """What it holds once an act is done."""
        found = self
        if rev_id:
            found = replace(found, revisions={**found.revisions, rev_id: sha})
        gone = act["key"] if act["does"] == "let go" else act.get("lets_go")
        if gone:
            found = replace(found, drafts={k: form for k, form in found.drafts.items() if k != gone})
        if act["does"] == "keep":
            found = replace(found, drafts={**found.drafts, act["key"]: act["form"]})
        if act["does"] == "choose":
            found = replace(found, choices={**found.choices, act["name"]: act["value"]})
        return found


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
        return Desk.open(profile, clock=SetClock(), changes=Changes(), app=APP)
    except OmiError as error:
        raise Broken(f"the file does not open: {error!r} from {error.__cause__!r}") from error


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
    rows = [_row(row) for row in found]
    _check_family(rows, {row.rev_id for row in found if row.is_leaf}, links)
    shas = {row.revision.rev_id: row.revision.sha for row in rows}
    return Held(shas, {row.key: json.loads(row.form) for row in forms}, choices), rows


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
    """Revisions of OMI online, which may have been taken in."""

    def check(self, desk: Desk) -> Held:
        """See that everything promised holds, of a profile that was started again. Raises Broken."""
        found, rows = look(desk)
        sure, begun = self._promised()
        # What came from OMI online is no one's promise; that it came whole is looked at in `check_synced`.
        own = {k: sha for k, sha in found.revisions.items() if k in sure.revisions or k not in self.theirs}
        lost = [rev_id for rev_id, sha in sure.revisions.items() if own.get(rev_id) != sha]
        if lost:
            raise Broken(f"{len(lost)} acknowledged saves are lost, the first {lost[0]}; begun was {begun}")
        extra = [row.revision for row in rows if row.revision.rev_id in own.keys() - sure.revisions.keys()]
        if begun and extra and begun.get("adds"):
            made, *extra = extra
            if not _fits(made, begun["adds"]):
                raise Broken(f"{made.rev_id} is not what had begun: {begun}")
            sure = sure.after(begun, made.rev_id, made.sha)
        elif begun and not begun.get("adds"):
            whole = sure.after(begun)
            sure = whole if (whole.drafts, whole.choices) == self._kept(found, whole) else sure
        if extra:
            raise Broken(f"{len(extra)} revisions that nobody saved; begun was {begun}")
        if (sure.drafts, sure.choices) != self._kept(found, sure):
            raise Broken(
                f"drafts or choices differ: {sorted(found.drafts)} for {sorted(sure.drafts)}; begun was {begun}"
            )
        return found

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

    def _kept(self, found: Held, like: Held) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        return found.drafts, {name: found.choices.get(name) for name in like.choices}


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
