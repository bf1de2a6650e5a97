"""A sync file carries what waits to one's other laptop, or by anyone's to OMI online, and nothing is counted twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from omi_desktop.central.tables import log
from omi_desktop.domain.errors import Busy, OtherCentre, SyncFileProblem
from omi_desktop.domain.online import TakenIn
from omi_desktop.domain.revision import Revision
from omi_desktop.services.records import Standing
from omi_desktop.store import revisions
from omi_desktop.sync import sync_file as files
from omi_desktop.sync.client import CarryRefused
from omi_desktop.wire import sync_file
from omi_desktop.wire.messages import CarryAnswer
from tests.kit.bodies import hex_id
from tests.kit.centre import Centre, running_centre
from tests.kit.full_disk import file_size_limit
from tests.kit.machine import Machine
from tests.sync.conftest import MakeMachine, logged
from tests.sync.test_engine import details


def two(centre: Centre, make_machine: MakeMachine) -> tuple[Machine, Machine]:
    """Two laptops of one person."""
    work, home = make_machine("work"), make_machine("home")
    work.syncing.enrol(centre.invite(), "Work laptop")
    home.syncing.enrol(work.syncing.code_for_next_laptop().code, "Home laptop")
    return work, home


def revised(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    """Change the lines of a file."""
    path.write_bytes(b"\n".join(change(path.read_bytes().split(b"\n"))))


def test_ones_other_laptop_reads_it_sends_it_and_the_old_one_counts_nothing_twice(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    work, home = two(centre, make_machine)
    saved = work.desk.sessions.save(details(28))
    work.desk.sessions.correct(saved.record_id, details(31))
    work.desk.sessions.save(details(12))
    path = tmp_path / "asha.omisync"
    assert work.syncing.write_sync_file(path) == 2
    assert home.syncing.take_in_sync_file(path) == TakenIn(is_own=True, new=3, known=0)
    assert home.desk.sessions.get(saved.record_id).record.standing is Standing.SAVED
    assert (home.syncing.state().waiting, logged(centre)) == (2, [])
    assert home.syncing.run_once().sent == 3
    assert home.desk.sessions.get(saved.record_id).record.standing is Standing.SYNCED
    assert home.syncing.take_in_sync_file(path) == TakenIn(is_own=True, new=0, known=3)
    work.syncing.run_once()
    assert len(logged(centre)) == 3
    assert work.syncing.state().waiting == home.syncing.state().waiting == 0
    assert [v.details.total for v in work.desk.sessions.all()] == [
        v.details.total for v in home.desk.sessions.all()
    ]


def test_it_holds_what_waits_and_nothing_of_anyone_else(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    machine = make_machine()
    nobodys = machine.desk.sessions.save(details(1))
    machine.syncing.enrol(centre.invite(), "Shared laptop")
    machine.desk.sessions.save(details(2))
    machine.syncing.run_once()
    machine.desk.sessions.save(details(3))
    machine.syncing.enrol(centre.invite(), "Shared laptop")
    mine = machine.desk.sessions.save(details(4))
    path = tmp_path / "ben.omisync"
    assert machine.syncing.write_sync_file(path) == 1
    key = files.key_of(machine.tokens.get(f"{machine.token_name}/carry") or "")
    found = sync_file.read(path.read_bytes())
    (piece,) = found.pieces
    (held,) = json.loads(sync_file.unseal(*machine.owner, key, piece))
    assert Revision.from_object(held).record_id == mine.record_id != nobodys.record_id


def test_no_name_and_no_secret_can_be_read_in_it(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    machine.desk.sessions.save(details())
    path = tmp_path / "asha.omisync"
    machine.syncing.write_sync_file(path)
    text = path.read_text()
    for secret in ("Seren", *(machine.tokens.get(machine.token_name + part) for part in ("", "/carry"))):
        assert secret
        assert secret not in text


def test_nothing_waiting_and_no_code_are_said_in_words(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    machine, path = make_machine(), tmp_path / "empty.omisync"
    machine.desk.sessions.save(details())
    with pytest.raises(SyncFileProblem, match="needs a code first"):
        machine.syncing.write_sync_file(path)
    machine.syncing.enrol(centre.invite(), "Work laptop")
    with pytest.raises(SyncFileProblem, match="Nothing waits"):
        machine.syncing.write_sync_file(path)
    assert not path.exists()


def test_it_can_be_written_after_the_sign_in_ended(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    machine = make_machine(is_offline=False)
    machine.syncing.enrol(centre.invite(), "Work laptop")
    machine.desk.sessions.save(details())
    machine.tokens.forget(machine.token_name)
    assert machine.syncing.write_sync_file(tmp_path / "asha.omisync") == 1
    machine.tokens.forget(f"{machine.token_name}/carry")
    with pytest.raises(SyncFileProblem, match="key for sync files"):
        machine.syncing.write_sync_file(tmp_path / "asha.omisync")


def test_a_full_stick_keeps_what_was_there(centre: Centre, make_machine: MakeMachine, tmp_path: Path) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    machine.desk.sessions.save(details())
    path = tmp_path / "stick" / "asha.omisync"
    path.parent.mkdir()
    path.write_text("what was there")
    with file_size_limit(100), pytest.raises(SyncFileProblem, match="could not be written"):
        machine.syncing.write_sync_file(path)
    assert [(each.name, each.read_text()) for each in path.parent.iterdir()] == [
        (path.name, "what was there")
    ]


def test_a_stick_that_was_pulled_is_said_in_words(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    machine.desk.sessions.save(details())
    with pytest.raises(SyncFileProblem, match="could not be written"):
        machine.syncing.write_sync_file(tmp_path / "pulled" / "asha.omisync")


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04" + b"\0" * 400, b"{}\n", b"[" * 100_000, b"\xff\xfe\n", b"x" * (64 * 1024 * 1024 + 2)],
    ids=["empty", "zip", "object", "nested", "binary", "huge"],
)
def test_what_is_no_sync_file_is_said_in_words(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path, data: bytes
) -> None:
    machine, path = make_machine(), tmp_path / "strange.omisync"
    machine.syncing.enrol(centre.invite(), "Work laptop")
    path.write_bytes(data)
    with pytest.raises(SyncFileProblem, match="not a sync file"):
        machine.syncing.take_in_sync_file(path)


@pytest.mark.parametrize("path", ["no-such-file", "."])
def test_what_cannot_be_read_is_said_in_words(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path, path: str
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    with pytest.raises(SyncFileProblem, match="can't be read"):
        machine.syncing.take_in_sync_file(tmp_path / path)


@pytest.mark.parametrize("damage", ["cut in a line", "cut at a line", "a bit"])
def test_a_damaged_file_gives_what_is_whole_and_says_that_it_is_not_all(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path, damage: str
) -> None:
    work, home = two(centre, make_machine)
    for _ in range(250):
        work.desk.sessions.save(details())
    path = tmp_path / "asha.omisync"
    assert work.syncing.write_sync_file(path) == 250

    def spoil(lines: list[bytes]) -> list[bytes]:
        if damage == "cut in a line":
            return [*lines[:2], lines[2][:-20]]
        if damage == "cut at a line":
            return [*lines[:2], b""]
        return [*lines[:2], lines[2][:40] + (b"A" if lines[2][40:41] != b"A" else b"B") + lines[2][41:], b""]

    revised(path, spoil)
    with pytest.raises(SyncFileProblem, match="Part of this sync file is damaged"):
        home.syncing.take_in_sync_file(path)
    assert home.syncing.state().waiting == 200


def test_one_of_another_omi_online_is_not_taken_in(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    work, other = make_machine("work"), make_machine("other")
    work.syncing.enrol(centre.invite(), "Work laptop")
    work.desk.sessions.save(details())
    path = tmp_path / "asha.omisync"
    work.syncing.write_sync_file(path)
    with running_centre(f"sqlite:///{tmp_path / 'other.db'}") as another:
        other.syncing.enrol(f"{another.invite()}@{another.url}", "Other laptop")
        with pytest.raises(SyncFileProblem, match="another OMI online"):
            other.syncing.take_in_sync_file(path)
        assert logged(another) == []


def test_what_was_erased_here_does_not_come_back_in_a_file(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    work, home = two(centre, make_machine)
    saved = work.desk.sessions.save(details())
    path = tmp_path / "asha.omisync"
    work.syncing.write_sync_file(path)
    home.syncing.take_in_sync_file(path)
    home.desk.erasures.erase([saved.record_id])
    assert home.syncing.take_in_sync_file(path) == TakenIn(is_own=True, new=0, known=0, refused=1)
    assert home.desk.sessions.all() == []


class Carrier:
    """Stands for OMI online's side of `POST /v1/carry`."""

    def __init__(self, *answers: CarryAnswer | Exception) -> None:
        self.answers = iter(answers)
        self.asked: list[tuple[str, str]] = []

    def carry(self, token: str, account_id: str, sealed: str) -> CarryAnswer:
        """One call."""
        self.asked.append((account_id, sealed))
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


CENTRE, ACCOUNT = hex_id("centre"), hex_id("account")
FOUND = sync_file.SyncFile(CENTRE, ACCOUNT, ("one", "two"))
TOOK = CarryAnswer(centre_id=CENTRE, taken=2, known=1, refused=0)


class TestRelay:
    """Someone else's file goes on unread, a piece at a time."""

    def test_every_piece_goes_under_its_own_account(self) -> None:
        carrier = Carrier(TOOK, TOOK.model_copy(update={"refused": 1}))
        taken = files.relay(carrier, "token", CENTRE, FOUND)
        assert taken == TakenIn(is_own=False, new=4, known=2, refused=1)
        assert carrier.asked == [(ACCOUNT, "one"), (ACCOUNT, "two")]

    def test_another_omi_online_that_answers_is_not_believed(self) -> None:
        with pytest.raises(OtherCentre):
            files.relay(Carrier(TOOK.model_copy(update={"centre_id": hex_id("x")})), "t", CENTRE, FOUND)

    def test_no_certain_answer_says_nothing_was_taken(self) -> None:
        with pytest.raises(Busy):
            files.relay(Carrier(TOOK, Busy(3)), "t", CENTRE, FOUND)

    def test_what_it_cannot_open_is_said_in_words(self) -> None:
        with pytest.raises(SyncFileProblem, match="can't open this sync file"):
            files.relay(Carrier(CarryRefused(), CarryRefused()), "t", CENTRE, FOUND)
        with pytest.raises(SyncFileProblem, match="Part of this sync file") as caught:
            files.relay(Carrier(CarryRefused(), TOOK), "t", CENTRE, FOUND)
        assert "3 saved versions" in caught.value.detail


def test_a_version_whose_id_another_has_here_is_not_taken(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    work, home = two(centre, make_machine)
    saved = work.desk.sessions.save(details(28)).record.head
    path = tmp_path / "asha.omisync"
    work.syncing.write_sync_file(path)
    other = Revision.from_object(saved.to_object() | {"salt": "f" * 32})
    with home.desk.store.write() as connection:
        revisions.add(connection, other, home.owner)
    assert home.syncing.take_in_sync_file(path) == TakenIn(is_own=True, new=0, known=0, refused=1)
    (view,) = home.desk.sessions.all()
    assert view.record.head.sha == other.sha


def test_anyones_laptop_brings_it_to_omi_online_and_the_old_one_counts_nothing_twice(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    asha, ben = make_machine("asha"), make_machine("ben")
    asha.syncing.enrol(centre.invite(name="Asha"), "Asha's laptop")
    ben.syncing.enrol(centre.invite(name="Ben"), "Ben's laptop")
    saved = [asha.desk.sessions.save(details(count)).record.head.rev_id for count in (28, 12)]
    path = tmp_path / "asha.omisync"
    assert asha.syncing.write_sync_file(path) == 2
    assert ben.syncing.take_in_sync_file(path) == TakenIn(is_own=False, new=2, known=0)
    assert ben.desk.sessions.all() == []
    assert sorted(logged(centre)) == sorted(saved)
    assert ben.syncing.take_in_sync_file(path) == TakenIn(is_own=False, new=0, known=2)
    report = asha.syncing.run_once()
    assert (report.read_back, sorted(logged(centre))) == (2, sorted(saved))
    assert asha.syncing.state().waiting == 0
    with centre.database.reading() as connection:
        owners = set(connection.execute(select(log.c.account_id)).scalars())
    assert owners == {asha.owner.account_id}


def test_ones_own_file_without_the_key_is_handed_on(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    work, home = two(centre, make_machine)
    work.desk.sessions.save(details())
    path = tmp_path / "asha.omisync"
    work.syncing.write_sync_file(path)
    home.tokens.forget(f"{home.token_name}/carry")
    assert home.syncing.take_in_sync_file(path) == TakenIn(is_own=False, new=1, known=0)


def test_one_that_was_forged_is_opened_by_nobody(
    centre: Centre, make_machine: MakeMachine, tmp_path: Path
) -> None:
    asha, ben = make_machine("asha"), make_machine("ben")
    asha.syncing.enrol(centre.invite(), "Asha's laptop")
    ben.syncing.enrol(centre.invite(), "Ben's laptop")
    path = tmp_path / "forged.omisync"
    forged = sync_file.write(
        *asha.owner, b"k" * 32, [ben.desk.sessions.save(details()).record.head.canonical]
    )
    path.write_bytes(forged)
    with pytest.raises(SyncFileProblem, match="can't open this sync file"):
        ben.syncing.take_in_sync_file(path)
    assert logged(centre) == []
