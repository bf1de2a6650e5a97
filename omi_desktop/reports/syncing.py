"""A report on how a laptop syncs, as plain text for a hub: no session, no place, no note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from omi_desktop.domain.clock import UK
from omi_desktop.domain.dates import shown_date
from omi_desktop.domain.online import Attempt, Link, SyncState

_LINKS = {
    Link.STARTING: "starting",
    Link.NO_CODE: "no code yet",
    Link.IDLE: "signed in",
    Link.SYNCING: "signed in, syncing now",
    Link.OFFLINE: "switched off for this run",
    Link.TROUBLE: "signed in, the last try failed",
    Link.SIGNED_OUT: "signed out",
}
_DONE = "ok"
_SHOWN = 60
"""Tries that are listed, the newest."""


def report_for_hub(
    state: SyncState, attempts: Sequence[Attempt], *, program: str, device: str, at: datetime
) -> str:
    """The report. `attempts` come newest first; `program` names the app and the system with their versions; `device` is
    what the laptop is called; `at` is when the report is made."""
    problem = f"{state.problem.title} ({state.problem.code})" if state.problem else "none"
    facts = (
        ("Made", _moment(at)),
        ("Ambassador", state.account_name or "not signed in"),
        ("Hub", state.hub or "not known"),
        ("Laptop", device),
        ("Program", program),
        ("Sign-in", f"{_LINKS[state.link]}{'' if state.is_token_kept else ', until the app is closed'}"),
        ("Last synced", _moment(state.last_success) if state.last_success else "never"),
        ("Last problem", problem),
        ("Waiting", str(state.waiting)),
        ("Waiting for an answer", str(state.needs_you)),
        ("Recorded before signing in", str(state.unowned)),
        ("Waiting for somebody else to sign in", str(state.others_waiting)),
    )
    # No columns: an e-mail program's letters are of different widths.
    lines = ["OMI Desktop: how this laptop syncs", "", *(f"{name}: {text}" for name, text in facts)]
    lines += ["", f"Tries to sync, the newest first ({min(len(attempts), _SHOWN)} of {len(attempts)} kept)"]
    lines += [_try(attempt) for attempt in attempts[:_SHOWN]] or ["None yet."]
    lines += ["", "No session, no place, no note and no child's name is in this report."]
    return "\n".join(lines) + "\n"


def _try(attempt: Attempt) -> str:
    counts = (
        (attempt.sent, "sent"),
        (attempt.read_back, "read back"),
        (attempt.received, "received"),
        (attempt.rejected, "not accepted"),
    )
    moved = ", ".join(f"{count} {name}" for count, name in counts if count) or "nothing moved"
    how = "Synced" if attempt.code == _DONE else f"{attempt.title.rstrip('.')} ({attempt.code})"
    return f"{_moment(attempt.at)}: {how}; {moved}; {attempt.seconds:.1f} s"


def _moment(when: datetime) -> str:
    """`Wed 25 Nov 2026, 18:02` in UK civil time."""
    local = when.astimezone(UK)
    return f"{shown_date(local.date())}, {local:%H:%M}"
