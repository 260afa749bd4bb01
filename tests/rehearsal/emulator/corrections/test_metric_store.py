"""The minute store of metrics."""

from __future__ import annotations

from capacity_guard.rehearsal.emulator.corrections import metric_store as store


def test_store_adds_up_the_samples_of_a_minute() -> None:
    metric = store.record({}, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", {"TableName": "t"}, "Count")
    for at, amount in ((60.0, 1.0), (119.9, 5.0), (120.0, 7.0)):
        store.add(metric, at, 1.0, amount, amount, amount)

    assert store.values(metric, 0, 180, 60, "Sum") == {60: 6.0, 120: 7.0}
    assert store.values(metric, 60, 120, 60, "SampleCount") == {60: 2.0}
    assert store.values(metric, 0, 300, 300, "Maximum") == {0: 7.0}
    assert store.values(metric, 60, 180, 120, "Sum", phase=60) == {60: 13.0}
    assert store.values(None, 0, 60, 60, "Sum") == {}


def test_store_when_old_forgets() -> None:
    metric = store.record({}, "n", "m", {}, "None")
    store.add(metric, 60.0, 1, 1, 1, 1)
    store.add(metric, 600.0, 1, 1, 1, 1)

    store.drop_older(metric, 120)

    assert list(metric["minutes"]) == [600]
