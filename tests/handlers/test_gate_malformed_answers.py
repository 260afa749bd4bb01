"""Malformed and paged responses: members that are missing or have another type, small and empty pages, and tables with up
to twenty indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, OnDemand, Provisioned, Rollout, Units
from tests.fakes.gate_aws import FakeAws
from tests.handlers.fault_world import (
    SCENARIOS,
    Scenario,
    assert_clear,
    assert_invariants,
    run,
    without_faults,
)
from tests.handlers.faulty import warm
from tests.handlers.gate_world import a_plan, an_aws, set_traffic

Path = tuple[str | int, ...]
GONE = object()
WRONG: tuple[Any, ...] = (GONE, None, "neither", 7, [], {}, ["x"], {"x": "y"})
"""Values that replace a member."""
SPREAD = (SCENARIOS[0], SCENARIOS[4], SCENARIOS[8])


def paths(answer: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every member of a response; of a list only its first and its last entry."""
    if path:
        yield path
    if isinstance(answer, Mapping):
        for name in answer:
            if name != "ResponseMetadata":
                yield from paths(answer[name], (*path, name))
    elif isinstance(answer, list):
        for position in sorted({0, len(answer) - 1}) if answer else ():
            yield from paths(answer[position], (*path, position))


def with_another(answer: Any, path: Path, value: Any) -> Any:
    """The response with another value at a path."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    found: Any = dict(answer) if isinstance(answer, Mapping) else list(answer)
    if rest or value is not GONE:
        found[first] = with_another(found[first], rest, value)
    else:
        del found[first]
    return found


def spoil(position: int, path: Path, value: Any) -> Callable[[int, str, Any], Any]:
    """A change of the response at one position: another value at a path."""

    def change(at: int, action: str, answer: Any) -> Any:
        return with_another(answer, path, value) if at == position else answer

    return change


def _wrong_answers(scenario: Scenario) -> Iterator[tuple[int, str, Path]]:
    """Each member of the first two responses to each call of a gate."""
    found: dict[int, tuple[str, list[Path]]] = {}
    responses: dict[str, int] = {}

    def note(position: int, action: str, answer: Any) -> Any:
        responses[action] = responses.get(action, 0) + 1
        if responses[action] <= 2:
            found[position] = (action, list(paths(answer)))
        return answer

    faulty = replace(scenario.faulty(), answering=note)
    run(scenario, faulty)
    for position, (action, members) in found.items():
        for member in members:
            yield position, action, member


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SPREAD, ids=str)
def test_gate_when_any_member_of_any_answer_is_wrong_expects_one_clear_reason_or_an_end(
    scenario: Scenario,
) -> None:
    count, faults = 0, []
    for number, (position, action, member) in enumerate(_wrong_answers(scenario)):
        # each member is left out, then replaced by one of the wrong values in turn
        for value in (GONE, WRONG[1 + number % (len(WRONG) - 1)]):
            count += 1
            faulty = replace(scenario.faulty(), answering=spoil(position, member, value))
            what = f"{action} with {member} {'left out' if value is GONE else f'= {value!r}'}"
            try:
                ending = run(scenario, faulty)
                assert_invariants(scenario, faulty, replace(ending, data=None) if ending.reason else ending)
                if ending.reason is not None:
                    assert_clear(ending.reason)
            except Exception as error:  # noqa: BLE001 - any other error of a gate is a finding of this test
                faults.append(f"{what}: {error!r}")
    assert not faults, "\n".join(faults)
    assert count > 40


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
@pytest.mark.parametrize(("entries", "points"), [(1, 100_800), (100, 7), (1, 1_000), (2, 50)])
def test_gate_when_answers_come_in_small_pages_expects_the_same_end(
    scenario: Scenario, entries: int, points: int
) -> None:
    faulty = scenario.faulty()
    faulty.aws.page, faulty.aws.cloudwatch.points_a_page = entries, points
    if points == 7:
        # a page of the real service has 100,800 points; half of the points keep the number of pages below the limit
        for series in faulty.aws.metrics.values():
            for minute in sorted(series)[::2]:
                del series[minute]
    ending = run(scenario, faulty)
    assert ending == without_faults(scenario)[0]
    assert_invariants(scenario, faulty, ending)


def _with_indexes(count: int, gate: str) -> Scenario:
    names = [f"index_{number:02}" for number in range(count)]
    template = Capacity.provisioned(
        read=2_000, write=6_400, indexes={name: Provisioned(read=2_000, write=4_000) for name in names}
    )
    declared = Capacity.on_demand(
        warm=Units(write=7_000), indexes={name: OnDemand(warm=Units(write=5_000)) for name in names}
    )

    def plan() -> Any:
        return a_plan(declared, template, rollout=Rollout(bake_minutes=2))

    def world() -> FakeAws:
        aws = an_aws(plan())
        set_traffic(aws, {dimension.key: 50 for dimension in template.dimensions()}, minutes=360)
        if gate == "bake":
            for resource in aws.resources.values():
                resource.warm = {"read": 12_000, "write": 7_000}
        return aws

    return Scenario(f"{gate} of {count} indexes", gate, plan, world, changed=gate == "bake")


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("count", range(21))
def test_preflight_when_a_table_has_up_to_twenty_indexes_warms_each_once(count: int) -> None:
    scenario = _with_indexes(count, "preflight")
    faulty = scenario.faulty()
    ending = run(scenario, faulty)
    assert ending.data is not None, ending.reason
    assert faulty.made.count("dynamodb:UpdateTable") == count + 1
    reached = warm(faulty.aws)
    assert reached.pop("table")["write"] == 7_000
    assert [units["write"] for units in reached.values()] == [5_000] * count


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("count", [0, 1, 7, 20])
@pytest.mark.parametrize("gate", ["preflight", "bake"])
def test_gate_when_a_table_has_many_indexes_and_small_pages_passes(count: int, gate: str) -> None:
    scenario = _with_indexes(count, gate)
    faulty = scenario.faulty()
    faulty.aws.page = 3
    ending = run(scenario, faulty)
    assert ending.data is not None, ending.reason
    assert_invariants(scenario, faulty, ending)


def test_answers_when_spoilt_are_other_answers() -> None:
    answer = {"A": [{"B": 1}, {"B": 2}], "C": "c", "ResponseMetadata": {"x": 1}}
    assert list(paths(answer)) == [
        ("A",),
        ("A", 0),
        ("A", 0, "B"),
        ("A", 1),
        ("A", 1, "B"),
        ("C",),
    ]
    assert with_another(answer, ("A", 1, "B"), None)["A"] == [{"B": 1}, {"B": None}]
    assert with_another(answer, ("A", 0), GONE)["A"] == [{"B": 2}]
    assert "C" not in with_another(answer, ("C",), GONE)
    assert answer["A"] == [{"B": 1}, {"B": 2}]
