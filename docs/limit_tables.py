"""Writes the tables of docs/limits.md from ``capacity_guard.capacity.limits``: each limit, its source, and where it is checked.

``make rules``, or ``python docs/limit_tables.py`` in the environment of the project. Each table is between two markers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from capacity_guard.capacity import limits

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "limits.md"

_STACK = "each synthesis of a stack with a guard (`service-limit`)"
_NAMES = "CloudFormation makes the name; where code gives one: " + _STACK
CHECKED: Mapping[str, str] = {
    "TABLE_QUOTA": "[CG3](rules/CG3.md), [CG4](rules/CG4.md), [CG5](rules/CG5.md), [CG14](rules/CG14.md); `Margins.table_quota`",
    "ACCOUNT_QUOTA": "[CG5](rules/CG5.md), of one table with its indexes; `Margins.account_quota`",
    "SWITCHES_TO_ON_DEMAND": "[CG7](rules/CG7.md); Preflight counts those of the last 24 hours",
    "DECREASES_AT_ONCE": "[CG7](rules/CG7.md); Preflight counts those of the day",
    "DECREASES_A_DAY": "[CG7](rules/CG7.md); Preflight counts those of the day",
    "INDEXES": "[CG18](rules/CG18.md), WARN: an account may have more",
    "LOCAL_INDEXES": "[CG18](rules/CG18.md)",
    "PROJECTED_ATTRIBUTES": "[CG18](rules/CG18.md)",
    "PROJECTED_ATTRIBUTES_OF_INDEX": "[CG18](rules/CG18.md)",
    "TABLE_NAME_CHARACTERS": "[CG18](rules/CG18.md); CloudFormation shortens a name that it makes",
    "INDEX_CHANGES_AT_ONCE": "[CG10](rules/CG10.md)",
    "SCALING_TARGET_LOWEST": "the capacity cannot be declared or read",
    "SCALING_TARGET_HIGHEST": "the capacity cannot be declared or read",
    "SCALING_TARGET_DOCUMENTED_LOWEST": "[CG5](rules/CG5.md), WARN; `GuardedTable` refuses it",
    "SCALING_TARGET_DOCUMENTED_HIGHEST": "[CG5](rules/CG5.md), WARN; `GuardedTable` refuses it",
    "SCHEDULED_ACTIONS": _STACK,
    "INLINE_POLICY_CHARACTERS": "the guard begins a managed policy where the inline one is full",
    "MANAGED_POLICY_CHARACTERS": "the guard begins the next managed policy where one is full",
    "MANAGED_POLICIES_OF_ROLE": "the guard refuses the table for which it has no room; policies of others: "
    + _STACK
    + ", a warning",
    "TEMPLATE_BYTES": "the synthesis of a change names the deployments that fit (`too-much-at-once`); "
    + _STACK,
    "TEMPLATE_RESOURCES": "the CDK refuses more; where its own limit was raised: " + _STACK,
    "TEMPLATE_PARAMETERS": _STACK,
    "TEMPLATE_OUTPUTS": _STACK,
    "TEMPLATE_MAPPINGS": _STACK,
    "MAPPING_ATTRIBUTES": _STACK,
    "NAME_CHARACTERS": _STACK,
    "DESCRIPTION_BYTES": _STACK,
    "TAGS": _STACK + ", of the kinds of resources that the guard makes",
    "ROLE_NAME_CHARACTERS": _NAMES,
    "EXECUTION_INPUT_BYTES": "the synthesis of a change (`plan-too-long`)",
    "CAUSE_CHARACTERS": "the guard shortens the plan; a test of the provider framework measures the largest one",
    "ALARM_RANGE_SECONDS": "`Rollout(alarm_periods=...)` refuses more",
    "ALARM_CALLS_A_SECOND": "the synthesis of a change (`too-much-at-once`)",
    "ALARM_NAME_CHARACTERS": _NAMES,
    "ALARM_DESCRIPTION_CHARACTERS": _STACK,
    "ALARM_ACTIONS": _STACK,
    "ALARM_METRICS": "the alarm of the guard has 2; where code changes it: " + _STACK,
    "GATE_SECONDS": "`GateTimes`, bake time and settings that do not fit into it are refused; [CG9](rules/CG9.md)",
    "FUNCTION_SECONDS_MOST": "the functions of the guard have 120 s; where code changes that: " + _STACK,
    "FUNCTION_ENVIRONMENT_BYTES": "the functions of the guard have none; where code adds some: " + _STACK,
    "FUNCTION_NAME_CHARACTERS": _NAMES,
    "FUNCTION_LAYERS": "the functions of the guard have none; where code adds some: " + _STACK,
    "FUNCTION_SUBNETS": _STACK + ", for `FunctionNetwork`",
    "FUNCTION_SECURITY_GROUPS": _STACK + ", for `FunctionNetwork`",
    "STATE_MACHINE_NAME_CHARACTERS": _NAMES,
}
"""Where each limit that an app can reach is checked."""

OUT_OF_REACH: Mapping[str, str] = {
    "TABLE_OPERATIONS": "a stack of 500 resources changes fewer tables; what other stacks do at once, the synthesis does not see",
    "INDEXED_TABLE_CREATIONS": "a guarded table with an index takes three resources, so a stack has fewer than 167 of them",
    "SCALABLE_TARGETS": "a stack has 500 resources; what the account has beside it, the synthesis does not see",
    "SCALING_POLICIES": "a second policy for one dimension makes the capacity unreadable, which a finding says",
    "RESPONSE_BYTES": "a gate answers with two attributes of bounded length; a test of the framework measures the longest",
    "METRIC_DIMENSIONS": "a metric of a table or an index has at most two",
    "FUNCTION_CODE_BYTES": "the code of the functions is less than a hundredth of it",
    "UNRESERVED_CONCURRENCY": "the guard reserves none. What an aspect reserves, Lambda refuses "
    "when the functions are made, before any change of capacity",
    "PARAMETER_NAME_CHARACTERS": "the longest stack name and logical id leave room",
    "PARAMETER_LEVELS": "the name of a hold has three",
    "PARAMETER_VALUE_BYTES": "a hold holds `none` or a fingerprint of ten characters",
}
"""Why no app reaches the others."""


def table(names: Mapping[str, str], last: str) -> str:
    """A table of limits.

    Args:
        names: what the last column says, by the name of the limit.
        last: its heading.
    """
    rows = []
    for name, text in names.items():
        limit = getattr(limits, name)
        rows.append(f"| {limit.value:,} | {limit.unit} | {limit.source} | {text} |")
    return "\n".join(("| at most | what | source | " + last + " |", "|--:|---|---|---|", *rows, ""))


def constants() -> str:
    """The table of durations, rates and defaults that rules, gates and simulator calculate with."""
    others = {
        name: limit
        for name, limit in vars(limits).items()
        if isinstance(limit, limits.Limit) and name not in {**CHECKED, **OUT_OF_REACH}
    }
    rows = [
        f"| {limit.value:,} | {limit.unit} | {limit.source} | {limit.mark} |" for limit in others.values()
    ]
    return "\n".join(("| value | what | source | mark |", "|--:|---|---|---|", *rows, ""))


def with_tables(text: str) -> str:
    """The page with its tables as they are to be.

    Args:
        text: the page.

    Raises:
        ValueError: the page does not have the markers of a table once each.
    """
    for name, written in (
        ("checked", table(CHECKED, "checked by")),
        ("out-of-reach", table(OUT_OF_REACH, "why no app reaches it")),
        ("constants", constants()),
    ):
        begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"the page needs the lines {begin.strip()} and {end.strip()}, once each")
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}{written}{end}{after}"
    return text


def main() -> None:
    """Write the tables."""
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
