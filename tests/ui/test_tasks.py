from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, current_thread, main_thread

import pytest
import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from omi_desktop.domain.errors import NotSaved, OmiError
from omi_desktop.ui import tasks
from omi_desktop.ui.dialogs.crash import CrashWindow
from omi_desktop.ui.dialogs.problem import ProblemDialog

Until = Callable[[Callable[[], bool]], None]


def _raise(error: Exception) -> None:
    raise error


def _window(kind: type[QObject]) -> list[QObject]:
    return [
        window for window in QApplication.topLevelWidgets() if isinstance(window, kind) and window.isVisible()
    ]


def test_work_runs_elsewhere_and_its_value_arrives_on_the_ui_thread(qtbot: QtBot, until: Until) -> None:
    owner = QObject()
    seen: list[tuple[bool, bool]] = []
    tasks.run(
        lambda: current_thread() is main_thread(),
        owner=owner,
        done=lambda was_main: seen.append((was_main, current_thread() is main_thread())),
    )
    until(lambda: bool(seen))
    assert seen == [(False, True)]


def test_an_error_of_the_tree_goes_to_failed(until: Until) -> None:
    owner = QObject()
    told: list[OmiError] = []
    tasks.run(lambda: _raise(NotSaved()), owner=owner, done=lambda _: pytest.fail("done"), failed=told.append)
    until(lambda: bool(told))
    assert told[0].title == "Not saved"


def test_an_error_of_the_tree_without_failed_is_told_in_a_dialog(until: Until) -> None:
    owner = QObject()
    tasks.run(lambda: _raise(NotSaved()), owner=owner, done=lambda _: None)
    until(lambda: bool(_window(ProblemDialog)))
    (dialog,) = _window(ProblemDialog)
    assert isinstance(dialog, ProblemDialog)
    assert dialog.accessibleName() == "Not saved"
    assert "What you typed is still here" in dialog.accessibleDescription()


def test_any_other_exception_opens_the_crash_window(until: Until, caplog: pytest.LogCaptureFixture) -> None:
    owner = QObject()
    with caplog.at_level(logging.CRITICAL):
        tasks.run(lambda: _raise(ValueError("Asha")), owner=owner, done=lambda _: None, failed=lambda _: None)
        until(lambda: bool(_window(CrashWindow)))
    (window,) = _window(CrashWindow)
    assert isinstance(window, CrashWindow)
    assert "builtins.ValueError" in window.text


def test_nothing_is_delivered_to_an_owner_that_is_gone(qtbot: QtBot, until: Until) -> None:
    owner, later = QObject(), QObject()
    may_end = Event()
    seen: list[str] = []

    def wait() -> str:
        may_end.wait(5)
        return "late"

    tasks.run(wait, owner=owner, done=seen.append)
    shiboken6.delete(owner)
    may_end.set()
    assert tasks.finish()
    tasks.run(lambda: "after", owner=later, done=seen.append)
    until(lambda: bool(seen))
    assert seen == ["after"]


def test_a_thousand_tasks_all_arrive_once(until: Until) -> None:
    owner = QObject()
    seen: list[int] = []
    for number in range(1000):
        tasks.run(lambda number=number: number, owner=owner, done=seen.append)  # type: ignore[misc]
    until(lambda: len(seen) == 1000)
    assert sorted(seen) == list(range(1000))
