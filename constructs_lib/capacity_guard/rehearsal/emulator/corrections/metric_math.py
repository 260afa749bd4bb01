"""Metric math as far as alarms of this library need it: numbers, ids, + - * /, parentheses, FILL.

Arithmetic of two series has a value only at times where both series have one. FILL supplies the missing points of a
series at every time of the range. A filled sparse series combined with a series without gaps therefore has the times
of the latter. Any other expression is refused.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Series = dict[int, float]
"""Value by start of its period, in seconds since 1970."""
Value = Series | float

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z]\w*)|(?P<sign>[-+*/(),]))"
)


class ExpressionError(ValueError):
    """An expression that this module does not support; the message names the reason."""


@dataclass(frozen=True)
class _Number:
    value: float


@dataclass(frozen=True)
class _Id:
    name: str


@dataclass(frozen=True)
class _Negative:
    of: Node


@dataclass(frozen=True)
class _Binary:
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class _Fill:
    series: Node
    value: Node


Node = _Number | _Id | _Negative | _Binary | _Fill


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise ExpressionError(
                    f"Error in expression {text!r}: unexpected {text[position:].strip()[:10]!r}"
                )
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()
        self.at = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "the end")

    def take(self, *signs: str) -> str | None:
        kind, text = self.peek()
        if kind == "sign" and text in signs:
            self.at += 1
            return text
        return None

    def need(self, sign: str) -> None:
        if self.take(sign) is None:
            raise ExpressionError(
                f"Error in expression {self.text!r}: expected {sign!r} before {self.peek()[1]!r}"
            )

    def sum(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = _Binary(sign, node, self.product())
        return node

    def product(self) -> Node:
        node = self.unary()
        while sign := self.take("*", "/"):
            node = _Binary(sign, node, self.unary())
        return node

    def unary(self) -> Node:
        if self.take("-"):
            return _Negative(self.unary())
        return self.atom()

    def atom(self) -> Node:
        kind, text = self.peek()
        self.at += 1
        if kind == "number":
            return _Number(float(text))
        if kind == "sign" and text == "(":
            node = self.sum()
            self.need(")")
            return node
        if kind == "name" and self.take("("):
            return self.call(text)
        if kind == "name" and text[0].islower():
            return _Id(text)
        raise ExpressionError(f"Error in expression {self.text!r}: unexpected {text!r}")

    def call(self, name: str) -> Node:
        if name != "FILL":
            raise ExpressionError(
                f"Error in expression {self.text!r}: function {name} is not emulated, only FILL is"
            )
        series = self.sum()
        self.need(",")
        kind, text = self.peek()
        if kind == "name" and text in ("REPEAT", "LINEAR"):
            raise ExpressionError(f"Error in expression {self.text!r}: FILL with {text} is not emulated")
        value = self.sum()
        self.need(")")
        return _Fill(series, value)


def parse(expression: str) -> Node:
    """Parse `expression`. Raises ExpressionError for anything but numbers, ids, + - * /, parentheses and FILL."""
    parser = _Parser(expression)
    node = parser.sum()
    if parser.at < len(parser.tokens):
        raise ExpressionError(f"Error in expression {expression!r}: unexpected {parser.peek()[1]!r}")
    return node


def ids(node: Node) -> set[str]:
    """The ids in an expression."""
    match node:
        case _Id(name):
            return {name}
        case _Negative(of):
            return ids(of)
        case _Binary(_, left, right) | _Fill(left, right):
            return ids(left) | ids(right)
    return set()


def _divide(left: float, right: float) -> float | None:
    return None if right == 0 else left / right


_OPERATIONS: dict[str, Callable[[float, float], float | None]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
}


def _combine(sign: str, left: Value, right: Value) -> Value:
    operation = _OPERATIONS[sign]
    if isinstance(left, dict) or isinstance(right, dict):
        if isinstance(left, dict) and isinstance(right, dict):
            times = [time for time in left if time in right]
        else:
            times = list(left if isinstance(left, dict) else right)  # type: ignore[arg-type]
        combined: Series = {}
        for time in times:
            value = operation(
                left[time] if isinstance(left, dict) else left,
                right[time] if isinstance(right, dict) else right,
            )
            if value is not None:
                combined[time] = value
        return combined
    value = operation(left, right)
    if value is None:
        raise ExpressionError("division of a number by zero")
    return value


def evaluate(node: Node, series: Mapping[str, Value], times: Sequence[int]) -> Value:
    """The value of an expression.

    series: the series (or number) of every id. times: the starts of all periods of the range, in seconds
    since 1970, which FILL fills. Raises ExpressionError for an unknown id.
    """
    match node:
        case _Number(value):
            return value
        case _Id(name):
            if name not in series:
                raise ExpressionError(f"unknown id {name!r}")
            return series[name]
        case _Negative(of):
            return _combine("-", 0.0, evaluate(of, series, times))
        case _Binary(sign, left, right):
            return _combine(sign, evaluate(left, series, times), evaluate(right, series, times))
        case _Fill(of, with_value):
            base = evaluate(of, series, times)
            fill = evaluate(with_value, series, times)
            if not isinstance(base, dict) or isinstance(fill, dict):
                raise ExpressionError("FILL takes a series and a number")
            return {time: base.get(time, fill) for time in times}
