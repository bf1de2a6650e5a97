"""A save of which nobody can say at once whether it was kept.

When the disk fails at the very last step of a commit (making the end of the journal durable), SQLite says that the
commit failed, and yet what was written is in the file. Saving again would then count the same young people twice. So
a failed save is looked for: found, it counts once another whole commit has succeeded, which makes it durable too; else
it is remembered and taken back before the next save.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from omi_desktop.domain.errors import NotSaved, OmiError
from omi_desktop.domain.revision import Revision
from omi_desktop.store import revisions
from omi_desktop.store.file import Store


class Certainty:
    """Commits of revisions that are either certain or taken back. `withdrawn` makes the removal of a first version."""

    def __init__(self, store: Store, withdrawn: Callable[[Revision], Revision]) -> None:
        self._store = store
        self._withdrawn = withdrawn
        self._unsure: list[Revision] = []

    @contextmanager
    def saving(self) -> Iterator[tuple[Connection, list[Revision]]]:
        """One durable transaction, with the list of what is added in it. Raises NotSaved only when that is so."""
        made: list[Revision] = []
        is_complete = False
        try:
            with self._store.write() as connection:
                taken_back = self._take_back(connection)
                yield connection, made
                is_complete = True
            self._unsure = [each for each in self._unsure if each not in taken_back]
        except NotSaved:
            if not is_complete or not made or not self._is_kept_after_all(made):
                raise

    def _is_kept_after_all(self, made: list[Revision]) -> bool:
        try:
            with self._store.read() as connection:
                if revisions.get(connection, made[0].rev_id) is None:
                    return False
            self._store.commit_again()
        except OmiError:
            self._unsure += made
            return False
        return True

    def _take_back(self, connection: Connection) -> list[Revision]:
        """The person was told that these are not saved, and saves them again. A first version may have been sent
        meanwhile, and would come back if it only vanished here: it is removed as a person would. Which ones: another
        thread's may be added meanwhile."""
        unsure = list(self._unsure)
        for made in unsure:
            held = revisions.get(connection, made.rev_id)
            if held is None:
                continue
            if made.parents:
                revisions.take_back(connection, made)
            elif [
                leaf.revision.rev_id for leaf in revisions.leaves_of_record(connection, made.record_id)
            ] == [made.rev_id]:
                revisions.add(connection, self._withdrawn(made), held.owner, is_new=True)
        return unsure
