"""Whether recorded traffic shows that a change has settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from capacity_guard.capacity import InputError, Margins, Rollout
from capacity_guard.capacity.evidence import MINUTE
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.commands.settled import why_not_settled
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.recording.rollout import Bake
from capacity_guard.watch.options import WatchOptions
from capacity_guard.watch.settings import WatchSettings
from tests.builders.cases import (
    DAYS,
    END,
    INDEX_WRITE,
    START,
    TABLE_WRITE,
    baseline,
    flat,
    gap,
    provisioned,
    spike,
    traffic,
)

PEAK = START + timedelta(days=DAYS - 1, hours=18)
"""In the last recorded day, 6 hours before its end."""


def plan() -> GatePlan:
    """The index is lowered: its writes are to carry 500 units per second in the evening."""
    recorded = baseline(carried=traffic(spike(flat(300), PEAK - timedelta(days=3), 5, 500)))
    evidence = recorded.evidence(Margins().switch_minutes)
    assert evidence is not None
    return GatePlan(
        "Conversations",
        "Table",
        None,
        recorded.transition_to(provisioned(800)),
        evidence,
        END,
        None,
        None,
        Rollout(),
        Margins(),
        {},
        (),
    )


BUSY = spike(flat(300), PEAK, 5, 450)


def why(
    recorded: Traffic, since: datetime, *, is_first_wave: bool = True, watch: str | None = None
) -> str | None:
    bake = Bake(plan(), "0123456789", since, watch)
    return why_not_settled(bake, recorded, is_later_wave=not is_first_wave)


def test_change_when_its_load_has_come_again_has_settled() -> None:
    assert why(traffic(BUSY), END - timedelta(hours=13)) is None


@pytest.mark.parametrize(("is_first_wave", "settled"), [(True, False), (False, True)])
def test_first_wave_needs_twelve_hours_a_later_one_two(is_first_wave: bool, settled: bool) -> None:
    found = why(traffic(BUSY), PEAK - timedelta(minutes=1), is_first_wave=is_first_wave)
    assert (found is None) is settled
    assert settled or "not before" in str(found)


@pytest.mark.parametrize(
    ("options", "settled"),
    [
        (WatchOptions(later_wave=True), True),
        (WatchOptions(settings=WatchSettings(first_wave_hours=5)), True),
        (WatchOptions(settings=WatchSettings(first_wave_hours=24)), False),
    ],
)
def test_settings_of_the_watch_are_those_of_the_table(options: WatchOptions, settled: bool) -> None:
    found = why(traffic(BUSY), PEAK - timedelta(minutes=1), watch=options.to_property())
    assert (found is None) is settled


def test_settings_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(InputError, match="gate: Watch"):
        why(traffic(BUSY), END - timedelta(hours=13), watch="[]")


def test_load_before_the_change_and_gaps_do_not_count() -> None:
    high = "minutes in a row at 80%"
    assert high in str(why(traffic(BUSY), PEAK + timedelta(minutes=4)))
    assert high in str(why(traffic(gap(BUSY, PEAK + 2 * MINUTE, 2)), END - timedelta(hours=13)))


def test_change_when_nothing_that_changed_lacks_load_is_not_held_up_by_other_dimensions() -> None:
    quiet = traffic(BUSY, flat(1))
    assert why(quiet, END - timedelta(hours=13)) is None
    assert TABLE_WRITE in quiet.consumed


def test_throttling_of_any_table_or_index_is_a_veto() -> None:
    recorded = traffic(BUSY)
    events = spike(flat(0), END - timedelta(hours=1), 5, 10)
    throttled = replace(recorded, throttled={**recorded.throttled, INDEX_WRITE: events})
    assert why(throttled, END - timedelta(hours=13)) == "throttling vetoes it: index/by_agent"
