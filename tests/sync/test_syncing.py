"""Syncing by itself, over real HTTP to the real centre, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.errors import CodeRefused, NotSaved, SignedOut, SyncProblem, Unreachable
from omi_desktop.domain.online import Link
from omi_desktop.store import revisions
from omi_desktop.wire import limits
from tests.kit.centre import Centre, running_centre
from tests.kit.machine import PATIENCE, eventually
from tests.kit.postgres import fresh_database
from tests.sync.conftest import MakeMachine
from tests.sync.test_engine import details

pytestmark = pytest.mark.usefixtures("quick_retries")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Centre]:
    with ExitStack() as stack:
        sqlite = f"sqlite:///{tmp_path / 'central.db'}"
        url = sqlite if request.param == "sqlite" else stack.enter_context(fresh_database())
        yield stack.enter_context(running_centre(url))


def test_a_save_syncs_by_itself_and_the_million_grows_by_it(
    centre: Centre, make_machine: MakeMachine
) -> None:
    machine = make_machine()
    machine.syncing.start()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    eventually(lambda: machine.syncing.million() is not None)
    before = machine.syncing.million()
    machine.desk.sessions.save(details(28, SystemClock().now().date()))
    eventually(lambda: machine.syncing.state().is_all_well)
    after = machine.syncing.million()
    assert before
    assert after
    assert after.low - before.low == 28


def test_the_queue_drains_by_itself_when_the_service_returns(
    centre: Centre, make_machine: MakeMachine
) -> None:
    machine = make_machine()
    machine.syncing.start()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    eventually(lambda: machine.syncing.state().is_all_well)
    centre.stop()
    machine.desk.sessions.save(details())
    eventually(lambda: machine.syncing.state().link is Link.TROUBLE)
    state = machine.syncing.state()
    assert state.waiting == 1
    assert isinstance(state.problem, SyncProblem)
    assert not state.is_all_well
    centre.start()
    eventually(lambda: machine.syncing.state().is_all_well)


@pytest.mark.parametrize("fails", [False, True])
def test_of_calls_that_go_ahead_no_thread_is_left(
    centre: Centre, make_machine: MakeMachine, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    for count in range(12):
        machine.desk.sessions.save(details(10 + count))
    monkeypatch.setattr(limits, "PUSH_BYTES", 2000)
    before = set(threading.enumerate())
    if fails:
        with monkeypatch.context() as broken:
            broken.setattr(revisions, "set_read_back", _full_disk)
            with pytest.raises(NotSaved):
                machine.syncing.run_once()
    report = machine.syncing.run_once()
    # What went ahead of the page that could not be written may have arrived, and is not sent again.
    assert report.read_back == 12
    assert report.requests > 3
    assert machine.syncing.state().waiting == 0
    machine.syncing.stop()
    for thread in set(threading.enumerate()) - before:
        if thread.name in {"aside", "deadline"}:
            thread.join(PATIENCE)
            assert not thread.is_alive()


def _full_disk(*_: object) -> int:
    raise NotSaved


def test_a_state_is_right_as_soon_as_a_save_returns(make_machine: MakeMachine) -> None:
    machine = make_machine()
    machine.desk.sessions.save(details())
    assert machine.syncing.state().waiting == 1
    assert machine.syncing.state().link is Link.NO_CODE


def test_offline_nothing_is_sent(centre: Centre, make_machine: MakeMachine) -> None:
    machine = make_machine(is_offline=True)
    machine.syncing.start()
    machine.desk.sessions.save(details())
    machine.syncing.sync_now()
    assert machine.syncing.state().waiting == 1
    assert not [thread for thread in threading.enumerate() if thread.name == "sync"]


def test_a_code_works_once(centre: Centre, make_machine: MakeMachine) -> None:
    code = centre.invite()
    make_machine("work").syncing.enrol(code, "Work laptop")
    with pytest.raises(CodeRefused):
        make_machine("home").syncing.enrol(code, "Home laptop")


def test_a_code_may_name_its_address(
    centre: Centre, make_machine: MakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = make_machine()
    monkeypatch.setattr(machine.syncing._sign_ins, "_address", None)
    code = centre.invite()
    with pytest.raises(CodeRefused, match="address"):
        machine.syncing.enrol(code, "Work laptop")
    with pytest.raises(CodeRefused, match="https"):
        machine.syncing.enrol(f"{code}@http://omi.invalid", "Work laptop")
    assert machine.syncing.enrol(f"{code}@{centre.url}", "Work laptop").unowned == 0


def test_sessions_from_before_the_code_wait_for_an_answer(centre: Centre, make_machine: MakeMachine) -> None:
    machine = make_machine()
    machine.desk.sessions.save(details())
    assert machine.syncing.enrol(centre.invite(), "Work laptop").unowned == 1
    machine.syncing.run_once()
    assert machine.syncing.state().unowned == 1
    assert not machine.syncing.state().is_all_well
    assert machine.syncing.claim(is_mine=True) == 1
    machine.syncing.run_once()
    assert machine.syncing.state().unowned == 0
    assert machine.syncing.state().waiting == 0


def test_sessions_that_are_somebody_elses_are_left_and_not_shown(
    centre: Centre, make_machine: MakeMachine
) -> None:
    machine = make_machine()
    machine.desk.sessions.save(details())
    machine.syncing.enrol(centre.invite(), "Work laptop")
    assert machine.syncing.claim(is_mine=False) == 0
    machine.syncing.run_once()
    assert machine.syncing.state().unowned == 0
    assert machine.desk.sessions.all() == []
    machine.syncing.sign_out()
    assert len(machine.desk.sessions.all()) == 1


def test_signing_out_deletes_nothing_and_a_new_code_brings_everything_back(
    centre: Centre, make_machine: MakeMachine
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    machine.desk.sessions.save(details())
    machine.syncing.run_once()
    code = machine.syncing.code_for_next_laptop().code
    machine.syncing.sign_out()
    assert machine.desk.sessions.all() == []
    assert machine.syncing.state().link is Link.NO_CODE
    with pytest.raises(SignedOut):
        machine.syncing.run_once()
    machine.syncing.enrol(code, "Work laptop")
    assert [view.details.total for view in machine.desk.sessions.all()] == [28]


def test_a_sign_in_that_expired_stops_sending_and_recording_goes_on(
    centre: Centre, make_machine: MakeMachine
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    machine.syncing.start()
    eventually(lambda: machine.syncing.state().is_all_well)
    machine.tokens.put(machine.token_name, "no longer valid")
    machine.desk.sessions.save(details())
    eventually(lambda: machine.syncing.state().link is Link.SIGNED_OUT)
    machine.desk.sessions.save(details())
    assert machine.syncing.state().waiting == 2
    again = centre.invite()
    machine.syncing.enrol(again, "Work laptop")
    eventually(lambda: machine.syncing.state().link is Link.IDLE)


def test_a_centre_that_is_gone_is_told_in_words(centre: Centre, make_machine: MakeMachine) -> None:
    machine = make_machine()
    code = centre.invite()
    centre.stop()
    with pytest.raises(Unreachable):
        machine.syncing.enrol(code, "Work laptop")


def test_two_laptops_of_one_person_end_with_the_same_sessions(
    centre: Centre, make_machine: MakeMachine
) -> None:
    work, home = make_machine("work"), make_machine("home")
    work.syncing.enrol(centre.invite(), "Work laptop")
    work.desk.sessions.save(details(28))
    work.syncing.run_once()
    home.syncing.enrol(work.syncing.code_for_next_laptop().code, "Home laptop")
    home.desk.sessions.save(details(31))
    home.syncing.run_once()
    work.syncing.run_once()
    shown = [sorted(v.details.total for v in m.desk.sessions.all()) for m in (work, home)]
    assert shown == [[28, 31], [28, 31]]


def test_the_million_is_remembered_with_its_date(centre: Centre, make_machine: MakeMachine) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(), "Work laptop")
    machine.syncing.run_once()
    known = machine.syncing.million()
    assert known
    centre.stop()
    again = make_machine()
    kept = again.syncing.million()
    assert kept
    assert kept.as_of == known.as_of.replace(microsecond=0)
