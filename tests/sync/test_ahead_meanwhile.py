"""Something happens around any one call of a run, while another may be under way. What is promised holds at rest."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from omi_desktop.central import accounts as central_accounts
from omi_desktop.central.refusal import Refusal
from omi_desktop.central.tables import account, device, leaf, log, visit
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.errors import Busy, SyncProblem, Unreachable
from omi_desktop.domain.revision import ROOT
from omi_desktop.services.sessions import SessionView
from omi_desktop.store import accounts
from omi_desktop.sync.client import TooMuch
from omi_desktop.sync.engine import Engine
from omi_desktop.wire.messages import SyncAnswer
from tests.faults.simulation.ahead import FileLock, Sent, Work
from tests.kit.laptop import Cable, Laptop
from tests.sync.conftest import MakeLaptop, sign_in
from tests.sync.test_engine import save
from tests.sync.test_engine_runs import Watched, checked_today

_MOST = 4
_COUNT = 10
_CALLS = 5
"""Ten are too many, and so are five; two are not."""


class Scene:
    """A laptop on which sessions wait, and what may happen while it syncs."""

    def __init__(self, laptop: Laptop, other: Laptop, cable: Cable, folder: Path) -> None:
        self.laptop = laptop
        self.other = other
        self.cable = cable
        self.views: list[SessionView] = [save(laptop, 20 + count) for count in range(_COUNT)]
        self.theirs = 0
        self.erased: set[str] = set()
        self._old = folder / "old.db"
        shutil.copyfile(laptop.store.path, self._old)

    def another_syncs(self) -> None:
        """Another laptop of the account is first."""
        save(self.other, 77)
        self.other.sync(self.cable)
        self.theirs += 1

    def centre_is_restored(self) -> None:
        """From a backup with the first two entries."""
        with self.cable.database.writing() as connection:
            kept = connection.execute(select(log.c.h).where(log.c.n == 2)).scalar_one_or_none()
            n = 2 if kept else 0
            connection.execute(delete(visit))
            for table in (leaf, log):
                connection.execute(delete(table).where(table.c.n > n))
            connection.execute(update(account).values(n=n, h=kept or ROOT))

    def some_are_erased(self) -> None:
        """For good, at the wish of this laptop's person: perhaps one that is under way."""
        gone = [view.record_id for view in self.views[::3] if view.record_id not in self.erased]
        self.laptop.desk.erasures.erase(gone)
        self.erased.update(gone)

    def file_is_restored(self) -> None:
        """From a copy that was made before the run, and has all that was saved."""

        def make() -> Path:
            made = self.laptop.store.path.with_name("copy.db")
            shutil.copyfile(self._old, made)
            return made

        self.laptop.store.replace(make, None)

    def sign_in_ends(self) -> None:
        """The hub ends it."""
        with self.cable.database.writing() as connection:
            for device_id in connection.execute(select(device.c.id)).scalars().all():
                central_accounts.revoke(connection, device_id, SystemClock().now())

    def person_leaves(self) -> None:
        """The sign-in is forgotten here."""
        with self.laptop.store.write() as connection:
            accounts.leave(connection)

    def more_is_saved(self) -> None:
        """While the run goes on."""
        self.views.append(save(self.laptop, 99))

    def busy(self) -> None:
        """The service asks for a pause."""
        raise Busy(60)

    def too_much(self) -> None:
        """The service takes less than before."""
        raise TooMuch

    def lost(self) -> None:
        """The request or its answer is."""
        raise Unreachable


@pytest.fixture
def scene(make_laptop: MakeLaptop, cable: Cable, tmp_path: Path) -> Scene:
    laptop = make_laptop("work")
    checked_today(laptop)
    return Scene(laptop, make_laptop("home", like=laptop), cable, tmp_path)


def at_rest(scene: Scene) -> None:
    """A new code, and a network that works; then nothing is lost, doubled, or shown as synced that is not."""
    laptop = scene.laptop
    sign_in(laptop, scene.cable, like=laptop)
    watched = Watched(scene.cable)
    for _ in range(2):
        laptop.engine.run(watched, laptop.token)
    with scene.cable.database.reading() as connection:
        logged = {row.rev_id: row.n for row in connection.execute(select(log.c.rev_id, log.c.n))}
        rows = connection.execute(select(log.c.record_id).where(log.c.kind == "session")).scalars().all()
        kept = set(connection.execute(select(leaf.c.record_id).where(leaf.c.kind == "session")).scalars())
    assert len(rows) == len(set(rows))
    held = laptop.held()
    assert {rev_id: logged.get(rev_id) for rev_id in held} == held
    records = {view.record_id for view in scene.views} - scene.erased
    assert records <= kept
    assert not scene.erased & kept
    assert len(kept) == len(records) + scene.theirs
    assert {view.record_id for view in laptop.desk.sessions.all()} == kept
    assert watched.pushed[-1] == 0


_HAPPENINGS: list[Callable[[Scene], None]] = [
    Scene.another_syncs,
    Scene.centre_is_restored,
    Scene.some_are_erased,
    Scene.file_is_restored,
    Scene.sign_in_ends,
    Scene.person_leaves,
    Scene.more_is_saved,
    Scene.busy,
    Scene.too_much,
    Scene.lost,
]


@pytest.mark.parametrize(
    "at", [pytest.param(at, marks=() if at == 2 else pytest.mark.slow) for at in range(_CALLS)]
)
@pytest.mark.parametrize("is_late", [False, True], ids=["at once", "late"])
@pytest.mark.parametrize("is_heard", [False, True], ids=["before the service hears", "before the answer"])
@pytest.mark.parametrize("happens", _HAPPENINGS, ids=lambda each: each.__name__)
def test_whatever_happens_around_a_call_nothing_is_lost_or_doubled(
    scene: Scene, happens: Callable[[Scene], None], at: int, is_heard: bool, is_late: bool
) -> None:
    lock, begun = FileLock(), list[Sent]()
    vars(scene.laptop.store)["_lock"] = lock

    def begin(work: Work) -> Sent:
        begun.append(Sent(work))
        if not (is_late and len(begun) % 2):
            lock.soon(begun[-1])
        return begun[-1]

    done: list[int] = []

    def once(call: int) -> None:
        if call == at and not done:
            done.append(call)
            happens(scene)

    def when_answered(answer: SyncAnswer) -> SyncAnswer:
        once(len(watched.pushed) - 1)
        return answer

    watched = Watched(scene.cable, _MOST)
    if is_heard:
        watched.after = when_answered
    else:
        watched.before = once
    desk = scene.laptop.desk
    with suppress(SyncProblem, Refusal):  # The cable does not put a refusal into words.
        Engine(scene.laptop.store, clock=desk.clock, changes=desk.changes, begin=begin).run(
            watched, scene.laptop.token
        )
    for sent in begun:  # What nobody waited for arrives all the same.
        sent.arrive()
    assert done
    at_rest(scene)
