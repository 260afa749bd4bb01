"""Names of metrics and members, to the letter (Guide: metrics-dimensions; API: ProvisionedThroughput)."""

from __future__ import annotations

from capacity_guard.dynamodb.names import CAPACITY_UNITS, CONSUMED_UNITS, NAMESPACE, THROTTLE_EVENTS


def test_names_are_those_of_the_services() -> None:
    assert NAMESPACE == "AWS/DynamoDB"
    assert CONSUMED_UNITS == {"read": "ConsumedReadCapacityUnits", "write": "ConsumedWriteCapacityUnits"}
    assert THROTTLE_EVENTS == {"read": "ReadThrottleEvents", "write": "WriteThrottleEvents"}
    assert CAPACITY_UNITS == {"read": "ReadCapacityUnits", "write": "WriteCapacityUnits"}
