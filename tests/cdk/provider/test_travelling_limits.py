"""How many tables of a stack change at once: errors to the letter, on stand-ins of guards."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import InputError
from capacity_guard.capacity.limits import ALARM_CALLS_A_SECOND, TEMPLATE_BYTES
from capacity_guard.capacity.travelling import id_hash, read_travelling
from capacity_guard.cdk.app.break_glass import BreakGlass
from capacity_guard.cdk.provider import travelling
from capacity_guard.cdk.provider.travelling import PROPERTY, Travelling, groups, most_tables
from tests.builders.guarded import app


@dataclass(eq=False)
class Table:
    """What is asked of a guard."""

    label: str
    gates: Any
    break_glass: BreakGlass = BreakGlass(None, ())
    relief: bool = False
    stack: Any = field(default_factory=lambda: SimpleNamespace(node=SimpleNamespace(path="Shop")))

    @property
    def path(self) -> str:
        return f"Shop/{self.label}"

    @property
    def case(self) -> Any:
        return SimpleNamespace(is_relief=self.relief)

    def logical_id(self, resource: Any) -> str:
        return str(resource)


@dataclass
class Preflight:
    """What is asked of a gate's resource."""

    name: str
    set: dict[str, Any] = field(default_factory=dict)

    def add_property_override(self, name: str, value: Any) -> None:
        self.set[name] = value

    def add_property_deletion_override(self, name: str) -> None:
        self.set[name] = None

    def __str__(self) -> str:
        return self.name

    def __hash__(self) -> int:
        return hash(self.name)


def gated(label: str, *, in_transition: bool = True, **more: Any) -> Table:
    preflight = Preflight(f"{label}Preflight")
    ids = (label, preflight, f"{label}Bake") if in_transition else (preflight,)
    gates = SimpleNamespace(in_transition=in_transition, preflight=preflight, travelling=ids)
    return Table(label, gates, **more)


def quiet(label: str) -> Table:
    return Table(label, None)


def of(*tables: Table, query_seconds: int = 15) -> tuple[Travelling, cdk.Stack]:
    stack = cdk.Stack(app(), "Shop")
    made = Travelling(stack, query_seconds)
    for table in tables:
        made.update(table)
    return made, stack


def template_of(*tables: Table, padding: int = 0) -> dict[str, Any]:
    """A template with the gates of tables; ``padding`` is characters of another resource."""
    resources: dict[str, Any] = {"Pad": {"Type": "AWS::SNS::Topic", "Name": "x" * padding}}
    for table in tables:
        resources[table.label] = {"Type": "AWS::DynamoDB::Table", "Custom::": table.label}
        for gate in ("Preflight", "Bake"):
            resources[f"{table.label}{gate}"] = {"Type": f"Custom::CapacityGuard{gate}", "Plan": table.label}
    return {"Resources": resources}


def size(value: Any) -> int:
    """Bytes without indentation."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def told(made: Travelling, guard: Table, template: dict[str, Any]) -> tuple[str, str, str] | None:
    error = made.contradiction(guard, template, size(template))  # type: ignore[arg-type]
    assert error is None or isinstance(error, InputError)
    return None if error is None else (error.location, error.problem, error.remedy)


def limit(monkeypatch: pytest.MonkeyPatch, bytes_: int) -> None:
    monkeypatch.setattr(travelling, "TEMPLATE_BYTES", replace(TEMPLATE_BYTES, value=bytes_))


def test_template_that_is_too_large_is_told_with_the_order_of_deployments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables = [gated("A"), gated("B"), quiet("Q"), gated("C")]
    made, _ = of(*tables)
    template = template_of(*tables, padding=500)
    whole = size(template)
    limit(monkeypatch, whole)
    assert told(made, tables[0], template) is None
    limit(monkeypatch, whole - 1)
    assert told(made, tables[0], template) == (
        "Shop",
        f"makes a template of {whole:,} bytes, where CloudFormation takes {whole - 1:,}",
        "Change the capacity in 2 deployments, and record those tables again after each: 1. Shop/A, Shop/B; 2. Shop/C",
    )
    for other in tables[1:]:
        assert told(made, other, template) is None, "it is told once"


def test_room_of_gates_is_what_the_rest_of_the_template_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [gated("A"), gated("B"), gated("C")]
    made, _ = of(*tables)
    template = template_of(*tables)
    gates_of_one = sum(size(template["Resources"][f"A{gate}"]) for gate in ("Preflight", "Bake"))
    rest = size(template) - 3 * gates_of_one
    for room, order in (
        (3 * gates_of_one - 1, "1. Shop/A, Shop/B; 2. Shop/C"),
        (2 * gates_of_one, "1. Shop/A, Shop/B; 2. Shop/C"),
        (2 * gates_of_one - 1, "1. Shop/A; 2. Shop/B; 3. Shop/C"),
    ):
        limit(monkeypatch, rest + room)
        found = told(made, tables[0], template)
        assert found is not None
        assert found[2].endswith(f": {order}")


def test_template_that_is_too_large_with_one_table_is_told_to_be_divided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = gated("A")
    made, _ = of(table)
    template = template_of(table)
    limit(monkeypatch, 10)
    assert told(made, table, template) == (
        "Shop",
        f"makes a template of {size(template):,} bytes, where CloudFormation takes 10",
        "Put tables into a stack of their own, or shorten the template",
    )


@pytest.mark.parametrize("cured", [0, 1, 2, 3])
def test_more_tables_than_gates_can_look_at_are_told_unless_all_are_cures(cured: int) -> None:
    cures: list[dict[str, Any]] = [
        {"break_glass": BreakGlass("incident", ())},
        {"relief": True},
        {"relief": True},
    ]
    tables = [gated(name, **(cures[number] if number < cured else {})) for number, name in enumerate("ABC")]
    query_seconds = 1
    most = most_tables(query_seconds)
    more = [gated(f"T{number}", **({"relief": True} if cured == 3 else {})) for number in range(most - 2)]
    made, _ = of(*tables, *more, query_seconds=query_seconds)
    found = told(made, tables[0], template_of(*tables, *more))
    if cured == 3:
        assert found is None
    else:
        assert found is not None
        assert found[1] == (
            f"changes {most + 1} tables at once, and their gates would ask CloudWatch more often than it answers "
            f"({most} tables with query_seconds=1)"
        )
    few, _ = of(*more, *tables[:2], query_seconds=query_seconds)
    assert told(few, more[0], template_of(*more, *tables[:2])) is None


def test_error_names_twelve_tables_of_a_deployment_and_counts_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tables = [gated(f"T{number:02}") for number in range(26)]
    made, _ = of(*tables)
    monkeypatch.setattr(travelling, "most_tables", lambda seconds: {15: 13}[seconds])
    found = told(made, tables[0], template_of(*tables))
    assert found is not None
    first = ", ".join(f"Shop/T{number:02}" for number in range(12))
    second = ", ".join(f"Shop/T{number:02}" for number in range(13, 25))
    assert found[2].endswith(f"after each: 1. {first} and 1 more; 2. {second} and 1 more")
    monkeypatch.setattr(travelling, "most_tables", lambda seconds: 12)
    found = told(made, tables[0], template_of(*tables))
    assert found is not None
    assert "more;" not in found[2]


def test_resources_of_a_gate_that_are_no_longer_there_take_no_room() -> None:
    tables = [gated("A"), gated("B")]
    made, _ = of(*tables)
    assert told(made, tables[0], {"Resources": {"APreflight": {}}}) is None


def test_stack_without_a_transition_has_nothing_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, 10)
    unread = gated("U", in_transition=False)
    made, _ = of(unread, quiet("Q"))
    assert told(made, unread, template_of(unread)) is None


def test_tables_that_look_side_by_side_use_half_of_the_calls() -> None:
    assert ALARM_CALLS_A_SECOND.value == 9
    assert [most_tables(seconds) for seconds in (1, 2, 3, 15, 60)] == [4, 9, 13, 67, 270]


def test_one_table_can_always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travelling, "ALARM_CALLS_A_SECOND", replace(ALARM_CALLS_A_SECOND, value=1))
    assert [most_tables(seconds) for seconds in (1, 2, 4)] == [1, 1, 2]


@pytest.mark.parametrize(
    ("sizes", "room", "most", "expected"),
    [
        ({}, 10, 1, []),
        ({"a": 10}, 10, 1, [["a"]]),
        ({"a": 5, "b": 5}, 10, 2, [["a", "b"]]),
        ({"a": 5, "b": 6}, 10, 2, [["a"], ["b"]]),
        ({"a": 1, "b": 1, "c": 1}, 10, 2, [["a", "b"], ["c"]]),
        ({"a": 1, "b": 9, "c": 9, "d": 1}, 10, 9, [["a", "b"], ["c", "d"]]),
        ({"a": 99, "b": 0}, 10, 9, [["a"], ["b"]]),
    ],
)
def test_groups_fit_into_room_and_number(
    sizes: dict[str, int], room: int, most: int, expected: list[list[str]]
) -> None:
    assert groups(sizes, room, most) == expected


def test_mapping_is_made_with_the_second_gate_and_told_to_those_in_transition() -> None:
    first, second, unread = gated("A"), gated("B"), gated("U", in_transition=False)
    made, stack = of(first)
    assert made.stated(first.gates.preflight) == ({}, {})
    assert stack.node.try_find_child("Travelling") is None
    made.update(unread)  # type: ignore[arg-type]
    mapping = stack.node.find_child("Travelling")
    assert isinstance(mapping, cdk.CfnMapping)
    name = stack.resolve(mapping.logical_id)
    found_in_map = {"Fn::FindInMap": [name, "Resources", "Hashes"]}
    assert stack.resolve(first.gates.preflight.set) == {PROPERTY: found_in_map}
    assert unread.gates.preflight.set == {}
    made.update(second)  # type: ignore[arg-type]
    assert stack.resolve(second.gates.preflight.set) == {PROPERTY: found_in_map}
    hashes = {id_hash(id) for id in ("A", "APreflight", "ABake", "B", "BPreflight", "BBake", "UPreflight")}
    assert read_travelling(made.text()) == hashes
    stated = ({PROPERTY: found_in_map}, {name: {"Resources": {"Hashes": made.text()}}})
    assert made.stated(first.gates.preflight) == made.stated(second.gates.preflight) == stated
    assert made.stated(unread.gates.preflight) == ({}, {})
    assert PROPERTY == "Travelling"


def test_mapping_is_taken_back_with_the_last_gate_but_one_and_made_again() -> None:
    first, second = gated("A"), gated("B")
    made, stack = of(first, second)
    gates, second.gates = second.gates, None
    made.update(second)  # type: ignore[arg-type]
    assert stack.node.try_find_child("Travelling") is None
    assert first.gates.preflight.set == {PROPERTY: None}
    assert made.stated(first.gates.preflight) == ({}, {})
    second.gates = gates
    made.update(second)  # type: ignore[arg-type]
    assert stack.node.try_find_child("Travelling") is not None
    assert made.stated(first.gates.preflight)[0] != {}
    assert first.gates.preflight.set[PROPERTY] is not None


def test_gates_of_unreadable_baselines_alone_have_no_mapping() -> None:
    made, stack = of(gated("U", in_transition=False), gated("V", in_transition=False), quiet("Q"))
    assert stack.node.try_find_child("Travelling") is None
    assert read_travelling(made.text()) == {id_hash("UPreflight"), id_hash("VPreflight")}


def test_others_are_those_in_transition_by_their_labels() -> None:
    tables = [gated("A"), gated("U", in_transition=False), quiet("Q"), gated("B")]
    made, _ = of(*tables)
    others = {table.label: made.others(table) for table in tables}  # type: ignore[arg-type]
    assert others == {"A": ("B",), "U": ("A", "B"), "Q": ("A", "B"), "B": ("A",)}
    made.update(tables[0])  # type: ignore[arg-type]
    assert made.others(tables[2]) == ("A", "B")  # type: ignore[arg-type]
