"""Accounts, addresses, threads and keyrings that cross each other: nothing is lost, sent as another's, or told
untruly."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from omi_desktop.central import accounts
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.errors import SignedOut, SyncProblem
from omi_desktop.domain.online import Link
from omi_desktop.sync import tokens as tokens_module
from omi_desktop.sync.tokens import KeyringTokens, MemoryTokens
from tests.kit.centre import Centre, running_centre
from tests.kit.machine import eventually
from tests.sync.conftest import MakeMachine, logged
from tests.sync.test_engine import details

pytestmark = pytest.mark.usefixtures("quick_retries")


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


def test_what_belongs_to_one_service_is_never_shown_to_another_address(
    tmp_path: Path, centre: Centre, make_machine: MakeMachine
) -> None:
    with running_centre(f"sqlite:///{tmp_path / 'other.db'}") as other:
        machine = make_machine(address=other.url)
        machine.syncing.enrol(f"{centre.invite()}@{centre.url}", "Work laptop")
        machine.desk.sessions.save(details())
        machine.syncing.run_once()
        assert (len(logged(centre)), len(logged(other))) == (1, 0)
        assert machine.syncing.code_for_next_laptop().code


def test_what_one_person_recorded_is_not_sent_with_the_sign_in_of_the_person_before(
    centre: Centre, make_machine: MakeMachine
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
    assert len(logged(centre)) == 0
    machine.syncing.run_once()
    assert len(logged(centre)) == 1


def test_a_run_that_fails_after_a_new_code_was_typed_does_not_stop_syncing_again(
    centre: Centre, make_machine: MakeMachine
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
    assert len(logged(centre)) == 1


def test_signing_out_during_a_run_leaves_no_problem_behind(centre: Centre, make_machine: MakeMachine) -> None:
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
    centre: Centre, make_machine: MakeMachine, monkeypatch: pytest.MonkeyPatch
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
    assert len(logged(centre)) == 1


def test_a_keyring_that_does_not_answer_is_asked_again_and_no_new_code_is_asked_for(
    centre: Centre, make_machine: MakeMachine, monkeypatch: pytest.MonkeyPatch
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
    centre: Centre, make_machine: MakeMachine
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
    assert len(logged(centre)) == 1
    assert len(machine.desk.sessions.all()) == 1
    with centre.database.writing() as connection:
        assert accounts.invite_again(connection, "f" * 32, SystemClock().now()) is None


def test_offline_not_even_a_code_goes_out(
    centre: Centre, make_machine: MakeMachine, monkeypatch: pytest.MonkeyPatch
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
    assert len(logged(centre)) == 0
    make_machine("home").syncing.enrol(code, "Home laptop")
