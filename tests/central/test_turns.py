"""Two syncs of one laptop at once, the second of which goes on from where the first will end."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from omi_desktop.central import ingest
from omi_desktop.central.judging import Judged, judge
from omi_desktop.central.turns import Turns
from omi_desktop.domain.revision import Revision, chain, new_id
from omi_desktop.sync.packing import sync_body
from omi_desktop.wire.messages import ROOT_CURSOR, Cursor, SyncRequest
from tests.central.laptop import PATIENCE, Laptop, recorded
from tests.kit.centre import Centre


def after(cursor: Cursor, revisions: Sequence[Revision]) -> Cursor:
    """Where the log will end."""
    h = cursor.h
    for revision in revisions:
        h = chain(h, revision.rev_id, revision.sha)
    return Cursor(n=cursor.n + len(revisions), h=h)


def body(cursor: Cursor, push: Sequence[Revision]) -> bytes:
    return sync_body(SyncRequest(nonce=new_id(), cursor=cursor), [each.canonical for each in push])


def test_the_second_waits_for_the_first_where_it_looks_at_the_log(
    centre: Centre, laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is judged only when the second has been, so that the second is ready long before it."""
    first, second = [recorded(), recorded()], [recorded()]
    is_first_here, is_second_judged = threading.Event(), threading.Event()

    def slow(push: Sequence[object], latest: date) -> list[Judged]:
        found = judge(push, latest)
        if len(push) == len(first):
            is_first_here.set()
            assert is_second_judged.wait(PATIENCE)
        else:
            is_second_judged.set()
        return found

    monkeypatch.setattr(ingest, "judge", slow)
    with ThreadPoolExecutor(1) as pool:
        one = pool.submit(laptop.post, body(ROOT_CURSOR, first))
        assert is_first_here.wait(PATIENCE)
        other = Laptop(centre.url, laptop.enrolment)
        two = other.post(body(after(ROOT_CURSOR, first), second)).json()
    end = after(ROOT_CURSOR, first + second)
    assert [answer["status"] for answer in (one.result().json(), two)] == ["ok", "ok"]
    assert (two["cursor"], len(two["pull"])) == (end.model_dump(), 1)


def test_one_that_comes_too_early_is_told_so_and_nothing_is_taken(centre: Centre, laptop: Laptop) -> None:
    first, second = [recorded()], [recorded()]
    early = body(after(ROOT_CURSOR, first), second)
    assert laptop.post(early).json()["status"] == "history_changed"
    assert laptop.post(body(ROOT_CURSOR, first)).json()["cursor"]["n"] == 1
    assert laptop.post(early).json()["cursor"] == after(ROOT_CURSOR, first + second).model_dump()


def test_a_turn_is_over_whatever_becomes_of_it_and_nothing_is_kept() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.line_up("a"):
        raise ZeroDivisionError
    with turns.line_up("a") as one, turns.line_up("a") as two, turns.line_up("b") as other:
        one.wait()
        other.wait()
        one.is_over.set()
        two.wait()
    assert turns._last == {}
