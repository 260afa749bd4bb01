"""The whole code of an adopted table is run here, with each construct, and its template states the capacity."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_dynamodb as dynamodb

import capacity_guard
from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.cloudformation.declared_capacity import read_declared_capacity
from capacity_guard.cloudformation.structure import read_structure
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.rules import Case, Dialect, TemplateFacts
from capacity_guard.rules.answer_code import whole_code
from tests.builders.cases import case, on_demand
from tests.builders.guarded import app

KEYS = "order_id:S HASH, created:N RANGE"
INDEXES = {"by_agent": "agent_id:S HASH; ALL", "by_day": "day:N HASH, agent_id:S RANGE; INCLUDE note, price"}
ONE_INDEX = {"by_agent": "agent_id:S HASH; KEYS_ONLY"}
CAPACITIES = {
    "on-demand": Capacity.on_demand(indexes={"by_agent": OnDemand(), "by_day": OnDemand()}),
    "maxima": Capacity.on_demand(
        maximum=Units(read=4_000, write=1_200),
        indexes={"by_agent": OnDemand(maximum=Units(write=1_300)), "by_day": OnDemand()},
    ),
    "scaled": Capacity.provisioned(
        read=100,
        write=AutoScaling(500, 2_000, target=60, seed=550),
        indexes={
            "by_agent": Provisioned(read=50, write=AutoScaling(300, 3_000, seed=400)),
            "by_day": Provisioned(AutoScaling(70, 700, seed=80), AutoScaling(300, 3_000, seed=400)),
        },
    ),
    "no index": Capacity.provisioned(read=AutoScaling(50, 500, seed=60), write=AutoScaling(5, 20, seed=5)),
}
NAMES: dict[str, Any] = {
    **{name: getattr(dynamodb, name) for name in dynamodb.__all__},
    **{name: getattr(autoscaling, name) for name in ("CfnScalableTarget", "CfnScalingPolicy")},
    "Aws": cdk.Aws,
}
KINDS: dict[str, tuple[Dialect, TableKind]] = {
    "TableV2": ("table-v2", TableKind.GLOBAL_TABLE),
    "Table": ("table", TableKind.TABLE),
    "CfnTable": ("l1", TableKind.TABLE),
    "CfnGlobalTable": ("l1", TableKind.GLOBAL_TABLE),
}


def judged(shape: str, capacity: Capacity) -> Case:
    dialect, kind = KINDS[shape]
    indexes = {name: INDEXES[name] for name in capacity.indexes}
    facts = TemplateFacts(structure=Structure(kind, KEYS, indexes))
    return replace(case(on_demand()), table="Orders", dialect=dialect, kind=kind, template=(facts,))


def run(code: str) -> tuple[cdk.App, cdk.Stack, Any, list[dict[str, Any]]]:
    """The code, run in a stack; and the arguments of the guards that it makes."""
    made = app()
    stack = cdk.Stack(made, "S")
    guards: list[dict[str, Any]] = []
    names = {
        **NAMES,
        **{
            name: getattr(capacity_guard, name)
            for name in ("Units", "GuardOptions", "Rollout", "ChangeWindow")
        },
        "self": stack,
        "CapacityGuard": lambda *words, **given: guards.append(given),
    }
    exec(code, names)
    return made, stack, names["table"], guards


@pytest.mark.parametrize("shape", KINDS)
@pytest.mark.parametrize("name", CAPACITIES)
def test_code_when_run_makes_the_table_with_its_keys_and_the_capacity(name: str, shape: str) -> None:
    capacity = CAPACITIES[name]
    code, language = whole_code(judged(shape, capacity), capacity)
    assert language == "python"
    made, stack, table, guards = run(code)
    assert guards == []
    resource = table if shape.startswith("Cfn") else table.node.default_child
    template = made.synth().get_stack_by_name("S").template
    logical_id = stack.resolve(resource.logical_id)
    assert resource.cfn_resource_type == KINDS[shape][1].value == template["Resources"][logical_id]["Type"]
    read = read_declared_capacity(template, logical_id, location="S", account=None, region=None)
    (branch,) = read.branches
    assert branch[1] == capacity
    (facts,) = judged(shape, capacity).template
    assert facts.structure is not None
    stated = read_structure_of(template, logical_id)
    assert (stated.keys, stated.indexes) == (facts.structure.keys, facts.structure.indexes)


def read_structure_of(template: dict[str, Any], logical_id: str) -> Structure:
    from capacity_guard.cloudformation.intrinsics import Intrinsics

    return read_structure(
        Intrinsics(template, {"AWS::Region": "eu-west-1"}, {}, {}, "S", remedy="none"), logical_id
    )


@pytest.mark.parametrize("shape", KINDS)
def test_code_with_warm_throughput_and_a_window_gives_them_to_the_guard(shape: str) -> None:
    capacity = Capacity.on_demand(
        warm=Units(write=6_400), indexes={"by_agent": OnDemand(warm=Units(read=5, write=6_240))}
    )
    code, _ = whole_code(judged(shape, capacity), capacity, "Sun 06-10", "baselines/orders.json")
    *_, (guard,) = run(code)
    assert guard["warm"] == {"table": Units(write=6_400), "by_agent": Units(read=5, write=6_240)}
    assert guard["baseline"] == "baselines/orders.json"
    assert guard["options"].rollout.change_window.text == "Sun 06-10"


@pytest.mark.parametrize("shape", KINDS)
def test_code_when_keys_are_not_known_can_still_be_parsed(shape: str) -> None:
    capacity = CAPACITIES["scaled"]
    baseline = case(on_demand()).recorded
    assert isinstance(baseline, Baseline)
    assert baseline.deployed is not None
    unknown = replace(
        judged(shape, capacity),
        template=(),
        baseline=replace(baseline, deployed=replace(baseline.deployed, structure=None)),
    )
    code, _ = whole_code(unknown, capacity)
    ast.parse(code)
    assert "partition_key" not in code
    assert "# and its other properties, as they are" in code


HOSTILE = 'x"}, __import__("os").system("touch PWNED"), {"\\\n$(touch PWNED)`;\u202e'


@pytest.mark.parametrize("shape", KINDS)
def test_code_when_names_are_hostile_holds_them_as_texts(shape: str) -> None:
    capacity = Capacity.provisioned(
        read=1, write=AutoScaling(1, 5, seed=1), indexes={HOSTILE: Provisioned(AutoScaling(1, 5, seed=1), 1)}
    )
    dialect, kind = KINDS[shape]
    facts = TemplateFacts(structure=Structure(kind, f"{HOSTILE}:S HASH", {HOSTILE: f"{HOSTILE}:S HASH; ALL"}))
    made = replace(case(on_demand()), table=HOSTILE, dialect=dialect, kind=kind, template=(facts,))
    code, _ = whole_code(made, capacity, "Sun 06-10", HOSTILE)
    called = {
        node.func.id
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert "__import__" not in called
