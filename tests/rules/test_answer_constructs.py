"""The whole code of an adopted table is run here, with each construct, and its template states the capacity."""

from __future__ import annotations

import ast
from collections.abc import Mapping
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
SEVERAL_KEYS = {
    "by_agent": "agent_id:S HASH, day:N HASH; ALL",
    "by_day": 'day:N HASH, created:N RANGE, agent_id:S RANGE; INCLUDE "b, c", note',
}
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


def judged(shape: str, capacity: Capacity, texts: Mapping[str, str] = INDEXES) -> Case:
    dialect, kind = KINDS[shape]
    indexes = {name: texts[name] for name in capacity.indexes}
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


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("shape", KINDS)
@pytest.mark.parametrize("texts", [INDEXES, SEVERAL_KEYS], ids=["", "several keys"])
@pytest.mark.parametrize("name", CAPACITIES)
def test_code_when_run_makes_the_table_with_its_keys_and_the_capacity(
    name: str, texts: Mapping[str, str], shape: str
) -> None:
    capacity = CAPACITIES[name]
    code, language = whole_code(judged(shape, capacity, texts), capacity)
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
    (facts,) = judged(shape, capacity, texts).template
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
    kept = ["# with its keys and its projection, as they are"] * len(capacity.indexes)
    if shape.startswith("Cfn"):
        kept = ["# with the keys and the projection of by_agent and by_day, as they are"]
    assert [line.strip() for line in code.splitlines() if "# with " in line] == kept
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


def statements_of(code: str) -> dict[str, str]:
    """The statements of a code, each by what it makes: its variable, or the call with the index that it names."""
    found = {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign):
            found[ast.unparse(node.targets)] = ast.unparse(node)  # type: ignore[arg-type]
            continue
        assert isinstance(node, ast.Expr)
        made = node.value
        while isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute):
            if not isinstance(made.func.value, ast.Call):
                break
            made = made.func.value
        assert isinstance(made, ast.Call)
        named = [ast.unparse(each) for each in made.args]
        named += [ast.unparse(each) for each in made.keywords if each.arg == "index_name"]
        found[f"{ast.unparse(made.func)} {' '.join(named)}"] = ast.unparse(node)
    return found


def pasted_over(code: str, step: str) -> str:
    """A code in which the statements of a step replace their own, without those that its comments have removed."""
    found = {**statements_of(code), **statements_of(step)}
    for line in step.splitlines():
        if line.startswith("# remove the auto scaling of "):
            for dimension in line.removeprefix("# remove the auto scaling of ").split("; "):
                resource, _, access = dimension.partition(", ")
                name = "" if resource == "table" else "global_secondary_index_"
                index = "" if resource == "table" else f"'{resource}'"
                del found[f"table.auto_scale_{name}{access}_capacity {index}"]
        elif line.startswith("# remove table.add_global_secondary_index of "):
            index = line.removeprefix("# remove table.add_global_secondary_index of ")
            del found[f"table.add_global_secondary_index index_name='{index}'"]
        elif line.startswith("# remove "):
            ids = line.removeprefix("# remove ").split(", ")
            found = {key: text for key, text in found.items() if not any(f"'{id}'" in text for id in ids)}
    return "\n".join(found.values())


def with_write(capacity: Capacity, write: AutoScaling) -> Capacity:
    table = capacity.table
    assert isinstance(table, Provisioned)
    return replace(capacity, table=replace(table, write=write))


STEPS = {
    **CAPACITIES,
    "other bounds": with_write(CAPACITIES["scaled"], AutoScaling(400, 1_000, target=60, seed=550)),
    "fixed": Capacity.provisioned(
        read=100, write=550, indexes={"by_agent": Provisioned(50, 400), "by_day": Provisioned(80, 400)}
    ),
}


@pytest.mark.sampled(every=9)
@pytest.mark.parametrize("shape", KINDS)
@pytest.mark.parametrize("after", [name for name in STEPS if name != "no index"])
@pytest.mark.parametrize("before", [name for name in STEPS if name != "no index"])
def test_code_of_a_step_when_pasted_over_the_code_before_gives_the_template_of_the_whole(
    before: str, after: str, shape: str
) -> None:
    made = judged(shape, STEPS[after])
    whole, _ = whole_code(made, STEPS[before])
    code, _ = whole_code(made, STEPS[after], before=STEPS[before])
    assert template_of(pasted_over(whole, code)) == template_of(whole_code(made, STEPS[after])[0])


def template_of(code: str) -> Any:
    in_app, *_ = run(code)
    return in_app.synth().get_stack_by_name("S").template


def test_code_of_a_step_has_only_the_calls_that_change() -> None:
    capacity = STEPS["other bounds"]
    changed = {
        shape: list(statements_of(whole_code(judged(shape, capacity), capacity, before=STEPS["scaled"])[0]))
        for shape in KINDS
    }
    assert changed == {
        "TableV2": ["table"],
        "Table": ["table.auto_scale_write_capacity "],
        "CfnTable": ["table_write_target"],
        "CfnGlobalTable": ["table"],
    }
    code, _ = whole_code(judged("CfnTable", capacity), capacity, before=STEPS["scaled"])
    assert code.startswith("# self: the scope of the table; table and table_write_target: your variables.\n")


@pytest.mark.parametrize("shape", KINDS)
def test_code_names_the_arguments_that_are_to_be_removed(shape: str) -> None:
    code, _ = whole_code(
        judged(shape, CAPACITIES["on-demand"]), CAPACITIES["on-demand"], before=CAPACITIES["scaled"]
    )
    removed = [line.strip() for line in code.splitlines() if line.strip().startswith("# without ")]
    units = "# without read_capacity and write_capacity"
    assert (
        removed
        == {
            "TableV2": [units, units],
            "Table": [units, units, units],
            "CfnTable": ["# without provisioned_throughput"],
            "CfnGlobalTable": ["# without write_provisioned_throughput_settings"],
        }[shape]
    )


@pytest.mark.parametrize("shape", KINDS)
def test_code_of_a_window_alone_is_the_guard(shape: str) -> None:
    capacity = CAPACITIES["scaled"]
    code, _ = whole_code(judged(shape, capacity), capacity, "Sun 06-10", "b.json", capacity)
    assert [key.partition(" ")[0] for key in statements_of(code)] == ["CapacityGuard"]
