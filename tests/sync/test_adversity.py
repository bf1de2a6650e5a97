"""Accounts, addresses, threads and keyrings that cross each other: nothing is lost, sent as another's, or told
untruly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from omi_desktop.central import accounts
from omi_desktop.central.tables import log
from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.errors import Busy, SignedOut, SyncProblem
from omi_desktop.domain.online import Link
from omi_desktop.services.desk import Desk
from omi_desktop.sync import syncing as syncing_module
from omi_desktop.sync import tokens as tokens_module
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import KeyringTokens, MemoryTokens, Tokens
from tests.kit.centre import Centre, running_centre
from tests.sync.test_engine import details
from tests.sync.test_syncing import eventually


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    with running_centre(f"sqlite:///{tmp_path / 'central.db'}") as made:
        yield made


class Meddling(MemoryTokens):
    """A keyring that takes its time: `meanwhile` happens once, while it is asked for a sign-in."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] | None = None

    def get(self, name: str) -> str | None:
        """The secret as it was when it was asked for."""
        found = super().get(name)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return found


class Machine:
    """A laptop whose syncing runs by itself."""

    def __init__(self, profile: Path, address: str, tokens: Tokens | None = None) -> None:
        changes, clock = Changes(), SystemClock()
        self.tokens = tokens or MemoryTokens()
        self.desk = Desk.open(profile, clock=clock, changes=changes, app="omi-desktop/test")
        self.syncing = Syncing(
            self.desk.store, tokens=self.tokens, clock=clock, changes=changes, address=address
        )


@pytest.fixture
def make_machine(tmp_path: Path, centre: Centre) -> Iterator[Callable[..., Machine]]:
    made: list[Machine] = []

    def make(name: str = "work", *, address: str = "", tokens: Tokens | None = None) -> Machine:
        made.append(Machine(tmp_path / name, address or centre.url, tokens))
        return made[-1]

    yield make
    for machine in made:
        machine.syncing.stop(wait=10)
        machine.desk.close()


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncing_module, "FIRST_RETRY", 0.05)
    monkeypatch.setattr(syncing_module, "LAST_RETRY", 0.2)


def logged(centre: Centre) -> int:
    """How many revisions a centre holds."""
    with centre.database.reading() as connection:
        return len(connection.execute(select(log.c.rev_id)).all())


def test_what_belongs_to_one_service_is_never_shown_to_another_address(
    tmp_path: Path, centre: Centre, make_machine: Callable[..., Machine]
) -> None:
    with running_centre(f"sqlite:///{tmp_path / 'other.db'}") as other:
        machine = make_machine(address=other.url)
        machine.syncing.enrol(f"{centre.invite()}@{centre.url}", "Work laptop")
        machine.desk.sessions.save(details())
        machine.syncing.run_once()
        assert (logged(centre), logged(other)) == (1, 0)
        assert machine.syncing.code_for_next_laptop().code


def test_what_one_person_recorded_is_not_sent_with_the_sign_in_of_the_person_before(
    centre: Centre, make_machine: Callable[..., Machine]
) -> None:
    tokens = Meddling()
    machine = make_machine(tokens=tokens)
    machine.syncing.enrol(centre.invite(), "Shared laptop")

    def somebody_else_signs_in_and_records() -> None:
        machine.syncing.enrol(centre.invite(), "Shared laptop")
        machine.desk.sessions.save(details())

    tokens.meanwhile = somebody_else_signs_in_and_records
    with pytest.raises(SyncProblem):
        machine.syncing.run_once()
    assert logged(centre) == 0
    machine.syncing.run_once()
    assert logged(centre) == 1


def test_a_run_that_fails_after_a_new_code_was_typed_does_not_stop_syncing_again(
    centre: Centre, make_machine: Callable[..., Machine]
) -> None:
    tokens = Meddling()
    machine = make_machine(tokens=tokens)
    machine.syncing.enrol(centre.invite(), "Work laptop")
    code = machine.syncing.code_for_next_laptop().code
    name = next(iter(tokens._kept))
    tokens.put(name, "no longer valid")
    typed = threading.Event()

    def type_a_new_code() -> None:
        machine.syncing.enrol(code, "Work laptop")
        typed.set()

    tokens.meanwhile = type_a_new_code
    machine.syncing.start()
    assert typed.wait(10)
    machine.desk.sessions.save(details())
    eventually(lambda: machine.syncing.state().is_all_well)
    assert logged(centre) == 1


def test_signing_out_during_a_run_leaves_no_problem_behind(
    centre: Centre, make_machine: Callable[..., Machine]
) -> None:
    tokens = Meddling()
    machine = make_machine(tokens=tokens)
    machine.syncing.enrol(centre.invite(), "Work laptop")
    is_out = threading.Event()

    def sign_out() -> None:
        machine.syncing.sign_out()
        is_out.set()

    tokens.meanwhile = sign_out
    machine.syncing.start()
    assert is_out.wait(10)
    eventually(lambda: machine.syncing._is_syncing is False)
    assert machine.syncing.state().link is Link.NO_CODE
    assert machine.syncing.state().problem is None


def test_a_fault_of_ours_in_a_run_is_reported_and_the_next_run_syncs(
    centre: Centre, make_machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_value))
    tokens = Meddling()
    machine = make_machine(tokens=tokens)
    machine.syncing.enrol(centre.invite(), "Work laptop")

    def fault() -> None:
        raise RuntimeError("a fault of ours")

    tokens.meanwhile = fault
    machine.syncing.start()
    eventually(lambda: bool(reported))
    eventually(lambda: machine.syncing.state().link is Link.TROUBLE)
    machine.desk.sessions.save(details())
    machine.syncing.sync_now()
    eventually(lambda: machine.syncing.state().is_all_well)
    assert logged(centre) == 1


def test_a_service_that_asks_for_no_pause_is_given_one_all_the_same(
    make_machine: Callable[..., Machine],
) -> None:
    syncing = make_machine().syncing
    assert syncing._pause(Busy(0.0)) > 0
    assert syncing._pause(Busy(120.0)) == 120


def test_a_keyring_that_does_not_answer_is_asked_again_and_no_new_code_is_asked_for(
    centre: Centre, make_machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets: dict[str, str] = {}
    is_locked = threading.Event()

    def get(name: str) -> str | None:
        if is_locked.is_set():
            raise RuntimeError("locked")
        return secrets.get(name)

    monkeypatch.setattr(tokens_module, "_keyring_get", get)
    monkeypatch.setattr(tokens_module, "_keyring_set", secrets.__setitem__)
    make_machine(tokens=KeyringTokens()).syncing.enrol(centre.invite(), "Work laptop")
    is_locked.set()
    again = make_machine(tokens=KeyringTokens())
    again.syncing.start()
    again.desk.sessions.save(details())
    eventually(lambda: again.syncing.state().problem is not None)
    assert again.syncing.state().link is Link.TROUBLE
    is_locked.clear()
    again.syncing.sync_now()
    eventually(lambda: again.syncing.state().is_all_well)


def test_what_waited_when_a_sign_in_ended_is_sent_with_the_hubs_next_code_for_that_laptop(
    centre: Centre, make_machine: Callable[..., Machine]
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    with centre.database.writing() as connection:
        device_id = accounts.devices(connection)[0][0]
        accounts.revoke(connection, device_id, SystemClock().now())
    machine.desk.sessions.save(details())
    with pytest.raises(SignedOut):
        machine.syncing.run_once()
    with centre.database.writing() as connection:
        code = accounts.invite_again(connection, device_id, SystemClock().now())
    assert code
    machine.syncing.enrol(code, "Work laptop")
    machine.syncing.run_once()
    assert logged(centre) == 1
    assert len(machine.desk.sessions.all()) == 1
    with centre.database.writing() as connection:
        assert accounts.invite_again(connection, "f" * 32, SystemClock().now()) is None


def test_offline_not_even_a_code_goes_out(
    centre: Centre, make_machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    monkeypatch.setattr(machine.syncing, "_is_offline", True)
    machine.desk.sessions.save(details())
    code = centre.invite()
    for ask in (
        lambda: machine.syncing.enrol(code, "Work laptop"),
        machine.syncing.code_for_next_laptop,
        machine.syncing.run_once,
    ):
        with pytest.raises(SyncProblem, match="offline"):
            ask()
    assert logged(centre) == 0
    make_machine("home").syncing.enrol(code, "Home laptop")
