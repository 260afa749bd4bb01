"""The unchanged cell of a change in the template: found by the app or named, with a permission to read it and no more."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from capacity_guard import GuardOptions, InputError, NewTable, Rollout, Waves
from capacity_guard.cdk.fleet.registry import tables_of
from capacity_guard.cdk.watch import Watch
from capacity_guard.rollback.watched_change import WatchedChange, find_watched
from capacity_guard.watch.control import METADATA, Control
from tests.builders.guarded import LOWERED, PROVISIONED, RAISED, app, baseline, table

WATCHED = GuardOptions(watch=Watch())


class Fleet:
    """An app with a stack for each cell, each with the table ``Orders``.

    Args:
        cells: the properties of the table of each cell, by the name of its stack.
        environments: account and Region by name; others have none.
    """

    def __init__(
        self, cells: dict[str, dict[str, Any]], environments: dict[str, cdk.Environment] | None = None
    ) -> None:
        self.app = app()
        self.tables = {}
        for name, properties in cells.items():
            stack = cdk.Stack(self.app, name, env=(environments or {}).get(name))
            self.tables[name] = table(stack, "Orders", **{"options": WATCHED, **properties})

    def template(self, name: str) -> dict[str, Any]:
        cdk.Validations.of(self.app).add_plugins(AwsSolutionsChecks(self.app))
        found: dict[str, Any] = self.app.synth().get_stack_by_name(name).template
        return found


CHANGED: dict[str, Any] = {"capacity": LOWERED}


def bake_of(template: dict[str, Any]) -> dict[str, Any]:
    (found,) = (
        each for each in template["Resources"].values() if each["Type"] == "Custom::CapacityGuardBake"
    )
    return dict(found)


def control_of(template: dict[str, Any]) -> Control | str | None:
    """The control as the function of the watch reads it."""
    (change,) = find_watched(template)
    assert isinstance(change, WatchedChange)
    return change.control


def policy_of(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The statements of the permission on the control, by their ``Sid``."""
    policies = [
        each["Properties"]
        for key, each in template["Resources"].items()
        if each["Type"] == "AWS::IAM::Policy" and "ControlPolicy" in key
    ]
    return {
        statement["Sid"]: statement
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
    }


def test_unchanged_cell_of_the_app_is_the_control() -> None:
    fleet = Fleet({"cell-1": CHANGED, "cell-2": {}})
    template = fleet.template("cell-1")
    control = control_of(template)
    assert isinstance(control, Control)
    assert (control.label, control.stack, control.table_name) == ("Orders in cell-2", "cell-2", None)
    assert control.deployed == PROVISIONED
    assert {dimension.key: units for dimension, units in control.peaks.items()} == {
        "table/read": 50,
        "table/write": 500,
        "index/by_agent/read": 50,
        "index/by_agent/write": 500,
    }
    assert control.noise == {"table": 0, "index/by_agent": 0}
    other = fleet.app.synth().get_stack_by_name("cell-2").template
    assert control.logical_id in other["Resources"]


def test_threshold_of_the_control_is_what_is_allowed_there() -> None:
    options = GuardOptions(watch=Watch(), rollout=Rollout(alarm_threshold=100))
    control = control_of(Fleet({"cell-1": CHANGED, "cell-2": {"options": options}}).template("cell-1"))
    assert isinstance(control, Control)
    assert control.noise == {"table": 100, "index/by_agent": 100}


def test_function_may_read_the_control_and_no_more() -> None:
    template = Fleet({"cell-1": CHANGED, "cell-2": {}}).template("cell-1")
    found = policy_of(template)
    assert {sid: each["Action"] for sid, each in found.items()} == {
        "ReadControl": "dynamodb:DescribeTable",
        "NameOfControl": "cloudformation:DescribeStackResource",
    }
    assert {each["Effect"] for each in found.values()} == {"Allow"}
    control = control_of(template)
    assert isinstance(control, Control)
    assert f":table/cell-2-{control.logical_id}-*" in json.dumps(found["ReadControl"]["Resource"])
    assert ":stack/cell-2/*" in json.dumps(found["NameOfControl"]["Resource"])


def test_control_with_a_name_of_its_own_is_named_exactly() -> None:
    cells = {"cell-1": {**CHANGED, "table_name": "orders-1"}, "cell-2": {"table_name": "orders-2"}}
    template = Fleet(cells).template("cell-1")
    control = control_of(template)
    assert isinstance(control, Control)
    assert control.table_name == "orders-2"
    (statement,) = policy_of(template).values()
    assert json.dumps(statement["Resource"]).endswith(':table/orders-2"]]}')


def test_control_travels_with_the_change() -> None:
    template = Fleet({"cell-1": CHANGED, "cell-2": {}}).template("cell-1")
    (change,) = find_watched(template)
    assert isinstance(change, WatchedChange)
    (policy,) = (key for key in template["Resources"] if "ControlPolicy" in key)
    assert policy in change.plan.travels_with


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize(
    "cells",
    [
        {"cell-1": CHANGED},
        {"cell-1": CHANGED, "cell-2": CHANGED},
        {"cell-1": CHANGED, "cell-2": {"capacity": RAISED}},
        {"cell-1": CHANGED, "cell-2": {"baseline": NewTable("orders")}},
    ],
    ids=["alone", "changed too", "relief too", "new"],
)
def test_app_without_an_unchanged_cell_has_no_control(cells: dict[str, dict[str, Any]]) -> None:
    template = Fleet(cells).template("cell-1")
    assert control_of(template) is None
    assert METADATA not in bake_of(template).get("Metadata", {})
    assert not policy_of(template)


def test_cell_of_another_account_or_region_is_no_control() -> None:
    here = cdk.Environment(account="111122223333", region="eu-west-1")
    others = (
        cdk.Environment(account="111122223333", region="us-east-1"),
        cdk.Environment(account="999999999999", region="eu-west-1"),
    )
    for other in others:
        fleet = Fleet({"cell-1": CHANGED, "cell-2": {}}, {"cell-1": here, "cell-2": other})
        assert control_of(fleet.template("cell-1")) is None
    near = Fleet({"cell-1": CHANGED, "cell-2": {}}, {"cell-1": here, "cell-2": here})
    assert isinstance(control_of(near.template("cell-1")), Control)


def test_table_at_another_place_is_no_control() -> None:
    fleet = Fleet({"cell-1": CHANGED})
    table(cdk.Stack(fleet.app, "cell-2"), "Payments", options=WATCHED)
    assert control_of(fleet.template("cell-1")) is None


def test_cell_that_changes_last_is_the_control() -> None:
    waves = Waves(
        [["cell-1"], ["cell-3"], ["cell-2"]], baselines={f"cell-{n}": baseline() for n in (1, 2, 3)}
    )
    cells: dict[str, dict[str, Any]] = {
        name: {"options": GuardOptions(watch=Watch(), wave=waves.cell(name))}
        for name in ("cell-1", "cell-2", "cell-3")
    }
    cells["cell-1"] |= CHANGED
    control = control_of(Fleet(cells).template("cell-1"))
    assert isinstance(control, Control)
    assert control.stack == "cell-2"


def test_control_that_is_named_is_taken() -> None:
    fleet = Fleet({"cell-2": {}, "cell-3": {}})
    stack = cdk.Stack(fleet.app, "cell-1")
    for number, named in enumerate((fleet.tables["cell-2"], fleet.tables["cell-2"].table)):
        table(stack, f"Orders{number}", options=GuardOptions(watch=Watch(control=named)), capacity=LOWERED)
    template = fleet.template("cell-1")
    changes = list(find_watched(template))
    assert len(changes) == 2
    for change in changes:
        assert isinstance(change, WatchedChange)
        assert isinstance(change.control, Control)
        assert change.control.stack == "cell-2"


def test_control_that_is_named_and_changes_too_is_told_by_the_watch() -> None:
    fleet = Fleet({"cell-2": CHANGED})
    options = GuardOptions(watch=Watch(control=fleet.tables["cell-2"]))
    table(cdk.Stack(fleet.app, "cell-1"), "Orders", options=options, capacity=LOWERED)
    template = fleet.template("cell-1")
    assert control_of(template) == "Orders in cell-2, which Watch.control names, is in transition too"
    assert not policy_of(template)


def test_watch_without_a_control_says_so() -> None:
    cells = {"cell-1": {**CHANGED, "options": GuardOptions(watch=Watch(control="none"))}, "cell-2": {}}
    assert control_of(Fleet(cells).template("cell-1")) == "the options of its watch ask for no control"


@pytest.mark.parametrize("named", ["stack", "itself", "far"])
def test_control_that_cannot_be_looked_at_is_refused(named: str) -> None:
    here = cdk.Environment(account="111122223333", region="eu-west-1")
    far = cdk.Environment(account="111122223333", region="us-east-1")
    fleet = Fleet({"cell-2": {}}, {"cell-2": far if named == "far" else here})
    stack = cdk.Stack(fleet.app, "cell-1", env=here)
    options = GuardOptions(watch=Watch(control=stack if named == "stack" else fleet.tables["cell-2"]))
    made = table(stack, "Orders", options=options, capacity=LOWERED)
    if named == "itself":
        object.__setattr__(options.watch, "control", made)
    with pytest.raises(RuntimeError, match=r"Watch\.control"):
        fleet.app.synth()
    error = next(guard.reading.error for guard in tables_of(fleet.app) if guard.stack is stack)
    assert error is not None
    assert "Watch.control" in str(error)


def test_template_without_a_change_is_the_same_with_and_without_cells() -> None:
    alone = Fleet({"cell-1": {}}).template("cell-1")
    with_cells = Fleet({"cell-1": {}, "cell-2": {}}).template("cell-1")
    assert alone == with_cells


def test_change_without_a_watch_is_the_same_with_and_without_cells() -> None:
    plain = {**CHANGED, "options": GuardOptions()}
    alone = Fleet({"cell-1": plain}).template("cell-1")
    assert alone == Fleet({"cell-1": plain, "cell-2": {}}).template("cell-1")


def test_cell_in_another_stage_is_the_control_where_its_code_declares_the_capacity() -> None:
    """The CDK synthesizes each stage for itself, so nothing has read the template of a later one."""
    made = app()
    for name, properties in (("One", CHANGED), ("Two", {})):
        stage = cdk.Stage(made, name)
        table(cdk.Stack(stage, "Cell"), "Orders", **{"options": WATCHED, **properties})
    template = made.synth().get_nested_assembly("assembly-One").get_stack_by_name("One-Cell").template
    control = control_of(template)
    assert isinstance(control, Control)
    assert (control.label, control.stack) == ("Orders in Two-Cell", "Two-Cell")
    other = made.synth().get_nested_assembly("assembly-Two").get_stack_by_name("Two-Cell").template
    assert control.logical_id in other["Resources"]


@pytest.mark.parametrize("given", ["other", 5, None])
def test_control_of_another_kind_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match=r"Watch\.control"):
        Watch(control=given)


def test_common_veto_is_told_to_the_function_where_it_is_no_default() -> None:
    options = GuardOptions(watch=Watch(on_common_veto="page"))
    template = Fleet({"cell-1": {**CHANGED, "options": options}}).template("cell-1")
    (change,) = find_watched(template)
    assert isinstance(change, WatchedChange)
    assert change.options.on_common_veto == "page"
    plain = Fleet({"cell-1": CHANGED}).template("cell-1")
    assert "on_common_veto" not in bake_of(plain)["Properties"]["Watch"]
