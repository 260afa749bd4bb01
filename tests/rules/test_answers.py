"""Every answer is pasted, deployed and judged again, step by step: no rule refuses it, and it resolves what it answers."""

from __future__ import annotations

import json
import shlex
from array import array
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from capacity_guard import GuardOptions, capacity
from capacity_guard.capacity import (
    Acknowledgment,
    AutoScaling,
    Capacity,
    ChangeWindow,
    Dimension,
    Provisioned,
    Rollout,
    Units,
)
from capacity_guard.capacity.capacity import minimum_of
from capacity_guard.capacity.structure import TableKind
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.findings.answer_text import answer_lines
from capacity_guard.rules import ALL_RULES, Alternative, Answer, Case, Finding, Level, evaluate, find_answers
from capacity_guard.rules.separate_changes import declaring_apart, recorded_after
from capacity_guard.rules.unknowns import ThrottledRange
from stacks.settings import BASELINES
from tests.builders.cases import (
    INDEX,
    INDEX_READ,
    INDEX_WRITE,
    as_table,
    baseline,
    case,
    deployed,
    flat,
    slow_rise,
    traffic,
)
from tests.rules.examples import Example, examples_of, others_of
from tests.rules.variations import VARIATIONS, cut

FOLLOWED = ("as it is", "of reads", "recorded as a Table", "declared with a seed")
INCIDENT = BASELINES / "production" / "cell-1" / "conversations.json"
EXAMPLES = [
    pytest.param(example, id=f"{rule.id}-{example.name}")
    for rule in ALL_RULES
    for example in (*examples_of(rule.id), *others_of(rule.id))
    if example.kind in ("refused", "other")
]


def incident() -> Case:
    recorded = Baseline.load(INCIDENT)
    return Case(
        table="Conversations",
        indexes=("by_agent",),
        declared=Capacity.on_demand().for_indexes(["by_agent"], "capacity"),
        baseline=recorded,
        now=recorded.recording.at,
    )


def pasted(code: str) -> dict[str, Any]:
    """The keyword arguments that the code of a GuardedTable gives."""
    names = {name: getattr(capacity, name) for name in capacity.__all__} | {"GuardOptions": GuardOptions}
    given: dict[str, Any] = eval(f"dict(\n{code}\n)", names)
    return given


def left(judged: Case, places: set[tuple[str, Dimension | None]]) -> list[Finding]:
    """What capacities resolve and rules still find: the errors, and of a change that is no relief the findings of some places."""
    return [
        finding
        for finding in evaluate(judged)
        if finding.deployments
        and (
            finding.level is Level.ERROR
            or (judged.keeps_levels and (finding.rule, finding.dimension) in places)
        )
    ]


def follow(judged: Case, alternative: Alternative) -> Iterator[Case]:
    """The cases in which each step is declared, after those before it were deployed and recorded."""
    made = judged
    for number, step in enumerate(alternative.steps):
        if number:
            judged = replace(judged, baseline=recorded_after(judged))
        given = pasted(step.code)
        changed = declaring_apart(replace(made, baseline=judged.baseline), step.capacity)
        declared = given["capacity"].for_indexes(changed.indexes, "capacity")
        assert declared == step.capacity
        options = given.get("options", GuardOptions(rollout=judged.rollout, margins=judged.margins))
        assert options.margins == judged.margins
        judged = replace(changed, rollout=options.rollout)
        yield judged


def check(judged: Case) -> tuple[Answer, ...]:
    findings = evaluate(judged)
    found = find_answers(judged, findings)
    assert sorted(n for answer in found for n in answer.findings) == list(range(len(findings)))
    for answer in found:
        answered = [findings[number] for number in answer.findings]
        assert bool(answer.text) is not bool(answer.alternatives)
        if answer.text:
            assert {finding.fix for finding in answered} == {answer.text}
        places = {(finding.rule, finding.dimension) for finding in answered if not finding.acknowledged}
        for alternative in answer.alternatives:
            for step in follow(judged, alternative):
                assert left(step, places) == []
    return found


@pytest.mark.sampled(every=101)
@pytest.mark.parametrize("example", EXAMPLES)
def test_answers_when_pasted_and_deployed_expect_no_refusal(example: Example) -> None:
    made = cut(example.make())
    for name in FOLLOWED:
        varied = VARIATIONS[name](replace(made, indexes=tuple(made.declared.indexes)))
        if varied is not None:
            check(replace(varied, dialect="guarded", has_ranges=False))


def test_incident_when_no_staffed_hour_is_quiet_enough_is_answered_with_the_quietest_of_all() -> None:
    judged = replace(incident(), rollout=Rollout(staffed_hours=ChangeWindow("Tue 21-22")))
    quiet, _ = check(judged)[0].alternatives
    assert quiet.name == "in the quietest hours of all (Sun 06-10; no staffed hour is quiet enough)"
    assert quiet.window == "Sun 06-10"


def test_incident_has_one_answer_with_two_ways_the_cheapest_first() -> None:
    judged = incident()
    answer = check(judged)[0]
    findings = evaluate(judged)
    assert [findings[n].rule for n in answer.findings] == ["CG4", "CG7", "CG7", "CG14", "CG15"]
    quiet, anytime = answer.alternatives
    assert quiet.name == "in the quietest staffed hours (Wed 08-12; the quietest of all: Sun 06-10)"
    assert quiet.window == "Wed 08-12"
    assert (anytime.name, anytime.window) == ("at any hour", None)
    assert [step.capacity.is_on_demand for step in quiet.steps] == [False, True]
    assert quiet.steps[1].capacity == anytime.steps[1].capacity
    assert quiet.steps[1].capacity.of("by_agent") == capacity.OnDemand(warm=Units(write=6_240))
    floors = [way.steps[0].capacity.of("by_agent") for way in answer.alternatives]
    assert floors == [
        Provisioned(read=4_000, write=AutoScaling(3_840, 4_800, seed=4_800)),
        Provisioned(read=4_000, write=AutoScaling(4_800, 4_800, seed=4_800)),
    ]
    months = [way.steps[0].cost.month for way in answer.alternatives]
    assert months[0] is not None
    assert months[1] is not None
    assert months[0].high < months[1].low
    assert quiet.steps[1].cost.warm_charge is None  # no source has the price: unknown, and never zero
    assert quiet.steps[1].cost.warm_units == 2_400
    assert quiet.record.startswith("capacity-guard record --table Conversations-production-cell-1 --out ")


def stepped_down(maximum: int) -> Case:
    """The incident's table, whose index is left a quarter of its minimum."""
    recorded = Baseline.load(INCIDENT)
    assert recorded.deployed is not None
    part = recorded.deployed.template.of("by_agent")
    assert isinstance(part, Provisioned)
    assert isinstance(part.write, AutoScaling)
    down = replace(part, write=replace(part.write, minimum=part.write.minimum // 4, maximum=maximum))
    template = recorded.deployed.template
    return replace(incident(), declared=replace(template, indexes={**template.indexes, "by_agent": down}))


def test_errors_and_a_step_down_have_one_answer_whose_every_deployment_passes() -> None:
    """The error alone has one deployment, with the low minimum; the warning had another one, in two deployments."""
    judged = stepped_down(maximum=2_000)
    findings = evaluate(judged)
    assert {(f.rule, f.level) for f in findings if f.deployments} == {
        ("CG5", Level.ERROR),
        ("CG14", Level.ERROR),
        ("CG6", Level.WARN),
    }
    (answer,) = [one for one in check(judged) if one.alternatives]
    assert {findings[n].rule for n in answer.findings} == {"CG5", "CG14", "CG6"}
    for way in answer.alternatives:
        writes = [step.capacity.throughput(INDEX_WRITE) for step in way.steps]
        minima = [0 if write is None else minimum_of(write) for write in writes]
        assert minima == [1_920, 960]


def test_a_step_down_that_was_acknowledged_adds_no_deployment() -> None:
    judged = replace(stepped_down(maximum=2_000), acknowledgments=(Acknowledgment("CG6", "a quiet month"),))
    findings = evaluate(judged)
    errors, accepted = [answer for answer in check(judged) if answer.alternatives]
    assert {findings[n].rule for n in errors.findings} == {"CG5", "CG14"}
    assert {findings[n].rule for n in accepted.findings} == {"CG6"}
    assert all(len(way.steps) == 1 for way in errors.alternatives)


def test_answer_of_a_table_needs_no_capacity_for_units_that_its_fix_does_not_send() -> None:
    """To lower fixed writes sends the reads of the template too, which auto scaling has raised. The fix keeps both units of the
    template: nothing is sent, and the reads have all that they had."""
    rise = array("d", (units / 4 for units in slow_rise()))
    scaled = AutoScaling(120, 600, seed=120)

    def index(write: int | AutoScaling) -> Capacity:
        part = Provisioned(read=scaled, write=write)
        return Capacity.provisioned(read=1_000, write=1_000, indexes={INDEX: part})

    was = deployed(index(120), units={f"index/{INDEX}": Units(read=260, write=120)})
    judged = as_table(case(index(60), baseline(was, traffic(flat(80), reads=rise))))
    findings = evaluate(judged)
    assert {("CG5", INDEX_WRITE), ("CG14", INDEX_READ), ("CG18", INDEX_READ)} <= {
        (finding.rule, finding.dimension) for finding in findings
    }
    (way,) = find_answers(judged, findings)[0].alternatives
    (step,) = way.steps
    assert left(replace(judged, declared=step.capacity), set()) == []
    part = step.capacity.of(INDEX)
    assert isinstance(part, Provisioned)
    assert part.read == scaled


def test_answers_without_a_baseline_are_the_instructions() -> None:
    judged = replace(incident(), baseline=capacity.InputError("b.json", "is missing", "Record it"))
    findings = evaluate(judged)
    assert [answer.text for answer in find_answers(judged, findings)] == ["Record it"]
    assert find_answers(judged, ()) == ()


def test_incident_in_a_template_without_a_guard_has_one_way_with_the_command_that_raises_warm_throughput() -> (
    None
):
    judged = replace(incident(), dialect="template", logical_id="Table", kind=TableKind.GLOBAL_TABLE)
    answer = find_answers(judged, evaluate(judged))[0]
    (way,) = answer.alternatives  # no gate would hold the change to a window
    first, second = way.steps
    assert [step.language for step in way.steps] == ["json", "json"]
    assert json.loads(second.code)["Table"]["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert first.before == ()
    (command,) = second.before
    words = shlex.split(command)
    assert words[:5] == [
        *("aws", "dynamodb", "update-table", "--table-name", "Conversations-production-cell-1")
    ]
    assert json.loads(words[-1])[0]["Update"]["WarmThroughput"] == {"WriteUnitsPerSecond": 6_240}
    lines = list(answer_lines([evaluate(judged)[n] for n in answer.findings], answer))
    at = lines.index(f"  run: {command}")
    assert lines[at + 1].startswith("  record: capacity-guard record ")
    assert lines[at + 2].startswith("  deploy 2: ")


def test_range_of_a_cost_says_what_it_depends_on_and_which_end_counts() -> None:
    (answer, *_) = find_answers(incident(), evaluate(incident()))
    assert "a range goes from the mean of its minutes to the highest" in answer.prices
    assert answer.prices.endswith("the order goes by its higher end")


def test_answers_are_the_same_and_replay_no_range_which_only_the_figures_of_a_finding_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judged = incident()
    findings = evaluate(judged)
    before = find_answers(judged, findings)

    def refuse(*given: object) -> ThrottledRange:
        raise AssertionError("a range was replayed")

    monkeypatch.setattr("capacity_guard.rules.cg14_simulated.throttled_range", refuse)
    assert find_answers(incident(), findings) == before
    with pytest.raises(AssertionError, match="a range was replayed"):
        evaluate(incident())
