"""CG5: provisioned throughput that does not carry the recorded traffic, or is above a quota."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling, Units
from capacity_guard.rules import Case
from tests.builders.cases import (
    TUESDAY_EVENING,
    baseline,
    case,
    deployed,
    findings,
    flat,
    on_demand,
    provisioned,
    slow_rise,
    spike,
    switch_to_provisioned,
    table_to_provisioned,
    traffic,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import fix_lines, for_guarded_table, with_arguments


def lowered_to(throughput: int | AutoScaling) -> Case:
    series = spike(flat(500), TUESDAY_EVENING, 5, 2_000)
    return case(
        provisioned(throughput), baseline(deployed(provisioned(AutoScaling(3_000, 3_000))), traffic(series))
    )


def above_both_quotas() -> Case:
    """Auto scaling with seeds above the quota; the account has 81,000 write units already."""
    scaled = AutoScaling(30_000, 60_000, seed=41_500)
    was = deployed(
        provisioned(40_000, 40_000), units={"table": Units(1, 45_000), "index/by_agent": Units(1, 36_000)}
    )
    return case(provisioned(scaled, scaled, 41_000), baseline(was))


def created_with(throughput: AutoScaling) -> Case:
    judged = switch_to_provisioned(throughput, minutes=60)
    assert judged.recorded is not None
    return replace(judged, baseline=replace(judged.recorded, deployed=None))


EXAMPLES = (
    compliant("fixed at the peak", lambda: switch_to_provisioned(2_000)),
    refused("fixed below an hour of load", lambda: switch_to_provisioned(1_500, minutes=60)),
    refused("lowered below the load", lambda: lowered_to(600)),
    refused(
        "auto scaling comes too late",
        lambda: switch_to_provisioned(AutoScaling(100, 4_000, seed=2_000), minutes=60),
    ),
    refused(
        "auto scaling does not reach",
        lambda: switch_to_provisioned(AutoScaling(1_000, 1_500, seed=1_500), minutes=60),
    ),
    refused("auto-scaled without a seed", lambda: switch_to_provisioned(AutoScaling(2_000, 4_000))),
    refused("a seed below the traffic", lambda: switch_to_provisioned(AutoScaling(1_000, 4_000, seed=1_000))),
    refused("above the quota of an index", lambda: switch_to_provisioned(40_001)),
    refused(
        "above the quota of the account",
        lambda: case(provisioned(39_000, 42_000), baseline(deployed(on_demand()))),
    ),
    silent("a burst that the bucket carries", lambda: switch_to_provisioned(1_900, minutes=5)),
    silent(
        "auto scaling follows a slow rise",
        lambda: case(
            provisioned(AutoScaling(150, 4_000, seed=2_000)),
            baseline(deployed(on_demand()), traffic(slow_rise())),
        ),
    ),
    silent(
        "a quota that the account has already",
        lambda: case(
            provisioned(45_000),
            baseline(deployed(provisioned(50_000), units={"index/by_agent": Units(1, 50_000)})),
        ),
    ),
    refused("a Table's fixed units below the load", lambda: table_to_provisioned(1_500)),
    silent("a Table's fixed units, reads and writes", lambda: table_to_provisioned(2_000)),
    silent("lowered, and burst still carries it", lambda: lowered_to(1_700)),
)

OTHERS = (
    other("reads and writes above the quota of the account", lambda: above_both_quotas()),
    other("at the quota of an index", lambda: switch_to_provisioned(40_000)),
    other(
        "at the quota of the account",
        lambda: case(provisioned(40_000, 40_000, 40_000), baseline(deployed(on_demand()))),
    ),
    other(
        "a maximum above the quota of an index",
        lambda: switch_to_provisioned(AutoScaling(2_000, 41_000, seed=2_500)),
    ),
    other(
        "a seed at the traffic of the window",
        lambda: switch_to_provisioned(AutoScaling(1_000, 4_000, seed=2_000)),
    ),
    other(
        "a seed above a minimum that is too low",
        lambda: switch_to_provisioned(AutoScaling(100, 4_000, target=50, seed=3_500), minutes=90),
    ),
    other("lowered auto scaling that comes too late", lambda: lowered_to(AutoScaling(100, 2_500))),
    other("lowered auto scaling with a seed", lambda: lowered_to(AutoScaling(100, 1_500, seed=1_200))),
    other("a new table that is too small", lambda: replace(created_with(AutoScaling(100, 900, seed=100)))),
)


@pytest.mark.parametrize(
    "example",
    [example for example in refused_of(EXAMPLES) if "quota" not in example.name],
    ids=example_name,
)
def test_throughput_when_its_fix_is_declared_expects_silence(example: Example) -> None:
    judged = for_guarded_table(example.make())
    codes = fix_lines(findings(judged, "CG5"))
    assert len(set(codes)) == 1  # two findings on one dimension must not have two different fixes
    assert findings(replace(judged, declared=with_arguments(judged.declared, codes[0])), "CG5") == []
