"""The body of a CloudWatch dashboard for guarded tables, as plain data (CloudWatch API: Dashboard Body Structure and Syntax)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..capacity.dimension import ACCESSES, Access, index_of
from ..capacity.errors import InputError
from ..dynamodb.names import (
    CONSUMED_UNITS,
    NAMESPACE,
    ON_DEMAND_MAXIMUM,
    PROVISIONED_UNITS,
    THROTTLE_EVENTS,
    cause_events,
    metric_dimensions,
)

WIDGETS = 500
"""Most widgets of a dashboard (CloudWatch API: Dashboard Body Structure and Syntax)."""
METRICS = 2_500
"""Most metrics of a dashboard, and 500 of a widget (CloudWatch User Guide: cloudwatch_limits)."""
ALARMS = 100
"""Alarms of a widget here; more go into another one."""
COLUMNS = 24
CAUSES = ("ProvisionedThroughput", "MaxOnDemandThroughput", "AccountLimit", "KeyRangeThroughput")
METRICS_OF_RESOURCE = 4 * len(ACCESSES) + len(CAUSES) * len(ACCESSES)
"""Metrics that the widgets of a table or an index show."""
_STAGES = (
    "fields @timestamp, table, decision, subject, text | filter gate = 'watch' and decision not in ['looks', 'judged'] "
    "| sort @timestamp desc | limit 50"
)


@dataclass(frozen=True)
class ShownTable:
    """A table on a dashboard. Texts may be tokens.

    Attributes:
        label: how it is called on the page.
        name: name of the table.
        resources: resource keys of the table and its indexes.
        alarms: ARNs of the guard's alarms.
    """

    label: str
    name: str
    resources: Sequence[str]
    alarms: Sequence[str]


def dashboard_body(
    tables: Sequence[ShownTable], region: str, *, logs: Sequence[str], location: str
) -> dict[str, Any]:
    """The body: alarms first, then what the watch did, then each table and index.

    Args:
        tables: the tables.
        region: AWS Region of their metrics.
        logs: names of the log groups of watches.
        location: the dashboard, for errors.

    Raises:
        InputError: more than a dashboard takes.
    """
    widgets: list[dict[str, Any]] = []
    alarms = [arn for table in tables for arn in table.alarms]
    for start in range(0, len(alarms), ALARMS):
        _add(
            widgets,
            "alarm",
            COLUMNS,
            3,
            {"title": "Rollback alarms of the guard", "alarms": alarms[start : start + ALARMS]},
        )
    if logs:
        sources = " | ".join(f"SOURCE '{name}'" for name in logs)
        _add(
            widgets,
            "log",
            COLUMNS,
            6,
            {
                "title": "What the watch did and reported",
                "query": f"{sources} | {_STAGES}",
                "region": region,
                "view": "table",
            },
        )
    for table in tables:
        for key in table.resources:
            index = index_of(key)
            name = table.label if index is None else f"{table.label} / {index}"
            for access in ACCESSES:
                properties = _demand(table.name, index, access)
                _add(widgets, "metric", 8, 6, {"title": f"{name}, {access}", "region": region, **properties})
            causes = {"title": f"{name}, throttle events by cause", "region": region}
            _add(widgets, "metric", 8, 6, {**causes, **_causes(table.name, index)})
    metrics = METRICS_OF_RESOURCE * sum(len(table.resources) for table in tables)
    if len(widgets) > WIDGETS or metrics > METRICS:
        raise InputError(
            location,
            f"would have {len(widgets)} widgets and {metrics:,} metrics, and may have {WIDGETS} and {METRICS:,}",
            "Give it fewer tables, and make another dashboard for the rest",
        )
    return {"start": "-PT12H", "periodOverride": "inherit", "widgets": widgets}


def _add(
    widgets: list[dict[str, Any]], kind: str, width: int, height: int, properties: dict[str, Any]
) -> None:
    """Put a widget right of the last one, or below it where the row is full."""
    last = widgets[-1] if widgets else None
    x = 0 if last is None else last["x"] + last["width"]
    y = 0 if last is None else last["y"]
    if last is not None and x + width > COLUMNS:
        x, y = 0, last["y"] + last["height"]
    widgets.append({"type": kind, "x": x, "y": y, "width": width, "height": height, "properties": properties})


def _metric(table: str, index: str | None, name: str, **options: Any) -> list[Any]:
    dimensions = metric_dimensions(table, index)
    return [NAMESPACE, name, *(part for pair in dimensions.items() for part in pair), options]


def _demand(table: str, index: str | None, access: Access) -> dict[str, Any]:
    """Consumed units a second against what limits them, and throttle events a minute at the right."""
    return {
        "view": "timeSeries",
        "period": 60,
        "metrics": [
            [{"expression": "consumed/60", "label": "consumed, units a second", "id": "rate"}],
            _metric(table, index, CONSUMED_UNITS[access], stat="Sum", id="consumed", visible=False),
            _metric(
                table,
                index,
                PROVISIONED_UNITS[access],
                stat="Average",
                label="provisioned units",
            ),
            _metric(
                table,
                index,
                ON_DEMAND_MAXIMUM[access],
                stat="Average",
                label="on-demand maximum",
            ),
            _metric(
                table,
                index,
                THROTTLE_EVENTS[access],
                stat="Sum",
                label="throttle events a minute",
                yAxis="right",
                color="#d13212",
            ),
        ],
        "yAxis": {"left": {"min": 0, "label": "units a second"}, "right": {"min": 0, "label": "events"}},
    }


def _causes(table: str, index: str | None) -> dict[str, Any]:
    return {
        "view": "timeSeries",
        "stacked": True,
        "period": 60,
        "stat": "Sum",
        "metrics": [
            _metric(table, index, cause_events(access, cause), label=f"{access}: {cause}")
            for access in ACCESSES
            for cause in CAUSES
        ],
        "yAxis": {"left": {"min": 0, "label": "events a minute"}},
    }


__all__ = [
    "ALARMS",
    "CAUSES",
    "COLUMNS",
    "METRICS",
    "METRICS_OF_RESOURCE",
    "WIDGETS",
    "ShownTable",
    "dashboard_body",
]
