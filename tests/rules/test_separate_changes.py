"""A capacity change and the other changes of its table have one fix: each in a deployment of its own, with code to paste."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, TableKind, Units
from capacity_guard.capacity.limits import INDEXES
from capacity_guard.capacity.structure import Structure
from capacity_guard.cloudformation.declared_capacity import read_declared_capacity
from capacity_guard.findings.answer_text import answer_lines
from capacity_guard.rules import Alternative, Case, Level, TemplateFacts, evaluate, find_answers
from capacity_guard.rules.answer_code import whole_code
from capacity_guard.rules.answer_properties import scaling_keys
from capacity_guard.rules.code_names import CodeNames, ScalingName
from capacity_guard.rules.separate_changes import declaring_apart, deployment_note, recorded_after, separate
from tests.builders.cases import (
    ALL_WATCHED,
    INDEX,
    STRUCTURE,
    accepted,
    baseline,
    case,
    deployed,
    on_demand,
    provisioned,
    switch_with_structures,
)
from tests.rules.test_answer_constructs import KINDS, pasted_over, read_structure_of, run
from tests.rules.test_cg10 import switch_back_with_indexes, switch_with_indexes, with_new_indexes

CASES: dict[str, Callable[[], Case]] = {
    "deleted in a switch": lambda: switch_with_indexes(),
    "created in a switch": lambda: switch_with_indexes(INDEX, "by_day"),
    "created in a switch back": lambda: switch_back_with_indexes(INDEX, "by_day"),
    "one created and one deleted in a switch": lambda: switch_with_indexes("by_day", stream="NEW_IMAGE"),
    "one created and one deleted in a switch back": lambda: switch_back_with_indexes("by_day"),
}


def of_shape(judged: Case, shape: str) -> Case:
    """The case of a table that another construct declares."""
    dialect, kind = KINDS[shape]

    def as_kind(structure: Structure | None) -> Structure:
        assert structure is not None
        return replace(structure, kind=kind)

    assert judged.recorded is not None
    assert judged.recorded.deployed is not None
    was = replace(judged.recorded.deployed, structure=as_kind(judged.recorded.deployed.structure))
    facts = tuple(replace(each, structure=as_kind(each.structure)) for each in judged.template)
    baseline = replace(judged.recorded, deployed=was)
    made = {
        key: f"{judged.table}{name.removeprefix('Table')}"
        for name, key in scaling_keys("Table", judged.declared).items()
    }
    is_table = kind is TableKind.TABLE
    scaling = {
        key: ScalingName(id, id, id if key[2] == "Policy" else None) for key, id in made.items() if is_table
    }
    names = CodeNames(judged.table, scaling=scaling)
    return replace(judged, dialect=dialect, kind=kind, template=facts, baseline=baseline, names=lambda: names)


def only_way(judged: Case) -> Alternative:
    """The one answer to the errors of a case, which resolves all of them."""
    found = evaluate(judged)
    (answer,) = [answer for answer in find_answers(judged, found) if answer.alternatives]
    errors = {number for number, finding in enumerate(found) if finding.level is Level.ERROR}
    assert errors <= set(answer.findings)
    assert any(found[number].rule == "CG10" for number in answer.findings)
    return answer.alternatives[0]


def refused_in(judged: Case, way: Alternative) -> list[str]:
    """What rules refuse of the deployments, each recorded before the next one."""
    refused, step = [], judged
    for number, deployment in enumerate(way.steps):
        baseline = recorded_after(step) if number else judged.baseline
        step = declaring_apart(replace(judged, baseline=baseline), deployment.capacity)
        refused += [finding.line() for finding in evaluate(step) if finding.level is Level.ERROR]
    return refused


@pytest.mark.sampled(every=20)
@pytest.mark.parametrize("shape", KINDS)
@pytest.mark.parametrize("name", CASES)
def test_code_of_each_deployment_when_run_has_its_indexes_with_their_keys_and_no_rule_refuses_it(
    name: str, shape: str
) -> None:
    judged = of_shape(CASES[name](), shape)
    way = only_way(judged)
    code, _ = whole_code(judged, judged.declared)
    for step in way.steps:
        code = pasted_over(code, step.code)
        made, stack, table, _ = run(code)
        resource = table if shape.startswith("Cfn") else table.node.default_child
        template = made.synth().get_stack_by_name("S").template
        logical_id = stack.resolve(resource.logical_id)
        read = read_declared_capacity(template, logical_id, location="S", account=None, region=None)
        ((_, capacity),) = read.branches
        assert set(capacity.indexes) == set(step.capacity.indexes)
        assert capacity.is_on_demand is step.capacity.is_on_demand
        keys = dict.fromkeys(step.capacity.indexes, "agent_id:S HASH; ALL")
        assert read_structure_of(template, logical_id).indexes == keys
    assert refused_in(judged, way) == []


def notes(judged: Case) -> list[tuple[str, list[str], bool]]:
    return [
        (step.note, list(step.capacity.indexes), step.capacity.is_on_demand)
        for step in only_way(judged).steps
    ]


def test_index_deleted_in_a_switch_is_deleted_first_and_no_later_code_names_it() -> None:
    assert notes(switch_with_indexes()) == [
        (f'only deletes index "{INDEX}", with the capacity as deployed', [], False),
        ("", [], False),
        ("", [], True),
    ]


def test_index_created_in_a_switch_to_on_demand_is_created_last_with_the_capacity_that_was_switched_to() -> (
    None
):
    judged = switch_with_indexes(INDEX, "by_day")
    assert notes(judged) == [
        ('still without index "by_day"', [INDEX], False),
        ('still without index "by_day"', [INDEX], True),
        ('only creates index "by_day", with the capacity as deployed', [INDEX, "by_day"], True),
    ]
    first, second, last = only_way(judged).steps
    assert first.code.startswith(
        '# In this deployment still without index "by_day", in global_secondary_indexes too.\n'
    )
    assert "#" not in last.code
    assert {**second.capacity.indexes, "by_day": OnDemand()} == dict(last.capacity.indexes)
    (finding,) = [finding for finding in evaluate(judged) if finding.rule == "CG10"]
    assert finding.fix == "change the capacity first, without index by_day; record again, then create it"


def test_index_created_in_a_switch_to_provisioned_is_created_first_in_on_demand_mode() -> None:
    first, *_ = notes(switch_back_with_indexes(INDEX, "by_day"))
    assert first == ('only creates index "by_day", with the capacity as deployed', [INDEX, "by_day"], True)


def test_changes_of_the_table_and_of_its_guard_come_before_indexes_and_capacity() -> None:
    judged = switch_with_indexes("by_day", stream="NEW_IMAGE", guard="9f2c.zip")
    first, second, *_, last = notes(judged)
    others = f'the other changes alone, with the capacity as deployed; still with index "{INDEX}"; '
    assert first == (f'{others}still without index "by_day"', [INDEX], False)
    assert second[0].startswith(f'only deletes index "{INDEX}", with the capacity as deployed; still without')
    assert last == ('only creates index "by_day", with the capacity as deployed', ["by_day"], True)
    lines = list(answer_lines(evaluate(judged), find_answers(judged, evaluate(judged))[0]))
    assert any(line.startswith(f"  deploy 1: {others}") for line in lines)


def test_two_indexes_without_another_capacity_are_created_one_after_the_other() -> None:
    way = only_way(with_new_indexes("by_day", "by_hour"))
    assert [set(step.capacity.indexes) for step in way.steps] == [
        {INDEX, "by_day"},
        {INDEX, "by_day", "by_hour"},
    ]


def test_window_is_for_the_switch_and_not_for_the_index_that_is_created_after_it() -> None:
    judged = switch_with_indexes(INDEX, "by_day")
    codes = [
        [("ChangeWindow" in step.code, step.capacity.is_on_demand) for step in way.steps]
        for answer in find_answers(judged, evaluate(judged))
        for way in answer.alternatives
        if way.window is not None
    ]
    assert all(code == [(False, False), (True, True), (False, True)] for code in codes)


@pytest.mark.parametrize(
    "stated",
    [
        replace(STRUCTURE, keys="other:S HASH", stream="NEW_IMAGE"),
        replace(STRUCTURE, kind=TableKind.TABLE),
        replace(STRUCTURE, vector_indexes={"by_meaning": "v of 8 by COSINE; ALL"}),
        replace(STRUCTURE, properties={"TableClass": "0f12aa", "TableName": "77"}),
    ],
    ids=["keys", "type", "vector index", "name"],
)
def test_changes_that_no_update_makes_before_a_switch_have_no_deployments(stated: Structure) -> None:
    assert separate(switch_with_structures(stated)) == ()


def test_structures_that_differ_behind_a_condition_have_no_deployments() -> None:
    judged = switch_with_structures(replace(STRUCTURE, stream="NEW_IMAGE"))
    (facts,) = judged.template
    other = replace(facts, structure=replace(STRUCTURE, stream="KEYS_ONLY"))
    assert separate(judged) == (provisioned(), on_demand())
    assert separate(replace(judged, template=(facts, other))) == ()


def test_fix_of_another_rule_waits_where_no_sequence_passes_with_the_change_that_goes_first() -> None:
    """No deployment of another rule is printed, whose code the deleted index would refuse."""
    judged = replace(switch_with_indexes(), acknowledgments=accepted("CG10"))
    found = evaluate(judged)
    steps = [
        step for answer in find_answers(judged, found) for way in answer.alternatives for step in way.steps
    ]
    assert steps
    for step in steps:
        if set(step.capacity.indexes) == {INDEX}:
            assert f'still with index "{INDEX}"' in step.note
            assert (
                f'# In this deployment still with index "{INDEX}", in global_secondary_indexes' in step.code
            )


def test_capacity_that_lowers_beside_a_deleted_index_passes_step_by_step() -> None:
    low = AutoScaling(50, 300)
    judged = replace(switch_with_indexes(), declared=Capacity.provisioned(read=200, write=low))
    way = only_way(judged)
    assert way.steps[0].note == f'only deletes index "{INDEX}", with the capacity as deployed'
    assert isinstance(way.steps[0].capacity.table, Provisioned)
    assert refused_in(judged, way) == []


def test_index_is_deleted_first_where_the_quota_leaves_no_room_for_a_new_one() -> None:
    names = [f"i{number:02}" for number in range(INDEXES.value)]
    part = Provisioned(read=100, write=100)

    def with_indexes(names: list[str], table: int) -> tuple[Capacity, Structure]:
        indexes = dict.fromkeys(names, part)
        texts = dict.fromkeys(names, "agent_id:S HASH; ALL")
        return Capacity.provisioned(read=100, write=table, indexes=indexes), replace(STRUCTURE, indexes=texts)

    was, recorded = with_indexes(names, 1_000)
    declared, stated = with_indexes([*names[:-2], "a", "b"], 900)
    judged = case(
        declared,
        baseline(replace(deployed(was), structure=recorded)),
        indexes=tuple(declared.indexes),
        template=(TemplateFacts(structure=stated),),
    )
    steps = separate(judged)
    changed = [set(after.indexes) ^ set(before.indexes) for before, after in pairwise((was, *steps))]
    assert changed == [{names[-2]}, {"a"}, {names[-1]}, {"b"}, set()]
    assert steps[-1] == declared


@pytest.mark.parametrize("warm", [3_000, 9_000], ids=["in force", "to be raised"])
def test_steps_before_the_capacity_keep_the_warm_throughput_that_the_table_has(warm: int) -> None:
    stated = replace(STRUCTURE, stream="NEW_IMAGE")
    was = replace(
        deployed(on_demand()), structure=STRUCTURE, warm={"table": Units(12_000, 4_000), INDEX: Units(1, 1)}
    )
    declared = replace(on_demand(), table=OnDemand(warm=Units(write=warm), maximum=Units(write=3_000)))
    judged = case(declared, baseline(was), template=(TemplateFacts(structure=stated, watched=ALL_WATCHED),))
    first, last = separate(judged)
    assert first.table == OnDemand(warm=Units(write=warm) if warm == 3_000 else None)
    assert last == declared


def test_relief_is_not_delayed_by_the_other_changes_of_its_table() -> None:
    judged = switch_with_structures(replace(STRUCTURE, stream="NEW_IMAGE", guard="9f2c.zip"))
    table = provisioned().table
    assert isinstance(table, Provisioned)
    raised = replace(provisioned(), table=replace(table, write=20_000))
    judged = replace(judged, declared=raised)
    assert judged.is_relief
    assert separate(judged) == ()
    found = [finding for finding in evaluate(judged) if finding.rule == "CG10" and finding.deployments == ()]
    first = "deploy the capacity alone first, so that nothing delays it; record again, then deploy the other changes"
    assert [finding.fix for finding in found if finding.level is Level.WARN][:2] == [first, first]


def test_new_replica_comes_after_the_capacity_since_a_table_with_one_takes_no_change() -> None:
    judged = switch_with_structures(replace(STRUCTURE, replicas=("us-east-1",)))
    assert separate(judged) == ()
    fixes = {finding.fix for finding in evaluate(judged) if finding.rule == "CG10"}
    assert "change only the capacity first; record again, then add the replica in us-east-1" in fixes
    gone = switch_with_structures(STRUCTURE, replace(STRUCTURE, replicas=("us-east-1",)))
    assert separate(gone) == (provisioned(), on_demand())


def test_table_that_is_reported_has_no_deployment_for_the_guard_that_it_was_recorded_with() -> None:
    judged = switch_with_structures(replace(STRUCTURE, guard=None), replace(STRUCTURE, guard="9f2c.zip"))
    assert separate(judged) == (provisioned(), on_demand())
    assert separate(replace(judged, report_file="baselines/S/Orders.json")) == (on_demand(),)


@pytest.mark.parametrize("shape", ["CfnTable", "template"])
def test_auto_scaling_of_an_index_that_is_deleted_later_stays_as_it_is_deployed(shape: str) -> None:
    """Its logical ids are not in the declared code, and another policy of the same metric would be refused."""
    scaled = Provisioned(read=AutoScaling(50, 500), write=AutoScaling(50, 500))
    judged = of_shape(switch_with_indexes(stream="NEW_IMAGE"), "CfnTable")
    assert judged.recorded is not None
    assert judged.recorded.deployed is not None
    was = replace(
        judged.recorded.deployed, template=replace(provisioned(), indexes={INDEX: scaled}), structure=None
    )
    was = replace(was, structure=replace(STRUCTURE, kind=TableKind.TABLE))
    judged = replace(judged, baseline=replace(judged.recorded, deployed=was))
    if shape == "template":
        judged = replace(judged, dialect="template")
    first, second, *_ = separate(judged)
    assert (INDEX in first.indexes, INDEX in second.indexes) == (True, False)
    code, _ = whole_code(judged, first)
    note = deployment_note(judged, declaring_apart(judged, first))
    if shape == "template":
        resources = json.loads(code)
        assert not [name for name in resources if "Index" in name]
        assert f'still with index "{INDEX}", and the auto scaling of the deployed template' in note
        return
    assert f"# with the auto scaling of {INDEX}, as in the version that is deployed now" in code
    assert "Index1" not in code
    later, _ = whole_code(judged, second, before=first)
    assert f"# without the auto scaling of {INDEX}" in later
