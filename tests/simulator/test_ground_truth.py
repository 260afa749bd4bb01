"""Compares the simulator with published figures of the service: each figure, its source, and the tolerance.

docs/simulator.md has the table, with the figures that the model leaves out.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from capacity_guard.capacity import Capacity, Dimension, Provisioned
from capacity_guard.capacity.ceilings import ceiling_without_maximum
from capacity_guard.capacity.deployed import Deployed
from capacity_guard.capacity.limits import METRIC_PERIOD, SWITCH_SECONDS_LONGEST
from capacity_guard.capacity.transition import Transition
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.supply import OnDemandSupply, ProvisionedSupply
from capacity_guard.simulator.table_replay import Cause, simulate
from capacity_guard.simulator.transition_replay import simulate_change

EVEN = Parameters(peak_second=1.0, returning=0.0)
READ, WRITE = Dimension(None, "read"), Dimension(None, "write")
INDEX = Dimension("by_agent", "write")


def minutes(*rates: tuple[float, int]) -> array[float]:
    """Units per minute of rates in units per second, each for a number of minutes."""
    return array("d", [rate * 60 for rate, count in rates for _ in range(count)])


def table(**series: array[float]) -> Traffic:
    known = {"read": READ, "write": WRITE, "index": INDEX}
    consumed = {known[name]: values for name, values in series.items()}
    quiet = {dimension: array("d", [0.0]) * len(values) for dimension, values in consumed.items()}
    return Traffic(datetime(2026, 7, 1, tzinfo=UTC), consumed, quiet)


def test_g1_when_150_units_were_unused_for_five_minutes_200_a_second_last_for_900_seconds() -> None:
    """AWS re:Post, dynamodb-spiky-workloads-short-intervals: 45,000 units of burst. Tolerance: none, to the minute."""
    replayed = run(ProvisionedSupply(150, 150, 150, 1.0), minutes((0, 5), (200, 20)), 3_000, EVEN)
    assert replayed.throttled[5:20] == array("d", [0.0]) * 15
    assert replayed.throttled[20] == 50 * 60


@pytest.mark.parametrize(("dimension", "rate"), [(READ, 12_000), (WRITE, 4_000)])
def test_g2_when_a_table_is_new_it_serves_12000_reads_or_4000_writes_and_no_more(
    dimension: Dimension, rate: int
) -> None:
    """Guide: warm-throughput-scenarios. Tolerance: none. (Measured 2019: no throttles to 3,000 writes, never above 4,000.)"""
    name = dimension.access
    outcome = simulate(
        Capacity.on_demand(), table(**{name: minutes((rate, 20), (rate * 1.2, 10))}), parameters=EVEN
    )
    replayed = outcome.dimensions[dimension]
    assert sum(replayed.throttled[:20]) == 0
    assert replayed.throttled[20] == pytest.approx(0.2 * rate * 60)
    assert replayed.cause is Cause.CEILING


def ramp(length: int) -> array[float]:
    """Units per minute that rise evenly to 40,000 a second in a number of minutes."""
    return array("d", [60 * 40_000 * (minute + 0.5) / length for minute in range(length)])


RAMPS = (60, 90, 120, 150)
BEST, WORST = EVEN.range()
GROWTHS = [replace(EVEN, growth_minutes=end.growth_minutes) for end in (BEST, EVEN, WORST)]
"""Even traffic without retries; only the growth of on-demand throughput differs: best case, default, worst case."""


def ramp_shares(parameters: Parameters) -> list[float]:
    """Share of the writes that each ramp throttles on a new table."""
    supply = OnDemandSupply(4_000, 40_000)
    replays = [run(supply, ramp(length), 40_000, parameters) for length in RAMPS]
    return [sum(replayed.throttled) / sum(replayed.load) for replayed in replays]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (GROWTHS[0], [0.365, 0.088, 0.024, 0.008]),
        (GROWTHS[1], [0.725, 0.589, 0.365, 0.169]),
        (GROWTHS[2], [0.758, 0.700, 0.588, 0.422]),
    ],
)
def test_g2_when_traffic_ramps_to_40000_writes_60_and_90_minutes_throttle_a_lot_and_longer_ones_less(
    parameters: Parameters, expected: list[float]
) -> None:
    """Yan Cui, understanding the scaling behaviour of DynamoDB on-demand tables, 2019: new tables, ramps of 60, 90, 120 and
    150 minutes; "a lot" of throttling in 60 and 90, "improved" in 90. Tolerance: "a lot" is read as more than 5 % of the
    writes, in the best case too, and less with the length; the shares are the model's, to a tenth of a percent."""
    shares = ramp_shares(parameters)
    assert min(shares[:2]) > 0.05
    assert shares == sorted(shares, reverse=True)
    assert shares == pytest.approx(expected, abs=0.001)  # what docs/simulator.md states


def test_g2_when_growth_is_quicker_than_the_best_case_the_ramp_of_90_minutes_hardly_throttles() -> None:
    """The same article: growth within 12 minutes contradicts "a lot" in 90 minutes. So the best case is no kinder than it
    has to be. Tolerance: steps of 3 minutes."""
    assert ramp_shares(replace(EVEN, growth_minutes=BEST.growth_minutes - 3))[1] < 0.05


def test_g2_when_everything_of_2019_was_billed_the_worst_case_serves_no_more_than_that() -> None:
    """The same article: all of its experiments together were "over 217 million write requests" (271.61 USD, at 1.25 a
    million). The four ramps alone ask for 504 million. Tolerance: at the worst case they are served at most what was
    billed, in steps of 5 minutes; at the default 40 % more, so that the default is not the pessimistic end. (A generator
    that slows down while it is throttled asks for less: the range contains both readings.)"""

    def served(parameters: Parameters) -> float:
        asked = [sum(ramp(length)) for length in RAMPS]
        return sum(units * (1 - share) for units, share in zip(asked, ramp_shares(parameters), strict=True))

    billed = 271.61 / 1.25 * 1e6
    assert served(GROWTHS[2]) <= billed
    assert served(replace(EVEN, growth_minutes=WORST.growth_minutes - 5)) > billed
    assert served(GROWTHS[1]) / billed == pytest.approx(1.4, abs=0.01)


@pytest.mark.parametrize("parameters", GROWTHS)
@pytest.mark.parametrize("length", RAMPS)
def test_g2_when_a_ramp_is_run_a_second_time_what_was_consumed_is_served_at_once(
    length: int, parameters: Parameters
) -> None:
    """The same article: a table handles the peak that it consumed before, and more. Tolerance: none for the peak that was
    consumed; above it the second run throttles less than the first."""
    supply = OnDemandSupply(4_000, 40_000)
    first = run(supply, array("d", [*ramp(length), *[0.0] * 60]), 40_000, parameters)
    peak = max(first.served)
    second = run(supply, ramp(length), 40_000, parameters, first.state)
    assert 60 * second.limit[0] >= peak
    for asked, throttled in zip(second.load, second.throttled, strict=True):
        assert not throttled or asked > peak
    assert sum(second.throttled) < sum(first.throttled)


@pytest.mark.parametrize("provisioned", [20_000, 30_000, 40_000])
def test_g2_when_a_table_was_provisioned_for_more_it_serves_as_much_after_its_switch(
    provisioned: int,
) -> None:
    """The same article's update of 15 March 2019; Guide: bp-switching-capacity-modes. Tolerance: none."""
    before = Capacity.provisioned(read=1, write=provisioned)
    switch = Transition("t", Deployed(before, before, {}, {}), Capacity.on_demand())
    assert ceiling_without_maximum(switch, WRITE) == provisioned


def test_g6_when_traffic_doubles_the_previous_peak_it_is_served_and_more_only_after_half_an_hour() -> None:
    """Guide: on-demand-capacity-mode. Tolerance: none; the first minute at which a peak counts is a parameter."""
    supply = OnDemandSupply(4_000, 40_000)
    served = run(supply, minutes((4_000, 40), (8_000, 10)), 40_000, EVEN)
    assert sum(served.throttled) == 0
    fast = run(supply, minutes((4_000, 10), (9_000, 25)), 40_000, EVEN)
    assert fast.throttled[10] == 5_000 * 60
    # Half an hour after the first peak, twice that peak is served.
    assert fast.limit[29] == 4_000
    assert fast.limit[30] == 8_000


@pytest.mark.parametrize(("partition", "access"), [(3_000, "read"), (1_000, "write")])
def test_g7_when_one_key_takes_everything_its_partition_serves_3000_reads_or_1000_writes(
    partition: int, access: str
) -> None:
    """AWS Database Blog, Scaling DynamoDB part 3; Guide: burst-adaptive-capacity. Tolerance: none."""
    hot = Parameters(peak_second=1.0, returning=0.0, hottest_share=1.0)
    outcome = simulate(
        Capacity.provisioned(read=20_000, write=20_000),
        table(**{access: minutes((partition * 1.5, 5))}),
        parameters=hot,
    )
    replayed = outcome.dimensions[READ if access == "read" else WRITE]
    assert replayed.served[0] == partition * 60
    assert replayed.cause is Cause.KEY


def test_g8_when_a_new_partition_was_measured_above_its_limit_the_model_stays_below_it() -> None:
    """AWS Database Blog, Scaling DynamoDB part 2: 9,000 eventually consistent reads (4,500 units) a second from one
    partition at first, since they spread over three nodes. The model serves the documented 3,000: 33 % below, on the safe
    side."""
    hot = Parameters(peak_second=1.0, returning=0.0, hottest_share=1.0)
    replayed = run(OnDemandSupply(12_000, 40_000), minutes((4_500, 3)), 3_000, hot)
    assert replayed.served[0] / 60 == 3_000
    assert 1 - replayed.served[0] / 60 / 4_500 == pytest.approx(1 / 3)


def test_g9_when_load_rises_auto_scaling_raises_between_four_and_fifteen_minutes_later() -> None:
    """Guide: AutoScaling (two minutes), metrics-dimensions ("up to a few minutes", "several minutes"); measured 2017: alarm
    after 5 minutes, capacity after 10 to 15. Tolerance: the range of the model contains 5 to 15 minutes; its default is 10."""
    series = minutes((100, 60), (600, 60))

    def raised(parameters: Parameters) -> int:
        limit = run(ProvisionedSupply(200, 100, 2_000, 0.7), series, 1_000, parameters).limit
        return next(at for at in range(60, 120) if limit[at] > limit[59]) - 60

    best_case, worst_case = Parameters().range()
    assert raised(best_case) <= 5 <= raised(Parameters()) <= raised(worst_case) == 15
    assert raised(Parameters()) == 10


def test_g9_when_load_falls_auto_scaling_lowers_after_fifteen_minutes_twenty_points_below() -> None:
    """Guide: AutoScaling. Tolerance: none, to the minute; 50 of 100 units are 20 points below a target of 70 %."""
    for rate, lowered in ((49.0, True), (50.0, False)):
        replayed = run(ProvisionedSupply(100, 10, 1_000, 0.7), minutes((rate, 20)), 1_000, EVEN)
        assert replayed.limit[14] == 100
        assert (replayed.limit[15] < 100) is lowered


@pytest.mark.parametrize(
    "measured",
    [132, 133, 61, 74, 143, 169, 151, 215, 301],
)
def test_g10_when_a_switch_was_measured_the_longest_switch_of_the_model_covers_it(measured: int) -> None:
    """Terraform's acceptance tests, create and switch and destroy: upper bounds in seconds. Tolerance: the model takes 600,
    twice the longest of them, since every table there was empty."""
    assert measured <= SWITCH_SECONDS_LONGEST.value
    frozen = Deployed(
        Capacity.provisioned(read=100, write=100), Capacity.provisioned(read=100, write=100), {}, {}
    )
    change = simulate_change(
        Transition("t", frozen, Capacity.on_demand()), table(write=minutes((50, 60))), 10, parameters=EVEN
    )
    (switch,) = [phase for phase in change.phases if phase.name == "switch"]
    assert (switch.stop - switch.first) * 60 >= measured


def test_g11_when_metrics_come_every_minute_the_model_steps_by_one() -> None:
    """Guide: metrics-dimensions: consumed units and throttle events every minute. Tolerance: none."""
    traffic = table(write=minutes((50, 7)))
    outcome = simulate(Capacity.provisioned(read=100, write=100), traffic)
    assert METRIC_PERIOD.value == 60
    assert len(outcome.dimensions[WRITE].served) == 7
    assert (outcome.minute(1) - outcome.minute(0)).total_seconds() == METRIC_PERIOD.value


def test_g12_when_an_index_throttles_it_is_distinguished_from_its_table() -> None:
    """Guide: metrics-dimensions: ThrottledRequests counts a request once, whatever the number of throttled indexes, so
    only the events of each index show it. Tolerance: none; the cause of the table's rejected writes is the index."""
    capacity = Capacity.provisioned(read=100, write=1_000, indexes={"by_agent": Provisioned(100, 200)})
    outcome = simulate(capacity, table(write=minutes((500, 60)), index=minutes((500, 60))), parameters=EVEN)
    assert outcome.dimensions[INDEX].cause is Cause.PROVISIONED
    assert set(outcome.dimensions[WRITE].causes) == {Cause.BACK_PRESSURE}
