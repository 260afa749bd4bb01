"""Metric math as far as alarms of this library need it: numbers, ids, + - * /, parentheses, FILL, and SUM, MAX and MIN
of an array, METRICS() and TIME_SERIES.

What arithmetic makes of a missing value, and FILL of a series without any point, depends on the reading
(`metric_readings`). FILL supplies the missing points of a series at every time of the range. SUM, MAX and MIN of an array
have a value at every time that one of its series has. Any other expression is refused.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .metric_readings import FILLED, ZERO, Reading

Series = dict[int, float]
"""Value by start of its period, in seconds since 1970."""
Value = Series | float

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z]\w*)|(?P<sign>[-+*/(),\[\]]))"
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


@dataclass(frozen=True)
class _Array:
    members: tuple[Node, ...]


@dataclass(frozen=True)
class _Metrics:
    """METRICS(): every metric of the request, without expressions."""


@dataclass(frozen=True)
class _Aggregate:
    function: str
    of: Node


@dataclass(frozen=True)
class _Constant:
    """TIME_SERIES: a point at every time of the range."""

    value: Node


Node = _Number | _Id | _Negative | _Binary | _Fill | _Array | _Metrics | _Aggregate | _Constant


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
        if kind == "sign" and text == "[":
            members = [self.sum()]
            while self.take(","):
                members.append(self.sum())
            self.need("]")
            return _Array(tuple(members))
        if kind == "name" and self.take("("):
            return self.call(text)
        if kind == "name" and text[0].islower():
            return _Id(text)
        raise ExpressionError(f"Error in expression {self.text!r}: unexpected {text!r}")

    def call(self, name: str) -> Node:
        if name == "METRICS":
            self.need(")")
            return _Metrics()
        if name in _AGGREGATES or name == "TIME_SERIES":
            of = self.sum()
            self.need(")")
            return _Constant(of) if name == "TIME_SERIES" else _Aggregate(name, of)
        if name != "FILL":
            raise ExpressionError(
                f"Error in expression {self.text!r}: function {name} is not emulated, only FILL, METRICS, TIME_SERIES, "
                f"{', '.join(_AGGREGATES)} are"
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
    """Parse `expression`. Raises ExpressionError for what this module does not support."""
    parser = _Parser(expression)
    node = parser.sum()
    if parser.at < len(parser.tokens):
        raise ExpressionError(f"Error in expression {expression!r}: unexpected {parser.peek()[1]!r}")
    return node


def ids(node: Node) -> set[str]:
    """The ids in an expression."""
    return {part.name for part in _parts(node) if isinstance(part, _Id)}


def reads_all_metrics(node: Node) -> bool:
    """Whether an expression has METRICS(), which reads every metric of the request."""
    return any(isinstance(part, _Metrics) for part in _parts(node))


def _parts(node: Node) -> Iterator[Node]:
    """A node and everything below it."""
    yield node
    children: tuple[Node, ...] = ()
    match node:
        case _Negative(of) | _Aggregate(_, of) | _Constant(of):
            children = (of,)
        case _Binary(_, left, right) | _Fill(left, right):
            children = left, right
        case _Array(members):
            children = members
    for child in children:
        yield from _parts(child)


def _divide(left: float, right: float) -> float | None:
    return None if right == 0 else left / right


_OPERATIONS: dict[str, Callable[[float, float], float | None]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
}


_AGGREGATES: dict[str, Callable[[list[float]], float]] = {"SUM": sum, "MAX": max, "MIN": min}


def _combine(sign: str, left: Value, right: Value, reading: Reading) -> Value:
    operation = _OPERATIONS[sign]
    if isinstance(left, dict) or isinstance(right, dict):
        if isinstance(left, dict) and isinstance(right, dict):
            if reading.arithmetic == ZERO:
                times = sorted({*left, *right})
            else:
                times = [time for time in left if time in right]
        else:
            times = list(left if isinstance(left, dict) else right)  # type: ignore[arg-type]
        combined: Series = {}
        for time in times:
            value = operation(
                left.get(time, 0.0) if isinstance(left, dict) else left,
                right.get(time, 0.0) if isinstance(right, dict) else right,
            )
            if value is not None:
                combined[time] = value
        return combined
    value = operation(left, right)
    if value is None:
        raise ExpressionError("division of a number by zero")
    return value


def _fill(base: Value, fill: Value, times: Sequence[int], reading: Reading) -> Series:
    if not isinstance(base, dict) or isinstance(fill, dict):
        raise ExpressionError("FILL takes a series and a number")
    if not base and reading.fill_of_nothing != FILLED:
        return {}
    return {time: base.get(time, fill) for time in times}


def _aggregate(function: str, members: list[Series]) -> Series:
    times = sorted({time for series in members for time in series})
    aggregate = _AGGREGATES[function]
    return {time: aggregate([series[time] for series in members if time in series]) for time in times}


def evaluate(
    node: Node,
    series: Mapping[str, Value],
    times: Sequence[int],
    reading: Reading | None = None,
    metrics: Sequence[str] = (),
) -> Value:
    """The value of an expression.

    series: the series (or number) of every id. times: the starts of all periods of the range, in seconds
    since 1970, which FILL fills. reading: what missing values mean; the environment's by default. metrics: the ids that
    METRICS() includes. Raises ExpressionError for an unknown id, or an array where a series must be.
    """
    reading = Reading.from_environment() if reading is None else reading
    chosen = reading

    def array(node: Node) -> list[Series]:
        match node:
            case _Array(nodes):
                members = [value(member) for member in nodes]
            case _Metrics():
                members = [series[name] for name in metrics]
            case _Fill(of, with_value):
                return [_fill(member, value(with_value), times, chosen) for member in array(of)]
            case _:
                raise ExpressionError("SUM, MAX and MIN are emulated for arrays only")
        found = [member for member in members if isinstance(member, dict)]
        if len(found) < len(members):
            raise ExpressionError("an array holds series, not numbers")
        return found

    def value(node: Node) -> Value:
        match node:
            case _Number(number):
                return number
            case _Id(name):
                if name not in series:
                    raise ExpressionError(f"unknown id {name!r}")
                return series[name]
            case _Negative(of):
                return _combine("-", 0.0, value(of), chosen)
            case _Binary(sign, left, right):
                return _combine(sign, value(left), value(right), chosen)
            case _Fill(of, with_value):
                return _fill(value(of), value(with_value), times, chosen)
            case _Aggregate(function, of):
                return _aggregate(function, array(of))
            case _Constant(of):
                constant = value(of)
                if isinstance(constant, dict):
                    raise ExpressionError("TIME_SERIES takes a number")
                return dict.fromkeys(times, constant)
        raise ExpressionError("an array is not a single series")

    return value(node)
