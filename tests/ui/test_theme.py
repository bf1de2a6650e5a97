from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from omi_desktop.ui import fonts, icons, theme, tokens
from omi_desktop.ui.widgets import labels


def test_a_choice_dresses_the_window_and_is_announced_once(qtbot: QtBot, qapp: QApplication) -> None:
    with qtbot.waitSignal(theme.current().changed):
        theme.current().choose("dark", 1.5)
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(tokens.value("page", "dark"))
    assert theme.current().px(20) == 30
    with qtbot.assertNotEmitted(theme.current().changed):
        theme.current().choose("dark", 1.5)


def test_text_is_twice_as_large_at_200_percent(qtbot: QtBot) -> None:
    label = labels.body("Ashby Academy")
    qtbot.addWidget(label)
    label.show()
    before = label.fontMetrics().height()
    theme.current().choose("light", 2.0)
    assert label.fontMetrics().height() == pytest.approx(2 * before, abs=2)


def test_text_larger_than_200_percent_is_not_asked_for() -> None:
    theme.current().choose("light", 9.0)
    assert theme.current().scale == 2.0


def test_system_follows_the_desktop(
    qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme.current().choose("system", 1.0)
    monkeypatch.setattr(theme, "desktop_is_dark", lambda: True)
    with qtbot.waitSignal(theme.current().changed):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(tokens.value("page", "dark"))
    monkeypatch.setattr(theme, "desktop_is_dark", lambda: False)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.current().column == "light"


def test_a_chosen_theme_does_not_follow_the_desktop(qapp: QApplication, qtbot: QtBot) -> None:
    theme.current().choose("light", 1.0)
    with qtbot.assertNotEmitted(theme.current().changed):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Windows and macOS keep the system's font")
def test_on_linux_the_first_installed_family_is_used(qapp: QApplication) -> None:
    assert QFontInfo(qapp.font()).family() in fonts.LINUX_FAMILIES
    assert qapp.font().families()[0] == "Inter"


def test_on_windows_the_system_font_stays() -> None:
    assert fonts.interface_font(14, platform="win32").families() == QLabel().font().families()


@pytest.mark.parametrize("digit", ["1", "4", "7"])
def test_figures_of_a_count_have_one_width(digit: str, qtbot: QtBot) -> None:
    label = labels.number("0")
    qtbot.addWidget(label)
    label.show()
    zero = label.fontMetrics().horizontalAdvance("0")
    assert label.fontMetrics().horizontalAdvance(digit) == zero


@pytest.mark.parametrize("name", sorted(icons.DRAWINGS))
def test_every_icon_stays_on_its_grid(name: str) -> None:
    drawn = icons.path(name).boundingRect()
    half = icons.STROKE / 2
    assert drawn.left() >= half
    assert drawn.top() >= half
    assert drawn.right() <= icons.GRID - half
    assert drawn.bottom() <= icons.GRID - half


def test_an_icon_is_drawn_in_the_colour_of_its_token() -> None:
    for mode in ("light", "dark"):
        theme.current().choose(mode, 1.0)
        image = icons.icon("add", "accent").pixmap(24, 24).toImage()
        assert image.pixelColor(12, 12).rgb() == theme.current().colour("accent").rgb()
