"""CG15: recorded traffic above what is provisioned while the mode switches to on-demand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from capacity_guard.capacity import AutoScaling, ChangeWindow, Rollout
from capacity_guard.rules import Case
from tests.builders.cases import (
    INDEX,
    TUESDAY_EVENING,
    as_table,
    baseline,
    case,
    deployed,
    findings,
    flat,
    on_demand,
    provisioned,
    slow_rise,
    spike,
    switch_from_provisioned,
    switch_to_provisioned,
    table_scaling,
    traffic,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import DEPLOY_FIRST, deploy_first, fix_lines, for_guarded_table, pasted

SUNDAY_MORNING = datetime(2026, 6, 28, 7, 0, tzinfo=UTC)
IN_STAFFED_HOURS = "or change in the quietest staffed hours: "
OF_ALL = "or in the quietest hours of all: "


def everything_above() -> Case:
    """Every dimension is above what is provisioned, each for another time."""
    first, second = (spike(flat(500), TUESDAY_EVENING, minutes, 1_700) for minutes in (4, 7))
    was = deployed(provisioned(AutoScaling(1_000, 1_500, seed=1_000), 1_100, 1_200))
    return case(on_demand(), baseline(was, traffic(first, second, spike(first, SUNDAY_MORNING, 2, 1_900))))


EXAMPLES = (
    compliant("provisioned for the peak", lambda: switch_from_provisioned(1_000, 1_000)),
    refused("a minute above, at any hour", lambda: switch_from_provisioned(1_000, 1_100)),
    refused(
        "inside the window", lambda: switch_from_provisioned(1_000, 1_500, "Sun 06-10", at=SUNDAY_MORNING)
    ),
    refused(
        "after the window, while the mode still switches",
        lambda: switch_from_provisioned(1_000, 1_500, "Sun 04-07", at=SUNDAY_MORNING + timedelta(minutes=9)),
    ),
    refused(
        "a rise that auto scaling cannot follow",
        lambda: switch_from_provisioned(AutoScaling(100, 5_000, seed=2_000), 2_000, minutes=30),
    ),
    refused("a Table a minute above", lambda: as_table(switch_from_provisioned(table_scaling(1_000), 1_900))),
    silent("a Table provisioned for the peak", lambda: as_table(switch_from_provisioned(1_000, 1_000))),
    silent("a minute above, within the budget", lambda: switch_from_provisioned(1_000, 1_001)),
    silent("a quiet window beside a busy week", lambda: switch_from_provisioned(1_000, 3_000, "Sun 06-10")),
    silent(
        "after the longest switch",
        lambda: switch_from_provisioned(1_000, 1_500, "Sun 04-07", at=SUNDAY_MORNING + timedelta(minutes=10)),
    ),
    silent(
        "auto scaling follows a slow rise",
        lambda: case(
            on_demand(),
            baseline(
                deployed(provisioned(AutoScaling(1_000, 4_000, seed=4_000, target=50))), traffic(slow_rise())
            ),
        ),
    ),
    silent("to provisioned", lambda: switch_to_provisioned(2_000)),
)

OTHERS = (
    other("table and index, reads and writes", lambda: everything_above()),
    other("no quiet hour", lambda: case(on_demand(), baseline(deployed(provisioned(90, 90, 90))))),
    other(
        "auto scaling that stands still",
        lambda: switch_from_provisioned(AutoScaling(1_000, 1_000, seed=1_000), 1_200),
    ),
    other("more than the burst", lambda: switch_from_provisioned(1_000, 4_000, minutes=8)),
)


@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_switch_when_its_fix_is_deployed_first_expects_silence(example: Example) -> None:
    judged = for_guarded_table(example.make())
    assert findings(deploy_first(judged, findings(judged, "CG15")), "CG15") == []


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("prefix", [IN_STAFFED_HOURS, OF_ALL])
@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_switch_when_moved_to_a_proposed_window_expects_silence(example: Example, prefix: str) -> None:
    judged = example.make()
    (code,) = fix_lines(findings(judged, "CG15"), prefix)
    window = pasted(code)["rollout"].change_window
    assert isinstance(window, ChangeWindow)
    assert findings(replace(judged, rollout=Rollout(change_window=window)), "CG15") == []


def test_fix_when_cg7_refuses_the_same_switch_expects_one_fix_for_both() -> None:
    """Two deployments before the change, one after the other, would be one too many."""
    (example,) = refused_of(EXAMPLES, "a minute above, at any hour")
    judged = example.make()
    fixes = {fix_lines(findings(judged, rule), DEPLOY_FIRST)[0] for rule in ("CG7", "CG15")}
    assert len(fixes) == 1
    assert INDEX in fixes.pop()


def windows(staffed: str) -> list[str]:
    """What is proposed beside the deployment, for a table that is idle in the nights, with other staffed hours."""
    judged = switch_from_provisioned(1_000, 1_500)
    judged = replace(judged, rollout=Rollout(staffed_hours=ChangeWindow(staffed)))
    (found,) = findings(judged, "CG15")
    return found.fix.splitlines()[1:]


def test_windows_when_a_staffed_hour_fits_expects_it_before_the_quietest_of_all() -> None:
    code = "options=GuardOptions(rollout=Rollout(change_window=ChangeWindow("
    assert windows("Wed 09-13 Europe/Berlin") == [
        f'{IN_STAFFED_HOURS}{code}"Wed 08-11")))',
        f'{OF_ALL}{code}"Mon 00-04")))',
    ]


def test_windows_when_no_staffed_hour_fits_expects_that_said_and_the_quietest_of_all() -> None:
    evening = f"{TUESDAY_EVENING:%a %H}-{TUESDAY_EVENING.hour + 1}"
    (found,) = windows(evening)
    assert found.startswith(
        f"or in the quietest hours of all, no staffed hour ({evening} UTC) is quiet enough: "
    )


def test_windows_when_the_quietest_of_all_is_staffed_expects_it_once() -> None:
    (found,) = windows("Mon 00-24")
    assert found.startswith(IN_STAFFED_HOURS)


def test_template_without_gates_has_no_change_window_in_its_fix() -> None:
    (found, *_) = findings(replace(everything_above(), dialect="template"), "CG15")
    assert "quietest" not in found.fix
    assert "deploy first, then record again" in found.fix
