"""Of several choices made quickly the last one stays, however the threads run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QThreadPool
from pytestqt.qtbot import QtBot

from omi_desktop.domain.errors import NotSaved, OmiError
from omi_desktop.ui import tasks
from omi_desktop.ui.keeping import Keeping

Until = Callable[[Callable[[], bool]], None]


def test_the_last_of_several_choices_is_kept_and_those_between_are_left_out(qtbot: QtBot) -> None:
    del qtbot
    kept: list[int] = []
    begun, may_go_on = threading.Event(), threading.Event()

    def slow(value: int) -> None:
        begun.set()
        may_go_on.wait(10)
        kept.append(value)

    keeping = Keeping(owner := QObject(), lambda _error: None)
    keeping.keep("size", partial(slow, 1))
    assert begun.wait(10)
    for value in (2, 3, 4):
        keeping.keep("size", partial(kept.append, value))
    keeping.keep("ticks", partial(kept.append, 10))
    assert QThreadPool.globalInstance().activeThreadCount() == 1
    may_go_on.set()

    assert tasks.finish()
    assert kept == [1, 4, 10]
    del owner


def test_an_error_is_told_and_the_next_choice_is_kept(qtbot: QtBot, until: Until) -> None:
    del qtbot
    told: list[OmiError] = []
    kept: list[int] = []

    def fail() -> None:
        raise NotSaved

    keeping = Keeping(owner := QObject(), told.append)
    keeping.keep("size", fail)
    until(lambda: bool(told))
    keeping.keep("size", partial(kept.append, 2))

    until(lambda: kept == [2])
    assert [type(error) for error in told] == [NotSaved]
    del owner
