"""Versions that OMI online refused stay on this laptop alone. So elsewhere what they followed stands on, beside what
follows them, as if nobody had decided between the two, unless what follows them names it too."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from sqlalchemy import Connection

from omi_desktop.domain.revision import PARENT_LIMIT, BadRevision, Revision, new_id, says_the_same
from omi_desktop.store import revisions
from omi_desktop.store.revisions import Held


def left_standing(connection: Connection, record_id: str, heads: Collection[str]) -> list[Revision]:
    """What these versions of a record followed, through refused ones alone, so that it stands on elsewhere."""
    held = {each.revision.rev_id: each for each in revisions.of_record(connection, record_id)}
    if not any(map(_is_refused, held.values())):
        return []
    followed = _followed(held, heads)
    named = {parent for each in held.values() if not _is_refused(each) for parent in each.revision.parents}
    return [
        each.revision
        for rev_id, each in held.items()
        if rev_id in followed and rev_id not in named and not _is_refused(each)
    ]


def say_again(connection: Connection, record_id: str) -> None:
    """After a version was refused: whoever made the next of it before that was known meant it in the place of all
    before. Those that would stand on elsewhere are named by the same words once more.

    Words that were refused are not said again: that would be refused too, and said again without end.
    """
    refused = [each.revision for each in revisions.of_record(connection, record_id) if _is_refused(each)]
    for leaf in revisions.leaves_of_record(connection, record_id):
        head = leaf.revision
        if any(says_the_same(head, each) for each in refused):
            continue  # Its correction names them.
        standing = left_standing(connection, record_id, {head.rev_id})
        if standing:
            with suppress(BadRevision):  # It has no room for another name: the person is asked elsewhere.
                revisions.add(connection, _naming(head, standing), leaf.owner, is_new=True)


def followed_by(connection: Connection, head: Revision) -> list[Revision]:
    """What a version directly followed when its person said it: of the parents it names, those that no other of them
    followed, nor through refused ones either. Where `say_again` said it once more, those of the one that it repeats."""
    held = {each.revision.rev_id: each for each in revisions.of_record(connection, head.record_id)}
    while (before := _said_before(held, head)) is not None:
        head = before
    return [
        held[name].revision
        for name in head.parents
        if name in held and name not in _followed(held, set(head.parents) - {name})
    ]


def _said_before(held: dict[str, Held], head: Revision) -> Revision | None:
    """The version that `say_again` said once more as this one, if it is one of those."""
    for name in head.parents if len(head.parents) > 1 else ():
        others = set(head.parents) - {name}
        if (
            name in held
            and held[name].revision.depth < head.depth  # Else a circle of strange versions had no end.
            and says_the_same(held[name].revision, head)
            and others <= _followed(held, {name})
        ):
            return held[name].revision
    return None


def _naming(head: Revision, others: list[Revision]) -> Revision:
    """The same words by the same laptop once more, in the place of all these. Raises BadRevision."""
    parents = sorted([head, *others], key=lambda parent: parent.order, reverse=True)[:PARENT_LIMIT]
    changes = {
        "rev_id": new_id(),
        "salt": new_id(),
        "parents": sorted(parent.rev_id for parent in parents),
        "depth": 1 + max(parent.depth for parent in parents),
    }
    return Revision.from_object(head.to_object() | changes)


def _is_refused(held: Held) -> bool:
    return held.rejected_code is not None and not held.is_synced


def _followed(held: dict[str, Held], heads: Collection[str]) -> set[str]:
    """All that lies before these, as far as it is here."""
    found: set[str] = set()
    left = [parent for head in heads if head in held for parent in held[head].revision.parents]
    while left:
        name = left.pop()
        if name in held and name not in found:
            found.add(name)
            left += held[name].revision.parents
    return found
