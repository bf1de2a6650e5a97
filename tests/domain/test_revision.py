"""Revisions: the test vector, what is refused, and which of several versions is shown."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.domain import canonical
from omi_desktop.domain.revision import (
    PARENT_LIMIT,
    ROOT,
    SIZE_LIMIT,
    BadRevision,
    Kind,
    Revision,
    State,
    chain,
    compose,
    heads_digest,
    is_conflict,
    leaves,
)
from tests.kit.bodies import NOW, hex_id, histories, json_values, put, revision, revision_object, session_body

VECTOR = {
    "rev_id": "0" * 31 + "1",
    "record_id": "a" * 32,
    "kind": "session",
    "parents": [],
    "depth": 1,
    "state": "live",
    "schema": 1,
    "app": "omi-desktop/0.1.0",
    "device": "Work laptop",
    "saved_at": "2026-11-24T11:32:05Z",
    "salt": "b" * 32,
    "body": {"date": "2026-11-24", "name": 'Ysgol Tŷ\u2028 "A"/\x7f\t😀', "n": 30, "x": None},
}
VECTOR_BYTES = (
    rb'{"app":"omi-desktop/0.1.0","body":{"date":"2026-11-24","n":30,"name":"Ysgol T'
    b"\xc5\xb7\xe2\x80\xa8"
    rb" \"A\"/"
    b"\x7f"
    rb"\t"
    b"\xf0\x9f\x98\x80"
    rb'","x":null},"depth":1,"device":"Work laptop","kind":"session","parents":[],"record_id":"'
    + b"a" * 32
    + b'","rev_id":"'
    + b"0" * 31
    + b'1","salt":"'
    + b"b" * 32
    + b'","saved_at":"2026-11-24T11:32:05Z","schema":1,"state":"live"}'
)


def test_the_contracts_test_vector_holds_byte_for_byte() -> None:
    found = Revision.from_object(VECTOR)
    assert found.canonical == VECTOR_BYTES
    assert len(found.canonical) == 364
    assert found.sha == "a76109d4798eff1b1d27aa0dd700f2a185b8d045b7600967012ada7a878e8ade"
    first = chain(ROOT, found.rev_id, found.sha)
    assert first == "e21198e55f41094f095049531502df30cb114fecb5f51ba1e2b41e6fed4814eb"


def test_the_chain_starts_from_32_zero_bytes_and_takes_the_ids_decoded() -> None:
    rev_id, sha = hex_id("rev"), hex_id("sha") * 2
    assert bytes(32).hex() == ROOT
    raw = bytes(32) + bytes.fromhex(rev_id) + bytes.fromhex(sha)
    assert chain(ROOT, rev_id, sha) == hashlib.sha256(raw).hexdigest()


def test_a_revision_read_back_from_its_bytes_is_the_same_and_keeps_unknown_fields() -> None:
    found = Revision.from_object(VECTOR | {"from_the_future": {"a": [1]}})
    assert Revision.from_canonical(found.canonical) == found
    assert found.to_object() == VECTOR | {"from_the_future": {"a": [1]}}


def test_a_field_that_nobody_knows_changes_the_sha() -> None:
    assert Revision.from_object(VECTOR | {"more": 1}).sha != Revision.from_object(VECTOR).sha


def padded(size: int) -> dict[str, Any]:
    """A revision of exactly so many canonical bytes."""
    bare = revision_object(body={"text": ""})
    return revision_object(body={"text": "x" * (size - len(canonical.encode(bare)))})


def test_16_kib_can_be_kept_and_one_byte_more_cannot() -> None:
    assert len(Revision.from_object(padded(SIZE_LIMIT)).canonical) == 16_384
    with pytest.raises(BadRevision) as refused:
        Revision.from_object(padded(SIZE_LIMIT + 1))
    assert refused.value.code == "too_large"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rev_id", "A" * 32),
        ("rev_id", "0" * 31),
        ("rev_id", "0" * 32 + "\n"),
        ("rev_id", 1),
        ("record_id", "g" * 32),
        ("kind", ""),
        ("kind", "Session"),
        ("kind", None),
        ("parents", None),
        ("parents", "a" * 32),
        ("parents", [["a"]]),
        ("parents", [hex_id(2), hex_id(2)]),
        ("parents", sorted([hex_id(2), hex_id(3)], reverse=True)),
        ("parents", sorted(hex_id(n) for n in range(PARENT_LIMIT + 1))),
        ("depth", 0),
        ("depth", "1"),
        ("depth", True),
        ("depth", 1_000_001),
        ("state", "removed"),
        ("state", ["live"]),
        ("schema", 0),
        ("app", None),
        ("app", "x" * 101),
        ("device", 5),
        ("device", "x" * 101),
        ("saved_at", "2026-11-24"),
        ("saved_at", "2026-11-24T11:32:05+00:00"),
        ("saved_at", "2026-02-30T11:32:05Z"),
        ("saved_at", "2026-11-24T25:32:05Z"),
        ("saved_at", "2026-11-24 11:32:05Z"),
        ("saved_at", "2026-W48-2T11:32:05Z"),
        ("saved_at", "20261124T113205.123Z"),
        ("salt", ""),
        ("body", []),
        ("body", None),
    ],
)
def test_a_revision_with_one_wrong_field_is_refused_and_the_field_is_named(field: str, value: object) -> None:
    with pytest.raises(BadRevision) as refused:
        Revision.from_object(revision_object() | {field: value})
    assert (refused.value.code, refused.value.field) == ("invalid", field)


@pytest.mark.parametrize("field", [name for name in revision_object() if name])
def test_a_revision_that_lacks_a_field_is_refused_and_the_field_is_named(field: str) -> None:
    found = revision_object()
    del found[field]
    with pytest.raises(BadRevision) as refused:
        Revision.from_object(found)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("parents", "depth", "field"), [([hex_id("p")], 1, "depth"), ([], 2, "parents"), ([], 7, "parents")]
)
def test_depth_and_parents_must_agree(parents: list[str], depth: int, field: str) -> None:
    with pytest.raises(BadRevision) as refused:
        Revision.from_object(revision_object(parents=parents, depth=depth))
    assert refused.value.field == field


def test_a_revision_that_names_itself_as_its_parent_is_refused() -> None:
    with pytest.raises(BadRevision) as refused:
        Revision.from_object(revision_object(hex_id("self"), parents=[hex_id("self")], depth=2))
    assert refused.value.field == "parents"


@given(json_values)
def test_anything_received_is_read_or_refused_and_never_breaks(value: Any) -> None:
    with pytest.raises(BadRevision):
        Revision.from_object(value)


@given(st.sampled_from(sorted(revision_object())), json_values)
def test_a_revision_with_anything_in_one_field_is_read_or_refused(field: str, value: Any) -> None:
    try:
        found = Revision.from_object(put(revision_object(), (field,), value))
    except BadRevision:
        return
    assert Revision.from_canonical(found.canonical) == found


class TestHead:
    """Which version of a record every device shows."""

    def test_an_edit_is_shown_instead_of_what_it_edits(self) -> None:
        first = revision("first")
        second = revision("second", parents=[first], body=session_body(31))
        assert leaves([first, second]) == [second]

    def test_of_two_edits_the_deeper_is_shown_and_at_one_depth_the_greater_id(self) -> None:
        first = revision("first")
        short = revision("short", parents=[first])
        long = revision("long", parents=[revision("middle", parents=[first])])
        other = revision("other", parents=[first])
        assert leaves([first, short, long])[0] == long
        assert leaves([first, short, other])[0] == max(short, other, key=lambda r: r.rev_id)

    def test_a_removal_is_never_outrun_by_edits_made_elsewhere(self) -> None:
        first = revision("first")
        removal = revision("removal", parents=[first], state="withdrawn")
        edits = [first]
        for index in range(5):
            edits.append(revision(index, parents=[edits[-1]]))
        assert leaves([removal, *edits])[0] == removal

    def test_a_revision_whose_parent_has_not_arrived_is_a_leaf(self) -> None:
        absent = revision("absent")
        child = revision("child", parents=[absent])
        assert leaves([child]) == [child]
        assert leaves([child, absent]) == [child]

    def test_a_merge_ends_the_conflict(self) -> None:
        first = revision("first")
        one, two = (revision(n, parents=[first], body=session_body(n)) for n in (28, 31))
        merge = revision("merge", parents=[one, two], body=session_body(31))
        assert leaves([merge, two, first, one]) == [merge]

    @given(histories(), st.randoms())
    def test_the_leaves_do_not_depend_on_the_order_of_arrival(self, made: list[Revision], by: Any) -> None:
        mixed = made[:]
        by.shuffle(mixed)
        for record in {r.record_id for r in made}:
            one, two = ([r for r in order if r.record_id == record] for order in (made, mixed))
            assert leaves(one) == leaves(two)
            assert leaves(one), "a record always has something to show"


class TestConflict:
    """When a person must be asked."""

    def test_several_versions_that_say_the_same_ask_nobody(self) -> None:
        assert not is_conflict([revision("one"), revision("two", device="Home laptop")])

    def test_versions_that_differ_in_their_body_ask(self) -> None:
        assert is_conflict([revision("one"), revision("two", body=session_body(31))])

    def test_a_removal_beside_an_edit_asks(self) -> None:
        assert is_conflict([revision("one", state="withdrawn"), revision("two")])

    def test_yes_and_the_number_one_are_not_the_same(self) -> None:
        one, two = (revision(n, body=session_body(girls=n)) for n in (True, 1))
        assert is_conflict([one, two])


class TestCompose:
    """Making the next revision."""

    def test_a_first_revision_has_no_parents_and_new_random_ids(self) -> None:
        one, two = (
            compose(kind=Kind.SESSION, body=session_body(), app="a", device="d", now=NOW) for _ in "ab"
        )
        assert (one.parents, one.depth, one.state, one.schema) == ((), 1, State.LIVE, 1)
        assert len({one.rev_id, one.record_id, two.rev_id, two.record_id}) == 4
        assert one.to_object()["salt"] != two.to_object()["salt"]
        assert one.saved_at == "2026-11-24T12:00:00Z"

    def test_a_next_revision_is_one_deeper_than_its_deepest_parent_and_keeps_the_greatest_schema(
        self,
    ) -> None:
        shallow = revision("shallow", schema=3)
        deep = revision("deep", parents=[revision("first")])
        made = compose(kind=Kind.SESSION, body={}, parents=[shallow, deep], app="a", device="d", now=NOW)
        assert made.parents == tuple(sorted([shallow.rev_id, deep.rev_id]))
        assert (made.depth, made.schema, made.record_id) == (3, 3, hex_id("record"))

    def test_of_more_parents_than_fit_the_ones_that_are_shown_first_are_named(self) -> None:
        first = revision("first")
        last = max(range(100), key=hex_id)
        head = revision(last, parents=[revision("middle", parents=[first])])
        others = [revision((n,), parents=[first]) for n in range(PARENT_LIMIT + 4)]
        for order in ([head, *others], [*others, head]):
            made = compose(kind=Kind.SESSION, body={}, parents=order, app="a", device="d", now=NOW)
            assert len(made.parents) == PARENT_LIMIT
            assert head.rev_id in made.parents
            assert made.depth == head.depth + 1

    def test_a_long_laptop_name_is_cut_and_a_long_body_is_refused(self) -> None:
        made = compose(kind=Kind.SESSION, body={}, app="a", device="ŷ" * 300, now=NOW)
        assert made.device == "ŷ" * 100
        with pytest.raises(BadRevision) as refused:
            compose(kind=Kind.SESSION, body={"t": "x" * SIZE_LIMIT}, app="a", device="d", now=NOW)
        assert refused.value.code == "too_large"


def test_the_digest_of_heads_does_not_depend_on_their_order_and_tells_sets_apart() -> None:
    ids = [hex_id(n) for n in range(4)]
    digests = {heads_digest(order) for order in itertools.permutations(ids)}
    assert digests == {hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()}
    assert heads_digest(ids[:3]) not in digests
