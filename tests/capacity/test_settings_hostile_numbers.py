"""Whatever number a setting, an option, a context or a baseline holds: one InputError, or a value to calculate with."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capacity_guard.capacity import AutoScaling, InputError, Margins, Provisioned, Rollout, Units
from capacity_guard.capacity.plain_data import read_time, shown, utc_time
from capacity_guard.cdk.app.judgment_time import judgment_time
from capacity_guard.cdk.gate_times import GateTimes
from capacity_guard.commands.main import main
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rules import evaluate
from tests.builders.cases import baseline, case, on_demand

HUGE = 10**5_000
numbers = st.one_of(
    st.floats(),
    st.integers(),
    st.integers(-10, 20_000),
    st.sampled_from([HUGE, -HUGE, 10**400, 10**15, 10**15 + 1, 1e308, math.inf, -math.inf, math.nan, 5e-324]),
    st.booleans(),
    st.none(),
    st.text(max_size=3),
)
NAMES = {
    kind: [field.name for field in fields(kind) if field.name not in ("change_window", "alarms")]
    for kind in (Margins, Rollout)
}


def made(kind: Any, **given: object) -> Any:
    """The settings, ``None`` if they are refused with a short error."""
    try:
        return kind(**given)
    except InputError as error:
        raised = error
    assert len(str(raised)) < 300
    return None


@given(st.sampled_from(NAMES[Margins]), numbers)
@example("headroom", HUGE)
@example("headroom", 1e308)
@example("throttle_budget", HUGE)
@example("switch_minutes", -HUGE)
@settings(max_examples=300)
def test_margins_when_they_are_accepted_are_json_and_read_back(name: str, value: Any) -> None:
    margins = made(Margins, **{name: value})
    if margins is not None:
        data = json.loads(json.dumps(margins.to_json(), allow_nan=False))
        assert Margins(**data) == margins
        assert timedelta(minutes=margins.switch_minutes) <= timedelta(days=7)
        timedelta(days=margins.baseline_oldest_days + margins.baseline_shortest_days)


@given(st.sampled_from(NAMES[Rollout]), numbers)
@example("bake_minutes", HUGE)
@example("alarm_threshold", 1e308)
@settings(max_examples=300)
def test_rollout_when_it_is_accepted_is_json_and_reads_back(name: str, value: Any) -> None:
    rollout = made(Rollout, **{name: value})
    if rollout is not None:
        assert Rollout.from_json(json.loads(json.dumps(rollout.to_json(), allow_nan=False))) == rollout


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("name", NAMES[Margins])
@pytest.mark.parametrize("value", [1, 1.0, 1_000, 3_650, 10_080, 10**15, 0.5, 1e-300])
def test_margins_when_at_the_edge_of_what_is_accepted_are_judged_without_an_error(
    name: str, value: Any
) -> None:
    margins = made(Margins, **{name: value})
    if margins is not None:
        evaluate(case(on_demand(), margins=margins))


@given(numbers)
@example(HUGE)
def test_units_when_the_number_is_hostile_are_refused_or_kept(value: Any) -> None:
    for make in (
        lambda: Units(read=value),
        lambda: Provisioned(read=value, write=1),
        lambda: AutoScaling(value, value),
        lambda: AutoScaling(1, 2, target=value),
        lambda: AutoScaling(1, 2, seed=value),
        lambda: GateTimes(query_seconds=value),
        lambda: GateTimes(longest_seconds=value),
    ):
        made(lambda make=make: make())


@given(
    st.one_of(
        numbers,
        st.datetimes().map(str),
        st.just("0001-01-01T00:00:00+14:00"),
        st.just("9999-12-31T23:00:00-14:00"),
    )
)
@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31")
def test_time_when_it_is_hostile_is_refused_or_a_year_can_be_added_to_it(value: Any) -> None:
    time = made(lambda: read_time(value, "file: field"))
    assert time is None or time + timedelta(days=366) > time
    if isinstance(value, str) and (time := utc_time(value)) is not None:
        assert time - timedelta(days=366) < time


@pytest.mark.parametrize(
    "now",
    ["0001-01-01", "9999-12-31", "9999-12-31T23:00:00-14:00", "nan", 10**400, HUGE, True, {}],
    ids=shown,
)
def test_context_when_it_is_no_usable_time_is_refused(now: Any) -> None:
    with pytest.raises(InputError, match="context capacity-guard:now"):
        judgment_time(
            type("Scope", (), {"node": type("Node", (), {"try_get_context": lambda self, name: now})()})()
        )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--margin", "nan"],
        ["--margin", "inf"],
        ["--margin", "1e308"],
        ["--margin", "9" * 400],
        ["--threshold", "1e308"],
        ["--threshold", "-1"],
        ["--now", "0001-01-01T00:00:00Z"],
        ["--now", "9999-12-31T23:59:59Z"],
    ],
)
def test_recommend_when_an_option_is_hostile_expects_exit_code_2(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline().save(tmp_path / "b.json")
    assert main(["recommend", str(tmp_path / "b.json"), *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"capacity-guard: {arguments[0]}")


BASELINE_NUMBERS = [
    ["attempt"],
    ["traffic", "minutes"],
    ["traffic", "gaps"],
    ["deployed", "template", "table", "read"],
]


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("path", BASELINE_NUMBERS, ids=lambda path: ".".join(path))
@pytest.mark.parametrize("value", ["NaN", "1e999", "-1", "9" * 300, "9" * 6_000, "true", "0.5", '"1"', "[]"])
def test_baseline_when_a_number_is_hostile_is_refused(path: list[str], value: str, tmp_path: Path) -> None:
    baseline().save(tmp_path / "b.json")
    data = json.loads((tmp_path / "b.json").read_text())
    part = data
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = "@@"
    (tmp_path / "b.json").write_text(json.dumps(data).replace('"@@"', value))
    with pytest.raises(InputError) as raised:
        Baseline.load(tmp_path / "b.json")
    assert raised.value.location.startswith(str(tmp_path / "b.json"))


def test_value_when_it_is_shown_is_short() -> None:
    assert shown(HUGE) == "a number of thousands of digits"
    assert shown("x" * 100) == f"'{'x' * 59}..."
    assert shown(1.5) == "1.5"
