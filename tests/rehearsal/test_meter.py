"""The meter: what a ceiling serves of a demand, and which ceiling DescribeTable means."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity_guard.rehearsal import meter
from capacity_guard.rehearsal.meter import Ceiling

rates = st.floats(min_value=0, max_value=50_000)
lengths = st.floats(min_value=0, max_value=600)
kinds = st.sampled_from(["provisioned", "on-demand", "frozen"])


@given(demand=rates, seconds=lengths, rate=rates, kind=kinds, bucket=st.floats(min_value=0, max_value=1e8))
def test_meter_serves_or_throttles_everything_and_never_more_than_there_is(
    demand: float, seconds: float, rate: float, kind: meter.CeilingKind, bucket: float
) -> None:
    ceiling = Ceiling(kind, rate, "KeyRangeThroughput")

    found = meter.meter(demand, seconds, ceiling, bucket)

    assert found.served + found.throttled == pytest.approx(found.demanded, abs=1e-3)
    assert found.throttled >= 0
    assert 0 <= found.bucket <= ceiling.burst
    assert found.served <= rate * seconds + min(bucket, ceiling.burst) + 1e-3


@given(demand=rates, seconds=lengths, rate=rates, kind=kinds, parts=st.integers(min_value=2, max_value=10))
def test_meter_when_split_into_parts_gives_the_same(
    demand: float, seconds: float, rate: float, kind: meter.CeilingKind, parts: int
) -> None:
    ceiling = Ceiling(kind, rate, "KeyRangeThroughput")
    undivided = meter.meter(demand, seconds, ceiling, ceiling.burst / 2)
    bucket, throttled = ceiling.burst / 2, 0.0
    for _ in range(parts):
        found = meter.meter(demand, seconds / parts, ceiling, bucket)
        bucket, throttled = found.bucket, throttled + found.throttled

    assert throttled == pytest.approx(undivided.throttled, rel=1e-6, abs=1e-3)
    assert bucket == pytest.approx(undivided.bucket, rel=1e-6, abs=1e-3)


@given(demand=rates, rate=rates, more=st.floats(min_value=0, max_value=10_000), kind=kinds)
def test_meter_when_the_ceiling_is_higher_throttles_no_more(
    demand: float, rate: float, more: float, kind: meter.CeilingKind
) -> None:
    low = meter.meter(demand, 60, Ceiling(kind, rate, "KeyRangeThroughput"), 0)
    high = meter.meter(demand, 60, Ceiling(kind, rate + more, "KeyRangeThroughput"), 0)

    assert high.throttled <= low.throttled + 1e-6


def test_meter_when_the_bucket_is_full_carries_300_seconds_of_unused_capacity() -> None:
    ceiling = Ceiling("provisioned", 100, "ProvisionedThroughput")

    found = meter.meter(200, 400, ceiling, ceiling.burst)

    assert (found.served, found.throttled, found.bucket) == (70_000, 10_000, 0)


@pytest.mark.parametrize("kind", ["on-demand", "frozen"])
def test_meter_without_burst_throttles_from_the_first_unit(kind: meter.CeilingKind) -> None:
    assert meter.meter(101, 60, Ceiling(kind, 100, "KeyRangeThroughput"), 99_999).throttled == 60


def test_meter_when_negative_is_refused() -> None:
    with pytest.raises(ValueError, match="none may be negative"):
        meter.meter(-1, 60, Ceiling("on-demand", 1, "KeyRangeThroughput"), 0)


@pytest.mark.parametrize(
    ("throttled", "size", "events"), [(0.4, 1, 0), (0.9999999, 1, 1), (10, 1, 10), (10, 4, 2)]
)
def test_throttle_events_count_whole_requests(throttled: float, size: float, events: int) -> None:
    assert meter.throttle_events(throttled, size) == events


def described(
    mode: str | None,
    *,
    status: str = "ACTIVE",
    units: int = 0,
    warm: int = 12_000,
    maximum: int | None = None,
    index: dict[str, Any] | None = None,
) -> dict[str, Any]:
    table: dict[str, Any] = {
        "TableStatus": status,
        "ProvisionedThroughput": {"ReadCapacityUnits": units, "WriteCapacityUnits": units},
        "WarmThroughput": {"ReadUnitsPerSecond": warm, "WriteUnitsPerSecond": warm, "Status": "ACTIVE"},
    }
    if mode is not None:
        table["BillingModeSummary"] = {"BillingMode": mode}
    if maximum is not None:
        table["OnDemandThroughput"] = {"MaxWriteRequestUnits": maximum}
    if index is not None:
        table["GlobalSecondaryIndexes"] = [{"IndexName": "by_agent", **index}]
    return table


def write(table: dict[str, Any], former: Ceiling | None = None) -> Ceiling:
    return meter.ceilings(table, {"table/write": former} if former else {})["table/write"]


def test_ceiling_when_never_on_demand_is_provisioned() -> None:
    assert write(described(None, units=40)) == Ceiling("provisioned", 40, "ProvisionedThroughput")


def test_ceiling_when_on_demand_is_warm_throughput_or_the_lower_maximum() -> None:
    assert write(described("PAY_PER_REQUEST")) == Ceiling("on-demand", 12_000, "KeyRangeThroughput")
    assert write(described("PAY_PER_REQUEST", maximum=500)) == Ceiling(
        "on-demand", 500, "MaxOnDemandThroughput"
    )
    assert write(described("PAY_PER_REQUEST", maximum=30_000)) == Ceiling(
        "on-demand", 12_000, "KeyRangeThroughput"
    )


def test_ceiling_when_on_demand_without_a_maximum_ends_at_the_accounts_quota() -> None:
    assert write(described("PAY_PER_REQUEST", warm=50_000)) == Ceiling("on-demand", 40_000, "AccountLimit")
    assert write(described("PAY_PER_REQUEST", warm=50_000, maximum=40_000)).cause == "MaxOnDemandThroughput"


def test_ceiling_when_switching_to_on_demand_stays_what_was_provisioned() -> None:
    running = described("PAY_PER_REQUEST", status="UPDATING", warm=40)
    frozen = write(running, Ceiling("provisioned", 40, "ProvisionedThroughput"))

    assert frozen == Ceiling("frozen", 40, "ProvisionedThroughput")
    assert write(running, frozen) == Ceiling("frozen", 40, "ProvisionedThroughput")
    assert write(described("PAY_PER_REQUEST"), frozen) == Ceiling("on-demand", 12_000, "KeyRangeThroughput")


def test_ceiling_when_switching_to_provisioned_stays_what_was_served_on_demand() -> None:
    running = described("PROVISIONED", status="UPDATING", units=0)
    frozen = write(running, Ceiling("on-demand", 12_000, "KeyRangeThroughput"))

    assert frozen == Ceiling("frozen", 12_000, "KeyRangeThroughput")
    assert write(described("PROVISIONED", units=7), frozen) == Ceiling(
        "provisioned", 7, "ProvisionedThroughput"
    )


def test_ceiling_of_an_index_stays_frozen_while_its_table_switches_to_provisioned() -> None:
    # the index is ACTIVE with its new units after seconds, the table minutes later
    index = {
        "IndexStatus": "ACTIVE",
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    }
    running = described("PROVISIONED", status="UPDATING", units=7, index=index)
    former = {
        "table/write": Ceiling("on-demand", 4_000, "KeyRangeThroughput"),
        "index/by_agent/write": Ceiling("on-demand", 4_000, "KeyRangeThroughput"),
    }

    found = meter.ceilings(running, former)

    assert (
        found["table/write"]
        == found["index/by_agent/write"]
        == Ceiling("frozen", 4_000, "KeyRangeThroughput")
    )
    settled = meter.ceilings({**running, "TableStatus": "ACTIVE"}, found)
    assert settled["index/by_agent/write"] == Ceiling("provisioned", 5, "ProvisionedThroughput")


def test_ceiling_when_units_change_is_what_is_provisioned() -> None:
    changing = described(None, status="UPDATING", units=40)

    assert write(changing, Ceiling("provisioned", 40, "ProvisionedThroughput")) == Ceiling(
        "provisioned", 40, "ProvisionedThroughput"
    )


def test_ceiling_of_an_index_that_lags_stays_frozen_after_its_table() -> None:
    lagging = described("PAY_PER_REQUEST", index={"IndexStatus": "UPDATING"})
    former = {
        "table/write": Ceiling("frozen", 40, "ProvisionedThroughput"),
        "index/by_agent/write": Ceiling("frozen", 30, "ProvisionedThroughput"),
    }

    found = meter.ceilings(lagging, former)

    assert found["table/write"].kind == "on-demand"
    assert found["index/by_agent/write"] == Ceiling("frozen", 30, "ProvisionedThroughput")


def test_ceiling_of_an_index_that_is_created_is_left_out() -> None:
    assert set(meter.ceilings(described(None, units=5, index={"IndexStatus": "CREATING"}), {})) == {
        "table/read",
        "table/write",
    }
