"""The whole code of a capacity: short on one line, long on several, with the settings of the guard that are not defaults."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard import GuardOptions, capacity
from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    ChangeWindow,
    Margins,
    OnDemand,
    Provisioned,
    Rollout,
    Units,
)
from capacity_guard.rules import Case
from capacity_guard.rules.answer_code import capacity_arguments, options_code, whole_code
from tests.builders.cases import case, on_demand
from tests.rules.test_answers import pasted

JUDGED = case(on_demand())
HOSTILE = 'x"}, __import__("os").system("touch PWNED"), {"\\\n$(touch PWNED)`;\u202e'
CAPACITIES = {
    "on-demand": Capacity.on_demand(),
    "warm": Capacity.on_demand(warm=Units(read=12_000), indexes={"a": OnDemand(warm=Units(write=6_240))}),
    "maxima": Capacity.on_demand(
        maximum=Units(read=9_000, write=9_000),
        indexes={
            "a": OnDemand(maximum=Units(write=9_000)),
            "b": OnDemand(Units(write=5), Units(write=9_000)),
        },
    ),
    "fixed": Capacity.provisioned(read=1, write=2, indexes={"a": Provisioned(read=3, write=4)}),
    "long": Capacity.provisioned(
        read=AutoScaling(100, 2_000, target=60),
        write=AutoScaling(100, 2_000, seed=150),
        warm=Units(write=5_000),
        indexes={
            HOSTILE: Provisioned(
                AutoScaling(100_000, 200_000, target=60, seed=150_000),
                AutoScaling(100_000, 200_000, target=60, seed=150_000),
                warm=Units(read=300_000, write=300_000),
            ),
            "b": Provisioned(1, 2),
        },
    ),
}


@pytest.mark.parametrize("name", CAPACITIES)
def test_code_when_pasted_gives_the_capacity(name: str) -> None:
    wanted = CAPACITIES[name]
    code, language = whole_code(JUDGED, wanted)
    assert language == "python"
    assert pasted(code)["capacity"].for_indexes(wanted.indexes, "capacity") == wanted
    assert all(len(line) < 130 for line in code.split("\n") if HOSTILE[:5] not in line), code


def test_code_when_short_is_one_line_and_when_long_an_argument_a_line() -> None:
    assert whole_code(JUDGED, CAPACITIES["on-demand"])[0] == "capacity=Capacity.on_demand(),"
    assert whole_code(JUDGED, CAPACITIES["long"])[0].startswith("capacity=Capacity.provisioned(\n    read=")
    assert capacity_arguments(Capacity.on_demand(indexes={"a": OnDemand()})) == []


def test_code_with_a_window_keeps_the_settings_that_are_no_defaults() -> None:
    rollout = Rollout(
        bake_minutes=20,
        alarms=("a", "b"),
        change_window=ChangeWindow("Mon 00-01"),
        staffed_hours=ChangeWindow("Mon-Fri 09-17 Europe/Berlin"),
    )
    judged = replace(JUDGED, rollout=rollout, margins=Margins(headroom=1.5))
    code, _ = whole_code(judged, Capacity.on_demand(), "Sun 06-10")
    assert (
        'staffed_hours=ChangeWindow("Mon-Fri 09-17 Europe/Berlin")' in code
    )  # as given, and not the hours in UTC
    given = pasted(code)
    assert given["options"] == GuardOptions(
        rollout=replace(rollout, change_window=ChangeWindow("Sun 06-10")), margins=Margins(headroom=1.5)
    )
    assert options_code(JUDGED, "Sun 06-10") == (
        'options=GuardOptions(rollout=Rollout(change_window=ChangeWindow("Sun 06-10")))'
    )


def test_names_in_the_code_are_public() -> None:
    judged: Case = replace(JUDGED, rollout=Rollout(alarm_threshold=2.5))
    assert "alarm_threshold=2.5" in options_code(judged, "Sun 06-10")
    assert {"Capacity", "AutoScaling", "Provisioned", "OnDemand", "Units"} <= set(capacity.__all__)
