"""Corrections of the emulated CloudFormation: what a change set shows of the properties that it changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from . import correction, ministack
from .cloudformation_engine import API, body_text, replace_action, request_parameter


@correction("cloudformation.property-values", f"{API}/API_DescribeChangeSet.html (IncludePropertyValues)")
def show_property_values_in_change_sets() -> None:
    """DescribeChangeSet shows a resource before and after its change to a request with IncludePropertyValues."""
    changesets = ministack.module("services.cloudformation.changesets")
    diff = changesets._diff_resources

    def diff_with_contexts(
        old: dict[str, Any], new: dict[str, Any], *arguments: Any, **options: Any
    ) -> list[dict[str, Any]]:
        changes: list[dict[str, Any]] = diff(old, new, *arguments, **options)
        for change in changes:
            resource = change["ResourceChange"]
            for name, template in (("BeforeContext", old), ("AfterContext", new)):
                declared = template.get("Resources", {}).get(resource["LogicalResourceId"])
                if declared is not None:
                    resource[name] = _context(declared)
        return changes

    def describe(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe_change_set(parameters: dict[str, Any]) -> Any:
            status, headers, body = original(parameters)
            _, change_set = changesets._find_change_set(
                request_parameter(parameters, "ChangeSetName") or "",
                request_parameter(parameters, "StackName") or "",
            )
            values = request_parameter(parameters, "IncludePropertyValues") or "false"
            if status != 200 or not change_set or values.lower() != "true":
                return status, headers, body
            resources = {
                change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"]
                for change in change_set["Changes"]
            }
            text = re.sub(
                r"(<ResourceChange><Action>[^<]*</Action><LogicalResourceId>)([^<]*)(</LogicalResourceId>)",
                lambda found: "".join(found.groups()) + _contexts_of(resources.get(found.group(2), {})),
                body_text(body),
            )
            return status, headers, text.encode()

        return describe_change_set

    changesets._diff_resources = diff_with_contexts
    replace_action("DescribeChangeSet", describe)


def _context(declared: dict[str, Any]) -> str:
    shown = {name: declared[name] for name in ("Properties", "Metadata") if name in declared}
    return json.dumps(shown, default=str)


def _contexts_of(resource: dict[str, Any]) -> str:
    names = ("BeforeContext", "AfterContext")
    return "".join(f"<{name}>{escape(resource[name])}</{name}>" for name in names if name in resource)
