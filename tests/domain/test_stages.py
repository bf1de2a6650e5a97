"""Year groups in four nations."""

from __future__ import annotations

import pytest

from omi_desktop.domain import stages
from omi_desktop.domain.stages import ANYWHERE, BY_CODE, BY_NATION, Nation


@pytest.mark.parametrize(
    ("codes", "label"),
    [
        ((), "Not known"),
        (("from.the.future",), "Not known"),
        (("en.y8",), "Year 8"),
        (("en.y8", "en.y9"), "Year 8 and Year 9"),
        (("en.y7", "en.y8", "en.y9", "en.y10", "en.y11"), "Years 7–11"),
        (("en.y7", "en.y9", "en.y10"), "Year 7, Year 9 and Year 10"),
        (("en.reception", "en.y1", "en.y2"), "Reception–Year 2"),
        (("sc.p6", "sc.p7", "sc.s1"), "P6–S1"),
        (("ni.p6", "ni.p7", "ni.y8"), "P6–Year 8"),
        (("en.y8", "wa.y9", "en.y10"), "Year 8, Year 9 and Year 10"),
        (("age.5-7", "age.8-11", "age.12-14"), "5 to 7, 8 to 11 and 12 to 14"),
        (("age.mixed",), "Mixed ages"),
    ],
)
def test_year_groups_read_as_a_person_says_them(codes: tuple[str, ...], label: str) -> None:
    assert stages.label(codes) == label
    assert stages.label(list(codes)) == label


def test_year_8_is_not_the_same_age_everywhere() -> None:
    assert (BY_CODE["en.y8"].youngest, BY_CODE["en.y8"].oldest) == (12, 13)
    assert (BY_CODE["ni.y8"].youngest, BY_CODE["ni.y8"].oldest) == (11, 12)


def test_a_year_group_fits_its_own_nation_and_an_age_band_every_nation() -> None:
    for nation, own in BY_NATION.items():
        assert all(stages.fits(stage.code, other) == (other is nation) for stage in own for other in Nation)
    assert all(stages.fits(stage.code, nation) for stage in ANYWHERE for nation in Nation)
    assert not stages.fits("en.y14", Nation.ENGLAND)


def test_the_years_of_a_nation_go_up_one_by_one() -> None:
    for own in BY_NATION.values():
        ages = [stage.youngest for stage in own]
        assert ages == list(range(4, 4 + len(own))) or ages == sorted(set(ages), key=ages.index)
    assert Nation.NORTHERN_IRELAND.label == "Northern Ireland"
