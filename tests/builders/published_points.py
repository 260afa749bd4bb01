"""Points of DynamoDB's metrics, published to an emulated CloudWatch."""

from __future__ import annotations

from datetime import datetime, timedelta

from capacity_guard.rehearsal.emulator import Emulator


def publish(emulator: Emulator, table: str, name: str, values: dict[datetime, float]) -> None:
    """Publish values of a table's metric, by start of their minute."""
    dimensions = [{"Name": "TableName", "Value": table}]
    emulator.client("cloudwatch").put_metric_data(
        Namespace="AWS/DynamoDB",
        MetricData=[
            {"MetricName": name, "Dimensions": dimensions, "Timestamp": time, "Value": value, "Unit": "Count"}
            for time, value in values.items()
        ],
    )


def minutes(start: datetime, count: int) -> list[datetime]:
    """The starts of some minutes in a row."""
    return [start + timedelta(minutes=minute) for minute in range(count)]


def this_minute(emulator: Emulator) -> datetime:
    """Start of the current minute of the emulator's clock."""
    return emulator.clock.now().replace(second=0, microsecond=0)
