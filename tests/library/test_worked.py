"""Worked examples are calculated, and formulas can do nothing but arithmetic."""

from __future__ import annotations

import math

import pytest

from omi_desktop.library.worked import NotArithmetic, agrees, calculate, is_rounded


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("1 + 2 * 3 - 4 / 8", 6.5),
        ("-(2 ** 3) + +1", -7.0),
        ("2 * pi * r", 2 * math.pi * 6371.0),
        ("sqrt(16) + abs(-1) + log10(100) + log(exp(2))", 9.0),
        ("sin(pi / 2) + cos(0) + tan(0)", 2.0),
        ("1e3 * r / r", 1000.0),
    ],
)
def test_arithmetic(formula: str, result: float) -> None:
    assert calculate(formula, {"r": 6371}) == pytest.approx(result, rel=1e-12)


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "1 +",
        "unknown",
        "__import__('os')",
        "r.real",
        "r[0]",
        "(lambda: 1)()",
        "[1 for x in r]",
        "'1'",
        "True",
        "1 if r else 2",
        "r == r",
        "r % 2",
        "r // 2",
        "~1",
        "sqrt(1, 2)",
        "sqrt(x=1)",
        "print(1)",
        "1; 2",
        "1 / 0",
        "sqrt(-1)",
        "(-8) ** 0.5",
        "9 ** 9 ** 9",
        "1e308 * 10",
        "-" * 200 + "1",
        "(" * 250 + "1" + ")" * 250,
        "r := 2",
        "1j",
    ],
)
def test_anything_else_is_refused(formula: str) -> None:
    with pytest.raises(NotArithmetic):
        calculate(formula, {"r": 1})


def test_a_result_agrees_to_half_a_percent() -> None:
    assert agrees(100.49, 100)
    assert agrees(-99.51, -100)
    assert not agrees(100.51, 100)
    assert not agrees(-100, 100)


@pytest.mark.parametrize(
    ("shown", "result"),
    [
        ("27,500 km/h", 27_517),
        ("27,500 km/h", 27_549),
        ("about 7.66 km every second", 7.6640),
        ("8 m/s2", 8.4),
        ("1,000 m²", 1_049),
        ("1.3 million km", 1_349_000),
        ("384,400 km", 384_400),
        ("−18 °C", -18.4),
        ("£0.05", 0.0540),
        ("0 °C", 0.4),
        ("CO2: 420 parts", 421.9),
    ],
)
def test_what_is_shown_is_the_result_rounded(shown: str, result: float) -> None:
    assert is_rounded(shown, result)


@pytest.mark.parametrize(
    ("shown", "result"),
    [
        ("27,500 km/h", 27_560),
        ("7.66 km", 7.67),
        ("8 m/s", 8.6),
        ("18 °C", -18),
        ("1.3 million km", 1_360_000),
        ("0.05", 0.056),
    ],
)
def test_what_is_shown_must_not_be_another_number(shown: str, result: float) -> None:
    assert not is_rounded(shown, result)


@pytest.mark.parametrize("shown", ["a long way", "2 minutes 5 seconds"])
def test_what_is_shown_has_one_number(shown: str) -> None:
    with pytest.raises(NotArithmetic):
        is_rounded(shown, 1)
