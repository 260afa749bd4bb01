"""Gates that are killed, started again, started twice, and deployed again after a refusal."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity_guard.capacity.errors import InputError
from capacity_guard.handlers import gate
from capacity_guard.handlers.messages import GateError
from capacity_guard.handlers.update_answer import DATA
from tests.handlers.fault_world import (
    INTERVAL,
    POLLS,
    SCENARIOS,
    Ending,
    Scenario,
    assert_invariants,
    framework,
    replace_aws_with_faults,
    run,
    without_faults,
)
from tests.handlers.faulty import ERRORS, KILLED, Fault, FaultyAws, Killed, warm

PREFLIGHT = SCENARIOS[0]


def _calls(*scenarios: Scenario) -> Iterator[Any]:
    for scenario in scenarios:
        for position, action in enumerate(without_faults(scenario)[1]):
            yield pytest.param(scenario, position, id=f"{scenario}-{position}-{action}")


@pytest.mark.sampled(every=40)
@pytest.mark.parametrize(("scenario", "position"), list(_calls(PREFLIGHT)))
@pytest.mark.parametrize("kind", ["denied", "timeout before", "timeout after", "malformed"])
def test_gate_when_deployed_again_after_a_failure_ends_as_without_it(
    scenario: Scenario, position: int, kind: str
) -> None:
    faulty = scenario.faulty(Fault(kind, position, lasting=True))
    run(scenario, faulty)
    faulty.faults = ()
    second = run(scenario, faulty)
    assert_invariants(scenario, faulty, second)
    assert second.data is not None, second.reason


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_gate_when_killed_again_and_again_resumes(scenario: Scenario, data: st.DataObject) -> None:
    positions = st.integers(0, 3 * len(without_faults(scenario)[1]))
    drawn = data.draw(st.dictionaries(positions, st.sampled_from(KILLED), min_size=1, max_size=12))
    faulty = scenario.faulty(*(Fault(kind, at) for at, kind in drawn.items()))
    ending = run(scenario, faulty)
    assert_invariants(scenario, faulty, ending)
    assert ending.data is not None, ending.reason


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_gate_when_each_function_is_called_twice_expects_the_same_end(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda's asynchronous invocation is at least once; the second answer counts, or the first."""
    for first_counts in (True, False):
        faulty = scenario.faulty()
        replace_aws_with_faults(monkeypatch, faulty)
        around = framework(scenario, faulty.aws)
        around.start()
        event = around.event
        faulty.aws.now += timedelta(seconds=5)
        around.start()
        if first_counts:
            around.event = event
        data = None
        for _ in range(POLLS):
            data = around.poll()
            assert around.poll() == data, "two polls at the same time differ"
            if data is not None:
                break
            faulty.aws.now += timedelta(seconds=INTERVAL)
        assert timeless(data) == timeless(without_faults(scenario)[0].data)
        assert_invariants(scenario, faulty, Ending(data, None))


def timeless(data: Mapping[str, Any] | None) -> dict[str, Any]:
    """The answer of a gate without the moment at which it was given."""
    assert data is not None
    loud = json.loads(data.get("Loud") or "{}")
    return {**data, "Loud": {name: value for name, value in loud.items() if name != "at"}}


@dataclass
class Lockstep:
    """Two threads that take turns: before each call a thread waits until the schedule lets it continue."""

    schedule: list[bool]
    changed: threading.Condition = field(default_factory=threading.Condition)
    waiting: set[int] = field(default_factory=set)
    running: set[int] = field(default_factory=set)
    ident: dict[int, int] = field(default_factory=dict)

    def turn(self) -> None:
        """Called in a thread before each of its calls."""
        me = self.ident.get(threading.get_ident())
        if me is None:
            return
        with self.changed:
            self.running.discard(me)
            self.waiting.add(me)
            self.changed.notify_all()
            self.changed.wait_for(lambda: me in self.running, timeout=20)

    def run(self, *acts: Callable[[], Any]) -> list[Any]:
        """Run both to their end; returns their results, or the errors that they raised."""
        results: list[Any] = [None] * len(acts)

        def body(me: int) -> None:
            self.ident[threading.get_ident()] = me
            try:
                results[me] = acts[me]()
            except (GateError, InputError, AssertionError, Killed) as error:
                results[me] = error
            finally:
                with self.changed:
                    self.running.discard(me)
                    self.changed.notify_all()

        self.running = set(range(len(acts)))
        threads = [threading.Thread(target=body, args=(me,)) for me in range(len(acts))]
        for thread in threads:
            thread.start()
        while True:
            with self.changed:
                self.changed.wait_for(lambda: not self.running, timeout=20)
                if not self.waiting:
                    break
                first = self.schedule.pop(0) if self.schedule else False
                chosen = (max if first else min)(self.waiting)
                self.waiting.discard(chosen)
                self.running.add(chosen)
                self.changed.notify_all()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        return results


def _two_at_once(scenario: Scenario, schedule: list[bool], *faults: Fault) -> tuple[FaultyAws, list[Any]]:
    faulty = scenario.faulty(*faults)
    steps = Lockstep(list(schedule))
    faulty.turn = steps.turn
    with pytest.MonkeyPatch.context() as patch:
        replace_aws_with_faults(patch, faulty)
        both = [framework(scenario, faulty.aws) for _ in range(2)]
        started = steps.run(*(gate_run.start for gate_run in both))
        ended = [result if isinstance(result, BaseException) else None for result in started]
        for _ in range(POLLS):
            going = [i for i in range(2) if ended[i] is None]
            if not going:
                return faulty, ended
            for i, result in zip(going, steps.run(*(both[i].poll for i in going)), strict=True):
                ended[i] = result
            faulty.aws.now += timedelta(seconds=INTERVAL)
    raise AssertionError("neither passed nor refused within its hour")


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
@settings(max_examples=6, deadline=None)
@given(schedule=st.lists(st.booleans(), max_size=60))
def test_gate_when_two_run_at_once_expects_both_to_end_as_one(
    scenario: Scenario, schedule: list[bool]
) -> None:
    faulty, ended = _two_at_once(scenario, schedule)
    for result in ended:
        assert result == without_faults(scenario)[0].data
        assert_invariants(scenario, faulty, Ending(result, None))


@settings(max_examples=25, deadline=None)
@given(
    schedule=st.lists(st.booleans(), max_size=60),
    kind=st.sampled_from(ERRORS),
    at=st.integers(0, 40),
)
def test_preflight_when_one_of_two_meets_a_fault_expects_no_half_state(
    schedule: list[bool], kind: str, at: int
) -> None:
    faulty, ended = _two_at_once(PREFLIGHT, schedule, Fault(kind, at))
    for result in ended:
        assert not isinstance(result, AssertionError), result
        refused = isinstance(result, GateError)
        ending = Ending(None, str(result)) if refused else Ending(result, None)
        assert_invariants(PREFLIGHT, faulty, ending)


@pytest.mark.parametrize("schedule", [[], [True] * 60, [True, False] * 30])
def test_preflight_when_two_run_at_once_expects_a_raise_that_only_repeats_itself(
    schedule: list[bool],
) -> None:
    faulty, _ = _two_at_once(PREFLIGHT, schedule)
    asked = {str(sorted(write.items())) for write in faulty.aws.writes()}
    assert len(asked) == 2, "one for the table, one for the index"
    assert warm(faulty.aws) == without_faults(PREFLIGHT)[2]


@pytest.mark.parametrize("request_type", ["Update", "Delete", "Rollback", None])
@pytest.mark.parametrize("name", ["preflight", "bake", "unread", "unknown"])
def test_gate_when_the_way_back_runs_makes_no_call_at_all(
    request_type: str | None, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "_aws", lambda: pytest.fail("a call on the way back"))
    event = {
        "RequestType": request_type,
        "StackId": "s",
        "PhysicalResourceId": "gate-1",
        "ResourceProperties": {"Gate": name, "Plan": "not even a plan"},
    }
    assert gate.on_event(event) == {"PhysicalResourceId": "gate-1"}
    data = {"Data": dict(DATA)} if request_type == "Update" else {}
    assert gate.is_complete(event) == {"IsComplete": True, **data}
    with suppress(KeyError):
        del event["ResourceProperties"]
    assert gate.on_event(event) == {"PhysicalResourceId": "gate-1"}
    data = {"Data": dict(DATA)} if request_type == "Update" else {}
    assert gate.is_complete(event) == {"IsComplete": True, **data}
