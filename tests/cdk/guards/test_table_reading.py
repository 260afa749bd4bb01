"""A guard whose template states another capacity than it was made with: what it judges, hands on and takes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuard, GuardedTable, InputError, NewTable
from capacity_guard.capacity import AutoScaling, Capacity, Provisioned
from capacity_guard.cdk.end_of_synthesis.late_reading import read_tables
from capacity_guard.cdk.gates.gates import UnreadGate
from tests.builders import adopted
from tests.builders.guarded import INDEX, PROVISIONED, RAISED, Synthesized, app, steady, table

SCALING = "WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings"


def scale(guard: GuardedTable, units: int) -> None:
    """Override the writes of the table."""
    for name in ("MinCapacity", "MaxCapacity", "SeedCapacity"):
        guard.guard.resource.add_property_override(f"{SCALING}.{name}", units)


@dataclass
class Read:
    """Guarded tables of one stack after its synthesis, by what an override does to each."""

    template: Synthesized
    taken_back: GuardedTable
    changed: GuardedTable
    lowered: GuardedTable
    renamed: GuardedTable
    less: CapacityGuard
    unreadable: CapacityGuard


@pytest.fixture(scope="module")
def read() -> Read:
    made = app()
    stack = cdk.Stack(made, "S")
    taken_back = table(stack, "TakenBack", capacity=RAISED)
    changed = table(stack, "Changed", capacity=RAISED)
    lowered = table(stack, "Lowered")
    renamed = table(stack, "Renamed", table_name="before")
    for guard in (taken_back, changed, lowered):
        assert guard.guard.transition is not None
        assert guard.guard.transition.is_empty is (guard is lowered)
    scale(taken_back, 1_000)
    scale(changed, 3_000)
    scale(lowered, 900)
    renamed.guard.resource.add_property_override("TableName", "after")
    of_less = adopted.table_v2(stack, adopted.ON_DEMAND, None, "Less")
    less = CapacityGuard(stack, "LessGuard", table=of_less, baseline=adopted.recorded(Capacity.on_demand()))
    assert list(less.guard.alarm_ids) == ["table", f"index/{INDEX}"]
    less.guard.resource.add_property_deletion_override("GlobalSecondaryIndexes")
    of_unreadable = adopted.table(stack, adopted.PROVISIONED, None, "Unreadable")
    unreadable = CapacityGuard(stack, "UnreadableGuard", table=of_unreadable, baseline=adopted.recorded())
    unreadable.guard.must_be_readable = False
    unreadable.guard.resource.add_property_override("BillingMode", {"Ref": "AWS::StackName"})
    template = Synthesized(made.synth().get_stack_by_name("S").template["Resources"])
    return Read(template, taken_back, changed, lowered, renamed, less, unreadable)


def writes(units: int) -> Capacity:
    return Capacity.provisioned(
        read=100, write=steady(units), indexes={INDEX: Provisioned(read=100, write=steady(1_000))}
    )


def of_table(guard: GuardedTable, template: Synthesized) -> dict[str, Any]:
    resource: dict[str, Any] = template.resources[guard.guard.logical_id(guard.guard.resource)]
    return resource


def test_change_that_an_override_takes_back_is_no_transition_and_has_no_gate(read: Read) -> None:
    guard = read.taken_back
    assert guard.capacity == PROVISIONED
    assert guard.guard.transition is not None
    assert guard.guard.transition.is_empty
    assert guard.guard.gates is None
    assert "DependsOn" not in of_table(guard, read.template)
    assert guard.guard.case.code == RAISED
    assert guard.guard.case.declared == PROVISIONED


@pytest.mark.parametrize(
    ("name", "units", "code"), [("changed", 3_000, RAISED), ("lowered", 900, PROVISIONED)]
)
def test_change_that_an_override_makes_has_its_own_gates_and_the_code_beside_it(
    read: Read, name: str, units: int, code: Capacity
) -> None:
    guarded = getattr(read, name)
    guard = guarded.guard
    assert guard.capacity == writes(units)
    assert (guard.case.declared, guard.case.code) == (writes(units), code)
    assert guard.transition.declared == writes(units)
    assert guard.plan.transition == guard.transition
    gates = [guard.logical_id(gate) for gate in guard.gates.resources]
    assert all(guard.transition.fingerprint in gate for gate in gates)
    assert of_table(guarded, read.template)["DependsOn"] == [gates[0]]
    own = [key for key in read.template.gates if key.startswith(name.title())]
    assert sorted(own) == sorted(gates)


def test_name_that_an_override_gives_is_the_tables_and_allowed(read: Read) -> None:
    assert read.renamed.guard.table_name == "after"
    assert (read.renamed.guard.case.table_name, read.renamed.guard.case.code) == ("after", None)
    names = [arn["Fn::Join"][1][-1].rpartition("/")[2] for arn in read.template.table_arns()]
    assert {"before", "after"} <= set(names)
    assert names.count("after") == 1


def test_index_that_an_override_takes_away_loses_its_alarm(read: Read) -> None:
    assert list(read.less.guard.alarm_ids) == list(read.less.rollback_alarms) == ["table"]
    alarms = [key for key in read.template.of("AWS::CloudWatch::Alarm") if key.startswith("LessGuard")]
    assert alarms == [read.less.guard.alarm_ids["table"]]
    assert read.less.guard.case.indexes == ()


def test_table_that_cannot_be_read_keeps_the_error(read: Read) -> None:
    guard = read.unreadable
    assert guard.guard.reading.is_done
    assert guard.guard.reading.declared is None
    assert isinstance(guard.guard.reading.error, InputError)
    with pytest.raises(InputError) as raised:
        _ = guard.capacity
    assert raised.value is guard.guard.reading.error
    assert isinstance(guard.guard.gates, UnreadGate), "it lets no edit of the capacity through"


def test_writes_of_these_tables_are_scaled_without_room() -> None:
    assert steady(5) == AutoScaling(5, 5, 70, 5)


def test_alarms_are_named_by_table_and_index() -> None:
    guard = table(cdk.Stack(app(), "S"), "T")
    paths = {key: alarm.node.path for key, alarm in guard.rollback_alarms.items()}
    assert paths == {"table": "S/T/TableThrottled", f"index/{INDEX}": f"S/T/{INDEX}Throttled"}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"capacity": RAISED}, True),
        ({"baseline": "none.json"}, True),
        ({"baseline": NewTable("t")}, True),
        ({}, False),
    ],
)
def test_reason_of_break_glass_is_kept_where_it_leaves_a_gate_out(given: dict[str, Any], kept: bool) -> None:
    reason = "orders are lost, incident 4711"
    stack = cdk.Stack(app(**{"capacity-guard:break-glass": reason}), "S")
    guard = table(stack, "T", **given)
    read_tables([guard.guard])
    assert guard.guard.gates is None
    metadata = stack.template_options.metadata or {}
    assert metadata.get("capacity-guard:break-glass") == ({"S/T": reason} if kept else None)
