"""The rig of the network has teeth: each of these faults, planted in the laptop, is seen by it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from requests.adapters import HTTPAdapter

from omi_desktop.domain.errors import NotOurs
from omi_desktop.store import accounts, revisions
from omi_desktop.sync import client as client_module
from omi_desktop.sync import pace
from omi_desktop.sync.engine import Engine, Report
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.wires import Adapter
from tests.faults import network
from tests.faults.network import Network
from tests.faults.rig import Broken

Plant = Callable[[pytest.MonkeyPatch], None]
SEEDS = 6


def any_200_is_success(patch: pytest.MonkeyPatch) -> None:
    """Whatever answered with 200 took everything in."""
    run = Engine.run

    def trusting(self: Engine, *args: object, **kwargs: object) -> Report:
        try:
            return run(self, *args, **kwargs)  # type: ignore[arg-type]
        except NotOurs:
            with self._store.write() as connection:
                account = accounts.current(connection)
                assert account
                sent = revisions.unsent(connection, account.owner, after=(0, ""), limit=99, today="")
                places = [(each.rev_id, n) for n, each in enumerate(sent, account.cursor_n + 1)]
                revisions.set_read_back(connection, places, account.owner)
            return Report()

    patch.setattr(Engine, "run", trusting)


def no_look_at_whose_answer_it_is(patch: pytest.MonkeyPatch) -> None:
    """Neither the nonce nor the centre is compared."""
    patch.setattr(Engine, "_check_envelope", lambda *_: None)


def no_bound(patch: pytest.MonkeyPatch) -> None:
    """An answer may be as long as it likes."""
    patch.setattr(client_module, "_bounded", lambda response: b"".join(response.iter_content(1 << 20)))


def pauses_without_an_end(patch: pytest.MonkeyPatch) -> None:
    """Each pause is twice the last, for ever."""
    patch.setattr(pace, "LAST_RETRY", 1e9)


def anyones_retry_after(patch: pytest.MonkeyPatch) -> None:
    """A portal may put us off as long as it likes."""
    patch.setattr(client_module, "_OTHERS_ASK_AT_MOST", 1e9)
    patch.setattr(pace, "LONGEST_ASKED", 1e9)


def no_deadline(patch: pytest.MonkeyPatch) -> None:
    """Only each read has a time."""
    patch.setattr(network, "_CALL", 3600)


def redirects_followed(patch: pytest.MonkeyPatch) -> None:
    """Wherever a redirect leads, the call goes."""

    def follow(self: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        found = HTTPAdapter.send(self, request, **options)
        while found.is_redirect:
            request = request.copy()
            request.url = urljoin(request.url or "", found.headers["Location"])
            found.close()
            found = HTTPAdapter.send(self, request, **options)
        return found

    patch.setattr(Adapter, "send", follow, raising=False)


def anyones_word_that_the_sign_in_ended(patch: pytest.MonkeyPatch) -> None:
    """A 401 is believed whoever says it."""
    patch.setattr(
        Syncing, "_run", lambda _self, engine, client, token, owner: engine.run(client, token, owner)
    )


def given_up(patch: pytest.MonkeyPatch) -> None:
    """After a failure the loop waits for the person."""
    patch.setattr(pace.Pace, "failed", lambda *_: None)


def a_fault_ends_the_loop(patch: pytest.MonkeyPatch) -> None:
    """Bytes that are no JSON are a fault of the program."""
    patch.setattr(client_module, "_unreached", lambda error: error)


def let_go_once_sent(patch: pytest.MonkeyPatch) -> None:
    """What was sent is gone, whether or not it came back."""
    pack_next = Engine._pack_next

    def pack(self: Engine, run: Any) -> None:
        pack_next(self, run)
        with self._store.write() as connection:
            for call in run.calls._waiting:
                for each in call.push:
                    connection.exec_driver_sql("DELETE FROM revision WHERE rev_id = ?", (each.rev_id,))

    patch.setattr(Engine, "_pack_next", pack)


PLANTS: list[tuple[Plant, str]] = [
    (any_200_is_success, "portal: page"),
    (no_look_at_whose_answer_it_is, "another's answer"),
    (no_bound, "body: bomb"),
    (no_bound, "body: endless"),
    (pauses_without_an_end, "nobody"),
    (anyones_retry_after, "portal: come again in an hour"),
    (anyones_retry_after, "portal: too many"),
    (no_deadline, "drip"),
    (redirects_followed, "portal: redirect to a login"),
    (anyones_word_that_the_sign_in_ended, "another centre"),
    (anyones_word_that_the_sign_in_ended, "portal: sign-in ended, in our words"),
    (given_up, "answer cut"),
    (a_fault_ends_the_loop, "body: shorter than said"),
    (let_go_once_sent, "request cut"),
]


def seeds_of(rig: Network, kind: str) -> list[int]:
    """The first seeds of a class of faults."""
    kinds = rig.kinds()
    return [kinds.index(kind) + len(kinds) * number for number in range(SEEDS)]


def is_seen(rig: Network, seed: int) -> bool:
    """Whether a trial says that a promise did not hold."""
    try:
        rig.trial(seed)
    except Broken:
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize(("plant", "kind"), PLANTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_planted_fault_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Plant, kind: str
) -> None:
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    with Network(tmp_path) as rig:
        seeds = seeds_of(rig, kind)
    plant(monkeypatch)
    with Network(tmp_path / "planted") as rig:
        assert any(is_seen(rig, seed) for seed in seeds)


@pytest.mark.slow
def test_without_a_planted_fault_the_same_trials_hold(tmp_path: Path) -> None:
    with Network(tmp_path) as rig:
        for kind in sorted({kind for _, kind in PLANTS}):
            rig.trial(seeds_of(rig, kind)[0])


def test_a_trial_is_decided_by_its_seed(tmp_path: Path) -> None:
    with Network(tmp_path) as rig:
        (seed, *_) = seeds_of(rig, "answer cut")
        assert rig.trial(seed) == rig.trial(seed)
