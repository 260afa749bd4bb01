"""Each correction of the emulator is needed: without it at least one row fails.

A few corrections are visible in functions of a stack only, which no row has. For each of them a test of the emulator runs
here without the correction.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from capacity_guard.rehearsal.emulator.corrections import load
from capacity_guard.rehearsal.emulator.launcher import ACCOUNT, Emulator
from tests.builders.emulated_stack import WITHOUT_LATENESS
from tests.conformance.emulator_system import START, EmulatorSystem
from tests.conformance.rows import load as load_rows
from tests.conformance.runner import RowError, run
from tests.rehearsal.emulator.corrections.test_cloudformation_custom_resources import (
    test_custom_resource_when_silent_fails_after_its_timeout_in_rehearsal_seconds as custom_resource_times_out,
)
from tests.rehearsal.emulator.corrections.test_cloudformation_operations import (
    test_stack_when_rollback_is_disabled_keeps_the_changed_table as paused_stack_takes_an_update,
)
from tests.rehearsal.emulator.corrections.test_cloudformation_rollback import (
    test_custom_resource_when_its_create_failed_gets_a_delete_with_its_id as failed_create_is_deleted,
)
from tests.rehearsal.emulator.corrections.test_cloudformation_rollback import (
    test_table_when_half_of_its_update_failed_is_sent_back as half_updated_table_is_sent_back,
)
from tests.rehearsal.emulator.corrections.test_iam_requests import (
    auto_scaling_is_authorized,
    parameters_of_a_stack_are_read_with_rights,
    request_counts_as_encrypted,
    role_is_passed_with_permission_alone,
    signature_of_another_clock_is_accepted,
)
from tests.rehearsal.emulator.corrections.test_iam_service_role import update_does_what_its_role_may

SHOWN_BY_ROWS: dict[str, tuple[str, ...]] = {
    "autoscaling.service": ("scaling-target-is-described-with-its-bounds",),
    "autoscaling.scalable-target-type": (
        "stack-scaling-target-is-registered",
        "stack-scheduled-actions-are-put",
    ),
    "autoscaling.scaling-policy-type": ("stack-scaling-policy-is-put",),
    "cloudformation.capabilities": ("stack-with-a-role-needs-a-capability",),
    "cloudformation.delete-while-running": ("stack-being-updated-cannot-be-deleted",),
    "cloudformation.rollback-triggers": (
        "stack-trigger-in-alarm-rolls-back",
        "stack-trigger-that-is-missing-rolls-back",
    ),
    "cloudformation.composite-alarm": ("stack-composite-alarm-keeps-its-rule",),
    "cloudformation.event-properties": ("stack-events-tell-a-resources-properties",),
    "cloudformation.events-of-an-update": (
        "stack-update-has-no-event-of-what-stays",
        "stack-update-creates-what-is-new",
    ),
    "cloudformation.global-table": ("stack-global-table-switched-to-provisioned-takes-its-seed",),
    "cloudformation.metric-math-alarm": ("stack-alarm-keeps-its-expression",),
    "cloudformation.missing-resource": ("stack-resource-that-is-missing-is-refused",),
    "cloudformation.operation-visible": ("stack-updated-by-a-change-set-names-it",),
    "cloudformation.property-values": ("change-set-shows-the-resource-before-and-after",),
    "cloudformation.revert-drift": ("change-set-that-reverts-drift-shows-it",),
    "cloudformation.resources-by-physical-id": ("stack-resources-are-found-by-physical-id",),
    "cloudformation.table": (
        "stack-table-keeps-its-warm-throughput",
        "stack-two-new-indexes-roll-back",
        "stack-switch-that-leaves-units-rolls-back",
    ),
    "cloudwatch.delete-alarms": ("alarm-history-outlives-the-alarm",),
    "cloudwatch.evaluate-alarms": ("alarm-3-of-3-0mxmx", "alarm-on-the-table-does-not-see-its-index"),
    "cloudwatch.get-metric-data": ("metric-data-include-the-start-and-exclude-the-end",),
    "cloudwatch.idle-zeros": ("metric-of-an-idle-table-is-zero",),
    "cloudwatch.put-metric-alarm": (
        "alarm-when-created-has-insufficient-data",
        "alarm-on-an-expression-fires",
    ),
    "cloudwatch.put-metric-data": ("metric-data-of-fourteen-days-ago-are-kept-by-the-minute",),
    "dynamodb.create-table": (
        "warm-at-creation-of-one-number-is-kept",
        "warm-at-creation-below-the-floor-is-refused",
    ),
    "dynamodb.delete-table": ("delete-while-the-mode-switches-is-refused",),
    "dynamodb.describe-table": ("on-demand-shows-no-units-and-its-warm-throughput",),
    "dynamodb.update-table": (
        "to-provisioned-without-throughput-is-refused",
        "switch-quota-the-fifth-is-refused",
    ),
}
"""Rows by correction; each of them fails without its correction."""


def function_that_the_machine_slows_down_answers(emulator: Emulator) -> None:
    """Four wall seconds are four rehearsal minutes, but the function's timeout of three seconds must not end it."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(
            "slow.py", "import time\ndef handler(event, context):\n    time.sleep.real(4)\n    return 7\n"
        )
    functions = emulator.client("lambda")
    functions.create_function(
        FunctionName="slow",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/slow",
        Handler="slow.handler",
        Timeout=3,
        Code={"ZipFile": code.getvalue()},
    )

    answer = functions.invoke(FunctionName="slow")

    assert "FunctionError" not in answer, answer["Payload"].read()
    assert json.loads(answer["Payload"].read()) == 7


SHOWN_BY_TESTS: dict[str, Callable[[Emulator], None]] = {
    "cloudformation.failed-create-is-deleted": failed_create_is_deleted,
    "cloudformation.failed-table-update-is-sent-back": half_updated_table_is_sent_back,
    "cloudformation.service-timeout": custom_resource_times_out,
    "cloudformation.update-when-paused": paused_stack_takes_an_update,
    "lambda.timeout": function_that_the_machine_slows_down_answers,
}
"""Tests of the emulator that fail without the correction."""

SHOWN_WITH_IAM: dict[str, Callable[[Emulator], None]] = {
    "iam.application-auto-scaling": auto_scaling_is_authorized,
    "iam.needed-permissions": role_is_passed_with_permission_alone,
    "iam.secure-transport": request_counts_as_encrypted,
    "iam.service-role": update_does_what_its_role_may,
    "iam.signature-time": signature_of_another_clock_is_accepted,
    "iam.ssm-parameters": parameters_of_a_stack_are_read_with_rights,
}
"""The same for corrections that matter where IAM is enforced."""


def test_corrections_when_listed_are_all_shown_to_be_needed() -> None:
    shown = [*SHOWN_BY_ROWS, *SHOWN_BY_TESTS, *SHOWN_WITH_IAM]
    assert {correction.name for correction in load()} == set(shown)
    assert len(set(shown)) == len(shown)
    assert len(SHOWN_BY_TESTS) <= 5


@pytest.mark.sampled(every=27)
@pytest.mark.parametrize("name", sorted(SHOWN_BY_ROWS))
def test_correction_when_left_out_fails_its_rows(name: str) -> None:
    rows = {row.id: row for row in load_rows()}
    without = frozenset({name})
    with Emulator(speed=1, start=START, skip_corrections=without, settings=WITHOUT_LATENESS) as emulator:
        system = EmulatorSystem(emulator)
        for identifier in SHOWN_BY_ROWS[name]:
            with pytest.raises((RowError, AssertionError)):
                run(rows[identifier], system)


@pytest.mark.e2e
def test_function_that_the_machine_slows_down_with_every_correction_answers() -> None:
    with Emulator(speed=60, start=START) as emulator:
        function_that_the_machine_slows_down_answers(emulator)


@pytest.mark.e2e
@pytest.mark.parametrize("name", sorted(SHOWN_BY_TESTS))
def test_correction_when_left_out_fails_its_test(name: str) -> None:
    with (
        Emulator(speed=60, start=START, skip_corrections=frozenset({name})) as emulator,
        pytest.raises(Exception),  # noqa: B017 (an assertion, a refusal, a missing field: each shows it)
    ):
        SHOWN_BY_TESTS[name](emulator)


@pytest.mark.sampled(every=6)
@pytest.mark.parametrize("name", sorted(SHOWN_WITH_IAM))
def test_correction_of_iam_when_left_out_fails_its_test(name: str) -> None:
    with (
        Emulator(speed=60, start=START, skip_corrections=frozenset({name}), iam=True) as emulator,
        pytest.raises(Exception),  # noqa: B017 (an assertion, a refusal, a missing field: each shows it)
    ):
        SHOWN_WITH_IAM[name](emulator)
