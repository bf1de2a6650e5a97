"""What a plan was made with stays readable."""

from __future__ import annotations

from pathlib import Path

import pytest

from omi_desktop.domain.errors import LibraryProblem
from tests.kit.bodies import plan_details
from tests.kit.packs import pages, signed_pack
from tests.library.packs.test_hostile_packs import tree
from tests.services.pages.taking import MICE, NEW, OLD, File, Laptop, Start


class TestPlans:
    """What a plan was made with stays readable."""

    def planned(self, laptop: Laptop, version: str = "2026-11-01") -> None:
        laptop.desk.plans.save(plan_details(resources=(("rocket-mice", version), ("gone", "2025-01-01"))))

    def test_a_changed_page_is_kept_as_it_was_and_says_why(
        self, laptop: Laptop, start: Start, file: File
    ) -> None:
        self.planned(laptop)
        assert laptop.pages.page_of_plan("rocket-mice", "2026-11-01") is None
        laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
        laptop.close()
        again = start()
        found = again.pages.page_of_plan("rocket-mice", "2026-11-01")
        assert found
        assert "The first way" in found.html
        day = plan_details().day
        assert day
        assert f"Earlier version, kept for your plan on {day:%a} {day.day} {day:%b %Y}." in found.html
        assert "A better way" in again.text()

    def test_a_dropped_page_is_kept_with_its_title(self, laptop: Laptop, file: File) -> None:
        self.planned(laptop)
        files = pages()
        del files[MICE]
        laptop.pages.open_file(file(signed_pack(7, files=files)))
        with pytest.raises(LibraryProblem):
            laptop.library.page("activity", "rocket-mice")
        found = laptop.pages.page_of_plan("rocket-mice", "2026-11-01")
        assert found
        assert "The first way" in found.html
        assert laptop.pages.title("rocket-mice") == "Rocket mice"
        assert laptop.pages.title("gone") == "gone"

    def test_an_update_of_the_app_takes_nothing_away_either(
        self, laptop: Laptop, start: Start, own_pages: Path
    ) -> None:
        self.planned(laptop)
        laptop.pages.step()
        laptop.close()
        (own_pages / MICE).unlink()
        again = start("0.2.0")
        assert "The first way" in getattr(again.pages.page_of_plan("rocket-mice", "2026-11-01"), "html", "")

    def test_a_version_that_is_not_here_shows_what_is(self, laptop: Laptop) -> None:
        self.planned(laptop, version="2024-01-01")
        laptop.pages.keep()
        assert laptop.pages.page_of_plan("rocket-mice", "2024-01-01") is None

    @pytest.mark.parametrize("item", ["../../own", "", "x" * 100, "rocket-mice/..", "."])
    def test_ids_and_versions_are_anyones_text_and_never_a_path(
        self, laptop: Laptop, tmp_path: Path, item: str
    ) -> None:
        laptop.desk.plans.save(
            plan_details(resources=((item or "y", "../../../x"), ("rocket-mice", "2026-11-01")))
        )
        before = set(tree(tmp_path))
        laptop.pages.keep()
        (added,) = {name for name in set(tree(tmp_path)) - before if name.endswith(".md")}
        assert added.startswith("profile/library/kept/rocket-mice.2026-11-01.")
        assert laptop.pages.page_of_plan(item, "../../../x") is None
        assert laptop.pages.title(item) == item

    def test_a_kept_page_that_was_damaged_is_not_shown(
        self, laptop: Laptop, tmp_path: Path, file: File
    ) -> None:
        self.planned(laptop)
        laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
        (kept,) = (tmp_path / "profile" / "library" / "kept").glob("*.md")
        kept.write_bytes(kept.read_bytes().replace(b"first", b"worst"))
        assert laptop.pages.page_of_plan("rocket-mice", "2026-11-01") is None

    def test_a_kept_text_that_todays_reader_cannot_take_is_shown_as_it_is(
        self, laptop: Laptop, file: File
    ) -> None:
        self.planned(laptop)
        laptop.pages.open_file(file(signed_pack(7, files=pages() | {MICE: NEW})))
        from omi_desktop.services.kept import kept_page

        old = OLD.decode().replace('type = "hands-on"', 'sort = "hands-on"')
        found = kept_page(old, None)
        assert found.title == "Rocket mice"
        assert "The first way" in found.html
        assert "Earlier version, kept for your plan." in found.html
