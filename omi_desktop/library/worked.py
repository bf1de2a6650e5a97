"""The worked examples of an activity, calculated again: plain arithmetic over names, and nothing else of Python."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

AGREEMENT: Final = 0.005
"""How far a stated result may be from its formula, as a share of it."""

_DEPTH_LIMIT = 30
_OPERATORS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_SIGNS: Final[Mapping[type[ast.unaryop], Callable[[float], float]]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_FUNCTIONS: Final[Mapping[str, Callable[[float], float]]] = {
    "sqrt": math.sqrt,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "log": math.log,
    "log10": math.log10,
    "exp": math.exp,
    "abs": abs,
}
_SCALES: Final = {"": 1, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_NUMBER: Final = re.compile(
    r"(?<![\w.,^])(?P<sign>[-\u2212]?)(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<fraction>\.\d+)?"
    r"(?:\s*(?P<scale>thousand|million|billion|trillion)\b)?"
)


class NotArithmetic(ValueError):
    """A formula that can't be calculated; the text says why."""


def calculate(formula: str, values: Mapping[str, float]) -> float:
    """The value of a formula: + - * / ** ( ), pi, sqrt sin cos tan log log10 exp abs (radians, natural log), names.

    Every number is a float, so that no power can grow beyond bounds. Raises NotArithmetic.
    """
    try:
        tree = ast.parse(formula.strip(), mode="eval")
        result = _value(tree.body, {"pi": math.pi, **values}, 0)
    except SyntaxError as error:
        raise NotArithmetic("the formula can't be read") from error
    except (ArithmeticError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, NotArithmetic):
            raise
        raise NotArithmetic(f"the formula has no result: {error}") from error
    if isinstance(result, complex) or not math.isfinite(result):
        raise NotArithmetic("the formula has no result that is a plain number")
    return result


def agrees(stated: float, calculated: float) -> bool:
    """Whether a stated result is within `AGREEMENT` of what its formula gives."""
    return abs(stated - calculated) <= AGREEMENT * abs(calculated)


def is_rounded(shown: str, result: float) -> bool:
    """Whether the one number in `shown` is the result, rounded as it is written: 27,500 stands for 27,450 to 27,550.

    Raises NotArithmetic when there is no number in `shown`, or more than one.
    """
    numbers = list(_NUMBER.finditer(shown))
    if len(numbers) != 1:
        raise NotArithmetic(f'"{shown}" must have one number, and has {len(numbers)}')
    found = numbers[0]
    digits = found["digits"].replace(",", "")
    fraction = found["fraction"] or ""
    scale = _SCALES[found["scale"] or ""]
    number = Decimal(digits + fraction) * scale
    if fraction:
        last_place = Decimal(scale).scaleb(1 - len(fraction))
    else:
        last_place = Decimal(scale).scaleb(len(digits) - len(digits.rstrip("0")) if digits.strip("0") else 0)
    if found["sign"]:
        number = -number
    # A hair more than half, for a result that lies on the edge and a float that lies beside it.
    return abs(Decimal(result) - number) <= last_place * Decimal("0.500001")


def _value(node: ast.expr, names: Mapping[str, float], depth: int) -> float:
    if depth > _DEPTH_LIMIT:
        raise NotArithmetic("the formula is too deeply nested")
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.Name() if node.id in names:
            return float(names[node.id])
        case ast.Name():
            raise NotArithmetic(f"the formula names {node.id}, which is not in values")
        case ast.BinOp() if type(node.op) in _OPERATORS:
            left, right = _value(node.left, names, depth + 1), _value(node.right, names, depth + 1)
            return _OPERATORS[type(node.op)](left, right)
        case ast.UnaryOp() if type(node.op) in _SIGNS:
            return _SIGNS[type(node.op)](_value(node.operand, names, depth + 1))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_value(argument, names, depth + 1))
    raise NotArithmetic(f"the formula has something that is no arithmetic: {ast.unparse(node)}")
