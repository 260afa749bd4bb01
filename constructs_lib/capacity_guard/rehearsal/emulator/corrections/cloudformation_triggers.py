"""Correction of the emulated CloudFormation: rollback triggers.

An alarm that is missing fails the operation; one that is in ALARM while the operation runs rolls it back; triggers stay for later
operations until they are replaced (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html).
The monitoring time after the last resource is not waited for.
"""

from __future__ import annotations

import contextvars
import os
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from . import correction, ministack
from .cloudformation_engine import (
    API,
    GUIDE,
    body_text,
    engine,
    find_stack,
    replace_action,
    request_parameter,
)
from .cloudwatch_evaluation import evaluate_alarms_here

ON_AT_START_VARIABLE = "CAPACITY_GUARD_TRIGGER_ON_AT_START"
"""Environment variable: ``ignored`` lets an alarm that was in ALARM when the operation began not count until it has left that
state; anything else rolls back. The page says that an alarm is monitored during the operation, and nothing of its start."""
_TRIGGERS, _AT_START, _PENDING = "_rollback_triggers", "_states_at_start", "_triggered"
_RUNNING = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
_WATCH_SECONDS = 5.0
_PREFIX = "RollbackConfiguration.RollbackTriggers"


class TriggeredError(RuntimeError):
    """A rollback trigger rolls the operation back."""


def requested_triggers(parameters: dict[str, Any]) -> list[str] | None:
    """ARNs of the triggers of a request, None where it names none and those of the stack stay."""
    arns = [
        str(request_parameter(parameters, name))
        for name in sorted(parameters)
        if re.fullmatch(rf"{re.escape(_PREFIX)}\.member\.\d+\.Arn", name)
    ]
    return arns if arns or _PREFIX in parameters else None


def _states(arns: list[str]) -> dict[str, str | None]:
    """State of each alarm in this minute, as DescribeAlarms answers it; None where it does not exist."""
    cloudwatch = ministack.module("services.cloudwatch")
    evaluate_alarms_here()
    alarms = {
        **dict(cloudwatch._alarms.items()),
        **dict(getattr(cloudwatch, "_composite_alarms", {}).items()),
    }
    names = {arn: arn.rsplit(":alarm:", 1)[-1] for arn in arns}
    return {arn: (alarms.get(name) or {}).get("StateValue") for arn, name in names.items()}


def firing(states: dict[str, str | None], at_start: dict[str, str | None]) -> str | None:
    """Why the operation is rolled back, None where it is not.

    states, at_start: states of the alarms by ARN, now and when the operation began.
    """
    for arn, state in states.items():
        if state is None:
            return f"Rollback trigger {arn} does not exist"
        was_on = at_start.get(arn) == "ALARM" and os.environ.get(ON_AT_START_VARIABLE) == "ignored"
        if state == "ALARM" and not was_on:
            return f"Rollback trigger {arn} is in ALARM"
    return None


@correction(
    "cloudformation.rollback-triggers",
    f"{GUIDE}/using-cfn-rollback-triggers.html {API}/API_RollbackConfiguration.html",
)
def roll_back_on_triggers() -> None:
    """A missing alarm fails an operation, and one in ALARM rolls it back."""
    stacks = engine()
    resolve, roll_back = stacks._resolve_stack_outputs, stacks._roll_back_operation

    def look(stack: dict[str, Any]) -> bool:
        """Keep the reason to roll back where an alarm fires now, and report whether one does."""
        states = _states(stack[_TRIGGERS])
        # an alarm that has left ALARM counts when it returns
        stack[_AT_START] = {
            arn: state for arn, state in stack[_AT_START].items() if states.get(arn) == "ALARM"
        }
        reason = firing(states, stack[_AT_START])
        if reason is not None:
            stack[_PENDING] = reason
        return reason is not None

    def watch(stack: dict[str, Any]) -> None:
        """Look at the alarms until the operation ends, and ask it to stop before its next resource where one fires."""
        while str(stack.get("StackStatus", "")) in _RUNNING:
            if look(stack):
                stack["_cancel_requested"] = True
            time.sleep(_WATCH_SECONDS)

    def begin(stack: dict[str, Any] | None, triggers: list[str] | None) -> None:
        if stack is None:
            return
        stack.pop(_PENDING, None)
        if triggers is not None:
            stack[_TRIGGERS] = triggers
        if not stack.get(_TRIGGERS):
            return
        stack[_AT_START] = _states(stack[_TRIGGERS])
        look(stack)
        # in this request's context: its account and Region
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(watch, stack), daemon=True).start()

    def direct(original: Callable[..., Any]) -> Callable[..., Any]:
        def create_or_update_stack(parameters: dict[str, Any]) -> Any:
            answer = original(parameters)
            if answer[0] == 200:
                begin(find_stack(request_parameter(parameters, "StackName")), requested_triggers(parameters))
            return answer

        return create_or_update_stack

    def prepare(original: Callable[..., Any]) -> Callable[..., Any]:
        def create_change_set(parameters: dict[str, Any]) -> Any:
            answer = original(parameters)
            found = re.search(r"<Id>([^<]*)</Id>", body_text(answer[2])) if answer[0] == 200 else None
            if found:
                change_set = ministack.module("services.cloudformation")._change_sets[found.group(1)]
                change_set[_TRIGGERS] = requested_triggers(parameters)
            return answer

        return create_change_set

    def execute(original: Callable[..., Any]) -> Callable[..., Any]:
        def execute_change_set(parameters: dict[str, Any]) -> Any:
            _, change_set = ministack.module("services.cloudformation.changesets")._find_change_set(
                request_parameter(parameters, "ChangeSetName") or "",
                request_parameter(parameters, "StackName") or "",
            )
            answer = original(parameters)
            if answer[0] == 200 and change_set:
                begin(find_stack(change_set["StackName"]), change_set.get(_TRIGGERS))
            return answer

        return execute_change_set

    def resolve_unless_triggered(*args: Any, **options: Any) -> Any:
        # the last moment before the operation's clean-up; the arguments end with the stack's name and id
        stack = find_stack(str(args[-1]))
        if stack is not None and stack.get("StackStatus") in _RUNNING:
            if stack.get(_TRIGGERS):
                look(stack)  # the clock may have been moved since the last look of `watch`
            reason = stack.get(_PENDING)
            if reason is not None:
                raise TriggeredError(reason)
        return resolve(*args, **options)

    async def roll_back_with_reason(
        stack_name: str,
        stack_id: str,
        stack: dict[str, Any],
        operation: dict[str, Any],
        *args: Any,
        **options: Any,
    ) -> None:
        reason = stack.pop(_PENDING, None)
        if reason is not None:
            options.setdefault("reason_override", reason)
        await roll_back(stack_name, stack_id, stack, operation, *args, **options)

    stacks._resolve_stack_outputs = resolve_unless_triggered
    stacks._roll_back_operation = roll_back_with_reason
    ministack.module("services.cloudformation.handlers")._roll_back_operation = roll_back_with_reason
    for action, wrap in (
        ("CreateStack", direct),
        ("UpdateStack", direct),
        ("CreateChangeSet", prepare),
        ("ExecuteChangeSet", execute),
    ):
        replace_action(action, wrap)


__all__ = ["ON_AT_START_VARIABLE", "TriggeredError", "firing", "requested_triggers"]
