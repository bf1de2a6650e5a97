"""The set of revisions: a union, whatever the order in which its members arrive."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from omi_desktop.domain.errors import NotSaved
from omi_desktop.domain.revision import Revision, is_conflict, leaves
from omi_desktop.store import accounts, queue, revisions
from omi_desktop.store.accounts import Account
from omi_desktop.store.file import FILE_NAME, Store
from omi_desktop.store.revisions import Owner
from omi_desktop.store.tables import revision as table
from tests.kit.bodies import hex_id, histories, revision, session_body

ASHA = Owner(hex_id("centre"), "asha")
BEN = Owner(hex_id("centre"), "ben")


@cache
def migrated() -> bytes:
    """The file of a new profile; migrating costs more than everything else here."""
    with tempfile.TemporaryDirectory() as folder:
        Store.open(Path(folder)).close()
        return (Path(folder) / FILE_NAME).read_bytes()


@contextmanager
def fresh_store() -> Iterator[Store]:
    """An empty store for each example that hypothesis tries."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE_NAME).write_bytes(migrated())
        with closing(Store.open(Path(folder))) as store:
            yield store


def account(owner: Owner) -> Account:
    """An account that was enrolled."""
    return Account(owner, "Asha", "Hub", "https://omi.example", "key")


def columns(connection: Connection) -> dict[str, bool]:
    """The column `is_leaf` of every revision."""
    return {
        row.rev_id: bool(row.is_leaf) for row in connection.execute(select(table.c.rev_id, table.c.is_leaf))
    }


def by_record(made: list[Revision]) -> dict[str, list[Revision]]:
    """Revisions sorted into their records."""
    return {r.record_id: [o for o in made if o.record_id == r.record_id] for r in made}


class TestLeaves:
    """The column `is_leaf` says what the domain says."""

    @settings(max_examples=60)
    @given(histories(), st.randoms(), st.data())
    def test_the_leaves_are_the_same_in_whatever_order_and_batches_revisions_arrive(
        self, made: list[Revision], by: Any, data: st.DataObject
    ) -> None:
        mixed = made[:]
        by.shuffle(mixed)
        expected = {leaf.rev_id for family in by_record(made).values() for leaf in leaves(family)}
        with fresh_store() as store:
            with store.write() as connection:
                while mixed:
                    size = data.draw(st.integers(1, len(mixed)))
                    batch, mixed = mixed[:size], mixed[size:]
                    if data.draw(st.booleans()):
                        revisions.add_all(connection, [(r, n) for n, r in enumerate(batch, 1)], ASHA)
                    else:
                        for each in batch:
                            revisions.add(connection, each, ASHA)
            with store.read() as connection:
                assert {name for name, is_leaf in columns(connection).items() if is_leaf} == expected
                for record_id, family in by_record(made).items():
                    held = [h.revision for h in revisions.leaves_of_record(connection, record_id)]
                    assert held == leaves(family)
                waits = queue.waiting(connection, ASHA)
                assert waits.conflicts == sum(is_conflict(leaves(f)) for f in by_record(made).values())

    @pytest.mark.parametrize("child_first", [True, False])
    @pytest.mark.parametrize("in_batches", [True, False])
    def test_a_revision_of_another_record_cannot_hide_one_by_naming_it(
        self, store: Store, child_first: bool, in_batches: bool
    ) -> None:
        shown = revision("shown", record="one")
        other = revision("other", record="two", parents=[shown])
        order = [other, shown] if child_first else [shown, other]
        with store.write() as connection:
            for n, each in enumerate(order, 1):
                if in_batches:
                    revisions.add_all(connection, [(each, n)], ASHA)
                else:
                    revisions.add(connection, each, ASHA, n)
        with store.read() as connection:
            assert columns(connection) == {shown.rev_id: True, other.rev_id: True}
            assert set(revisions.synced_heads(connection, ASHA, 9)) == {shown.rev_id, other.rev_id}

    def test_one_batch_that_holds_both_hides_nothing_either(self, store: Store) -> None:
        shown = revision("shown", record="one")
        other = revision("other", record="two", parents=[shown])
        with store.write() as connection:
            revisions.add_all(connection, [(other, 1), (shown, 2)], ASHA)
        with store.read() as connection:
            assert columns(connection) == {shown.rev_id: True, other.rev_id: True}

    @settings(max_examples=40)
    @given(histories(most=10), st.integers(1, 10))
    def test_the_synced_heads_are_those_of_what_was_read_back_up_to_a_place(
        self, made: list[Revision], up_to: int
    ) -> None:
        families = by_record(made[:up_to]).values()
        with fresh_store() as store:
            with store.write() as connection:
                revisions.add_all(connection, [(r, n) for n, r in enumerate(made, 1)], ASHA)
            with store.read() as connection:
                found = revisions.synced_heads(connection, ASHA, up_to)
        assert sorted(found) == sorted(leaves(family)[0].rev_id for family in families)


def test_a_revision_comes_back_byte_for_byte(store: Store) -> None:
    made = revision(body=session_body(name='Ysgol Tŷ\u2028 "A"/\x7f\t😀 O\'Brien'), unknown={"a": [None]})
    with store.write() as connection:
        revisions.add(connection, made, None)
    with store.read() as connection:
        held = revisions.get(connection, made.rev_id)
        assert revisions.canonicals(connection, [made.rev_id]) == {made.rev_id: made.canonical}
        assert revisions.get(connection, hex_id("absent")) is None
    assert held is not None
    assert (held.revision, held.owner, held.is_synced) == (made, None, False)


def test_one_revision_cannot_be_kept_twice(store: Store) -> None:
    with store.write() as connection:
        revisions.add(connection, revision(), None)
    with pytest.raises(NotSaved), store.write() as connection:
        revisions.add(connection, revision(body=session_body(99)), None)


class TestSyncing:
    """What is known about the way of a revision to OMI online."""

    def test_what_waits_goes_out_parents_first_and_each_once(self, store: Store) -> None:
        first = revision("first")
        chain = [first]
        for name in "abc":
            chain.append(revision(name, parents=[chain[-1]]))
        with store.write() as connection:
            for each in reversed(chain):
                revisions.add(connection, each, ASHA)
            revisions.add(connection, revision("ben's", record="ben's"), BEN)
            revisions.add(connection, revision("nobody's", record="nobody's"), None)
        sent, after = list[str](), (0, "")
        with store.read() as connection:
            while part := revisions.unsent(connection, ASHA, after=after, limit=2, today="2026-11-24"):
                sent += [each.rev_id for each in part]
                after = (part[-1].depth, part[-1].rev_id)
        assert sent == [each.rev_id for each in chain]

    def test_only_what_was_read_back_is_synced_and_it_can_be_forgotten(self, store: Store) -> None:
        made = revision()
        with store.write() as connection:
            revisions.add(connection, made, ASHA)
            assert queue.waiting(connection, ASHA).waiting == 1
            revisions.set_read_back(connection, [(made.rev_id, 7)], ASHA)
            assert queue.waiting(connection, ASHA).waiting == 0
            revisions.forget_read_back(connection, ASHA)
            assert queue.waiting(connection, ASHA).waiting == 1

    def test_what_one_account_recorded_is_never_made_anothers(self, store: Store) -> None:
        made = revision()
        with store.write() as connection:
            revisions.add(connection, made, ASHA)
            revisions.set_read_back(connection, [(made.rev_id, 7)], BEN)
            assert revisions.claim(connection, BEN) == 0
        with store.read() as connection:
            held = revisions.get(connection, made.rev_id)
        assert held is not None
        assert (held.owner, held.n) == (ASHA, None)

    def test_a_rejected_one_waits_for_the_person_and_its_correction_retires_it(self, store: Store) -> None:
        bad = revision("bad")
        with store.write() as connection:
            revisions.add(connection, bad, ASHA)
            revisions.reject(
                connection, bad.rev_id, code="invalid", field="date", message="No", today="2026-11-24"
            )
            assert queue.waiting(connection, ASHA)[:3] == (0, 0, 1)
            assert not revisions.unsent(connection, ASHA, after=(0, ""), limit=9, today="2026-11-25")
            revisions.add(connection, revision("good", parents=[bad]), ASHA)
            assert queue.waiting(connection, ASHA)[:3] == (1, 0, 0)

    def test_one_that_omi_online_was_too_old_for_is_tried_again_the_next_day(self, store: Store) -> None:
        with store.write() as connection:
            revisions.add(connection, revision(), ASHA)
            revisions.reject(
                connection, hex_id("rev"), code="schema_unknown", field="", message="", today="2026-11-24"
            )
            for today, count in (("2026-11-24", 0), ("2026-11-25", 1)):
                assert len(revisions.unsent(connection, ASHA, after=(0, ""), limit=9, today=today)) == count

    def test_records_of_nobody_become_ones_own_when_claimed(self, store: Store) -> None:
        with store.write() as connection:
            for name in "abc":
                revisions.add(connection, revision(name, record=name), None)
            revisions.add(connection, revision("edit", record="a", parents=[revision("a", record="a")]), None)
            assert queue.waiting(connection, ASHA).unowned == 3
            assert revisions.claim(connection, ASHA) == 3
            assert queue.waiting(connection, ASHA)[:2] == (3, 0)


class TestAccounts:
    """The accounts used on this laptop."""

    def test_one_account_is_current_at_most_and_one_used_again_keeps_its_cursor(self, store: Store) -> None:
        with store.write() as connection:
            assert accounts.current(connection) is None
            accounts.use(connection, account(ASHA))
            accounts.set_cursor(connection, ASHA, 12, "f" * 64)
            accounts.set_success(connection, ASHA, "2026-11-24T12:00:00Z", "2026-11-24")
            accounts.leave_unowned(connection, ASHA)
            accounts.use(connection, account(BEN))
            found = accounts.current(connection)
            assert found is not None
            assert (found.owner, found.cursor_n) == (BEN, 0)
            accounts.use(connection, account(ASHA))
            again = accounts.current(connection)
            assert again is not None
            assert (again.cursor_n, again.cursor_h, again.checked_on) == (12, "f" * 64, "2026-11-24")
            assert not again.leaves_unowned
            accounts.leave(connection)
            assert accounts.current(connection) is None
