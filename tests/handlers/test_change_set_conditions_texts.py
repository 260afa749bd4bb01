"""Conditions on what changes in the operation, on live states made by hand: each text to the letter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.capacity.travelling import id_hash
from capacity_guard.handlers.change_set import ChangeSet
from capacity_guard.handlers.change_set_conditions import (
    check_alone,
    check_table_change,
    check_travelling,
)
from capacity_guard.handlers.live_state import LiveState
from capacity_guard.handlers.stack_names import StackNames
from tests.handlers.gate_world import CHANGE_SET, NOW, ON_DEMAND, STACK_ID, TABLE, TABLE_NAME, a_plan

DEPLOY = "deploy that first, the capacity alone"
TABLE_TYPE = "AWS::DynamoDB::Table"


def live(*changes: dict[str, Any], names: StackNames | None = None, **plan: Any) -> LiveState:
    fields = {"ExecutionStatus": "EXECUTE_IN_PROGRESS", "StackId": STACK_ID}
    return LiveState(
        replace(a_plan(ON_DEMAND), **plan),
        NOW,
        STACK_ID,
        StackNames(TABLE_NAME, {}) if names is None else names,
        change_set=ChangeSet(CHANGE_SET, fields, changes),
    )


def change(
    logical_id: str, kind: str = "AWS::SQS::Queue", action: str = "Modify", **more: Any
) -> dict[str, Any]:
    return {"LogicalResourceId": logical_id, "ResourceType": kind, "Action": action, **more}


def detail(name: str | None = "BillingMode", attribute: str = "Properties", **more: Any) -> dict[str, Any]:
    target: dict[str, Any] = {"Attribute": attribute}
    if name is not None:
        target["Name"] = name
    return {"Evaluation": "Static", "Target": target, **more}


def reference(cause: str | None, **more: Any) -> dict[str, Any]:
    causing = {} if cause is None else {"CausingEntity": cause}
    return detail("P", **{"Evaluation": "Dynamic", **causing, **more})


def alone(*changes: dict[str, Any], **given: Any) -> list[str]:
    return list(check_alone(live(*changes, **given)))


def refused(one: dict[str, Any], **given: Any) -> bool:
    """Whether a change may not travel."""
    found = alone(one, **given)
    if found:
        shown = f"{one.get('LogicalResourceId')} ({one.get('ResourceType')})"
        assert found == [f"{shown} would change in the same operation: {DEPLOY}"]
    return bool(found)


def test_strangers_are_named_up_to_four() -> None:
    strangers = [change(name) for name in "ABCDEF"]
    four = ", ".join(f"{name} (AWS::SQS::Queue)" for name in "ABCD")
    end = f"would change in the same operation: {DEPLOY}"
    assert alone() == []
    assert alone(*strangers[:4]) == [f"{four} {end}"]
    assert alone(*strangers[:5]) == [f"{four} and 1 more {end}"]
    assert alone(*strangers) == [f"{four} and 2 more {end}"]


@pytest.mark.parametrize("action", ["Add", "Modify", "Remove"])
def test_what_belongs_to_a_table_in_transition_travels(action: str) -> None:
    for own in (TABLE, "PreflightGate", "BakeGate", "TableAlarm1"):
        assert not refused(change(own, action=action))
    assert not refused(change("Any", "AWS::CDK::Metadata", action))
    travelling = frozenset({id_hash("Carts")})
    assert not refused(change("Carts", action=action), travels_in_stack=travelling)
    assert refused(change("Cart", action=action), travels_in_stack=travelling)


@pytest.mark.parametrize("kind", ["Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake"])
@pytest.mark.parametrize(
    ("action", "physical", "travels"),
    [
        ("Remove", "preflight-0123456789", True),
        ("Remove", "bake-abcdef", True),
        ("Remove", "unread-0123456789", True),
        ("Remove", "preflight-01234", False),
        ("Remove", "other-0123456789", False),
        ("Remove", "xpreflight-0123456789", False),
        ("Remove", "preflight-0123456789x", False),
        ("Remove", None, False),
        ("Add", "preflight-0123456789", False),
        ("Modify", "preflight-0123456789", False),
    ],
)
def test_gate_of_an_earlier_transition_may_leave(
    kind: str, action: str, physical: str | None, travels: bool
) -> None:
    more = {} if physical is None else {"PhysicalResourceId": physical}
    assert refused(change("Old", kind, action, **more)) is not travels
    tags = {"Scope": ["Tags"], "Details": [detail(None, "Tags")]}
    assert refused(change("Old", kind, action, **more, **tags)) is not travels, "tags do not excuse a gate"
    assert refused(change("Old", "Custom::Other", action, **more))


@pytest.mark.parametrize(
    ("more", "travels"),
    [
        ({"Scope": ["Tags"], "Details": [detail(None, "Tags")]}, True),
        ({"Scope": ["Tags"], "Details": [detail(None, "Tags"), detail(None, "Tags")]}, True),
        ({"Scope": ["Tags"]}, True),
        ({"Scope": ["Tags"], "Details": None, "Replacement": "False"}, True),
        ({"Scope": ["Tags"], "Replacement": None}, True),
        ({"Scope": ["Tags"], "Replacement": "True"}, False),
        ({"Scope": ["Tags"], "Replacement": "Conditional"}, False),
        ({"Scope": ["Tags", "Properties"]}, False),
        ({"Scope": []}, False),
        ({"Scope": None}, False),
        ({}, False),
        ({"Scope": ["Tags"], "Details": [detail(None, "Tags"), detail("X")]}, False),
        ({"Scope": ["Tags"], "Details": [{}]}, False),
        ({"Scope": ["Tags"], "Details": [{"Target": None}]}, False),
        ({"Scope": ["Tags"], "Action": "Add"}, False),
        ({"Scope": ["Tags"], "Action": "Remove"}, False),
    ],
    ids=str,
)
def test_change_of_tags_alone_travels_and_is_told(more: dict[str, Any], travels: bool) -> None:
    one = {**change("Queue"), **more}
    assert refused(one) is not travels
    said = ["tags of Queue (AWS::SQS::Queue) change too; a rollback takes them back"] if travels else []
    assert list(check_travelling(live(one))) == said


def test_tags_of_what_belongs_to_the_transition_are_not_told() -> None:
    tags = {"Scope": ["Tags"], "Details": [detail(None, "Tags")]}
    assert list(check_travelling(live(change("TableAlarm1", **tags)))) == []
    many = [change(name, **tags) for name in "ABCDEF"]
    (said,) = check_travelling(live(*many))
    four = ", ".join(f"{name} (AWS::SQS::Queue)" for name in "ABCD")
    assert said == f"tags of {four} and 2 more change too; a rollback takes them back"


AUTOMATIC = {"ChangeSource": "Automatic"}


@pytest.mark.parametrize(
    ("more", "listed"),
    [
        ({"Details": [detail(**AUTOMATIC)]}, True),
        ({"Details": [detail(**AUTOMATIC), reference(f"{TABLE}.Arn")]}, True),
        ({"Details": [detail(**AUTOMATIC)], "Replacement": "False"}, True),
        ({"Details": [detail(**AUTOMATIC)], "Replacement": "True"}, False),
        ({"Details": [detail(**AUTOMATIC)], "Action": "Add"}, False),
        ({"Details": [detail(**AUTOMATIC), detail()]}, False),
        ({"Details": [detail(**AUTOMATIC), detail(ChangeSource="DirectModification")]}, False),
        ({"Details": [detail(**AUTOMATIC), reference("Other.Arn")]}, False),
        ({"Details": []}, False),
        ({}, False),
        ({"Details": [detail(**AUTOMATIC)], "ResourceType": "AWS::SQS::Queue"}, False),
    ],
    ids=str,
)
def test_nested_stack_that_is_only_listed_travels_and_is_told(more: dict[str, Any], listed: bool) -> None:
    one = {**change("Network", "AWS::CloudFormation::Stack"), **more}
    assert refused(one) is not listed
    said = (
        [
            "Network (AWS::CloudFormation::Stack) is listed without an edit: it changes only if its template changed "
            "at the same address"
        ]
        if listed
        else []
    )
    assert list(check_travelling(live(one))) == said


@pytest.mark.parametrize(
    ("details", "action", "travels"),
    [
        ([reference(TABLE)], "Modify", True),
        ([reference(f"{TABLE}.Arn")], "Modify", True),
        ([reference(f"{TABLE}.Arn"), detail(None, "Tags")], "Modify", True),
        ([reference(f"{TABLE}.Arn"), detail("X")], "Modify", False),
        ([reference(f"{TABLE}.Arn"), {}], "Modify", False),
        ([reference(f"{TABLE}.Arn"), {"Target": None}], "Modify", False),
        ([detail(None, "Tags")], "Modify", False),
        ([reference("Other.Arn")], "Modify", False),
        ([reference(None)], "Modify", False),
        ([reference("")], "Modify", False),
        ([reference(f"{TABLE}.Arn", Evaluation="Static")], "Modify", False),
        ([reference(f"{TABLE}.Arn")], "Add", False),
        ([reference(f"{TABLE}.Arn")], "Remove", False),
        ([], "Modify", False),
        (None, "Modify", False),
    ],
    ids=str,
)
def test_resource_that_only_refers_to_the_table_travels(details: Any, action: str, travels: bool) -> None:
    assert refused(change("Policy", "AWS::IAM::Policy", action, Details=details)) is not travels
    assert list(check_travelling(live(change("Policy", "AWS::IAM::Policy", action, Details=details)))) == []


def scaling(physical: str) -> dict[str, Any]:
    kind = "AWS::ApplicationAutoScaling::ScalableTarget"
    return change("Gone", kind, "Remove", PhysicalResourceId=physical)


def test_scaling_of_a_table_in_transition_travels_by_the_name_of_the_table() -> None:
    assert not refused(scaling(f"table/{TABLE_NAME}|dynamodb:table:WriteCapacityUnits|dynamodb"))
    assert refused(scaling("table/carts|dynamodb:table:WriteCapacityUnits|dynamodb"))
    own = {**change(TABLE, TABLE_TYPE, Details=[detail()]), "PhysicalResourceId": "from-the-change-set"}
    renamed = scaling("table/from-the-change-set|dynamodb:table:WriteCapacityUnits|dynamodb")
    assert alone(own, renamed, names=StackNames(None, {})) == []
    assert alone(renamed, names=StackNames(None, {})) != []
    carts = {**change("Carts", TABLE_TYPE, Details=[detail()]), "PhysicalResourceId": "carts"}
    of_carts = scaling("table/carts|dynamodb:table:WriteCapacityUnits|dynamodb")
    travelling = frozenset({id_hash("Carts")})
    assert alone(carts, of_carts, travels_in_stack=travelling) == []
    other = {**change("Carts", "AWS::SQS::Queue"), "PhysicalResourceId": "carts"}
    assert alone(other, of_carts, travels_in_stack=travelling) != []


def table_change(*changes: dict[str, Any], **given: Any) -> list[str]:
    return list(check_table_change(live(*changes, **given)))


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"Action": "Add"}, "action Add"),
        ({"Action": "Remove", "Replacement": "True"}, "action Remove"),
        ({"Action": None}, "action None"),
        ({"Replacement": "True"}, "replacement True"),
        ({"Replacement": "Conditional"}, "replacement Conditional"),
    ],
)
def test_table_that_is_not_kept_is_told(more: dict[str, Any], what: str) -> None:
    one = {**change(TABLE, TABLE_TYPE, Details=[detail("TableClass")]), **more}
    assert table_change(one) == [f"the change set does not keep the table {TABLE} ({what}): {DEPLOY}"]


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::SQS::Queue"])
def test_tables_in_transition_are_looked_at(kind: str) -> None:
    strange = {"Details": [detail("SomethingNew")]}
    text = f"SomethingNew (the guard does not know whether it can be taken back): {DEPLOY}"
    assert table_change(change(TABLE, kind, **strange)) == [f"of {TABLE} there would change too: {text}"]
    travelling = frozenset({id_hash("Carts")})
    expected = [] if kind == "AWS::SQS::Queue" else [f"of Carts there would change too: {text}"]
    assert table_change(change("Carts", kind, **strange), travels_in_stack=travelling) == expected
    assert table_change(change("Carts", kind, **strange)) == []


@pytest.mark.parametrize("details", [None, []])
def test_table_without_details_is_told(details: Any) -> None:
    said = f"the change set does not show what changes of {TABLE}: deploy with --method=change-set"
    assert table_change(change(TABLE, TABLE_TYPE, Details=details)) == [said]
    assert table_change(change(TABLE, TABLE_TYPE, Details=[detail()])) == []


def test_properties_that_must_not_change_are_listed_with_their_reasons() -> None:
    names = ("BillingMode", "TableClass", "Tags", "WarmThroughput", "A", "B", "C")
    (said,) = table_change(change(TABLE, TABLE_TYPE, Details=[detail(name) for name in names]))
    unknown = "the guard does not know whether it can be taken back"
    assert said == (
        f"of {TABLE} there would change too: TableClass (it can be changed twice in 30 days, so a rollback may be refused), "
        f"WarmThroughput (it never goes down, so a rollback would fail; the guard raises it), A ({unknown}), B ({unknown}) "
        f"and 1 more: {DEPLOY}"
    )
    only_referred = {**detail("TableClass"), "Evaluation": "Dynamic", "CausingEntity": "TableAlarm1"}
    assert table_change(change(TABLE, TABLE_TYPE, Details=[only_referred, detail()])) == []


GSI = "GlobalSecondaryIndexes"


def entry(name: str, kind: str = "Add", of: str = GSI, index: str | None = "by_day") -> dict[str, Any]:
    target: dict[str, Any] = {
        "Attribute": "Properties",
        "Name": of,
        "Path": f"/Properties/{of}/1",
        "AttributeChangeType": kind,
    }
    if index is not None:
        target["AfterValue"] = f'{{"IndexName": "{index}"}}'
    return {"Evaluation": "Static", "Target": target}


def test_index_may_come_and_leave_with_the_transition_that_has_it() -> None:
    by_day = replace(ON_DEMAND, indexes={**ON_DEMAND.indexes, "by_day": ON_DEMAND.indexes["by_agent"]})
    with_index = a_plan(by_day).transition
    creates = change(TABLE, TABLE_TYPE, Details=[entry("x"), detail("AttributeDefinitions")])
    assert table_change(creates, transition=with_index) == []
    other = change(TABLE, TABLE_TYPE, Details=[entry("x", index="by_night")])
    (said,) = table_change(other, transition=with_index)
    assert said == (
        f"of {TABLE} there would change too: {GSI} by_night (new) (an index is created or deleted alone): {DEPLOY}"
    )
    unnamed = change(TABLE, TABLE_TYPE, Details=[entry("x", index=None)])
    assert table_change(unnamed, transition=with_index) == []
    for one, words in (
        (entry("x"), f"{GSI} by_day (new) (an index is created or deleted alone)"),
        (entry("x", "Remove"), f"{GSI} by_day (removed) (an index is created or deleted alone)"),
        (detail("AttributeDefinitions"), "AttributeDefinitions (it belongs to another key or index)"),
    ):
        (said,) = table_change(change(TABLE, TABLE_TYPE, Details=[one]))
        assert said == f"of {TABLE} there would change too: {words}: {DEPLOY}"


def test_indexes_of_another_table_are_left_to_its_own_gate_and_replicas_are_not() -> None:
    travelling = frozenset({id_hash("Carts")})
    carts = change("Carts", TABLE_TYPE, Details=[entry("x"), detail("AttributeDefinitions")])
    assert table_change(carts, travels_in_stack=travelling) == []
    for logical_id in ("Carts", TABLE):
        replica = change(logical_id, TABLE_TYPE, Details=[entry("x", of="Replicas")])
        (said,) = table_change(replica, travels_in_stack=travelling)
        assert said == (
            f"of {logical_id} there would change too: Replicas (new) (replicas change alone): {DEPLOY}"
        )


def test_what_travels_of_a_table_and_what_is_hidden_is_told() -> None:
    details = [detail("Tags"), detail("DeletionProtectionEnabled"), detail("BillingMode"), detail("Replicas")]
    said = list(check_travelling(live(change(TABLE, TABLE_TYPE, Details=details))))
    assert said == [
        f"Tags, DeletionProtectionEnabled of {TABLE} changes too; a rollback takes it back",
        f"the change set does not show which part of Replicas of {TABLE} changes: whether it is capacity alone is not known",
    ]
    assert list(check_travelling(live(change(TABLE, TABLE_TYPE, Details=[detail()])))) == []
    assert list(check_travelling(live(change(TABLE, TABLE_TYPE, Details=[entry("x")])))) == []
    assert list(check_travelling(live(change("Carts", TABLE_TYPE, Details=details)))) == []


def test_change_set_of_another_operation_shows_nothing() -> None:
    strange = live(change("Queue"))
    assert strange.change_set is not None
    fields = {"ExecutionStatus": "EXECUTE_COMPLETE", "StackId": STACK_ID}
    earlier = replace(strange, change_set=replace(strange.change_set, fields=fields))
    for nothing in (earlier, replace(strange, change_set=None)):
        assert [*check_alone(nothing), *check_table_change(nothing), *check_travelling(nothing)] == []
