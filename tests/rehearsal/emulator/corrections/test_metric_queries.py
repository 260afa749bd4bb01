"""MetricDataQuery structures: what is refused, and what a query of the store gives."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.rehearsal.emulator.corrections import metric_store as store
from capacity_guard.rehearsal.emulator.corrections.metric_queries import (
    MetricRequestError,
    parse_queries,
    series_of,
)

METRIC = {"Namespace": "n", "MetricName": "m", "Dimensions": [{"Name": "TableName", "Value": "t"}]}


def query(identifier: str = "m1", **stat: Any) -> dict[str, Any]:
    return {"Id": identifier, "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum", **stat}}


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        ([query("M1")], "must start with a lower-case letter"),
        ([query(), query()], "are not unique: m1"),
        ([query(Stat="p99")], "statistic p99 is not emulated"),
        ([query(Period=90)], "period 90 is not emulated"),
        ([{"Id": "e1", "Expression": "RATE(m1)"}], "function RATE is not emulated"),
        ([query(), {"Id": "e1", "Expression": "m2 + 1"}], "expression e1 refers to unknown ids: m2"),
    ],
)
def test_query_when_not_valid_is_refused(queries: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(MetricRequestError, match=message):
        parse_queries(queries)


def test_series_of_an_expression_is_computed_from_the_store() -> None:
    metrics: dict[Any, Any] = {}
    for minute, units in ((60, 120.0), (120, 180.0)):
        store.add(
            store.record(metrics, "n", "m", {"TableName": "t"}, "Count"), minute, 1, units, units, units
        )
    queries = parse_queries([query(), {"Id": "rate", "Expression": "m1 / 60"}])

    assert series_of(queries, metrics, "rate", 0, 180, 60, 0) == {60: 2.0, 120: 3.0}


def test_series_of_expressions_in_a_circle_is_refused() -> None:
    queries = parse_queries([{"Id": "a", "Expression": "b"}, {"Id": "b", "Expression": "a"}])

    with pytest.raises(MetricRequestError, match="in a circle: a -> b -> a"):
        series_of(queries, {}, "a", 0, 60, 60, 0)
