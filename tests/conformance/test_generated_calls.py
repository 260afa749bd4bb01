"""Emulator and fake give the same outcome for generated calls, except where no source decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from capacity_guard.rehearsal.emulator.launcher import Emulator
from tests.conformance.emulator_system import START, EmulatorSystem
from tests.conformance.fake_system import FakeSystem
from tests.conformance.generated_calls import CHANGES, STATES, GeneratedCall, all_calls, sample

_CLEARED_AFTER = 40


@pytest.fixture
def emulator_system() -> Iterator[EmulatorSystem]:
    with Emulator(speed=1, start=START) as running:
        yield EmulatorSystem(running)


def undecided(call: GeneratedCall) -> bool:
    """Whether no source says which of two refusals a call gets.

    An empty structure alone is an internal failure, and one beside another member is dropped (DDB-TABLE-448, -456). Nobody sent
    two empty structures and nothing else: the fake drops both and finds no change, the emulator refuses the pair.
    """
    return set(call.changes) == {"empty warm", "empty maxima"}


def compare(calls: list[GeneratedCall], system: EmulatorSystem) -> set[str]:
    """Compare both systems; return the codes that the fake answered."""
    codes = set()
    for number, call in enumerate(calls):
        name = f"table-{number}"
        expected = call.outcome(FakeSystem(), name)
        found = call.outcome(system, name)
        codes.add(expected[0])
        assert undecided(call) or found == expected, (
            f"{call}: the emulator answers {found}, the fake {expected}"
        )
        if number % _CLEARED_AFTER == _CLEARED_AFTER - 1:
            system.forward(1_100)
            system.clear()
    return codes


def test_calls_when_generated_are_the_same_for_a_seed_and_reach_every_state_and_change() -> None:
    calls = sample(seed=2, count=2_000)

    assert calls == sample(seed=2, count=2_000)
    assert {call.state for call in calls} == STATES.keys()
    assert {name for call in calls for name in call.changes} == CHANGES.keys()
    assert sum(undecided(call) for call in all_calls()) == len(STATES)


@pytest.mark.slow
def test_calls_when_put_to_both_have_one_outcome(emulator_system: EmulatorSystem) -> None:
    codes = compare(sample(seed=1, count=120), emulator_system)

    assert codes >= {"", "ValidationException", "ResourceInUseException", "LimitExceededException"}


@pytest.mark.e2e
def test_many_calls_when_put_to_both_have_one_outcome(emulator_system: EmulatorSystem) -> None:
    compare(sample(seed=2, count=1_500), emulator_system)
