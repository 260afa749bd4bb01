"""The range of a replay: what decides between its ends, by replaying each assumption alone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from capacity_guard.rules import Case, evaluate
from capacity_guard.rules.replays import throttled
from capacity_guard.rules.unknowns import ThrottledRange, throttled_range
from tests.rules.examples import examples_of, refused_of
from tests.rules.test_answers import incident


def ranges(judged: Case) -> list[ThrottledRange]:
    assert judged.transition is not None
    assert judged.recorded is not None
    assert judged.recorded.traffic is not None
    return [
        throttled_range(
            judged, judged.transition, judged.recorded.traffic, dimension, found.hour, found.trial
        )
        for dimension, found in throttled(judged).items()
    ]


@pytest.mark.parametrize(
    ("example", "decided_by", "words"),
    [
        ("an index's ceiling, switched", "peak_second", "1 to 1.57 times its mean; judged with 1.35"),
        ("auto scaling that comes too late", "reaction_minutes", "in 4 to 15 minutes; judged with 10"),
        ("auto scaling frozen on a rising morning", "returning", "12 to 43 %; judged with 43 %"),
    ],
)
def test_range_names_the_assumption_that_changes_most_and_the_value_that_is_judged(
    example: str, decided_by: str, words: str
) -> None:
    (found,) = ranges(refused_of(examples_of("CG14"), example)[0].make())
    assert found.decided_by == decided_by
    assert found.low < found.high
    assert words in found.figure().note


def test_incident_is_decided_by_the_busiest_second() -> None:
    (found,) = ranges(incident())
    assert found.decided_by == "peak_second"
    (finding,) = [finding for finding in evaluate(incident()) if finding.rule == "CG14"]
    figures = {figure.label: figure for figure in finding.figures}
    judged = float(re.sub(r"[^0-9]", "", figures["throttled"].value))
    low, high = (float(end.replace(",", "")) for end in figures["best/worst case"].value.split(" to "))
    assert low <= judged <= high
    assert figures["best/worst case"].note.startswith("decided most by")


def test_range_when_nothing_changes_it_says_so() -> None:
    (found,) = ranges(incident())
    figure = replace(found, low=5.0, high=5.0, decided_by=None).figure()
    assert (figure.value, figure.note) == ("5 to 5", "nothing that is unknown changes it")


@pytest.mark.slow
def test_every_printed_range_says_what_decides_it() -> None:
    for example in refused_of(examples_of("CG14")):
        for finding in evaluate(example.make()):
            for figure in finding.figures:
                if re.search(r"\d to \d", figure.value) and finding.rule == "CG14":
                    assert "judged with" in figure.note
