"""Two people and one laptop: what waits for one is neither shown nor sent as the other's, nor forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from omi_desktop.central import accounts
from omi_desktop.central.tables import log
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.errors import SignedOut, SyncProblem
from omi_desktop.domain.online import Link
from tests.kit.centre import Centre
from tests.kit.machine import Machine
from tests.sync.conftest import MakeMachine
from tests.sync.test_engine import details
from tests.sync.test_tokens import run_in_session


def logged_by_account(centre: Centre) -> dict[str, int]:
    """How many revisions each account has in the log."""
    with centre.database.reading() as connection:
        rows = connection.execute(select(log.c.account_id)).scalars().all()
    return {account: rows.count(account) for account in rows}


def own_code(centre: Centre, machine: Machine) -> str:
    """A code for the account that is signed in, as a hub gives it."""
    with centre.database.writing() as connection:
        return accounts.invite_next_device(connection, machine.owner.account_id, SystemClock().now())[0]


def test_what_waits_for_asha_waits_until_she_signs_in_again(
    centre: Centre, make_machine: MakeMachine
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(name="Asha"), "Shared laptop")
    asha, hers = machine.owner, own_code(centre, machine)
    for count in (1, 2, 3):
        machine.desk.sessions.save(details(count))
    enrolled = machine.syncing.enrol(centre.invite(name="Ben"), "Shared laptop")
    ben = machine.owner
    assert (enrolled.account_name, enrolled.others_waiting, enrolled.others_name) == ("Ben", 3, "Asha")
    state = machine.syncing.state()
    assert (state.waiting, state.others_waiting, state.others_name) == (0, 3, "Asha")
    assert machine.desk.sessions.all() == []
    machine.desk.sessions.save(details(7))
    machine.syncing.run_once()
    assert logged_by_account(centre) == {ben.account_id: 1}
    machine.desk.sessions.save(details(8))
    back = machine.syncing.enrol(hers, "Shared laptop")
    assert (back.account_name, back.others_waiting, back.others_name) == ("Asha", 1, "Ben")
    assert sorted(view.details.total for view in machine.desk.sessions.all()) == [1, 2, 3]
    machine.syncing.run_once()
    assert logged_by_account(centre) == {ben.account_id: 1, asha.account_id: 3}


def test_signed_out_what_waits_for_anyone_is_told(centre: Centre, make_machine: MakeMachine) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(name="Asha"), "Shared laptop")
    machine.desk.sessions.save(details())
    assert machine.syncing.state().others_waiting == 0
    machine.syncing.sign_out()
    state = machine.syncing.state()
    assert (state.link, state.others_waiting, state.others_name) == (Link.NO_CODE, 1, "Asha")


def test_of_several_people_the_number_is_told_and_no_name(centre: Centre, make_machine: MakeMachine) -> None:
    machine = make_machine()
    for name in ("Asha", "Ben"):
        machine.syncing.enrol(centre.invite(name=name), "Shared laptop")
        machine.desk.sessions.save(details())
    enrolled = machine.syncing.enrol(centre.invite(name="Cai"), "Shared laptop")
    assert (enrolled.others_waiting, enrolled.others_name) == (2, None)


def test_a_code_for_a_new_ambassador_after_an_ended_sign_in_says_what_it_hides_and_the_right_one_brings_it_back(
    centre: Centre, make_machine: MakeMachine
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(name="Asha"), "Laptop")
    asha, hers = machine.owner, own_code(centre, machine)
    machine.desk.sessions.save(details())
    machine.tokens.put(machine.token_name, "ended")
    enrolled = machine.syncing.enrol(centre.invite(name="Asha"), "Laptop")
    assert machine.owner != asha
    assert (enrolled.others_waiting, enrolled.others_name) == (1, "Asha")
    machine.syncing.go_back()
    assert machine.owner == asha
    assert [view.details.total for view in machine.desk.sessions.all()] == [28]
    with pytest.raises(SignedOut):
        machine.syncing.run_once()
    assert machine.syncing.enrol(hers, "Laptop").others_waiting == 0
    machine.syncing.run_once()
    assert logged_by_account(centre) == {asha.account_id: 1}


def test_one_goes_back_only_to_who_was_there_before_the_last_code_of_this_start(
    centre: Centre, make_machine: MakeMachine
) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(name="Asha"), "Laptop")
    with pytest.raises(SyncProblem, match="nobody to go back to"):
        machine.syncing.go_back()
    machine.syncing.enrol(centre.invite(name="Ben"), "Laptop")
    again = make_machine()
    with pytest.raises(SyncProblem, match="nobody to go back to"):
        again.syncing.go_back()
    machine.syncing.sign_out()
    with pytest.raises(SyncProblem, match="nobody to go back to"):
        machine.syncing.go_back()


def test_gone_back_a_sign_in_that_still_holds_syncs_on(centre: Centre, make_machine: MakeMachine) -> None:
    machine = make_machine()
    machine.syncing.enrol(centre.invite(name="Asha"), "Laptop")
    machine.desk.sessions.save(details())
    machine.syncing.enrol(centre.invite(name="Ben"), "Laptop")
    bens = machine.token_name
    machine.syncing.go_back()
    assert machine.syncing.run_once().read_back == 1
    assert machine.tokens.get(bens) is None


@pytest.mark.slow
def test_with_a_real_keyring_a_change_of_account_and_back_survives_every_restart(
    centre: Centre, tmp_path: Path
) -> None:
    """Each line is a start of its own of the program, in one session with one SecretService."""
    codes = [centre.invite(name="Asha"), centre.invite(name="Ben")]
    start = f"""
import sys
sys.path.insert(0, {str(Path.cwd())!r})
from pathlib import Path
from omi_desktop.sync.tokens import KeyringTokens
from tests.kit.machine import Machine
from tests.sync.test_engine import details
machine = Machine(Path({str(tmp_path / "shared")!r}), {centre.url!r}, KeyringTokens())
"""
    report = """
state = machine.syncing.state()
print(state.account_name, state.waiting, state.others_waiting, state.others_name, state.is_token_kept, sep='/')
machine.close()
"""
    steps = [
        f"machine.syncing.enrol({codes[0]!r}, 'L'); machine.desk.sessions.save(details(1))",
        f"machine.syncing.enrol({codes[1]!r}, 'L'); machine.desk.sessions.save(details(2))",
        "machine.syncing.run_once()",
        "machine.syncing.sign_out()",
    ]
    said = run_in_session(tmp_path, *(start + step + report for step in steps), unlock=True)
    assert said == [
        "Asha/1/0/None/True",
        "Ben/1/1/Asha/True",
        "Ben/0/1/Asha/True",
        "None/0/1/Asha/True",
    ]
    assert list(logged_by_account(centre).values()) == [1]
