from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from omi_desktop.ui import theme
from omi_desktop.ui.first_look import FirstLook
from omi_desktop.ui.main_window import MainWindow
from tests.ui.plain_pages import PAGES


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    made = MainWindow(PAGES)
    qtbot.addWidget(made)
    return made


def test_the_next_start_looks_like_the_last(tmp_path: Path, window: MainWindow, qtbot: QtBot) -> None:
    note = tmp_path / "cache" / "look"
    FirstLook(note, window)
    window.resize(700, 500)
    window.show()
    theme.current().choose("dark", 1.25)
    window.close()
    kept = note.read_text()
    theme.current().choose("light", 1.0)

    note.write_text(kept)
    again = MainWindow(PAGES)
    qtbot.addWidget(again)
    FirstLook(note, again)
    assert (theme.current().mode, theme.current().scale) == ("dark", 1.25)
    assert (again.width(), again.height()) == (700, 500)


@pytest.mark.parametrize("text", ["", "purple\n100\n\n", "dark\nlarge\n\n", "dark", "\x00\x00\n\xff"])
def test_nonsense_changes_nothing(tmp_path: Path, window: MainWindow, text: str) -> None:
    (tmp_path / "look").write_text(text, "utf-8")
    FirstLook(tmp_path / "look", window)
    assert (theme.current().mode, theme.current().scale) == ("light", 1.0)


def test_a_text_size_beyond_all_bounds_is_bounded(tmp_path: Path, window: MainWindow) -> None:
    (tmp_path / "look").write_text("dark\n900\nAAAA\n")
    FirstLook(tmp_path / "look", window)
    assert theme.current().scale == 2.0


def test_a_cache_that_cannot_be_written_troubles_nobody(tmp_path: Path, window: MainWindow) -> None:
    (tmp_path / "file").write_text("")
    FirstLook(tmp_path / "file" / "look", window).keep()
    assert (tmp_path / "file").read_text() == ""
