"""A table whose declared capacity cannot be read: what may scale it, and what names its gate."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import jsii
import pytest

from capacity_guard import CapacityGuard, CapacityGuardChecks
from capacity_guard.cdk.end_of_synthesis.late_reading import read_tables
from capacity_guard.cdk.gates.unread_declaration import UnreadDeclaration, declaration_hash, may_scale
from tests.builders import adopted
from tests.builders.guarded import PREFLIGHT, app, synthesize

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"


def template(*resource_ids: Any, name: Any = None, policy: Any = None) -> dict[str, Any]:
    """Two tables, a target for each resource id, and a policy."""
    named = {} if name is None else {"TableName": name}
    resources = {
        "Orders": {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": {"Ref": "Mode"}, **named}},
        "Carts": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
        **{
            f"T{number}": {"Type": TARGET, "Properties": {"ResourceId": resource_id}}
            for number, resource_id in enumerate(resource_ids)
        },
        **({} if policy is None else {"P": {"Type": POLICY, "Properties": policy}}),
    }
    return {
        "Resources": resources,
        "Parameters": {"Mode": {"Type": "String"}, "Other": {"Type": "String"}},
        "Conditions": {"Big": {"Fn::Equals": [{"Ref": "Other"}, "big"]}},
    }


REF = {"Fn::Join": ["/", ["table", {"Ref": "Orders"}]]}
OF_CARTS = {"Fn::Join": ["/", ["table", {"Ref": "Carts"}]]}


@pytest.mark.parametrize(
    ("given", "name", "recorded", "found"),
    [
        ((REF,), None, None, ("T0",)),
        (({"Fn::Sub": "table/${Orders}/index/a"},), None, None, ("T0",)),
        (({"Fn::Sub": ["table/${x}", {"x": {"Ref": "Orders"}}]},), None, None, ("T0",)),
        (({"Fn::Sub": "table/${Orders.Arn}"},), None, None, ("T0",)),
        ((OF_CARTS, {"Fn::Sub": "table/${Carts}"}), None, None, ()),
        (("table/orders", "table/orders/index/a", "table/orders-2", "other"), "orders", None, ("T0", "T1")),
        (("table/old", "table/other"), None, "old", ("T0",)),
        (("table/any",), {"Ref": "Name"}, None, ("T0",)),
        (({"Fn::ImportValue": "table"},), "orders", "orders", ("T0",)),
    ],
)
def test_target_that_names_the_table_or_no_other_may_scale_it(
    given: tuple[Any, ...], name: Any, recorded: str | None, found: tuple[str, ...]
) -> None:
    assert may_scale(template(*given, name=name), "Orders", recorded) == found


@pytest.mark.parametrize(
    ("policy", "is_found"),
    [
        ({"ScalingTargetId": {"Ref": "T0"}}, True),
        ({"ScalingTargetId": {"Ref": "T1"}}, False),
        ({"ResourceId": REF}, True),
        ({"ResourceId": OF_CARTS}, False),
    ],
)
def test_policy_of_such_a_target_or_table_may_scale_it(policy: Any, is_found: bool) -> None:
    found = may_scale(template(REF, OF_CARTS, policy=policy), "Orders")
    assert found == (("T0", "P") if is_found else ("T0",))


def in_place(*path: str, value: Any = "changed") -> Callable[[dict[str, Any]], None]:
    def change(given: dict[str, Any]) -> None:
        for key in path[:-1]:
            given = given[key]
        given[path[-1]] = value

    return change


ORDERS = ("Resources", "Orders")


@pytest.mark.parametrize(
    ("change", "is_another"),
    [
        (in_place(*ORDERS, "Properties", "BillingMode"), True),
        (in_place(*ORDERS, "Condition", value="Big"), True),
        (in_place("Resources", "T0", "Properties", "MaxCapacity", value=5), True),
        (in_place("Parameters", "Mode", "Default"), True),
        (in_place(*ORDERS, "DependsOn", value=["Preflight1"]), False),
        (in_place(*ORDERS, "Metadata", value={}), False),
        (in_place("Resources", "Carts", "Properties", value={"BillingMode": "PROVISIONED"}), False),
        (in_place("Parameters", "Other", "Default"), False),
        (in_place("Mappings", value={"Travelling": {}}), False),
    ],
)
def test_gate_has_another_name_where_what_may_state_the_capacity_changes(
    change: Callable[[dict[str, Any]], None], is_another: bool
) -> None:
    before = template(REF)
    after = copy.deepcopy(before)
    change(after)
    names = [declaration_hash(given, ("Orders", "T0")) for given in (before, after)]
    assert (names[0] != names[1]) is is_another
    assert all(len(name) == 10 for name in names)


def test_condition_of_the_table_names_the_gate_with_the_parameters_of_it() -> None:
    before, after = template(), template()
    for given in (before, after):
        given["Resources"]["Orders"]["Condition"] = "Big"
    after["Parameters"]["Other"]["Default"] = "big"
    assert declaration_hash(before, ("Orders",)) != declaration_hash(after, ("Orders",))


def test_declaration_is_that_of_a_table_of_the_template() -> None:
    stated = template(REF, name="orders")
    stated["Resources"]["Orders"]["Condition"] = "Big"
    found = UnreadDeclaration.of(stated, "Orders", None)
    assert found is not None
    assert (found.scaling, found.name, found.condition) == (("T0",), "orders", "Big")
    assert found.is_stated_by(stated)
    assert not found.is_stated_by(template(REF, name="orders"))
    assert UnreadDeclaration.of(stated, "T0", None) is UnreadDeclaration.of({}, "Orders", None) is None


@jsii.implements(cdk.IResolvable)
class Late:
    """A lazy value that is another one once ``is_read`` says so."""

    def __init__(self) -> None:
        self.is_read: Callable[[], bool] = lambda: False

    @property
    def creation_stack(self) -> list[str]:
        return []

    @property
    def type_hint(self) -> Any:
        return None

    def resolve(self, _context: Any) -> Any:
        return {"Ref": "Other" if self.is_read() else "Mode"}

    def to_string(self) -> str:
        return "late"

    def to_json(self) -> Any:
        return "late"


def unread(made: cdk.App, value: Any) -> CapacityGuard:
    stack = cdk.Stack(made, "S")
    declared = adopted.table(stack, adopted.PROVISIONED)
    for name in ("Mode", "Other"):
        cdk.CfnParameter(stack, name)
    resource = declared.node.default_child
    assert isinstance(resource, cdk.CfnResource)
    resource.add_property_override("BillingMode", value)
    return CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded())


def test_app_that_changes_no_capacity_deploys_with_one_gate_before_table_and_scaling() -> None:
    made = app()
    guard = unread(made, {"Ref": "Mode"}).guard
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    found = synthesize(made)
    ((gate, stated),) = found.gates.items()
    assert stated["Type"] == PREFLIGHT
    gated = [name for name, resource in found.resources.items() if gate in resource.get("DependsOn", ())]
    assert gated == list(found.of(*adopted.TABLES, *adopted.SCALING))
    plan = guard.unread_plan
    assert plan.declared is None
    assert sorted(plan.scaling) == sorted(found.of(*adopted.SCALING))
    assert "BillingMode" in plan.problem


def test_late_change_of_what_the_gate_is_named_by_fails_the_synthesis() -> None:
    made, value = app(), Late()
    guard = unread(made, value).guard
    value.is_read = lambda: guard.reading.is_done
    with pytest.raises(
        RuntimeError, match="what states its capacity was changed after the guard had read it"
    ):
        made.synth()


def test_gate_that_is_taken_out_fails_the_synthesis() -> None:
    made = app()
    guard = unread(made, {"Ref": "Mode"}).guard
    read_tables([guard])
    assert guard.reading.declaration is not None
    assert guard.scope.node.try_remove_child(f"Preflight{guard.reading.declaration.fingerprint}")
    with pytest.raises(RuntimeError, match="its gates are not in the template as the guard made them"):
        made.synth()
