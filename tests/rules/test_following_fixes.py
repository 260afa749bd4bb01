"""Every printed fix of every rule is followed: deployed step by step, recorded in between, judged again by all rules.

Following fixes ends: after a few deployments no rule refuses any more what the code declared, or what it declares by then. A fix
that is no capacity (a quota, a threshold) is followed where it is code, and acknowledged where it is an instruction to people.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from capacity_guard import capacity
from capacity_guard.capacity import Acknowledgment, Capacity, TableKind
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rules import ALL_RULES, Case, Finding, Level, evaluate
from capacity_guard.rules.separate_changes import declaring_apart, recorded_after
from stacks.settings import BASELINES
from tests.rules.examples import Example, examples_of, others_of
from tests.rules.pasting import with_arguments
from tests.rules.variations import VARIATIONS, cut

MOST_STEPS = 16
"""Deployments and corrections of the code after which following fixes must have ended; half steps down take the most."""
SETTINGS = re.compile(r"options=GuardOptions\(.*\)$", re.MULTILINE)
"""A fix that is code, and no capacity."""
CAPACITY = re.compile(r"(read|write|warm|maximum|indexes)=.*")
FOLLOWED = ("as it is", "recorded as a Table", "declared with a seed")


def deployed_and_recorded(judged: Case, declared: Capacity) -> Case:
    """The case once a capacity was deployed, and recorded with the same traffic."""
    assert judged.declared == declared
    return replace(judged, baseline=recorded_after(judged))


def with_settings(judged: Case, finding: Finding) -> Case:
    """The case with the settings that a fix prints, or with its acknowledgment where the fix is no code."""
    found = SETTINGS.search(finding.fix)
    if found is None:
        accepted = Acknowledgment(finding.rule, "followed by hand")
        return replace(judged, acknowledgments=(*judged.acknowledgments, accepted))
    names = {name: getattr(capacity, name) for name in capacity.__all__}
    given = eval(f"dict({found.group()})", {**names, "GuardOptions": dict, "Rollout": dict, "Margins": dict})
    changed = {name: replace(getattr(judged, name), **values) for name, values in given["options"].items()}
    return replace(judged, **changed)


def errors(judged: Case) -> list[Finding]:
    return [finding for finding in evaluate(judged) if finding.level is Level.ERROR]


def follow(judged: Case, first: Finding) -> list[str]:
    """Follow one finding, and then the first error of all that is left. Returns what was done, step by step."""
    made, goals, finding, done = judged, [judged.declared], first, list[str]()
    while True:
        done.append(finding.line())
        assert len(done) <= MOST_STEPS, "\n".join(done)
        if finding.deployments:
            goals = [*finding.deployments, *goals[1:]]
        else:
            judged = with_settings(judged, finding)
            made = replace(judged, declared=made.declared, template=made.template)
        while True:
            judged = declaring_apart(replace(made, baseline=judged.baseline), goals[0])
            left = errors(judged)
            if left:
                finding = left[0]
                break
            if judged.recorded is None or judged.recorded.deployed is None:
                return done  # created
            judged, goals = deployed_and_recorded(judged, goals[0]), goals[1:]
            done.append(f"deployed {judged.declared.to_json()}")
            assert len(done) <= MOST_STEPS, "\n".join(done)
            if not goals:
                assert errors(judged) == []
                return done


def followed(judged: Case) -> None:
    """Follow each finding of a case, and each fix once. Fixes are the same with and without ranges in figures."""
    judged = replace(judged, has_ranges=False)
    fixes: list[tuple[tuple[Capacity, ...], str]] = []
    for finding in evaluate(judged):
        fix = finding.deployments, "" if finding.deployments else finding.fix
        if (finding.level is Level.ERROR or finding.deployments) and fix not in fixes:
            fixes.append(fix)
            follow(judged, finding)


EXAMPLES = [
    pytest.param(example, id=f"{rule.id}-{example.name}")
    for rule in ALL_RULES
    for example in (*examples_of(rule.id), *others_of(rule.id))
    if example.kind in ("refused", "other")
]


@pytest.mark.sampled(every=201)
@pytest.mark.parametrize("example", EXAMPLES)
def test_fixes_of_an_example_when_followed_expect_an_end(example: Example) -> None:
    made = cut(example.make())
    for name in FOLLOWED:
        varied = VARIATIONS[name](made)
        if varied is not None:
            followed(varied)


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("file", sorted(BASELINES.glob("*/*/conversations.json")), ids=str)
@pytest.mark.parametrize("kind", TableKind, ids=lambda kind: kind.name)
def test_fixes_of_a_sample_when_followed_expect_an_end(file: Path, kind: TableKind) -> None:
    """Three changes of the recorded table: switched, cut to a tenth, and cut to fixed units."""
    recorded = Baseline.load(file)
    assert recorded.deployed is not None
    indexes = tuple(recorded.deployed.template.indexes)
    scaled = capacity.AutoScaling(5, 60)
    for becomes in (
        Capacity.on_demand(),
        Capacity.provisioned(
            read=scaled,
            write=scaled,
            indexes={name: capacity.Provisioned(read=scaled, write=scaled) for name in indexes},
        ),
        Capacity.provisioned(
            read=20, write=20, indexes={name: capacity.Provisioned(read=20, write=20) for name in indexes}
        ),
    ):
        judged = Case(
            table="Conversations",
            indexes=indexes,
            declared=becomes.for_indexes(indexes, "capacity"),
            baseline=recorded,
            now=recorded.recording.at,
            kind=kind,
        )
        followed(judged)


@pytest.mark.sampled(every=13)
@pytest.mark.parametrize("example", EXAMPLES)
def test_printed_code_of_a_fix_is_its_capacity(example: Example) -> None:
    """What is printed for a GuardedTable is the part of its table or index."""
    judged = replace(cut(example.make()), dialect="guarded")
    for finding in evaluate(judged):
        for line in finding.fix.splitlines()[:1] if finding.deployments else ():
            index = None if finding.dimension is None else finding.dimension.index
            first = finding.deployments[0]
            code = CAPACITY.search(line)
            if code is None:
                assert finding.rule == "CG10"  # which change goes first, in words
                continue
            assert with_arguments(first, code.group()).of(index) == first.of(index)
