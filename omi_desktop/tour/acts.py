"""What the tour does in the window: keys, clicks and looks, as a person would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QDialog, QLineEdit

from omi_desktop.domain.online import Link
from omi_desktop.services.records import Standing
from omi_desktop.tour.stage import Script, Stage, checked, say
from omi_desktop.ui import theme
from omi_desktop.ui.page import ScrolledPage

CAME: Final = 27
"""How many young people the tour records."""


def prepare(stage: Stage) -> Script:
    """Read, plan, lose the network, record."""
    yield lambda: stage.room.online.state().link is not Link.STARTING
    yield stage.hears
    yield from _sign_in(stage, stage.word)
    stage.window.go("today")
    yield lambda: stage.sees("The million")
    yield lambda: stage.room.online.million() is not None
    yield lambda: stage.room.online.state().is_all_well
    stage.picture("today")
    checked("Today", f"the sync line says: {stage.window.sync_line.sentence}")
    yield from _read(stage)
    yield from _plan(stage)
    say(cue="planned", word="")
    yield stage.hears
    yield from _record(stage)


def _sign_in(stage: Stage, code: str) -> Script:
    stage.window.go("settings")
    yield lambda: stage.find(QLineEdit, "Code from my hub or other laptop") is not None
    line = stage.control(QLineEdit, "Code from my hub or other laptop")
    line.setFocus()
    QTest.keyClicks(line, code)
    QTest.keyClick(line, Qt.Key.Key_Return)
    yield lambda: stage.room.online.state().link in (Link.IDLE, Link.SYNCING)
    checked("Settings", "a code from the other laptop was taken")


def _read(stage: Stage) -> Script:
    library = stage.room.library
    chapter = library.chapters()[0]
    stage.window.go(f"library/handbook/{chapter.id}")
    yield lambda: stage.reads(chapter.title)
    stage.picture("handbook")
    checked("Library", f"the handbook page “{chapter.title}” opens with the network not needed")
    activity = library.activities()[0]
    stage.window.go(f"library/activity/{activity.id}")
    yield lambda: stage.reads(activity.title)
    stage.picture("activity")
    checked("Library", f"the resource “{activity.title}” opens")
    career = library.careers()[0]
    stage.window.go(f"library/career/{career.id}")
    yield lambda: stage.reads(career.title)
    stage.picture("career")
    checked("Library", f"the career story “{career.title}” opens")
    QTest.keyClick(stage.window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    yield lambda: stage.find(QLineEdit, "Search the Library", stage.window.findChild(QDialog)) is not None
    dialog = stage.window.findChild(QDialog)
    results = stage.control(QAbstractItemView, "Results")
    QTest.keyClicks(stage.control(QLineEdit, "Search the Library", dialog), "rocke")
    yield lambda: _rows(results) > 0 and "ocket" in _first(results)
    stage.picture("search", dialog)
    checked("Ctrl+K", f"“rocke” finds {_rows(results)} pages, the first is {_first(results)}")
    stage.control(QLineEdit, "Search the Library", dialog).setFocus()
    stage.keys(Qt.Key.Key_Escape)
    yield lambda: stage.window.findChild(QDialog) is None
    stage.window.come_forward()
    yield stage.window.isActiveWindow


def _rows(view: QAbstractItemView) -> int:
    model = view.model()
    return model.rowCount()


def _first(view: QAbstractItemView) -> str:
    sentence = view.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    return str(sentence or view.model().index(0, 0).data())


def _plan(stage: Stage) -> Script:
    before = len(stage.room.desk.plans.all())
    QTest.keyClick(stage.window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    yield lambda: stage.find(QLineEdit, "Where") is not None
    yield lambda: isinstance(QApplication.focusWidget(), QLineEdit)
    stage.types("Orr")
    stage.keys(Qt.Key.Key_Return)
    yield lambda: _has_focus("Date")
    stage.control(QLineEdit, "Date").selectAll()
    stage.types("+7")
    stage.control(QLineEdit, "About how many").setFocus()
    stage.types("60")
    stage.picture("plan")
    stage.keys(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    yield lambda: len(stage.room.desk.plans.all()) == before + 1
    yield lambda: stage.sees("Plan saved on this laptop")
    planned = max(stage.room.desk.plans.all(), key=lambda plan: plan.record.saved_at)
    if planned.details.expected_total != 60:
        raise LookupError("the plan does not say how many are expected")
    checked("Plan", "a session in a week is planned, about 60 expected")


def _has_focus(name: str) -> bool:
    focus = QApplication.focusWidget()
    return focus is not None and focus.accessibleName().startswith(name)


def _record(stage: Stage) -> Script:
    before = {view.record_id for view in stage.room.desk.sessions.all()}
    QTest.keyClick(stage.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    # A planned session whose time has passed opens by itself, with the keyboard in the number.
    yield lambda: _has_focus("How many young people")
    stage.types(str(CAME))
    stage.picture("record")
    stage.keys(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    yield lambda: stage.sees(f"Saved on this laptop: {CAME} young people")
    stage.picture("saved")
    record_id = next(v.record_id for v in stage.room.desk.sessions.all() if v.record_id not in before)
    checked("Record", f"{CAME} young people are saved on this laptop, with no network")
    stage.window.go("sync")
    stage.room.online.sync_now()
    yield lambda: stage.room.online.state().link is Link.TROUBLE
    yield lambda: stage.window.sync_line.state.waiting >= 1
    stage.picture("sync-waiting")
    checked("Sync", f"the sync line says: {stage.window.sync_line.sentence}")
    say(cue="saved", word=record_id)
    yield lambda: False


def come_back(stage: Stage) -> Script:
    """Find what was recorded, get the network back, sync, decide between two laptops."""
    yield stage.hears
    record_id = stage.word
    view = stage.room.desk.sessions.get(record_id)
    if view.details.total != CAME or view.record.standing is not Standing.SAVED:
        raise LookupError("the session that was saved before the kill is not as it was")
    stage.window.go("sessions")
    yield lambda: stage.window.sync_line.state.waiting >= 1
    yield lambda: any(_rows(view) > 1 for view in stage.window.findChildren(QAbstractItemView))
    stage.picture("sessions")
    checked("Started again", f"the session is there with {CAME} young people, saved and waiting")
    say(cue="found", word="")
    yield stage.hears
    before = stage.room.online.million()
    yield from _sign_in(stage, stage.word)
    stage.window.go("sync")
    yield lambda: stage.room.online.state().is_all_well
    yield lambda: stage.window.sync_line.state.is_all_well
    after = stage.room.online.million()
    if stage.room.desk.sessions.get(record_id).record.standing is not Standing.SYNCED:
        raise LookupError("the session is not synced")
    if before is None or after is None or after.low - before.low != CAME:
        raise LookupError("the million did not grow by what was recorded")
    stage.picture("sync")
    checked("Synced", f"read back from OMI online; the ring went from {before.low:,} to {after.low:,}")
    stage.window.go(f"sessions/{record_id}")
    yield lambda: stage.sees("Synced")
    stage.picture("session")
    say(cue="synced", word="")
    yield stage.hears
    yield from _decide(stage, record_id)
    yield from _settings(stage)
    yield from _looks(stage)
    say(cue="decided", word="")


def _decide(stage: Stage, record_id: str) -> Script:
    """Two laptops say different things of one session: choose, take it back, choose again."""
    stage.window.go(f"sessions/{record_id}/correct")
    yield lambda: _has_focus("How many young people")
    stage.control(QLineEdit, "How many young people").selectAll()
    stage.types(str(CAME + 3))
    stage.keys(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    yield lambda: stage.sees(f"Saved on this laptop: {CAME + 3} young people")
    yield lambda: stage.room.online.state().is_all_well
    say(cue="corrected", word="")
    yield stage.hears
    stage.window.go("sync")
    stage.room.online.sync_now()
    yield lambda: stage.sees("Needs you")
    chosen = _answer(stage, str(CAME))
    stage.picture("sync-needs-you")
    chosen.click()
    yield lambda: stage.sees(f"Decided: {CAME}.")
    yield lambda: stage.room.online.state().is_all_well
    yield _passing(15)
    stage.picture("sync-decided")
    _answer(stage, "Undo").click()
    yield lambda: stage.room.online.state().needs_you == 1 and _can_answer(stage, str(CAME))
    yield _passing(15)
    _answer(stage, str(CAME)).click()
    yield lambda: stage.sees(f"Decided: {CAME}.")
    yield lambda: stage.room.online.state().is_all_well
    if stage.room.desk.sessions.get(record_id).details.total != CAME:
        raise LookupError("the version that was chosen is not the one that counts")
    checked("Needs you", f"of {CAME} and {CAME + 3} the person chose {CAME}, took it back and chose it again")
    stage.click("History")
    yield lambda: stage.find(QAbstractItemView, "History of syncing") is not None
    dialog = stage.window.findChild(QDialog)
    stage.picture("sync-history", dialog)
    checked("History", f"{_rows(stage.control(QAbstractItemView, 'History of syncing'))} tries can be read")
    if dialog is not None:
        # Escape would go to whichever window has the focus, which without a display is left to chance.
        dialog.close()
    yield lambda: stage.window.findChild(QDialog) is None
    stage.window.come_forward()
    yield stage.window.isActiveWindow


def _can_answer(stage: Stage, text: str) -> bool:
    return any(b.text() == text and b.isVisible() for b in stage.window.findChildren(QAbstractButton))


def _answer(stage: Stage, text: str) -> QAbstractButton:
    """The button of one answer, whatever a screen reader calls it."""
    return next(b for b in stage.window.findChildren(QAbstractButton) if b.text() == text and b.isVisible())


def _settings(stage: Stage) -> Script:
    """The backups, and what is in one of them."""
    stage.window.go("settings")
    yield lambda: _can_answer(stage, "Restore…")
    _answer(stage, "Restore…").click()
    yield lambda: stage.sees("Restore the backup of")
    page = stage.window.page
    if isinstance(page, ScrolledPage):
        page.scroll_area.ensureWidgetVisible(stage.control(QAbstractButton, "Back up now"))
    yield _passing(5)
    stage.picture("settings-backups")
    checked("Backups", "a copy made by itself says what is in it before it is restored")
    stage.click("Not now")


def _looks(stage: Stage) -> Script:
    """The same pages dark, and at twice the text size."""
    look = theme.current()
    stage.window.go("settings")
    yield lambda: stage.sees("About")
    stage.picture("settings")
    looks: tuple[tuple[theme.Mode, float, str], ...] = (
        ("dark", 1.0, "-dark"),
        ("light", 2.0, "-200"),
        ("contrast", 1.0, "-contrast"),
    )
    for mode, scale, suffix in looks:
        look.choose(mode, scale)
        for target, sign in (("today", "The million"), ("sessions", ""), ("sync", ""), ("sessions/new", "")):
            stage.window.go(target)
            if sign:
                yield partial(stage.sees, sign)
            yield _passing(15)
            stage.picture(target.replace("/", "-") + suffix)
    look.choose("system", 1.0)
    checked("Looks", "every page pictured in dark, in high contrast and at 200 % text")


def _passing(looks: int) -> Callable[[], bool]:
    """True after so many looks: lists fill from a worker thread."""
    left = [looks]

    def is_over() -> bool:
        left[0] -= 1
        return left[0] < 0

    return is_over


SCRIPTS: Final[Mapping[str, Callable[[Stage], Script]]] = {"prepare": prepare, "return": come_back}
