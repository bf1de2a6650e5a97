"""Sessions written to a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from omi_desktop.services.desk import Desk
from omi_desktop.services.spreadsheet import SpreadsheetNotWritten, save_spreadsheet
from tests.kit.bodies import details


def test_every_session_but_removed_ones_is_in_the_file(desk: Desk, tmp_path: Path) -> None:
    desk.sessions.save(details(28))
    gone = desk.sessions.save(details(99))
    desk.sessions.remove(gone.record_id)
    path = tmp_path / "sessions.csv"
    assert save_spreadsheet(desk.sessions, path) == 1
    text = path.read_text("utf-8-sig")
    assert ",28," in text
    assert ",99," not in text
    assert [p.name for p in tmp_path.glob(".*.part")] == []


def test_where_it_cannot_be_written_nothing_is_left_and_what_was_there_stays(
    desk: Desk, tmp_path: Path
) -> None:
    desk.sessions.save(details(28))
    with pytest.raises(SpreadsheetNotWritten):
        save_spreadsheet(desk.sessions, tmp_path / "missing" / "sessions.csv")
    taken = tmp_path / "taken.csv"
    taken.mkdir()
    with pytest.raises(SpreadsheetNotWritten):
        save_spreadsheet(desk.sessions, taken)
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []
