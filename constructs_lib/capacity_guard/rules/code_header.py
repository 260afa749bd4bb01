"""The comments above the printed code of an adopted table: which names it uses, from which modules, and what is left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .code_layout import comment, listed
from .code_names import CodeNames
from .fix_code import text_code

_NAMESAKE = "# Capacity is that of aws_cdk.aws_dynamodb, not that of capacity_guard."
_MODULES = {
    "aws_cdk": ("Aws",),
    "aws_cdk.aws_applicationautoscaling": ("CfnScalableTarget", "CfnScalingPolicy"),
    "aws_cdk.aws_dynamodb": (
        "Attribute",
        "AttributeType",
        "Billing",
        "BillingMode",
        "Capacity",
        "CfnGlobalTable",
        "CfnTable",
        "GlobalSecondaryIndexPropsV2",
        "ProjectionType",
        "Table",
        "TableV2",
    ),
    "capacity_guard": ("CapacityGuard", "ChangeWindow", "GuardOptions", "Margins", "Rollout", "Units"),
}
"""The names that printed code uses, by the modules that have them."""
_NO_CODE = re.compile(r'"(?:\\.|[^"\\])*"|^ *#.*$', re.MULTILINE)
"""A text, or a comment that is a line."""


def header(names: CodeNames, statements: Sequence[str]) -> str:
    """Comments on the names that statements use and do not define, on what they leave out, and on an unknown construct id.

    Args:
        names: the names in the code of the table.
        statements: the printed statements.
    """
    text = "\n".join(statements)
    made = re.findall(r"^(\w+) = ", text, re.MULTILINE)
    used = dict.fromkeys(["table", *made, *re.findall(r"\b(table\w*)\.ref\b", text)])
    lines = [
        f"# self: the scope of the table; {listed(list(used))}: your variable{'s' if len(used) > 1 else ''}.",
        "# Calls and arguments that are not listed stay as they are.",
    ]
    if names.table_unknown and text_code(names.table) in text:
        lines.append(
            f"# {comment(names.table)} means the construct id of your table: with another id, CloudFormation"
            " makes a new, empty table."
        )
    code = set(re.findall(r"\w+", _NO_CODE.sub("", text)))
    lines += [
        f"# from {module} import {', '.join(name for name in known if name in code)}"
        for module, known in _MODULES.items()
        if not code.isdisjoint(known)
    ]
    return "\n".join([*lines, *([_NAMESAKE] if "=Capacity." in text else [])])


__all__ = ["header"]
