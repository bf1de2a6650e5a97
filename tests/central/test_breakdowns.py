"""No small number can be worked out of what is public: attackers who know the total, the rule and every answer.

`possible` is the attacker: all values that a part may have, given what was published of each and their exact sum.
`differenced` is one who also watched a single session come: all values that a part may have had before it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from omi_desktop.central.breakdowns import FEWEST_CHANGES, NAMES, ROUNDED_TO, By, rounded
from omi_desktop.domain import join_code
from omi_desktop.domain.revision import Revision
from tests.central.laptop import HandClock, Laptop, erased, place, recorded, removed
from tests.central.test_contract import problem
from tests.kit.centre import Centre

Rule = Callable[[Mapping[str, int]], Mapping[str, int]]
"""What is published of the exact parts; a part that is not in it is not told."""
Possible = Mapping[str, set[int]]
SMALL = range(1, 5)


def exactly(cells: Mapping[str, int]) -> Mapping[str, int]:
    """A naive rule: small parts are left out and the others told."""
    return {name: low for name, low in cells.items() if low >= 5}


def exactly_but_two(cells: Mapping[str, int]) -> Mapping[str, int]:
    """The usual rule: where only one part would be left out, so is the next smallest."""
    told = dict(exactly(cells))
    if len(cells) - len(told) == 1 and told:
        del told[min(told, key=lambda name: (told[name], name))]
    return told


def worlds(rule: Rule, cells: Mapping[str, int]) -> list[dict[str, int]]:
    """All parts that would have been published just so, with the same sum."""
    published, total, names = rule(cells), sum(cells.values()), sorted(cells)
    ranges: Sequence[Sequence[int]] = [
        range(published[name], min(published[name] + ROUNDED_TO, total + 1)) if name in published else range(total + 1)
        for name in names[:-1]
    ]  # fmt: skip
    found = []
    for values in itertools.product(*ranges):
        world = dict(zip(names, (*values, total - sum(values)), strict=True))
        if world[names[-1]] >= 0 and rule(world) == published:
            found.append(world)
    return found


def values(found: Sequence[Mapping[str, int]]) -> Possible:
    return {name: {world[name] for world in found} for name in (found[0] if found else ())}


def possible(rule: Rule, cells: Mapping[str, int]) -> Possible:
    return values(worlds(rule, cells))


def differenced(rule: Rule, before: Mapping[str, int], after: Mapping[str, int]) -> Possible:
    """Of those before, those from which one session of the size that the total tells leads to what came after."""
    size, published = sum(after.values()) - sum(before.values()), rule(after)
    return values(
        [
            world
            for world in worlds(rule, before)
            if any(rule(world | {name: world[name] + size}) == published for name in world)
        ]
    )


def worked_out(cells: Mapping[str, int], found: Possible) -> dict[str, int]:
    """The small parts that the attacker knows for certain."""
    return {name: low for name, low in cells.items() if low in SMALL and found[name] == {low}}


parts = st.fixed_dictionaries({name: st.one_of(st.integers(0, 6), st.integers(0, 25)) for name in "abc"})


@given(parts)
def test_no_small_part_can_be_worked_out_of_the_total_and_its_neighbours(cells: dict[str, int]) -> None:
    assert worked_out(cells, possible(rounded, cells)) == {}


@given(parts)
def test_nothing_under_ten_is_told_and_nothing_is_told_too_high(cells: dict[str, int]) -> None:
    told = rounded(cells)
    assert all(low >= ROUNDED_TO and low % ROUNDED_TO == 0 for low in told.values())
    assert all(0 <= cells[name] - told.get(name, 0) < ROUNDED_TO for name in cells)


def test_the_attacks_break_the_naive_rules() -> None:
    alone = {"a": 40, "b": 3, "c": 12}
    assert worked_out(alone, possible(exactly, alone)) == {"b": 3}
    assert worked_out(alone, possible(exactly_but_two, alone)) == {}
    after = alone | {"b": 9}
    assert worked_out(alone, differenced(exactly_but_two, alone, after)) == {"b": 3}


def test_rounding_alone_would_not_stand_against_one_who_watches_a_session_come() -> None:
    """Which is why there are editions."""
    before, after = {"a": 40, "b": 4, "c": 0}, {"a": 40, "b": 10, "c": 0}
    assert worked_out(before, possible(rounded, before)) == {}
    assert worked_out(before, differenced(rounded, before, after)) == {"b": 4}


def told(centre: Centre, by: By) -> dict[str, int | None]:
    answer = requests.get(f"{centre.url}/v1/totals/breakdown?year=2026&by={by.value}", timeout=10)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["year"], found["by"], found["rounded_to"], found["rules"]) == (2026, by.value, 10, "omi/1")
    assert [cell["name"] for cell in found["cells"]] == list(NAMES[by])
    return {cell["name"]: cell["low"] for cell in found["cells"]}


def everything(centre: Centre) -> list[str]:
    """All that is public but the total, byte for byte."""
    found = []
    for by in By:
        url = f"{centre.url}/v1/totals/breakdown?year=2026&by={by.value}"
        found.append(requests.get(url, timeout=10).text)
    return found


def some(count: int, young: int = 30, **changes: Any) -> list[Revision]:
    return [recorded(young, **changes) for _ in range(count)]


def welsh(young: int, parents: Sequence[Revision] = (), **changes: Any) -> Revision:
    line = {"place": 1, "stages": ["wa.y8"], "mode": "took_part", "count": young, "estimated": False}
    return recorded(young, parents, places=[place(nation="wales")], young_people=[line], **changes)


def push(laptop: Laptop, *revisions: Revision) -> None:
    assert laptop.sync(revisions).rejected == []


def test_a_year_is_told_by_nation_activity_and_month(
    own_centre: Centre, own_laptop: Laptop, clock: HandClock
) -> None:
    assert set(told(own_centre, By.NATION).values()) == {None}
    clock.move(minutes=11)
    push(own_laptop, *some(9))
    push(own_laptop, welsh(3, date="2026-03-01", activity="stem_club"))
    nations = told(own_centre, By.NATION)
    assert nations == dict.fromkeys(NAMES[By.NATION]) | {"england": 270}
    assert told(own_centre, By.ACTIVITY)["class_session"] == 270
    assert told(own_centre, By.ACTIVITY)["stem_club"] is None
    assert told(own_centre, By.MONTH) == dict.fromkeys(NAMES[By.MONTH]) | {"11": 270}


def test_a_session_in_two_nations_is_in_neither(own_centre: Centre, own_laptop: Laptop) -> None:
    push(own_laptop, *some(10, places=[place(), place(ref=2, nation="scotland")]))
    assert told(own_centre, By.NATION) == dict.fromkeys(NAMES[By.NATION]) | {"several_or_unknown": 300}


def test_joint_sessions_are_in_one_part_once(own_centre: Centre, own_laptop: Laptop) -> None:
    other = Laptop.enrol(own_centre.url, own_centre.invite())
    push(own_laptop, *some(10))
    code = join_code.make()
    push(own_laptop, recorded(30, group=code, activity="assembly"))
    push(other, recorded(31, group=code, activity="festival"))
    assert told(own_centre, By.ACTIVITY)["assembly"] is None
    assert told(own_centre, By.ACTIVITY)["festival"] == 30


@pytest.mark.parametrize("what", ["added", "corrected", "removed", "erased"])
def test_one_session_changes_nothing_that_is_public_but_the_total_however_long_one_waits(
    own_centre: Centre, own_laptop: Laptop, clock: HandClock, what: str
) -> None:
    one = welsh(4)
    push(own_laptop, *some(12), one)
    before = everything(own_centre)
    change = {
        "added": welsh(6),
        "corrected": welsh(10, [one]),
        "removed": removed(one),
        "erased": erased(one.record_id),
    }[what]
    push(own_laptop, change)
    for hours in (0, 1, 24, 24 * 30):
        clock.move(hours=hours)
        assert everything(own_centre) == before


def test_a_new_edition_needs_another_day_and_ten_changes(
    own_centre: Centre, own_laptop: Laptop, clock: HandClock
) -> None:
    push(own_laptop, *some(10))
    first = everything(own_centre)
    push(own_laptop, *some(20))
    clock.move(hours=11)
    assert everything(own_centre) == first, "still the same day"
    clock.move(hours=2)
    assert told(own_centre, By.NATION)["england"] == 900
    second = everything(own_centre)
    push(own_laptop, *some(FEWEST_CHANGES - 1))
    clock.move(days=1)
    assert everything(own_centre) == second, "too few"
    push(own_laptop, *some(1))
    clock.move(minutes=11)
    assert told(own_centre, By.NATION)["england"] == 1200


def test_the_same_session_corrected_ten_times_is_one_change(
    own_centre: Centre, own_laptop: Laptop, clock: HandClock
) -> None:
    last = recorded(4)
    push(own_laptop, *some(10), last)
    before = everything(own_centre)
    for number in range(5, 16):
        last = recorded(number, [last])
        push(own_laptop, last)
    clock.move(days=1)
    assert everything(own_centre) == before


def test_an_edition_is_one_for_all_processes(
    own_centre: Centre, own_laptop: Laptop, clock: HandClock
) -> None:
    push(own_laptop, *some(10))
    before = everything(own_centre)
    push(own_laptop, *some(20))
    own_centre.stop()
    own_centre.start()
    assert everything(own_centre) == before


@pytest.mark.parametrize("query", ["year=2026", "year=2026&by=school", "by=nation", "year=1&by=nation"])
def test_a_breakdown_that_is_not_offered_is_refused(centre: Centre, query: str) -> None:
    answer = requests.get(f"{centre.url}/v1/totals/breakdown?{query}", timeout=10)
    assert problem(answer) == (422, "bad_envelope")
