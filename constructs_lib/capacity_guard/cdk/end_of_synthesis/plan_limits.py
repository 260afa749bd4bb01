"""Whether the plans of a table's gates can be carried to the gates, checked in the final template.

The CDK's provider framework hands the request of a gate to a state machine. A look that is not complete ends with an error that
holds the request twice (aws-cdk: custom-resources, provider-framework/runtime). Step Functions bounds both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...capacity.errors import InputError
from ...capacity.limits import EXECUTION_INPUT_BYTES
from ...capacity.plan_text import unpack_plan

if TYPE_CHECKING:
    from ..guards.guard import Guard

_ENVELOPE_BYTES = 4_096
"""What a request holds beside the properties: identifiers, and the signed address of the response."""
_TRACE_BYTES = 4_096
"""What an error of the framework's look holds beside the request: the places in the framework's code."""
_NAME_BYTES = 255
"""Longest name of a table or an alarm (DynamoDB API: CreateTable, CloudWatch API: PutMetricAlarm)."""
_ATTRIBUTE_BYTES = 1_400
"""Longest attribute of Preflight that Bake's properties hold, with the characters that JSON escapes."""
_LATE_TEXT = "${Token["
"""How the CDK writes a text that it knows later (aws_cdk.Token)."""


def request_size(properties: Mapping[str, Any], template: Mapping[str, Any]) -> int:
    """Bytes that a request of a gate takes at most on its way through Step Functions.

    An Update holds the properties twice, those before it and those after it: taken for equally long. A look at a Create that is
    not complete ends with an error that holds the request twice. An Update is complete at its first look.

    Args:
        properties: properties of the gate in a template.
        template: the template, for its mappings.
    """
    plain = json.dumps(_resolved(properties, template), ensure_ascii=False)
    escaped = json.dumps(plain, ensure_ascii=False)
    update = 2 * len(plain.encode()) + _ENVELOPE_BYTES
    look = 2 * (len(escaped.encode()) + _ENVELOPE_BYTES) + _TRACE_BYTES
    return max(update, look)


def plan_problem(guard: Guard, template: Mapping[str, Any]) -> InputError | None:
    """Why the plan of a table's gates cannot be carried to them; ``None`` if it can.

    Args:
        guard: a guard with gates.
        template: the final template of its stack.
    """
    late = next((item.rule for item in guard.acknowledgments if _LATE_TEXT in item.reason), None)
    if late is not None:
        return InputError(
            f"{guard.path}: acknowledge {late}: reason",
            "is known only at the deployment",
            "Give a text that the synthesis knows",
        )
    gates = (getattr(guard.gates, name, None) for name in ("preflight", "bake"))
    for logical_id in [guard.logical_id(gate) for gate in gates if gate is not None]:
        # a gate that is missing is reported by ``gate_chain``
        properties = template["Resources"].get(logical_id, {}).get("Properties", {})
        problem = _problem(properties, template)
        if problem is not None:
            return InputError(
                guard.path,
                f"the plan in {logical_id} {problem}",
                "Shorten acknowledgments and names of alarms, or take indexes out of the table; an emergency has "
                "-c capacity-guard:break-glass=REASON",
            )
    return None


def _problem(properties: Mapping[str, Any], template: Mapping[str, Any]) -> str | None:
    size = request_size(properties, template)
    if size > EXECUTION_INPUT_BYTES.value:
        return (
            f"makes a request of {size:,} bytes, where Step Functions takes {EXECUTION_INPUT_BYTES.value:,}"
        )
    plan = properties.get("Plan")
    if isinstance(plan, str):
        try:
            unpack_plan(plan)
        except InputError as error:
            return error.problem
    return None


def _resolved(value: Any, template: Mapping[str, Any]) -> Any:
    """A value with a text of the greatest length in place of each intrinsic function."""
    if isinstance(value, list):
        return [_resolved(item, template) for item in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return "x" * _NAME_BYTES
        if name == "Fn::FindInMap":
            found: Any = template.get("Mappings", {})
            for key in argument:
                found = found.get(key, {}) if isinstance(key, str) else {}
            return found
        if name.startswith("Fn::"):
            return "x" * _ATTRIBUTE_BYTES
    return {key: _resolved(item, template) for key, item in value.items()}


__all__ = ["plan_problem", "request_size"]
