"""CG5: provisioned throughput that does not carry the recorded traffic, or is above a quota."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling, InputError, Units
from capacity_guard.rules import Case, Level
from capacity_guard.rules.model import Dialect
from tests.builders.cases import (
    INDEX_WRITE,
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


def with_target(write: float, read: float = 70) -> Case:
    """Auto scaling of the index as it is deployed, so without a transition, with these targets."""
    same = provisioned(AutoScaling(500, 900, write), read=AutoScaling(500, 900, read))
    return case(same, baseline(deployed(same)))


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
    other("a target above what is documented", lambda: with_target(90.5)),
    other("a target below what is documented", lambda: with_target(19.9)),
    other("the lowest and the highest documented target", lambda: with_target(20, 90)),
    other("a new table that is too small", lambda: replace(created_with(AutoScaling(100, 900, seed=100)))),
)


@pytest.mark.parametrize(
    ("target", "nearest", "seen"),
    [
        (10, 20, "the service itself names 10 to 90 %"),
        (19.9, 20, "the service itself names 10 to 90 %"),
        (90.1, 90, "90.1 % was refused"),
        (100, 90, "90.1 % was refused"),
    ],
)
@pytest.mark.parametrize("in_transition", [True, False])
def test_target_when_it_is_not_documented_expects_a_warning_with_its_source(
    target: float, nearest: int, seen: str, in_transition: bool
) -> None:
    judged = with_target(target)
    if in_transition:
        judged = replace(judged, baseline=baseline(deployed(on_demand())))
    (finding,) = [f for f in findings(judged, "CG5") if "target" in f.title]
    assert (finding.level, finding.dimension) == (Level.WARN, INDEX_WRITE)
    assert "20 to 90 %" in finding.text()
    assert "DynamoDB Developer Guide, AutoScaling" in finding.text()
    assert seen in finding.text()
    assert finding.fix == f"declare a target from 20 to 90 %: target={nearest}"


@pytest.mark.parametrize(
    ("dialect", "code"),
    [
        ("table-v2", "target_utilization_percent=90"),
        ("table", "target_utilization_percent=90"),
        ("l1", "TargetValue 90"),
    ],
)
def test_target_when_it_is_not_documented_expects_the_code_of_the_construct(
    dialect: Dialect, code: str
) -> None:
    (finding,) = findings(replace(with_target(95), dialect=dialect), "CG5")
    assert finding.fix.endswith(code)


def test_target_when_it_is_documented_expects_silence() -> None:
    assert findings(with_target(20, 90), "CG5") == []


def test_target_when_the_baseline_cannot_be_read_expects_the_warning_still() -> None:
    unread = replace(with_target(95), baseline=InputError("b.json", "is missing", "Record it"))
    assert [finding.level for finding in findings(unread, "CG5")] == [Level.WARN]


@pytest.mark.sampled(every=2)
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
