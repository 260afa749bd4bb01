"""What in a template is above a limit of the services, so that CloudFormation or the service refuses the deployment.

Only what surely counts is counted: a plain text, and an element of a list that no condition can take away. What is known
only at the deployment is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..capacity import limits
from ..capacity.errors import InputError
from ..capacity.limits import Excess, Limit
from .intrinsics import Intrinsics

_SECTIONS: tuple[tuple[str, Limit, str], ...] = (
    ("Resources", limits.TEMPLATE_RESOURCES, "Put some of its resources into another stack"),
    ("Parameters", limits.TEMPLATE_PARAMETERS, "Put several values into one parameter, as a list"),
    ("Outputs", limits.TEMPLATE_OUTPUTS, "Take outputs out, or put what exports them into another stack"),
    ("Mappings", limits.TEMPLATE_MAPPINGS, "Join mappings, or put what uses them into another stack"),
)
_INDENTATION = '"@aws-cdk/core:suppressTemplateIndentation": true in the context of the app shortens it'
_SHORTER = "Give a shorter one"


def template_excesses(template: Mapping[str, Any], written: int) -> Iterator[Excess]:
    """What in a whole template is above a limit: its size, its sections, their names, and resources that a guard makes too.

    Args:
        template: the final template of a stack.
        written: bytes of its file.
    """
    if written > limits.TEMPLATE_BYTES.value:
        remedy = f"Put some of its resources into another stack; {_INDENTATION}"
        yield Excess("the template", written, limits.TEMPLATE_BYTES, remedy)
    description = template.get("Description")
    if isinstance(description, str):
        yield from _longer(
            "Description", len(description.encode()), limits.DESCRIPTION_BYTES, "Shorten the stack's"
        )
    yield from section_excesses(template)
    for section, _, _ in _SECTIONS:
        for name in _mapping(template.get(section)):
            place = f"a name in {section}, {name[:40]}..."
            yield from _longer(place, len(name), limits.NAME_CHARACTERS, "Shorten the construct ids above it")
    for name, mapping in _mapping(template.get("Mappings")).items():
        remedy = "Divide it into several mappings"
        yield from _longer(f"Mappings.{name}", len(_mapping(mapping)), limits.MAPPING_ATTRIBUTES, remedy)
    for name, resource in _mapping(template.get("Resources")).items():
        check = _OF_RESOURCE.get(_mapping(resource).get("Type", ""))
        if check is not None:
            yield from check(name, _mapping(resource.get("Properties")))


def section_excesses(template: Mapping[str, Any]) -> Iterator[Excess]:
    """The sections of a template with more entries than CloudFormation takes.

    Args:
        template: the template.
    """
    for section, limit, remedy in _SECTIONS:
        yield from _longer(section, len(_mapping(template.get(section))), limit, remedy)


def table_excesses(read: Intrinsics, logical_id: str) -> Iterator[Excess]:
    """What of a table is above a limit of DynamoDB, but for its global indexes, which rules count in the declared capacity.

    Args:
        read: the template, under one combination of its conditions.
        logical_id: logical id of the table.
    """
    properties = _mapping(read.template["Resources"][logical_id].get("Properties"))
    name = _text(read, properties, "TableName", logical_id)
    yield from _longer("TableName", len(name), limits.TABLE_NAME_CHARACTERS, _SHORTER)
    projected = 0
    for section in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        indexes = _items(read, properties, (section,), logical_id)
        if section == "LocalSecondaryIndexes":
            remedy = "Replace some by global secondary indexes"
            yield from _longer(section, len(indexes), limits.LOCAL_INDEXES, remedy)
        for position, index in enumerate(indexes):
            place = f"{section}.{position}"
            name = _text(read, index, "IndexName", logical_id)
            yield from _longer(f"{place}.IndexName", len(name), limits.TABLE_NAME_CHARACTERS, _SHORTER)
            count = len(_items(read, index, ("Projection", "NonKeyAttributes"), logical_id))
            projected += count
            remedy = "Project fewer attributes, or ALL"
            yield from _longer(f"{place}.Projection", count, limits.PROJECTED_ATTRIBUTES_OF_INDEX, remedy)
    remedy = "Project fewer attributes, or ALL in some indexes"
    yield from _longer("the projections of all indexes", projected, limits.PROJECTED_ATTRIBUTES, remedy)


def _alarm(name: str, properties: Mapping[str, Any]) -> Iterator[Excess]:
    description = properties.get("AlarmDescription")
    yield from _longer_text(name, properties, "AlarmName", limits.ALARM_NAME_CHARACTERS)
    if isinstance(description, str):
        remedy = "Shorten the name of the table in the code"
        yield from _longer(
            f"{name}.AlarmDescription", len(description), limits.ALARM_DESCRIPTION_CHARACTERS, remedy
        )
    for actions in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        remedy = "Send to one topic, and let it send to the others"
        yield from _longer(f"{name}.{actions}", _count(properties.get(actions)), limits.ALARM_ACTIONS, remedy)
    queries = properties.get("Metrics")
    metrics = (
        [query for query in queries if "MetricStat" in _mapping(query)] if isinstance(queries, list) else []
    )
    yield from _longer(f"{name}.Metrics", len(metrics), limits.ALARM_METRICS, "Leave metrics out of it")
    yield from _tags(name, properties)


def _function(name: str, properties: Mapping[str, Any]) -> Iterator[Excess]:
    yield from _longer_text(name, properties, "FunctionName", limits.FUNCTION_NAME_CHARACTERS)
    seconds = properties.get("Timeout")
    if isinstance(seconds, int):
        yield from _longer(f"{name}.Timeout", seconds, limits.FUNCTION_SECONDS_MOST, "Leave it as it was")
    variables = _mapping(_mapping(properties.get("Environment")).get("Variables"))
    size = sum(
        len(key.encode()) + (len(value.encode()) if isinstance(value, str) else 0)
        for key, value in variables.items()
    )
    remedy = "Let what adds variables pass over it"
    yield from _longer(f"{name}.Environment", size, limits.FUNCTION_ENVIRONMENT_BYTES, remedy)
    remedy = "Let what adds layers pass over it"
    yield from _longer(f"{name}.Layers", _count(properties.get("Layers")), limits.FUNCTION_LAYERS, remedy)
    network = _mapping(properties.get("VpcConfig"))
    for key, limit in (
        ("SubnetIds", limits.FUNCTION_SUBNETS),
        ("SecurityGroupIds", limits.FUNCTION_SECURITY_GROUPS),
    ):
        remedy = "Give fewer in FunctionNetwork"
        yield from _longer(f"{name}.VpcConfig.{key}", _count(network.get(key)), limit, remedy)
    yield from _tags(name, properties)


def _role(name: str, properties: Mapping[str, Any]) -> Iterator[Excess]:
    yield from _longer_text(name, properties, "RoleName", limits.ROLE_NAME_CHARACTERS)
    remedy = "Let what attaches policies pass over it, or raise the quota"
    count = _count(properties.get("ManagedPolicyArns"))
    for excess in _longer(f"{name}.ManagedPolicyArns", count, limits.MANAGED_POLICIES_OF_ROLE, remedy):
        yield Excess(excess.place, excess.number, excess.limit, excess.remedy, adjustable=True)
    yield from _tags(name, properties)


def _state_machine(name: str, properties: Mapping[str, Any]) -> Iterator[Excess]:
    yield from _longer_text(name, properties, "StateMachineName", limits.STATE_MACHINE_NAME_CHARACTERS)
    yield from _tags(name, properties)


def _scalable_target(name: str, properties: Mapping[str, Any]) -> Iterator[Excess]:
    remedy = "Join actions that set the same bounds"
    count = _count(properties.get("ScheduledActions"))
    yield from _longer(f"{name}.ScheduledActions", count, limits.SCHEDULED_ACTIONS, remedy)


def _tags(name: str, properties: Mapping[str, Any]) -> Iterator[Excess]:
    remedy = "Give fewer tags to the app, or let it pass over this resource"
    yield from _longer(f"{name}.Tags", _count(properties.get("Tags")), limits.TAGS, remedy)


_OF_RESOURCE: Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[Excess]]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::Lambda::Function": _function,
    "AWS::IAM::Role": _role,
    "AWS::Logs::LogGroup": _tags,
    "AWS::DynamoDB::Table": _tags,
    "AWS::StepFunctions::StateMachine": _state_machine,
    "AWS::ApplicationAutoScaling::ScalableTarget": _scalable_target,
}


def _longer(place: str, number: int, limit: Limit, remedy: str) -> Iterator[Excess]:
    if number > limit.value:
        yield Excess(place, number, limit, remedy)


def _longer_text(name: str, properties: Mapping[str, Any], key: str, limit: Limit) -> Iterator[Excess]:
    value = properties.get(key)
    if isinstance(value, str):
        yield from _longer(f"{name}.{key}", len(value), limit, _SHORTER)


def _count(entries: Any) -> int:
    """Entries of a list that no condition can take away (CloudFormation User Guide: AWS::NoValue)."""
    if not isinstance(entries, list):
        return 0
    absent = [entry for entry in entries if "Fn::If" in _mapping(entry) or entry == {"Ref": "AWS::NoValue"}]
    return len(entries) - len(absent)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(read: Intrinsics, node: Any, key: str, path: str) -> str:
    try:
        return read.text(node, key, path=path) or ""
    except InputError:
        return ""


def _items(read: Intrinsics, node: Any, keys: tuple[str, ...], path: str) -> list[Any]:
    try:
        return read.items(node, *keys, path=path)
    except InputError:
        return []


__all__ = ["section_excesses", "table_excesses", "template_excesses"]
