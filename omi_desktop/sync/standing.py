"""What the file says about syncing: what waits, what needs its person, when all was last synced."""

from __future__ import annotations

from omi_desktop.domain.clock import from_stamp
from omi_desktop.domain.online import SyncState
from omi_desktop.store import accounts, erasures, questions, queue
from omi_desktop.store.accounts import Account
from omi_desktop.store.file import Store


def look(store: Store) -> tuple[Account | None, SyncState]:
    """The current account, and the state as far as the file knows it. Raises FileProblem."""
    with store.read() as connection:
        account = accounts.current(connection)
        owner = account.owner if account else None
        waits = queue.waiting(connection, owner)
        open_points = (
            questions.count_open(connection, owner) + erasures.count_open(connection, owner) if owner else 0
        )
        others, others_name = accounts.others_waiting(connection, owner)
    last = account.last_success if account else None
    return account, SyncState(
        waiting=waits.waiting,
        needs_you=waits.rejected + waits.conflicts + open_points,
        unowned=0 if account is None or account.leaves_unowned else waits.unowned,
        last_success=from_stamp(last) if last else None,
        account_name=account.name if account else None,
        hub=account.hub if account else None,
        others_waiting=others,
        others_name=others_name,
    )
