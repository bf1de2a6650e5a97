"""The contract of `/v1/sync`, seen from outside: `OMI_CENTRAL_URL` runs these on anyone's centre.

Each test brings a new ambassador, so that one centre serves them all.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from omi_desktop.domain.revision import ROOT, Kind, Revision, heads_digest, new_id
from omi_desktop.wire.problems import Rejection
from tests.central.laptop import Laptop, changed, erased, recorded, removed, saved, session_body
from tests.kit.centre import AnyCentre, any_centre
from tests.kit.postgres import fresh_database

KINDS = (
    ["elsewhere"]
    if os.environ.get("OMI_CENTRAL_URL")
    else ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]
)


@pytest.fixture(scope="module", params=KINDS)
def shared_centre(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AnyCentre]:
    if request.param == "postgresql":
        with fresh_database() as url, any_centre(url) as found:
            yield found
    else:
        with any_centre(f"sqlite:///{tmp_path_factory.mktemp('centre') / 'central.db'}") as found:
            yield found


@pytest.fixture
def laptop(shared_centre: AnyCentre) -> Laptop:
    return Laptop.enrol(shared_centre.url, shared_centre.invite())


def codes(rejected: list[Any]) -> list[tuple[str | None, str]]:
    return [(one.rev_id, str(one.code)) for one in rejected]


def test_the_first_call_of_an_empty_account_pulls_nothing(laptop: Laptop) -> None:
    answer = laptop.sync(nonce="12" * 16)
    assert (answer.nonce, answer.centre_id) == ("12" * 16, laptop.enrolment["centre_id"])
    assert (answer.pull, answer.more, answer.digest, answer.rejected) == ([], False, None, [])
    assert laptop.cursor.model_dump() == {"n": 0, "h": ROOT}


def test_pushed_revisions_come_back_in_the_order_of_the_push_without_their_bodies(laptop: Laptop) -> None:
    push = [recorded(number) for number in (28, 31, 5)]
    answer = laptop.sync(push)
    assert [entry.rev_id for entry in answer.pull] == [one.rev_id for one in push]
    assert all(entry.revision is None for entry in answer.pull)


def test_the_hash_is_over_the_former_hash_the_id_and_the_sha_of_the_canonical_form(laptop: Laptop) -> None:
    found = changed(
        saved(Kind.PROFILE, {}), body={"name": 'Ysgol T\u0177\u2028 "A"/\u007f\t\U0001f600', "n": 30}
    )
    laptop.sync([found])
    canonical = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    sha = hashlib.sha256(canonical).digest()
    assert laptop.cursor.h == hashlib.sha256(bytes(32) + bytes.fromhex(found["rev_id"]) + sha).hexdigest()


def test_another_laptop_of_the_account_reads_what_the_first_sent(laptop: Laptop) -> None:
    sent = recorded(28, class_name="8B Science", later_field={"deep": [1, None, True]})
    laptop.sync([sent])
    other = laptop.another()
    other.pull_all()
    assert other.held == {sent.rev_id: sent.to_object()}
    assert other.account == laptop.account


def test_a_laptop_never_sees_or_moves_another_accounts_log(shared_centre: AnyCentre, laptop: Laptop) -> None:
    stranger = Laptop.enrol(shared_centre.url, shared_centre.invite())
    sent = recorded(28)
    laptop.sync([sent])
    assert stranger.sync().pull == []
    stranger.sync([sent])
    assert stranger.cursor.n == 1
    assert laptop.sync().pull == []
    stranger.cursor = laptop.cursor
    laptop.sync([recorded(3)])
    stranger.cursor = laptop.cursor
    assert stranger.sync().status == "history_changed"


def test_what_belongs_to_another_centre_is_not_taken(laptop: Laptop) -> None:
    answer = laptop.ask([recorded(28)], centre_id="ab" * 16, nonce="56" * 16).json()
    assert answer == {
        "nonce": "56" * 16,
        "centre_id": laptop.enrolment["centre_id"],
        "status": "history_changed",
    }
    assert laptop.sync(centre_id=laptop.enrolment["centre_id"]).pull == []


def test_the_same_batch_twice_is_kept_once(laptop: Laptop) -> None:
    push = [recorded(number) for number in range(1, 6)]
    laptop.sync(push)
    assert laptop.sync(push).pull == []
    laptop.restart()
    answer = laptop.sync(push)
    assert len(answer.pull) == 5
    assert all(entry.revision is None for entry in answer.pull)


def test_the_same_revision_twice_in_one_push_is_kept_once(laptop: Laptop) -> None:
    sent = recorded()
    answer = laptop.sync([sent, sent])
    assert (len(answer.pull), answer.rejected) == (1, [])


def test_a_body_is_left_out_only_for_the_id_and_sha_of_this_very_request(laptop: Laptop) -> None:
    kept = recorded(28)
    laptop.sync([kept])
    laptop.restart()
    answer = laptop.sync([changed(kept, device="Another")])
    assert codes(answer.rejected) == [(kept.rev_id, "id_reuse")]
    assert answer.pull[0].revision == kept.to_object()


def test_a_cursor_that_is_not_in_the_log_is_told_and_nothing_is_taken(laptop: Laptop) -> None:
    laptop.sync([recorded(1), recorded(2)])
    here = laptop.cursor
    for cursor in (
        {"n": 2, "h": "ab" * 32},
        {"n": 1, "h": here.h},
        {"n": 3, "h": here.h},
        {"n": 0, "h": "ab" * 32},
        {"n": 2**53 - 1, "h": here.h},
    ):
        response = laptop.ask([recorded(3)], cursor=cursor, nonce="34" * 16)
        assert response.json() == {
            "nonce": "34" * 16,
            "centre_id": laptop.enrolment["centre_id"],
            "status": "history_changed",
        }
    assert laptop.sync().pull == []


def test_an_older_cursor_pulls_what_came_since(laptop: Laptop) -> None:
    push = [recorded(number) for number in (1, 2, 3)]
    laptop.sync(push[:1])
    early = laptop.cursor
    laptop.sync(push[1:])
    laptop.cursor = early
    answer = laptop.sync()
    assert [entry.revision for entry in answer.pull] == [one.to_object() for one in push[1:]]


def test_a_log_of_more_than_a_page_comes_in_pages(laptop: Laptop) -> None:
    for _ in range(2):
        laptop.sync([recorded(number) for number in range(1, 151)])
    laptop.restart()
    first = laptop.sync(check=True)
    assert (len(first.pull), first.more, first.digest) == (200, True, None)
    second = laptop.sync(check=True)
    assert (len(second.pull), second.more) == (100, False)
    assert second.digest


def test_a_page_ends_before_one_mebibyte(laptop: Laptop) -> None:
    for _ in range(8):
        laptop.sync([saved(Kind.PROFILE, {"text": "x" * 14_000}) for _ in range(17)])
    laptop.restart()
    answer = laptop.sync()
    assert answer.more
    assert 60 < len(answer.pull) < 136
    laptop.pull_all()
    assert laptop.cursor.n == 136


def test_a_removal_with_all_its_history_is_read_back(laptop: Laptop) -> None:
    first = recorded(28)
    gone = removed(first)
    laptop.sync([first, gone])
    other = laptop.another()
    other.pull_all()
    assert other.held[gone.rev_id]["state"] == "withdrawn"


def test_unknown_parents_are_accepted(laptop: Laptop) -> None:
    first = recorded(28)
    second = recorded(29, [first])
    assert laptop.sync([second]).rejected == []
    assert laptop.sync([first], check=True).digest == heads_digest([second.rev_id])


def test_the_digest_is_over_the_head_of_each_record(laptop: Laptop) -> None:
    first, other = recorded(28), recorded(3)
    left, right = recorded(29, [first]), recorded(30, [first])
    gone = removed(other)
    edit = recorded(9, [recorded(8, [other]), other])
    plan = saved(Kind.PLAN, session_body() | {"young_people": []})
    answer = laptop.sync([first, other, left, right, gone, edit, plan], check=True)
    heads = [max(left.rev_id, right.rev_id), gone.rev_id, plan.rev_id]
    assert answer.digest == heads_digest(heads)
    merged = recorded(30, [left, right])
    assert laptop.sync([merged], check=True).digest == heads_digest([merged.rev_id, *heads[1:]])


def test_the_digest_of_nothing_is_that_of_the_empty_string(laptop: Laptop) -> None:
    assert laptop.sync(check=True).digest == hashlib.sha256(b"").hexdigest()


def test_kinds_of_a_later_version_are_relayed(laptop: Laptop) -> None:
    found = changed(saved(Kind.PROFILE, {"x": [1]}), kind="tally_sheet", colour="red")
    laptop.sync([found])
    other = laptop.another()
    other.pull_all()
    assert other.held[found["rev_id"]] == found


def with_float(revision: Revision) -> str:
    return json.dumps(revision.to_object()).replace('"minutes": 50', '"minutes": 50.0')


def with_repeated_name(revision: Revision) -> str:
    return json.dumps(revision.to_object()).replace('"minutes": 50', '"minutes": 50, "minutes": 50')


def with_lone_surrogate(revision: Revision) -> str:
    return json.dumps(changed(revision, device="\ud800"))


def with_nul(revision: Revision) -> str:
    return json.dumps(changed(revision, device="\x00"))


def with_endless_integer(revision: Revision) -> str:
    return json.dumps(revision.to_object()).replace('"minutes": 50', f'"minutes": {"9" * 5000}')


def with_too_large_an_integer(revision: Revision) -> str:
    return json.dumps(changed(revision, later=2**53))


def with_not_a_number(revision: Revision) -> str:
    return json.dumps(changed(revision, later=float("nan")))


def with_bad_name(revision: Revision) -> str:
    return json.dumps(changed(revision, Später=1))


def nested_too_deeply(revision: Revision) -> str:
    return json.dumps(revision.to_object()).replace('"minutes": 50', f'"minutes": {"[" * 200}{"]" * 200}')


def without_salt(revision: Revision) -> str:
    found = revision.to_object()
    del found["salt"]
    return json.dumps(found)


def in_the_future(revision: Revision) -> str:
    return json.dumps(changed(revision, body=session_body(date="2099-01-01")))


def without_young_people(revision: Revision) -> str:
    return json.dumps(changed(revision, body=session_body(young_people=[])))


def too_long(revision: Revision) -> str:
    return json.dumps(changed(revision, later="x" * 17_000))


def of_a_later_schema(revision: Revision) -> str:
    return json.dumps(changed(revision, schema=2))


def erasing_nothing(revision: Revision) -> str:
    return json.dumps(changed(revision, kind="erasure", body={"records": []}))


def erasing_itself(revision: Revision) -> str:
    return json.dumps(changed(revision, kind="erasure", body={"records": [revision.record_id]}))


def answering_nonsense(revision: Revision) -> str:
    return json.dumps(changed(revision, kind="group_answer", body={"question": new_id(), "answer": "maybe"}))


@pytest.mark.parametrize(
    ("spoil", "code", "field"),
    [
        (with_float, Rejection.INVALID, ""),
        (with_repeated_name, Rejection.INVALID, ""),
        (with_lone_surrogate, Rejection.INVALID, ""),
        (with_nul, Rejection.INVALID, ""),
        (with_endless_integer, Rejection.INVALID, ""),
        (with_too_large_an_integer, Rejection.INVALID, ""),
        (with_not_a_number, Rejection.INVALID, ""),
        (with_bad_name, Rejection.INVALID, ""),
        (nested_too_deeply, Rejection.INVALID, ""),
        (without_salt, Rejection.INVALID, "salt"),
        (in_the_future, Rejection.INVALID, "date"),
        (without_young_people, Rejection.INVALID, "young_people"),
        (too_long, Rejection.TOO_LARGE, ""),
        (of_a_later_schema, Rejection.SCHEMA_UNKNOWN, "schema"),
        (erasing_nothing, Rejection.INVALID, "records"),
        (erasing_itself, Rejection.INVALID, "records"),
        (answering_nonsense, Rejection.INVALID, "answer"),
    ],
)
def test_a_revision_that_cannot_be_taken_is_refused_alone(
    laptop: Laptop, spoil: Callable[[Revision], str], code: Rejection, field: str
) -> None:
    before, bad, after = recorded(1), recorded(2), recorded(3)
    good = [json.dumps(one.to_object()) for one in (before, after)]
    request = (
        f'{{"nonce":"{new_id()}","protocol":1,"cursor":{{"n":0,"h":"{ROOT}"}},'
        f'"push":[{good[0]},{spoil(bad)},{good[1]}]}}'
    )
    response = laptop.post(request.encode())
    assert response.status_code == 200, response.text
    found = response.json()
    assert [entry["rev_id"] for entry in found["pull"]] == [before.rev_id, after.rev_id]
    (rejected,) = found["rejected"]
    assert (rejected["rev_id"], rejected["code"], rejected["field"]) == (bad.rev_id, code, field)
    assert rejected["message"]


def test_things_that_are_no_revisions_are_refused_alone(laptop: Laptop) -> None:
    sent = recorded()
    answer = laptop.sync([None, 3, "x", [], {}, {"rev_id": 3}, sent])
    assert codes(answer.rejected) == [(None, "invalid")] * 6
    assert [entry.rev_id for entry in answer.pull] == [sent.rev_id]


def test_a_removal_is_taken_whatever_is_wrong_with_what_it_removes(laptop: Laptop) -> None:
    gone = changed(removed(recorded()), body={"date": "never"})
    assert laptop.sync([gone]).rejected == []


def test_the_second_of_two_revisions_with_one_id_is_refused(laptop: Laptop) -> None:
    first = recorded(28)
    answer = laptop.sync([first, changed(first, device="Other")])
    assert codes(answer.rejected) == [(first.rev_id, "id_reuse")]
    assert len(answer.pull) == 1


def test_an_erasure_takes_the_bodies_of_its_records_in_whatever_order_it_comes(laptop: Laptop) -> None:
    first, other = recorded(28), recorded(3)
    edit = recorded(29, [first])
    sent = erased(first.record_id)
    laptop.sync([first])
    answer = laptop.sync([sent, edit, other], check=True)
    assert [(entry.rev_id, entry.erased) for entry in answer.pull] == [
        (sent.rev_id, False),
        (edit.rev_id, True),
        (other.rev_id, False),
    ]
    assert answer.digest == heads_digest([sent.rev_id, other.rev_id])
    reader = laptop.another()
    whole = reader.sync()
    assert [(entry.n, entry.rev_id, entry.sha, entry.revision, entry.erased) for entry in whole.pull] == [
        (1, first.rev_id, first.sha, None, True),
        (2, sent.rev_id, sent.sha, sent.to_object(), False),
        (3, edit.rev_id, edit.sha, None, True),
        (4, other.rev_id, other.sha, other.to_object(), False),
    ]
    assert reader.cursor == laptop.cursor


def test_what_is_pushed_again_of_an_erased_record_stays_erased(laptop: Laptop) -> None:
    first = recorded(28)
    laptop.sync([first])
    laptop.sync([erased(first.record_id)])
    late = laptop.another()
    late.pull_all()
    assert late.sync([first]).pull == []
    answer = late.sync([recorded(29, [first])])
    assert [(entry.n, entry.erased, entry.revision) for entry in answer.pull] == [(3, True, None)]
    assert codes(late.sync([changed(first, device="Other")]).rejected) == [(first.rev_id, "id_reuse")]


def test_an_erasure_counts_for_records_that_come_after_it(laptop: Laptop) -> None:
    late = recorded(28)
    laptop.sync([erased(late.record_id)])
    assert laptop.sync([late], check=True).pull[0].erased


def test_an_erasure_is_not_undone_by_removing_it_and_erases_no_erasure(laptop: Laptop) -> None:
    first, second = recorded(28), recorded(3)
    sent = erased(first.record_id)
    laptop.sync([first, second, sent])
    laptop.sync([removed(sent)])
    laptop.sync([erased(second.record_id, sent.record_id)])
    reader = laptop.another()
    reader.pull_all()
    assert first.rev_id not in reader.held
    assert second.rev_id not in reader.held
    assert sent.rev_id in reader.held


def test_a_removed_erasure_whose_asking_never_came_erases_nothing(laptop: Laptop) -> None:
    first = recorded(28)
    laptop.sync([first])
    gone = removed(erased(first.record_id))
    garbled = changed(removed(erased(first.record_id)), body={"date": "never"})
    assert laptop.sync([gone, garbled]).rejected == []
    laptop.restart()
    assert not any(entry.erased for entry in laptop.sync().pull)


def test_an_erasure_is_of_its_own_account_alone(shared_centre: AnyCentre, laptop: Laptop) -> None:
    mine = recorded(28)
    laptop.sync([mine])
    stranger = Laptop.enrol(shared_centre.url, shared_centre.invite())
    stranger.sync([erased(mine.record_id)])
    laptop.restart()
    laptop.pull_all()
    assert laptop.held[mine.rev_id] == mine.to_object()


def test_an_answer_is_packed_only_for_those_who_can_unpack(laptop: Laptop) -> None:
    laptop.sync([recorded(number) for number in range(1, 50)])
    laptop.restart()
    packed = laptop.ask()
    assert packed.headers["Content-Encoding"] == "gzip"
    laptop.session.headers["Accept-Encoding"] = "identity"
    plain = laptop.ask()
    assert "Content-Encoding" not in plain.headers
    assert plain.json()["pull"] == packed.json()["pull"]


def test_a_packed_request_is_the_same_as_a_plain_one(laptop: Laptop) -> None:
    sent = recorded()
    request = {
        "nonce": new_id(),
        "protocol": 1,
        "cursor": {"n": 0, "h": ROOT},
        "push": [sent.to_object()],
    }
    response = laptop.post(json.dumps(request).encode(), packed=True)
    assert response.json()["cursor"]["n"] == 1


def test_fields_of_a_later_version_in_the_envelope_are_ignored(laptop: Laptop) -> None:
    answer = laptop.sync([recorded()], colour="red", holding={"unsent": 3, "oldest": "2026-11-02", "x": 1})
    assert len(answer.pull) == 1


def problem(response: Any) -> tuple[int, str]:
    assert response.headers["Content-Type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == response.status_code
    assert found["title"]
    assert "Traceback" not in response.text
    return response.status_code, found["code"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"3",
        b'{"nonce":',
        b"\xff\xfe",
        b'\xef\xbb\xbf{"protocol":1}',
        b"[" * 100_000,
        json.dumps({"protocol": 1}).encode(),
        json.dumps({"nonce": new_id(), "protocol": 1, "cursor": {"n": 0.0, "h": ROOT}}).encode(),
        json.dumps({"nonce": new_id(), "protocol": 1, "cursor": {"n": 0, "h": ROOT}, "push": {}}).encode(),
        json.dumps({"nonce": new_id(), "protocol": "1", "cursor": {"n": 0, "h": ROOT}}).encode(),
        b'{"nonce":"' + b"0" * 32 + b'","protocol":1,"cursor":{"n":0,"n":0,"h":"' + ROOT.encode() + b'"}}',
    ],
)
def test_an_envelope_that_cannot_be_read_is_a_problem(laptop: Laptop, body: bytes) -> None:
    assert problem(laptop.post(body)) == (422, "bad_envelope")


def test_another_protocol_is_told_before_anything_else(laptop: Laptop) -> None:
    assert problem(laptop.post(b'{"protocol":2,"cursor":"later"}')) == (400, "protocol_unknown")


def test_a_small_body_that_unpacks_to_much_is_refused(laptop: Laptop) -> None:
    assert problem(laptop.post(b" " * 50_000_000, packed=True)) == (413, "too_large")


def test_a_large_body_is_refused(laptop: Laptop) -> None:
    assert problem(laptop.post(b" " * (512 * 1024 + 1))) == (413, "too_large")


def test_too_many_revisions_or_too_much_of_them_are_refused(laptop: Laptop) -> None:
    small = [saved(Kind.PROFILE, {"a": 1}) for _ in range(201)]
    assert problem(laptop.ask(small)) == (413, "too_large")
    assert laptop.ask(small[:200]).status_code == 200
    large = [saved(Kind.PROFILE, {"text": "x" * 14_000}) for _ in range(19)]
    assert problem(laptop.ask(large)) == (413, "too_large")
    assert laptop.ask(large[:18]).status_code == 200


def test_a_body_that_is_not_what_its_encoding_says_is_refused(laptop: Laptop) -> None:
    assert problem(laptop.post(b"{}", headers={"Content-Encoding": "gzip"})) == (422, "bad_envelope")
    assert problem(laptop.post(b"{}", headers={"Content-Encoding": "br"})) == (415, "encoding_unknown")


def test_nobody_syncs_without_a_token(laptop: Laptop) -> None:
    for value in ("", "Bearer", "Bearer nonsense", "Basic x"):
        laptop.session.headers["Authorization"] = value
        response = laptop.ask()
        assert problem(response) == (401, "unauthorised")
        assert response.headers["WWW-Authenticate"] == "Bearer"


def test_what_is_not_there_is_a_problem_too(laptop: Laptop) -> None:
    assert problem(laptop.session.get(f"{laptop.url}/v1/nothing", timeout=5)) == (404, "not_found")
    assert problem(laptop.session.get(f"{laptop.url}/v1/sync", timeout=5)) == (405, "method_not_allowed")
    assert problem(laptop.session.get(f"{laptop.url}/v1/totals?year=x", timeout=5)) == (422, "bad_envelope")
