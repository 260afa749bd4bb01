"""PlanInput field by field: its plain data, and the one error that names a field at fault."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.capacity.structure import TableKind
from capacity_guard.findings import PlanInput
from capacity_guard.findings.plan_input import plan_input
from capacity_guard.rules import TemplateFacts
from tests.builders.cases import baseline, case, deployed, on_demand, provisioned
from tests.builders.findings import PLANNED

AGAIN = "Synthesize again (cdk synth)"
FULL = replace(PLANNED, new="conversations", kind=TableKind.TABLE, relief=True)


def refusal(**changed: Any) -> tuple[str, str, str]:
    with pytest.raises(InputError) as raised:
        PlanInput.from_json({**FULL.to_json(), **changed}, "f: plan")
    return raised.value.location, raised.value.problem, raised.value.remedy


def test_plain_data_has_every_field() -> None:
    assert FULL.to_json() == {
        "table": "Conversations",
        "declared": PLANNED.declared.to_json(),
        "baseline": "stacks/baselines/conversations.json",
        "fingerprint": "0123456789",
        "rollout": PLANNED.rollout.to_json(),
        "margins": PLANNED.margins.to_json(),
        "region": "eu-west-1",
        "new": "conversations",
        "kind": "AWS::DynamoDB::Table",
        "relief": True,
    }
    assert PLANNED.to_json() == {**FULL.to_json(), "new": None, "kind": None, "relief": False}


def test_scheduled_actions_are_read_back_and_left_out_where_there_are_none() -> None:
    action = ScheduledAction(Dimension(None, "write"), "night", "cron(0 20 * * ? *)", "Europe/Rome", 20, 40)
    planned = replace(PLANNED, schedules=(action,))
    assert planned.to_json()["schedules"] == [action.to_json()]
    assert PlanInput.from_json(planned.to_json(), "f: plan") == planned
    assert "schedules" not in PLANNED.to_json()
    assert refusal(schedules={})[:2] == ("f: plan.schedules", "is not a list")


@pytest.mark.parametrize("kind", [None, *TableKind])
@pytest.mark.parametrize("relief", [False, True])
@pytest.mark.parametrize("region", [None, "eu-west-1"])
@pytest.mark.parametrize("new", [None, "orders"])
def test_plain_data_is_read_back(
    kind: TableKind | None, relief: bool, region: str | None, new: str | None
) -> None:
    planned = replace(PLANNED, kind=kind, relief=relief, region=region, new=new)
    assert PlanInput.from_json(planned.to_json(), "f: plan") == planned


def test_optional_fields_of_an_older_file_may_be_absent() -> None:
    data = PLANNED.to_json()
    for name in ("region", "new", "kind", "relief"):
        del data[name]
    assert PlanInput.from_json(data, "f: plan") == replace(
        PLANNED, region=None, new=None, kind=None, relief=False
    )


@pytest.mark.parametrize("name", ["table", "baseline", "fingerprint"])
@pytest.mark.parametrize("value", [None, 7, []])
def test_text_that_is_none_is_refused(name: str, value: object) -> None:
    assert refusal(**{name: value}) == (f"f: plan.{name}", "is not text", AGAIN)


@pytest.mark.parametrize("name", ["region", "new"])
@pytest.mark.parametrize("value", [7, [], False])
def test_optional_text_of_another_type_is_refused(name: str, value: object) -> None:
    assert refusal(**{name: value}) == (f"f: plan.{name}", "is not text", AGAIN)


@pytest.mark.parametrize("kind", ["AWS::DynamoDB::Tables", "", 7])
def test_kind_that_is_none_is_refused(kind: object) -> None:
    assert refusal(kind=kind) == ("f: plan.kind", f"is {kind!r}", AGAIN)


@pytest.mark.parametrize("relief", [None, 1, "true"])
def test_relief_that_is_no_flag_is_refused(relief: object) -> None:
    assert refusal(relief=relief) == ("f: plan.relief", "is not true or false", AGAIN)


@pytest.mark.parametrize(
    "changed", [{"rollout": None}, {"rollout": {}}, {"rollout": 7}, {"margins": None}, {"margins": {"x": 1}}]
)
def test_rollout_or_margins_that_cannot_be_read_are_refused(changed: dict[str, Any]) -> None:
    location, problem, remedy = refusal(**changed)
    assert (location, remedy) == ("f: plan", AGAIN)
    assert problem.startswith("has no readable rollout and margins (")


@pytest.mark.parametrize("name", ["rollout", "margins"])
def test_rollout_or_margins_that_are_missing_are_refused(name: str) -> None:
    data = FULL.to_json()
    del data[name]
    with pytest.raises(
        InputError, match=rf"f: plan: has no readable rollout and margins \(KeyError\('{name}'"
    ):
        PlanInput.from_json(data, "f: plan")


def test_declared_capacity_is_refused_at_its_own_place() -> None:
    location, _, _ = refusal(declared=None)
    assert location == "f: plan.declared"
    data = FULL.to_json()
    del data["declared"]
    with pytest.raises(InputError, match=r"f: plan\.declared"):
        PlanInput.from_json(data, "f: plan")


@pytest.mark.parametrize("value", [[], None, "x"])
def test_plan_that_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(InputError) as raised:
        PlanInput.from_json(value, "f: plan")
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "f: plan",
        "is not an object",
        AGAIN,
    )


@pytest.mark.parametrize(
    ("facts", "kept"),
    [(TemplateFacts(schedules_unread="S: Target.MaxCapacity cannot be read"), 1), (TemplateFacts(), 0)],
    ids=["not readable", "none"],
)
def test_scheduled_actions_that_cannot_be_read_count_as_recorded(facts: TemplateFacts, kept: int) -> None:
    action = ScheduledAction(Dimension(None, "write"), "night", "cron(0 20 * * ? *)", None, 20, 40)
    recorded = replace(baseline(replace(deployed(provisioned()), schedules=(action,))), file="b.json")
    planned = plan_input(case(on_demand(), recorded, template=(facts,)))
    assert planned is not None
    assert len(planned.schedules) == kept
