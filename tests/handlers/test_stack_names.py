"""Names of a stack: the table and the guard's alarms, Region and account."""

from __future__ import annotations

import pytest

from capacity_guard.handlers.aws import GateAws
from capacity_guard.handlers.messages import (
    GateError,
)
from capacity_guard.handlers.stack_names import StackNames, account_of, find_names, region_of
from tests.handlers.gate_world import (
    ACCOUNT,
    ALARM_NAMES,
    ON_DEMAND,
    REGION,
    STACK_ID,
    TABLE,
    TABLE_NAME,
    WARM,
    a_plan,
    an_aws,
    prepare_preflight,
    run_preflight,
)


def test_names_when_the_table_is_gone_refuses_by_its_logical_id(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = a_plan(ON_DEMAND)
    aws, preflight = prepare_preflight(monkeypatch, plan)
    aws.physical.clear()
    with pytest.raises(GateError, match="does not have ConversationsTable9A1B, TableAlarm1, IndexAlarm2 yet"):
        preflight.run()


def test_names_when_the_plan_gives_the_tables_name_asks_no_stack_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan(WARM, table_name="Conversations-XYZ")
    aws = an_aws(plan)
    del aws.physical[TABLE]
    run_preflight(monkeypatch, plan, aws)


def test_names_when_found_are_those_of_the_stack_and_of_the_references_of_a_bake() -> None:
    plan = a_plan()
    aws = an_aws(plan)
    names = find_names(GateAws(aws.clients()), plan, STACK_ID)
    assert names == StackNames(TABLE_NAME, ALARM_NAMES)
    given = {"Table": TABLE_NAME, "Alarms": dict(ALARM_NAMES)}
    assert StackNames.from_property(given) == names
    del aws.physical["IndexAlarm2"]
    assert find_names(GateAws(aws.clients()), plan, STACK_ID).missing == ("IndexAlarm2",)


def test_region_and_account_when_read_from_an_arn_are_empty_in_any_other_text() -> None:
    assert (region_of(STACK_ID), account_of(STACK_ID)) == (REGION, ACCOUNT)
    assert (region_of("stack"), account_of("a:b:c:d")) == ("", "")
