"""The rollback alarm of a table or an index, as a template and DescribeAlarms have it."""

from __future__ import annotations

from typing import Any


def rollback_alarm(table: Any = "orders", index: str | None = None, **members: Any) -> dict[str, Any]:
    """Properties of the alarm; ``members`` replace or add some.

    Args:
        table: name of the table, or a reference to it.
        index: name of the index; ``None`` for the table itself.
    """
    dimensions = [{"Name": "TableName", "Value": table}]
    if index is not None:
        dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": index})
    metrics: list[dict[str, Any]] = [
        {
            "Id": f"{access}_throttle",
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/DynamoDB",
                    "MetricName": f"{access.title()}ThrottleEvents",
                    "Dimensions": dimensions,
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for access in ("read", "write")
    ]
    expression = "SUM([FILL(read_throttle, 0), FILL(write_throttle, 0)])"
    return {
        "Metrics": [*metrics, {"Id": "throttled", "Expression": expression, "ReturnData": True}],
        "EvaluationPeriods": 5,
        "DatapointsToAlarm": 2,
        "Threshold": 30,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **members,
    }
