"""Things that a new ambassador looks for, each found in three actions at most. A task is a line of the table.

An action is what a person would count as one: typing a line, pressing Enter, choosing a tab, a filter or a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QListView, QRadioButton
from pytestqt.qtbot import QtBot

from omi_desktop.domain.stages import Nation
from omi_desktop.library.items import KINDS
from omi_desktop.services.desk import Person
from omi_desktop.ui.pages.library import LibraryPage
from omi_desktop.ui.room import Room
from tests.ui.library_page import choose_tab, click, reading, titles, type_search
from tests.ui.look import find, press

Until = Callable[[Callable[[], bool]], None]
MOST_ACTIONS = 3


class Type(NamedTuple):
    """Type a line into the search box."""

    text: str


class Enter(NamedTuple):
    """Press Enter in the search box: the first row opens."""


class Tab(NamedTuple):
    """Choose a shelf, or one kind of results."""

    name: str


class Row(NamedTuple):
    """Click a row; "" is the first."""

    title: str = ""


class Chip(NamedTuple):
    """Press a chip below the search box."""

    name: str


class Pick(NamedTuple):
    """Choose a filter, such as `Way in: Apprenticeship`, with the panel opened and closed on the way."""

    filter: str


Action = Type | Enter | Tab | Row | Chip | Pick


class Task(NamedTuple):
    """What someone wants, what they do, and the pages that are right, as `kind/id`."""

    wanted: str
    actions: tuple[Action, ...]
    right: tuple[str, ...]
    nation: Nation = Nation.ENGLAND


TASKS = (
    Task(
        "30 minutes, Year 5, no kit, about the Moon",
        (Type("30 minutes, Year 5, no kit, about the Moon"), Enter()),
        ("activity/moon-phases-with-a-ball",),
    ),
    Task(
        "What to do when a child says something worrying",
        (Type("what do I do if a child tells me something"), Enter()),
        ("handbook/keeping-everyone-safe",),
    ),
    Task(
        "Which check I need in Scotland",
        (Type("pvg"), Enter()),
        ("handbook/becoming-an-ambassador", "handbook/keeping-everyone-safe"),
        Nation.SCOTLAND,
    ),
    Task(
        "A rocket for P7 in 45 minutes",
        (Type("P7 rocket 45 minutes"), Enter()),
        ("activity/balloon-rocket-race", "activity/paper-rockets-fair-test"),
        Nation.SCOTLAND,
    ),
    Task(
        "A career for someone who likes law",
        (Type("lawyer"), Tab("Careers"), Row()),
        ("career/role-space-lawyer",),
    ),
    Task(
        "Something on satellites for Key Stage 3, misspelt",
        (Type("sattelite KS3"), Enter()),
        (
            "activity/find-me-three-satellites",
            "activity/satellite-detectives",
            "activity/pixels-from-space",
        ),
    ),
    Task(
        "How my visit is counted",
        (Type("how do I record a visit"), Enter()),
        ("handbook/recording",),
    ),
    Task(
        "What the school means by Gatsby",
        (Type("gatsby"), Enter()),
        ("handbook/gatsby-benchmarks",),
    ),
    Task(
        "Running a stand at a science festival",
        (Type("festival stand"), Enter()),
        ("handbook/festivals",),
    ),
    Task(
        "Sixth form, orbits",
        (Type("sixth form orbit"), Enter()),
        ("activity/orbit-by-throwing",),
    ),
    Task(
        "A chapter for me as an employer",
        (Pick("Who you are: Employer"), Row("For employers")),
        ("handbook/for-employers",),
    ),
    Task(
        "Space junk for a Year 8 in Northern Ireland",
        (Type("Year 8 space junk"), Enter()),
        ("activity/space-junk-clean-up",),
        Nation.NORTHERN_IRELAND,
    ),
    Task(
        "How to hold a hall of two hundred for a quarter of an hour",
        (Type("an assembly for 200 in 15 minutes"), Enter()),
        ("handbook/assemblies",),
    ),
    Task(
        "A job in electronics for an S2 class, without university",
        (Type("S2 in Scotland, electronics job, no degree"), Enter()),
        ("career/role-electronics-engineer",),
        Nation.SCOTLAND,
    ),
    Task(
        "Something outdoors for Scouts of twelve",
        (Type("something outdoors for Scouts aged 12"), Tab("Activities"), Row()),
        ("activity/crater-drop",),
    ),
    Task(
        "The handout of an activity",
        (Type("print a handout for crater drop"), Enter()),
        ("activity/crater-drop",),
    ),
    Task(
        "How many came past the stand",
        (Type("how do I count a festival"), Enter()),
        ("handbook/festivals", "handbook/recording"),
    ),
    Task(
        "A P3 of Northern Ireland, asked for from England",
        (Type("P3 in Northern Ireland, no kit"), Enter()),
        ("activity/paxi-animations",),
    ),
    Task(
        "Maths over video for a sixth form",
        (Type("online session, sixth form, maths"), Enter()),
        ("activity/radiation-shield-maths",),
        Nation.WALES,
    ),
    Task(
        "A job in space for someone who draws",
        (Type("which jobs in space need art?"), Enter()),
        ("career/role-science-illustrator",),
    ),
)


@pytest.fixture
def page(qtbot: QtBot, known_room: Room) -> Iterator[LibraryPage]:
    made = LibraryPage()
    qtbot.addWidget(made)
    made.resize(QSize(948, 740))
    made.fill(known_room)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()


def act(page: LibraryPage, action: Action, until: Until) -> None:
    shelves = page.shelves
    match action:
        case Type(text):
            type_search(page, text)
            until(lambda: shelves.query == text)
        case Enter():
            QTest.keyClick(shelves.search, Qt.Key.Key_Return)
        case Tab(name):
            choose_tab(page, name)
        case Row(title):
            view = shelves.list
            click(page, view.accessibleName(), title or titles(view)[0])
        case Chip(name):
            press(page, name)
        case Pick(name):
            press(page, "Filter")
            QTest.mouseClick(find(page, QRadioButton, name), Qt.MouseButton.LeftButton)
            QTest.keyClick(shelves.filters, Qt.Key.Key_Escape)
            assert find(page, QListView, shelves.list.accessibleName()).isVisible()


def test_who_types_poster_is_led_to_the_things_to_print(page: LibraryPage, until: Until) -> None:
    act(page, Type("poster A3"), until)
    act(page, Chip("Posters, slips and handouts to print"), until)

    until(lambda: page.shelves.is_printing and bool(titles(find(page, QListView, "Things to print"))))
    assert titles(find(page, QListView, "Things to print"))[0].startswith("Why choose the space sector")
    act(page, Type("moon"), until)
    assert page.shelves.chips.texts == []


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.wanted.replace(" ", "-"))
def test_a_new_ambassador_finds_it(page: LibraryPage, known_room: Room, until: Until, task: Task) -> None:
    known_room.desk.save_person(Person("Asha Patel", task.nation))
    page.refresh()
    names = {item.title: f"{kind}/{item.id}" for kind in KINDS for item in known_room.library.shelf(kind)}
    assert set(task.right) <= set(names.values())
    assert len(task.actions) <= MOST_ACTIONS

    for action in task.actions:
        act(page, action, until)

    until(lambda: reading(page) in names)
    assert names[reading(page)] in task.right
