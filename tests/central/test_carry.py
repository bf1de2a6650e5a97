"""Sync files at the centre: what is sealed is taken as if its owner had pushed it, whoever brings it, once."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import requests

from omi_desktop.central import audit
from omi_desktop.domain.revision import Revision, new_id
from omi_desktop.wire import limits, sync_file
from tests.central.laptop import Laptop, changed, erased, recorded
from tests.central.test_contract import problem
from tests.kit.centre import Centre
from tests.kit.operator import run


def sealed(owner: Laptop, revisions: Sequence[Revision]) -> str:
    """One piece of `owner`'s sync file."""
    key = base64.b64decode(owner.enrolment["carry_key"])
    return sync_file.seal(
        owner.enrolment["centre_id"], owner.account, key, [one.canonical for one in revisions]
    )


def ask(carrier: Laptop, account_id: str, piece: str) -> requests.Response:
    body = {"account_id": account_id, "sealed": piece}
    return carrier.session.post(f"{carrier.url}/v1/carry", json=body, timeout=30)


def carried(carrier: Laptop, account_id: str, piece: str) -> tuple[int, int, int]:
    answer = ask(carrier, account_id, piece)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found.keys() == {"centre_id", "taken", "known", "refused"}
    assert found["centre_id"] == carrier.enrolment["centre_id"]
    return found["taken"], found["known"], found["refused"]


@pytest.fixture
def stranger(centre: Centre) -> Laptop:
    """A laptop of another ambassador."""
    return Laptop.enrol(centre.url, centre.invite())


def test_any_laptop_may_relay_and_the_owner_reads_it_back(laptop: Laptop, stranger: Laptop) -> None:
    sent = [recorded(28), recorded(3)]
    assert carried(stranger, laptop.account, sealed(laptop, sent)) == (2, 0, 0)
    assert stranger.sync().pull == []
    laptop.pull_all()
    assert list(laptop.held) == [one.rev_id for one in sent]
    assert laptop.sync(sent).pull == []


def test_a_piece_that_comes_again_counts_once(centre: Centre, laptop: Laptop, stranger: Laptop) -> None:
    first, second = recorded(28), recorded(3)
    piece = sealed(laptop, [first, second])
    laptop.sync([first])
    assert carried(stranger, laptop.account, piece) == (1, 1, 0)
    for carrier in (stranger, laptop):
        assert carried(carrier, laptop.account, piece) == (0, 2, 0)
    assert requests.get(f"{centre.url}/v1/totals?year=2026", timeout=10).json()["low"] == 31


def test_what_a_sync_would_refuse_is_refused_alone(laptop: Laptop, stranger: Laptop) -> None:
    good, bad = recorded(28), recorded(28, date="2099-01-01")
    reused = Revision.from_object(changed(good, device="Other"))
    assert carried(stranger, laptop.account, sealed(laptop, [bad, good, reused])) == (1, 0, 2)


def test_an_erasure_may_come_by_a_sync_file_and_holds_for_what_it_brings(
    laptop: Laptop, stranger: Laptop
) -> None:
    first = recorded(28)
    laptop.sync([first])
    assert carried(
        stranger, laptop.account, sealed(laptop, [recorded(29, [first]), erased(first.record_id)])
    ) == (2, 0, 0)
    laptop.restart()
    assert [entry.erased for entry in laptop.sync().pull] == [True, True, False]


def spoilt_pieces(owner: Laptop, stranger: Laptop) -> dict[str, tuple[str, str]]:
    """Everything that must not be opened, by what is wrong with it."""
    good = sealed(owner, [recorded()])
    data = bytearray(base64.b64decode(good))
    data[-1] ^= 1
    key = base64.b64decode(owner.enrolment["carry_key"])
    centre_id = owner.enrolment["centre_id"]
    small = [recorded() for _ in range(limits.PUSH_COUNT + 1)]
    return {
        "no such account": (new_id(), good),
        "another account": (stranger.account, good),
        "another key": (owner.account, sync_file.seal(centre_id, owner.account, b"k" * 32, [b"{}"])),
        "another centre": (owner.account, sync_file.seal(new_id(), owner.account, key, [b"{}"])),
        "a bit": (owner.account, base64.b64encode(data).decode()),
        "cut short": (owner.account, base64.b64encode(data[:-20]).decode()),
        "nothing": (owner.account, ""),
        "no base64": (owner.account, "%%%"),
        "no JSON": (owner.account, sync_file.seal(centre_id, owner.account, key, [b"[", b"{"])),
        "too much": (owner.account, sealed(owner, small)),
        "a bomb": (owner.account, sync_file.seal(centre_id, owner.account, key, [b" " * 2**20])),
    }


def test_whatever_cannot_be_opened_is_one_and_the_same_answer(laptop: Laptop, stranger: Laptop) -> None:
    answers = {}
    for name, (account_id, piece) in spoilt_pieces(laptop, stranger).items():
        response = ask(stranger, account_id, piece)
        assert problem(response) == (403, "carry_refused"), name
        answers[name] = response.content
    assert len(set(answers.values())) == 1
    assert laptop.sync().pull == []


def test_a_request_that_is_none_is_told_so_and_nobody_carries_without_a_sign_in(laptop: Laptop) -> None:
    assert problem(ask(laptop, "x", "")) == (422, "bad_envelope")
    bad: dict[str, Any] = {"account_id": laptop.account, "sealed": 3}
    assert problem(laptop.session.post(f"{laptop.url}/v1/carry", json=bad, timeout=5)) == (
        422,
        "bad_envelope",
    )
    piece = sealed(laptop, [recorded()])
    laptop.session.headers["Authorization"] = "Bearer nonsense"
    assert problem(ask(laptop, laptop.account, piece)) == (401, "unauthorised")


def test_the_audit_log_says_who_brought_what_to_whom_in_numbers(
    own_centre: Centre, own_laptop: Laptop
) -> None:
    piece = sealed(own_laptop, [recorded(class_name="8B Science")])
    for _ in range(2):
        carried(own_laptop, own_laptop.account, piece)
    with own_centre.database.reading() as connection:
        *_, last = audit.rows(connection)
    assert (last.action, last.subject) == ("sync_file_carried", f"account:{own_laptop.account}")
    assert last.actor.startswith("device:")
    assert json.loads(last.detail) == {"known": 0, "refused": 0, "taken": 1}


def test_the_operator_takes_a_file_in(own_centre: Centre, own_laptop: Laptop, tmp_path: Path) -> None:
    sent = [recorded(number) for number in range(1, 301)]
    key = base64.b64decode(own_laptop.enrolment["carry_key"])
    centre_id = own_laptop.enrolment["centre_id"]
    whole = sync_file.write(centre_id, own_laptop.account, key, [one.canonical for one in sent])
    file = tmp_path / "sam.omisync"
    file.write_bytes(whole)
    words = ("take-in", str(file))
    done = run(*words, url=own_centre.database_url)
    assert (done.returncode, done.stdout) == (0, "Taken: 300. Known already: 0. Refused: 0.\n"), done.stderr
    assert run(*words, url=own_centre.database_url).stdout == "Taken: 0. Known already: 300. Refused: 0.\n"
    own_laptop.pull_all()
    assert len(own_laptop.held) == 300
    file.write_bytes(whole[:-40])
    done = run(*words, url=own_centre.database_url)
    assert (done.returncode, done.stdout) == (1, "Taken: 0. Known already: 200. Refused: 0.\n")
    assert "cut short" in done.stderr
    head, first, *rest = whole.split(b"\n")
    spoilt = json.dumps({"sealed": sync_file.seal(centre_id, own_laptop.account, b"k" * 32, [b"{}"])})
    file.write_bytes(b"\n".join([head, spoilt.encode(), first, *rest]))
    done = run(*words, url=own_centre.database_url)
    assert (done.returncode, done.stdout) == (1, "Taken: 0. Known already: 300. Refused: 0.\n")
    assert done.stderr.startswith("1 of 3 parts of ")
    for data, told in (
        (b"", "not a sync file"),
        (sync_file.write(new_id(), own_laptop.account, key, []), "for another centre"),
    ):
        file.write_bytes(data)
        done = run(*words, url=own_centre.database_url)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert told in done.stderr
    missing = run("take-in", str(tmp_path / "none"), url=own_centre.database_url)
    assert (missing.returncode, len(missing.stderr.splitlines())) == (1, 1)
