"""Metric math of the fake CloudWatch: arithmetic over series, and FILL.

A series is values by minute; the result of an operator exists where both sides do, a number has every minute
(CloudWatch Guide: using-metric-math).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

Series = dict[datetime, float]
_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def evaluate(expression: str, series: Mapping[str, Series], minutes: Sequence[datetime]) -> Series:
    """The series that an expression gives.

    Args:
        expression: for example ``FILL(throttled, 0) + 0 * consumed``.
        series: the series of the expression, by id.
        minutes: every minute of the range.

    Raises:
        AssertionError: the expression has something that this fake does not support.
    """
    result = _value(ast.parse(expression, mode="eval").body, series, minutes)
    assert isinstance(result, dict), f"{expression} is no series"
    return result


def _value(node: ast.expr, series: Mapping[str, Series], minutes: Sequence[datetime]) -> Series | float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return series[node.id]
    if isinstance(node, ast.BinOp):
        sides = [_value(side, series, minutes) for side in (node.left, node.right)]
        return _combine(_OPERATORS[type(node.op)], *sides)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FILL":
        inner, filler = (_value(argument, series, minutes) for argument in node.args)
        assert isinstance(inner, dict)
        assert isinstance(filler, float), "FILL with a number only"
        return {minute: inner.get(minute, filler) for minute in minutes}
    raise AssertionError(f"{ast.dump(node)} is no metric math that this fake knows")


def _combine(
    operate: Callable[[float, float], float], left: Series | float, right: Series | float
) -> Series | float:
    if isinstance(left, float):
        return (
            operate(left, right)
            if isinstance(right, float)
            else {minute: operate(left, value) for minute, value in right.items()}
        )
    if isinstance(right, float):
        return {minute: operate(value, right) for minute, value in left.items()}
    return {minute: operate(left[minute], right[minute]) for minute in left.keys() & right.keys()}
