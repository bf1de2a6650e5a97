from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from omi_desktop.domain.errors import FileTooNew
from omi_desktop.domain.trace import describe
from omi_desktop.ui import show_error
from omi_desktop.ui.dialogs.crash import CrashWindow
from tests.ui.look import clipped, press, unnamed


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.CRITICAL):
        yield


def _look_up(name: str) -> str:
    return {"here": ""}[name]


def _fault(text: str) -> Exception:
    try:
        _look_up(text)
    except KeyError as error:
        return error
    raise AssertionError


def test_the_report_holds_no_words_and_no_folders_of_a_person() -> None:
    report = describe(_fault("Ashby Academy, Class 8B"))
    assert "builtins.KeyError" in report
    assert "test_show_error.py" in report
    assert "Ashby" not in report
    assert str(Path.home()) not in report


def test_the_cause_of_a_fault_is_in_the_report() -> None:
    try:
        try:
            _look_up("Asha")
        except KeyError as error:
            raise RuntimeError("about Asha") from error
    except RuntimeError as error:
        report = describe(error)
    assert "RuntimeError" in report
    assert "KeyError" in report
    assert "Asha" not in report


def test_several_faults_share_one_window_and_one_report(qtbot: QtBot) -> None:
    first = CrashWindow.report(_fault("one"))
    qtbot.addWidget(first)
    second = CrashWindow.report(RuntimeError("two"))
    assert first is second
    assert "KeyError" in first.text
    assert "RuntimeError" in first.text
    press(first, "Copy the report")
    assert QGuiApplication.clipboard().text() == first.text
    assert not clipped(first)
    assert not unnamed(first)


def test_an_exception_that_leaves_a_slot_reaches_the_person(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    show_error.install()
    fault = _fault("x")
    sys.excepthook(type(fault), fault, fault.__traceback__)
    window = CrashWindow.report(RuntimeError())
    assert "KeyError" in window.text
    window.close()


def test_a_fault_of_another_thread_reaches_the_person_too(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    show_error.install()
    worker = threading.Thread(target=_look_up, args=("Asha",))
    worker.start()
    worker.join()

    def windows() -> list[CrashWindow]:
        return [window for window in QApplication.topLevelWidgets() if isinstance(window, CrashWindow)]

    qtbot.waitUntil(lambda: bool(windows()))
    assert "KeyError" in windows()[0].text


def test_the_log_holds_no_words_of_a_person(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        show_error.crash(_fault("Ashby Academy"))
    assert "KeyError" in caplog.text
    assert "Ashby" not in caplog.text


def test_a_problem_says_what_it_means_and_what_to_do(qtbot: QtBot) -> None:
    from omi_desktop.ui.dialogs.problem import ProblemDialog

    dialog = ProblemDialog(FileTooNew())
    qtbot.addWidget(dialog)
    dialog.open()
    assert dialog.windowTitle() == "Your file comes from a newer version of OMI Desktop"
    assert "left exactly as it is" in dialog.accessibleDescription()
    assert "Install the newest version" in dialog.accessibleDescription()
    assert not clipped(dialog)
    press(dialog, "Close")
    assert not dialog.isVisible()
