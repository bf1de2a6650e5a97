"""New pages from a real OMI online, over HTTP, and whose word counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from omi_desktop.central import packs as central_packs
from omi_desktop.domain.changes import Change, Changes
from omi_desktop.domain.errors import NotOurs, SignedOut, Unreachable
from omi_desktop.library import packs
from omi_desktop.library.catalogue import Library
from omi_desktop.library.pack_words import PackRefused
from omi_desktop.services.desk import Desk
from omi_desktop.services.pages import Pages
from omi_desktop.sync.syncing import Syncing
from omi_desktop.sync.tokens import MemoryTokens
from omi_desktop.wire.pack_faults import PackFault
from omi_desktop.wire.pack_making import SigningKey
from tests.kit.centre import Centre, running_centre
from tests.kit.clock import SetClock
from tests.kit.online import PlayedOnline
from tests.kit.packs import KEY, STRANGER, pages, signed_pack
from tests.kit.postgres import fresh_database
from tests.services.pages.taking import APP, MICE, NEW, File, Laptop, Start


class TestOnline:
    """From a real OMI online, over HTTP."""

    @pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
    def centre(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Centre]:
        with ExitStack() as stack:
            sqlite = f"sqlite:///{tmp_path / 'central.db'}"
            url = sqlite if request.param == "sqlite" else stack.enter_context(fresh_database())
            yield stack.enter_context(running_centre(url))

    @pytest.fixture
    def signed_in(self, centre: Centre, tmp_path: Path, clock: SetClock) -> Iterator[Laptop]:
        changes, announced = Changes(), list[Change]()
        changes.listen(announced.append)
        desk = Desk.open(tmp_path / "profile", clock=clock, changes=changes, app="omi-desktop/test")
        syncing = Syncing(desk.store, tokens=MemoryTokens(), clock=clock, changes=changes, address=centre.url)
        syncing.enrol(centre.invite(), "Work laptop")
        used = packs.in_use(tmp_path / "profile", APP)
        library = Library.open(tmp_path / "cache", used.root)
        shown = Pages(
            desk, library, syncing, used=used, cache=tmp_path / "cache", clock=clock, changes=changes, app=APP
        )
        made = Laptop(desk, library, shown, changes, announced)
        yield made
        syncing.stop()
        made.close()

    def publish(self, centre: Centre, data: bytes) -> None:
        with centre.database.writing() as connection:
            central_packs.publish(connection, data, datetime(2026, 11, 24, tzinfo=UTC))

    def test_the_newest_is_fetched_once(self, centre: Centre, signed_in: Laptop, clock: SetClock) -> None:
        assert signed_in.pages.look() is None
        self.publish(centre, signed_pack(7, files=pages() | {MICE: NEW}))
        taken = signed_in.pages.look()
        assert taken
        assert (taken.version, taken.changed) == (7, 3)
        assert "A better way" in signed_in.text()
        assert signed_in.pages.state().looked_at == clock.now()
        assert signed_in.pages.look() is None
        self.publish(centre, signed_pack(8))
        assert getattr(signed_in.pages.look(), "version", None) == 8

    def test_after_one_look_the_same_makers_file_is_taken_too(
        self, centre: Centre, signed_in: Laptop, file: File
    ) -> None:
        with pytest.raises(PackRefused) as refused:
            signed_in.pages.open_file(file(signed_pack(9)))
        assert refused.value.fault is PackFault.UNKNOWN_KEY
        self.publish(centre, signed_pack(7))
        signed_in.pages.look()
        signed_in.pages.open_file(file(signed_pack(9)))
        assert signed_in.pages.state().version == 9

    def test_a_key_that_follows_takes_over_and_the_old_one_ends(
        self, centre: Centre, signed_in: Laptop, file: File
    ) -> None:
        self.publish(centre, signed_pack(7))
        signed_in.pages.look()
        self.publish(centre, signed_pack(8, key=SigningKey.make(after=KEY)))
        assert getattr(signed_in.pages.look(), "version", None) == 8
        with pytest.raises(PackRefused) as refused:
            signed_in.pages.open_file(file(signed_pack(9)))
        assert refused.value.fault is PackFault.UNKNOWN_KEY

    def test_a_key_that_follows_in_a_file_takes_over_too(
        self, centre: Centre, signed_in: Laptop, file: File
    ) -> None:
        self.publish(centre, signed_pack(7))
        signed_in.pages.look()
        signed_in.pages.open_file(file(signed_pack(8, key=SigningKey.make(after=KEY))))
        with pytest.raises(PackRefused) as refused:
            signed_in.pages.open_file(file(signed_pack(9)))
        assert refused.value.fault is PackFault.UNKNOWN_KEY

    def test_bytes_that_are_not_those_offered_are_not_ours(self, centre: Centre, signed_in: Laptop) -> None:
        self.publish(centre, signed_pack(7))
        online = signed_in.pages._online
        offer = online.newest_pack()
        assert offer
        with pytest.raises(NotOurs):
            online.fetch_pack(replace(offer, sha256="0" * 64), 7)
        with pytest.raises(NotOurs):
            online.fetch_pack(replace(offer, size=offer.size - 1), 7)

    def test_a_server_that_was_taken_over_cannot_bring_in_a_key_of_its_own(
        self, centre: Centre, signed_in: Laptop
    ) -> None:
        """Even with the centre's own key, which is on the server: the first key was settled before."""
        self.publish(centre, signed_pack(7))
        signed_in.pages.look()
        with centre.database.writing() as connection:
            from sqlalchemy import delete

            from omi_desktop.central.tables import pack

            connection.execute(delete(pack))
        self.publish(centre, signed_pack(8, key=STRANGER))
        with pytest.raises(PackRefused) as refused:
            signed_in.pages.look()
        assert refused.value.fault is PackFault.UNKNOWN_KEY
        assert signed_in.pages.state().version == 7
        assert "doesn't know who made" in signed_in.pages.state().problem

    def test_a_key_that_the_centre_does_not_vouch_for_is_not_taken(
        self, centre: Centre, signed_in: Laptop
    ) -> None:
        self.publish(centre, signed_pack(7))
        offer = signed_in.pages._online.newest_pack()
        assert offer
        played = PlayedOnline(Changes())
        played.offer = replace(offer, endorsement=STRANGER.sign(b"omi-pack-key/1 " + KEY.public.encode()))
        signed_in.pages._online = played
        with pytest.raises(PackRefused) as refused:
            signed_in.pages.look()
        assert refused.value.fault is PackFault.UNKNOWN_KEY
        assert played.asked == ["newest pack"]

    def test_other_bytes_than_were_offered_are_not_taken(self, centre: Centre, signed_in: Laptop) -> None:
        self.publish(centre, signed_pack(7))
        played = PlayedOnline(Changes())
        played.offer, played.pack = signed_in.pages._online.newest_pack(), signed_pack(7)[:-1]
        signed_in.pages._online = played
        with pytest.raises(PackRefused):
            signed_in.pages.look()
        played.pack = signed_pack(7)
        assert signed_in.pages.look()

    def test_without_a_sign_in_or_a_network_nothing_changes(self, centre: Centre, start: Start) -> None:
        laptop = start()
        online = laptop.pages._online
        assert isinstance(online, PlayedOnline)
        for problem in (Unreachable(), SignedOut()):
            online.offer = problem
            with pytest.raises(type(problem)):
                laptop.pages.look()
            assert laptop.pages.state().version is None
