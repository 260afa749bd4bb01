"""Each correction of CloudFormation and auto scaling is needed: left out, a test that stands for it fails."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from constructs_lib.emulator import Emulator
from constructs_lib.emulator.corrections import load
from tests.emulator import test_autoscaling as scaling
from tests.emulator import test_cloudformation as stacks

pytestmark = pytest.mark.e2e

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)

STANDS_FOR: dict[str, Callable[[Emulator], None]] = {
    "cloudformation.event-properties": stacks.test_events_when_a_table_changes_carry_its_properties_and_rehearsal_time,
    "cloudformation.events-of-an-update": stacks.test_update_when_nothing_changes_for_a_resource_has_no_event_of_it,
    "cloudformation.operation-visible": stacks.test_stack_when_updated_in_express_mode_shows_it_and_does_not_roll_back,
    "cloudformation.resources-by-physical-id": stacks.test_resources_when_asked_for_by_physical_id_are_those_of_its_stack,
    "cloudformation.failed-create-is-deleted": stacks.test_custom_resource_when_its_create_failed_gets_a_delete_with_its_id,
    "cloudformation.failed-table-update-is-sent-back": stacks.test_table_when_half_of_its_update_failed_is_sent_back,
    "cloudformation.service-timeout": stacks.test_custom_resource_when_silent_fails_after_its_timeout_in_rehearsal_seconds,
    "cloudformation.global-table": stacks.test_global_table_when_switched_to_provisioned_takes_its_seeds,
    "cloudformation.table": stacks.test_table_when_its_capacity_changes_keeps_its_index_and_name,
    "cloudformation.metric-math-alarm": stacks.test_alarm_when_it_is_an_expression_reaches_cloudwatch_with_all_its_properties,
    "cloudformation.composite-alarm": stacks.test_alarm_when_it_is_an_expression_reaches_cloudwatch_with_all_its_properties,
    "autoscaling.service": lambda emulator: (
        scaling.test_target_when_registered_brings_live_units_between_its_bounds(
            scaling.with_table(emulator), 300, 400, 300
        )
    ),
    "autoscaling.scalable-target-type": lambda emulator: (
        scaling.test_cloudformation_when_it_owns_target_and_policy_registers_and_removes_them(
            scaling.with_table(emulator)
        )
    ),
    "autoscaling.scaling-policy-type": lambda emulator: (
        scaling.test_cloudformation_when_it_owns_target_and_policy_registers_and_removes_them(
            scaling.with_table(emulator)
        )
    ),
}


def test_corrections_when_listed_are_all_stood_for() -> None:
    ours = {each.name for each in load() if each.name.startswith(("cloudformation.", "autoscaling."))}
    assert ours == STANDS_FOR.keys()


@pytest.mark.parametrize("name", sorted(STANDS_FOR))
def test_correction_when_left_out_is_missed(name: str) -> None:
    with (
        Emulator(speed=60, start=START, skip_corrections=frozenset({name})) as emulator,
        pytest.raises(Exception),  # noqa: B017 (an assertion, a refusal, a missing field: each shows it)
    ):
        STANDS_FOR[name](emulator)
