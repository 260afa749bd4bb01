"""The gates in the template, whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import GuardedTable
from capacity_guard.capacity.gate_plan import capacity_hash
from capacity_guard.cdk.gates.gates import BAKE_TYPE, HANDED_OVER, PREFLIGHT_TYPE, Gates, UnreadGate
from tests.builders.guarded import INDEX, PROVISIONED, RAISED, WARM, app, table


@dataclass
class Made:
    """Tables of one stack: a change, a relief, an unreadable baseline, and none."""

    resources: dict[str, dict[str, Any]]
    change: GuardedTable
    relief: GuardedTable
    unread: GuardedTable
    quiet: GuardedTable

    def of(self, guard: GuardedTable) -> dict[str, dict[str, Any]]:
        """Gates of a guard by the beginning of their names."""
        prefix = guard.node.id
        return {
            key.removeprefix(prefix)[:4]: resource
            for key, resource in self.resources.items()
            if key.startswith(prefix) and resource["Type"].startswith("Custom::CapacityGuard")
        }


@pytest.fixture(scope="module")
def made() -> Made:
    of = app()
    stack = cdk.Stack(of, "S")
    change = table(stack, "Change", capacity=WARM)
    relief = table(stack, "Relief", capacity=RAISED)
    unread = table(stack, "Unread", baseline="none.json")
    quiet = table(stack, "Quiet")
    return Made(of.synth().get_stack_by_name("S").template["Resources"], change, relief, unread, quiet)


def waits(made: Made, guard: GuardedTable) -> list[str]:
    listed = made.resources[guard.guard.logical_id(guard.guard.resource)].get("DependsOn", [])
    return [listed] if isinstance(listed, str) else listed


def test_change_has_a_preflight_and_a_bake(made: Made) -> None:
    guard = made.change
    assert isinstance(guard.guard.gates, Gates)
    assert guard.guard.gates.bake is not None
    assert guard.guard.transition is not None
    fingerprint = guard.guard.transition.fingerprint
    preflight, bake = map(guard.guard.logical_id, guard.guard.gates.resources)
    table_id = guard.guard.logical_id(guard.guard.resource)
    gates = made.of(guard)
    assert list(gates) == ["Pref", "Bake"]
    token = gates["Pref"]["Properties"]["ServiceToken"]
    assert set(token) == {"Fn::GetAtt"}
    common = {
        "Fingerprint": fingerprint,
        "Plan": guard.guard.plan.to_property(),
        "ServiceToken": token,
        "ServiceTimeout": "3600",
    }
    travelling = gates["Pref"]["Properties"].pop("Travelling")
    assert set(travelling) == {"Fn::FindInMap"}
    assert gates["Pref"] == {
        "Type": "Custom::CapacityGuardPreflight",
        "Properties": {"Gate": "preflight", **common},
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
    }
    waited = gates["Bake"].pop("DependsOn")
    assert sorted(waited) == sorted([table_id, *guard.guard.alarm_ids.values()])
    assert gates["Bake"] == {
        "Type": "Custom::CapacityGuardBake",
        "Properties": {
            "Gate": "bake",
            **common,
            "Plan": guard.guard.plan.of_bake().to_property(),
            "Names": {
                "Table": {"Ref": table_id},
                "Alarms": {key: {"Ref": guard.guard.alarm_ids[key]} for key in ("table", f"index/{INDEX}")},
            },
            "Judged": {"Fn::GetAtt": [preflight, "Judged"]},
            "Loud": {"Fn::GetAtt": [preflight, "Loud"]},
        },
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
    }
    assert waits(made, guard) == [preflight]
    assert [guard.guard.logical_id(one) for one in guard.guard.gates.travelling] == [
        table_id,
        preflight,
        bake,
        *guard.guard.alarm_ids.values(),
    ]
    assert guard.guard.gates.in_transition
    assert (PREFLIGHT_TYPE, BAKE_TYPE) == ("Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake")
    assert HANDED_OVER == ("Judged", "Loud")


def test_relief_has_a_preflight_alone(made: Made) -> None:
    guard = made.relief
    assert isinstance(guard.guard.gates, Gates)
    assert guard.guard.gates.bake is None
    assert list(made.of(guard)) == ["Pref"]
    (preflight,) = map(guard.guard.logical_id, guard.guard.gates.resources)
    assert waits(made, guard) == [preflight]


def test_unreadable_baseline_has_a_single_gate(made: Made) -> None:
    guard = made.unread
    assert isinstance(guard.guard.gates, UnreadGate)
    fingerprint = capacity_hash(PROVISIONED)
    gates = made.of(guard)
    assert list(gates) == ["Pref"]
    token = gates["Pref"]["Properties"].pop("ServiceToken")
    assert set(token) == {"Fn::GetAtt"}
    assert gates["Pref"]["Properties"] == {
        "Gate": "unread",
        "Fingerprint": fingerprint,
        "Plan": guard.guard.unread_plan.to_property(),
        "ServiceTimeout": "3600",
    }
    preflight = guard.guard.logical_id(guard.guard.gates.preflight)
    assert f"Preflight{fingerprint}" in preflight
    assert waits(made, guard) == [preflight]
    assert guard.guard.gates.travelling == (guard.guard.gates.preflight,)
    assert not guard.guard.gates.in_transition


def test_table_without_a_transition_has_none(made: Made) -> None:
    assert made.quiet.guard.gates is None
    assert made.of(made.quiet) == {}
    assert waits(made, made.quiet) == []
