"""Tables of one stack in transition: what each gate knows of the others, and how many fit into one deployment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.capacity.limits import TEMPLATE_BYTES
from capacity_guard.capacity.travelling import id_hash, read_travelling
from capacity_guard.cdk.provider import travelling
from capacity_guard.cdk.provider.travelling import groups, most_tables
from tests.builders.guarded import ON_DEMAND, PREFLIGHT, RAISED, app, table

NAMES = ("Orders", "Carts", "Users")


NOT_INDENTED = {"@aws-cdk/core:suppressTemplateIndentation": True}


def synthesized(
    *changing: str,
    names: tuple[str, ...] = NAMES,
    context: Mapping[str, Any] | None = None,
    **properties: Any,
) -> dict[str, Any]:
    """The template of a stack with several tables, some of them in transition."""
    made = app(**context or {})
    stack = cdk.Stack(made, "S")
    for name in names:
        table(stack, name, **{**({"capacity": RAISED} if name in changing else {}), **properties})
    template: dict[str, Any] = made.synth().get_stack_by_name("S").template
    return template


def preflights(template: dict[str, Any]) -> list[dict[str, Any]]:
    resources = template["Resources"].values()
    return [resource["Properties"] for resource in resources if resource["Type"] == PREFLIGHT]


def hashes(template: dict[str, Any]) -> frozenset[str]:
    """What CloudFormation hands to a Preflight."""
    (properties, *_) = preflights(template)
    name, first, second = properties["Travelling"]["Fn::FindInMap"]
    return read_travelling(template["Mappings"][name][first][second])


@pytest.mark.parametrize("changing", [(), ("Orders",)])
def test_template_when_at_most_one_table_changes_has_no_mapping(changing: tuple[str, ...]) -> None:
    template = synthesized(*changing)
    assert "Mappings" not in template
    assert all("Travelling" not in properties for properties in preflights(template))


def test_preflight_when_several_tables_change_knows_everything_that_may_change_of_each() -> None:
    template = synthesized("Orders", "Users")
    first, second = preflights(template)
    assert first["Travelling"] == second["Travelling"]
    plans = [GatePlan.from_property(properties["Plan"]) for properties in (first, second)]
    known = hashes(template)
    for plan in plans:
        assert {id_hash(id) for id in plan.travels_with} - known == {id_hash("CDKMetadata")}
        assert id_hash(plan.logical_id) in known
    carts = [id for id, value in template["Resources"].items() if value["Type"].endswith("GlobalTable")]
    assert [id for id in carts if id_hash(id) not in known] == [id for id in carts if id.startswith("Carts")]


def test_preflight_when_a_baseline_beside_it_cannot_be_read_lets_that_gate_travel_but_not_its_table() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "Orders", capacity=RAISED)
    unread = table(stack, "Carts", baseline="nowhere/carts.json")
    template = made.synth().get_stack_by_name("S").template
    known = hashes(template)
    assert unread.guard.gates is not None
    assert id_hash(unread.guard.logical_id(unread.guard.gates.preflight)) in known
    assert id_hash(unread.guard.logical_id(unread.guard.resource)) not in known


def test_template_when_the_gates_of_all_but_one_are_taken_back_has_no_mapping() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "Orders", capacity=RAISED)
    carts = table(stack, "Carts", capacity=RAISED)
    scaling = "WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings"
    for name in ("MinCapacity", "MaxCapacity", "SeedCapacity"):
        carts.guard.resource.add_property_override(f"{scaling}.{name}", 1_000)
    template = made.synth().get_stack_by_name("S").template
    assert "Mappings" not in template
    assert ["Travelling" in properties for properties in preflights(template)] == [False]


@pytest.mark.slow
def test_template_when_tables_are_added_grows_by_the_same_for_each() -> None:
    sizes = []
    for count in (2, 4, 6):
        names = tuple(f"Table{number:02}" for number in range(count))
        sizes.append(len(json.dumps(synthesized(*names, names=names), indent=1)))
    assert sizes[2] - sizes[1] == pytest.approx(sizes[1] - sizes[0], rel=0.01)


def test_synthesis_when_several_tables_change_has_no_annotation_on_the_mapping(
    capsys: pytest.CaptureFixture[str],
) -> None:
    synthesized("Orders", "Users")
    printed = "".join(capsys.readouterr())
    assert "Travelling" not in printed
    assert "CfnMapping" not in printed


def test_case_when_others_change_names_them() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    guards = {name: table(stack, name, capacity=RAISED) for name in NAMES[:2]}
    guards["Users"] = table(stack, "Users")
    made.synth()
    assert guards["Orders"].guard.case.travels_with == ("Carts",)
    assert guards["Users"].guard.case.travels_with == ("Orders", "Carts")
    assert replace(guards["Users"].guard.case, travels_with=()).travels_with == ()


def _limited(monkeypatch: pytest.MonkeyPatch, *, room: int = TEMPLATE_BYTES.value, most: int = 99) -> None:
    monkeypatch.setattr(travelling, "TEMPLATE_BYTES", replace(TEMPLATE_BYTES, value=room))
    monkeypatch.setattr(travelling, "most_tables", lambda query_seconds: most)


@pytest.mark.slow
def test_synthesis_when_the_template_would_be_too_large_fails_with_the_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    template = synthesized(*NAMES)
    size, bare = len(json.dumps(template, indent=1)), len(json.dumps(template, separators=(",", ":")))
    _limited(monkeypatch, room=bare - 1)
    with pytest.raises(RuntimeError) as failed:
        synthesized(*NAMES)
    text = " ".join(str(failed.value).split())
    assert f"makes a template of {size:,} bytes, where CloudFormation takes {bare - 1:,}" in text
    assert "Change the capacity in 3 deployments" in text
    assert "1. S/Orders; 2. S/Carts; 3. S/Users" in text
    _limited(monkeypatch, room=size)
    synthesized(*NAMES)


@pytest.mark.slow
def test_synthesis_when_the_template_fits_without_indentation_says_how_to_leave_it_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    template = synthesized(*NAMES)
    size, bare = len(json.dumps(template, indent=1)), len(json.dumps(template, separators=(",", ":")))
    for room in (bare, size - 1):
        _limited(monkeypatch, room=room)
        with pytest.raises(RuntimeError) as failed:
            synthesized(*NAMES)
        text = " ".join(str(failed.value).split())
        assert f"makes a template of {size:,} bytes, where CloudFormation takes {room:,}" in text
        assert (
            'Set "@aws-cdk/core:suppressTemplateIndentation": true in the context of the app: '
            f"without indentation it takes {bare:,}"
        ) in text
        assert "deployments" not in text
    _limited(monkeypatch, room=bare)
    synthesized(*NAMES, context=NOT_INDENTED)
    _limited(monkeypatch, room=bare - 1)
    with pytest.raises(RuntimeError) as failed:
        synthesized(*NAMES, context=NOT_INDENTED)
    text = " ".join(str(failed.value).split())
    assert f"makes a template of {bare:,} bytes" in text
    assert "1. S/Orders, S/Carts; 2. S/Users" in text


def test_synthesis_when_the_template_is_too_large_without_gates_too_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _limited(monkeypatch, room=100)
    with pytest.raises(RuntimeError, match="Put tables into a stack of their own"):
        synthesized("Orders")


@pytest.mark.slow
def test_synthesis_when_more_tables_change_than_gates_can_look_at_fails_but_for_cures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _limited(monkeypatch, most=2)
    synthesized(*NAMES)  # raises alone
    synthesized("Orders", "Carts", names=NAMES[:2], capacity=ON_DEMAND)
    with pytest.raises(RuntimeError) as failed:
        synthesized(capacity=ON_DEMAND)
    text = " ".join(str(failed.value).split())
    assert "changes 3 tables at once, and their gates would ask CloudWatch more often than it answers" in text
    assert "1. S/Orders, S/Carts; 2. S/Users" in text


@pytest.mark.parametrize(
    ("room", "most", "expected"),
    [
        (100, 9, [["a", "b", "c"]]),
        (100, 2, [["a", "b"], ["c"]]),
        (50, 9, [["a"], ["b"], ["c"]]),
        (65, 9, [["a"], ["b", "c"]]),
        (10, 9, [["a"], ["b"], ["c"]]),
    ],
)
def test_groups_when_made_keep_the_order_and_fit(room: int, most: int, expected: list[list[str]]) -> None:
    assert groups({"a": 40, "b": 35, "c": 25}, room, most) == expected


@pytest.mark.parametrize(("query_seconds", "tables"), [(15, 67), (5, 22), (1, 4)])
def test_tables_when_their_gates_look_use_half_of_the_calls(query_seconds: int, tables: int) -> None:
    assert most_tables(query_seconds) == tables


def test_hashes_when_an_override_makes_the_last_gates_name_every_table() -> None:
    """The gates of Carts exist only after the guards have rendered the template to read their tables."""
    made = app()
    stack = cdk.Stack(made, "S")
    table(stack, "Orders", capacity=RAISED)
    table(stack, "Users", capacity=RAISED)
    carts = table(stack, "Carts")
    scaling = "WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings"
    for name in ("MinCapacity", "MaxCapacity", "SeedCapacity"):
        carts.guard.resource.add_property_override(f"{scaling}.{name}", 2_000)
    template = made.synth().get_stack_by_name("S").template
    assert carts.guard.gates is not None
    assert id_hash(carts.guard.logical_id(carts.guard.gates.preflight)) in hashes(template)
    assert id_hash(carts.guard.logical_id(carts.guard.resource)) in hashes(template)
