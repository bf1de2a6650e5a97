"""Newer pages of the Library in Settings: said in words, asked for by a person, never in anyone's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from omi_desktop.domain.changes import Changes
from omi_desktop.domain.clock import SystemClock
from omi_desktop.domain.errors import Unreachable
from omi_desktop.domain.online import Link, PackOffer, SyncState
from omi_desktop.library import packs
from omi_desktop.library.catalogue import Library
from omi_desktop.services.desk import Desk
from omi_desktop.services.pages import PagesState, Taken
from omi_desktop.ui import tasks, theme
from omi_desktop.ui.room import Room
from omi_desktop.ui.settings.pages import PagesCard, in_use, what_changed
from tests.kit.online import PlayedOnline
from tests.kit.packs import KEY, pages, signed_pack, write_tree
from tests.kit.room import room_of
from tests.library.packs.hostile import CORPUS
from tests.ui.look import clipped, press, unnamed

Until = Callable[[Callable[[], bool]], None]
NEWEST: dict[str, Any] = {"made_at": "2099-01-02T10:00:00Z", "expires_at": "2100-01-02T10:00:00Z"}


@pytest.fixture
def room(
    tmp_path: Path, changes: Changes, online: PlayedOnline, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Room]:
    """Where the pages that came with the app are four."""
    own = write_tree(tmp_path / "own", pages())
    monkeypatch.setattr(packs, "content_root", lambda: own)
    clock = SystemClock()
    desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
    with Library.open(tmp_path / "cache", own) as library:
        yield room_of(desk=desk, online=online, library=library, clock=clock, changes=changes)
        assert tasks.finish()
    desk.close()


@pytest.fixture
def card(qtbot: QtBot, known_room: Room, online: PlayedOnline) -> PagesCard:
    known_room.desk.preferences.put("pack_keys", {"c" * 32: KEY.public})
    online.become(SyncState(Link.IDLE))
    made = PagesCard()
    qtbot.addWidget(made)
    made.fill(known_room)
    made.resize(760, 420)
    made.show()
    return made


def choose(monkeypatch: pytest.MonkeyPatch, path: Path, data: bytes) -> None:
    """The person picks this file."""
    path.write_bytes(data)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))


def test_at_first_the_pages_are_those_of_the_app(card: PagesCard) -> None:
    assert card.in_use.text() == "The Library shows the pages that came with the app."
    assert not card.looked.isVisible()
    assert not unnamed(card)


def test_without_a_code_there_is_only_the_file(card: PagesCard, online: PlayedOnline) -> None:
    online.become(SyncState(Link.NO_CODE))
    card.refresh()
    assert not card.look_button.isVisible()
    assert card.open_button.isVisible()


def test_a_pack_from_a_file_is_in_use_at_once(
    card: PagesCard, known_room: Room, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, tmp_path / "new.zip", signed_pack(7, **NEWEST))
    press(card, "Open a content pack…")
    until(lambda: not card.is_busy)
    assert card.notice.text.startswith("New pages of Fri 2 Jan 2099 ")
    assert card.in_use.text() == "The Library shows the pages of Fri 2 Jan 2099 (number 7)."
    assert [chapter.id for chapter in known_room.library.chapters()] == ["first-visit"]
    press(card, "Open a content pack…")
    until(lambda: not card.is_busy)
    assert card.notice.text == "You have these pages already Nothing needs doing."


def test_a_refused_pack_is_told_in_its_place(
    card: PagesCard, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, tmp_path / "new.zip", CORPUS["an_altered_file"][1]())
    press(card, "Open a content pack…")
    until(lambda: not card.is_busy)
    assert card.notice.text.startswith("This content pack is not what its maker signed Nothing was changed")
    assert card.in_use.text() == "The Library shows the pages that came with the app."


def test_nothing_newer_is_an_answer_too(card: PagesCard, online: PlayedOnline, until: Until) -> None:
    press(card, "Check for new pages")
    until(lambda: not card.is_busy)
    assert online.asked == ["newest pack"]
    assert card.notice.text == "No newer pages You have the newest that OMI online has."
    assert card.looked.text().startswith("Last looked ")


def test_what_went_wrong_by_itself_waits_here_to_be_read(
    card: PagesCard, known_room: Room, online: PlayedOnline
) -> None:
    online.offer = Unreachable()
    known_room.pages.step()
    card.refresh()
    assert card.problem.text.startswith("No newer pages yet OMI online can't be reached")


def test_an_offer_is_fetched_and_shown(
    card: PagesCard, known_room: Room, online: PlayedOnline, until: Until
) -> None:
    from omi_desktop.wire import pack_zip

    data = signed_pack(7, **NEWEST)
    files = pack_zip.read(data)
    online.pack = data
    online.offer = PackOffer(
        "tag", "c" * 32, "", files["manifest.json"], files["manifest.sig"], "", len(data), ""
    )
    press(card, "Check for new pages")
    until(lambda: not card.is_busy)
    assert online.asked == ["newest pack", "pack 7"]
    assert "(number 7)" in card.in_use.text()


def test_pages_past_their_day_say_since_when() -> None:
    now = datetime(2026, 11, 25, tzinfo=UTC)
    state = PagesState(7, now.date(), None, now, "")
    assert "last until" not in in_use(state)
    assert "last until Wed 25 Nov 2026. You can still read them" in in_use(
        replace(state, expired_on=now.date())
    )


def test_what_changed_is_counted() -> None:
    taken = Taken(7, datetime(2026, 11, 25, tzinfo=UTC).date(), 1, 12, 0)
    assert what_changed(taken).startswith("1 page is new, 12 pages are changed. ")
    assert what_changed(replace(taken, new=0, changed=0)).startswith("No page changed. ")


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_every_word_fits(card: PagesCard, scale: float, until: Until) -> None:
    theme.current().choose("light", scale)
    press(card, "Check for new pages")
    until(lambda: not card.is_busy)
    card.resize(700, card.heightForWidth(700) if card.hasHeightForWidth() else 900)
    assert not clipped(card)
