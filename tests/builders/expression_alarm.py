"""An alarm on an expression: throttle events at the times of consumed units."""

from __future__ import annotations

from typing import Any


def expression_alarm(table: str, **changes: Any) -> dict[str, Any]:
    """Parameters of PutMetricAlarm for the writes of a table; `changes` replaces members."""

    def stat(identifier: str, name: str) -> dict[str, Any]:
        metric = {
            "Namespace": "AWS/DynamoDB",
            "MetricName": name,
            "Dimensions": [{"Name": "TableName", "Value": table}],
        }
        return {
            "Id": identifier,
            "ReturnData": False,
            "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"},
        }

    return {
        "AlarmName": f"rollback-{table}",
        "Metrics": [
            stat("throttled", "WriteThrottleEvents"),
            stat("consumed", "ConsumedWriteCapacityUnits"),
            {"Id": "judged", "Expression": "FILL(throttled, 0) + 0 * consumed", "ReturnData": True},
        ],
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 10.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **changes,
    }
