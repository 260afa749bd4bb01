"""The body of a dashboard keeps the documented structure and its limits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from capacity_guard import InputError
from capacity_guard.cdk.dashboard_body import (
    COLUMNS,
    METRICS,
    METRICS_OF_RESOURCE,
    ShownTable,
    dashboard_body,
)

PROPERTIES = {
    "metric": {"title", "region", "view", "period", "metrics", "yAxis", "stacked", "stat"},
    "alarm": {"title", "alarms"},
    "log": {"title", "query", "region", "view"},
}


def check_body(body: dict[str, Any]) -> None:
    """What CloudWatch's page on the structure requires of the widgets that the guard makes."""
    assert set(body) == {"start", "periodOverride", "widgets"}
    assert len(body["widgets"]) <= 500
    taken: set[tuple[int, int]] = set()
    metrics = 0
    for widget in body["widgets"]:
        assert set(widget) == {"type", "x", "y", "width", "height", "properties"}
        assert 0 <= widget["x"] <= widget["x"] + widget["width"] <= COLUMNS
        assert 1 <= widget["height"] <= 1_000
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken, "two widgets on one place"
        taken |= cells
        properties = widget["properties"]
        assert set(properties) <= PROPERTIES[widget["type"]]
        assert len(properties.get("alarms", ())) <= 100
        if widget["type"] == "metric":
            metrics += check_metrics(properties["metrics"])
    assert metrics <= 2_500


def check_metrics(rows: list[list[Any]]) -> int:
    """Rows of a widget are an expression, or namespace, metric, pairs of dimensions, and options; ids are used once."""
    assert 1 <= len(rows) <= 500
    ids = [row[-1]["id"] for row in rows if "id" in row[-1]]
    assert len(ids) == len(set(ids))
    for row in rows:
        options = row[-1]
        assert isinstance(options, dict)
        if "expression" in options:
            assert row == [options]
            continue
        assert row[0] == "AWS/DynamoDB"
        assert len(row) % 2 == 1
        assert row[2] == "TableName"
        assert len(row) in (5, 7)
    return sum("expression" not in row[-1] for row in rows)


def shown(number: int, indexes: int = 1) -> ShownTable:
    keys = ["table", *(f"index/by_{each}" for each in range(indexes))]
    return ShownTable(f"T{number}", f"t-{number}", keys, [f"arn:{number}:{key}" for key in keys])


@pytest.mark.parametrize(("tables", "indexes"), [(1, 0), (1, 20), (7, 20), (78, 1)])
def test_body_keeps_the_structure_of_a_dashboard(tables: int, indexes: int) -> None:
    made = [shown(number, indexes) for number in range(tables)]
    body = dashboard_body(made, "eu-west-1", logs=["/a", "/b"], location="D")
    check_body(body)
    alarms = [arn for widget in body["widgets"] for arn in widget["properties"].get("alarms", ())]
    assert len(alarms) == tables * (1 + indexes)
    counted = sum(
        "expression" not in row[-1]
        for widget in body["widgets"]
        for row in widget["properties"].get("metrics", ())
    )
    assert counted == tables * (1 + indexes) * METRICS_OF_RESOURCE
    assert len(json.dumps(body)) < 1_000_000


def test_more_than_a_dashboard_takes_is_refused() -> None:
    most = METRICS // METRICS_OF_RESOURCE // 2
    dashboard_body([shown(number) for number in range(most)], "r", logs=[], location="D")
    with pytest.raises(InputError, match=r"^D: would have .* Give it fewer tables"):
        dashboard_body([shown(number) for number in range(most + 1)], "r", logs=[], location="D")


def test_widgets_show_demand_what_limits_it_and_the_cause_of_throttling() -> None:
    body = dashboard_body([shown(1)], "eu-west-1", logs=["/watch"], location="D")
    by_title = {widget["properties"]["title"]: widget["properties"] for widget in body["widgets"]}
    names = [row[1] for row in by_title["T1 / by_0, write"]["metrics"] if len(row) > 1]
    assert names == [
        "ConsumedWriteCapacityUnits",
        "ProvisionedWriteCapacityUnits",
        "OnDemandMaxWriteRequestUnits",
        "WriteThrottleEvents",
    ]
    causes = {row[1] for row in by_title["T1, throttle events by cause"]["metrics"]}
    assert "ReadKeyRangeThroughputThrottleEvents" in causes
    assert len(causes) == 8
    assert by_title["What the watch did and reported"]["query"].startswith(
        "SOURCE '/watch' | fields @timestamp"
    )
