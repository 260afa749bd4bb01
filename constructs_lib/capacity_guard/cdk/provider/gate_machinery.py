"""Checks in the final template what runs behind the gates: functions, the framework's state machine, roles and policies.

Additions of an organization that do no harm are not reported: tags, a log group, a network, tracing, layers (the code of the
function comes before theirs), further variables and statements, a longer time-out, a newer runtime.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from ..app.dependencies import Resources
from .boundaries import boundary_doubts, boundary_gaps
from .own_findings import NETWORK_POLICY
from .policy_statements import covers, listed, mapping, statements

FUNCTION, ROLE, POLICY = "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::IAM::Policy"
MANAGED_POLICY, ROLE_POLICY = "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"
STATE_MACHINE = "AWS::StepFunctions::StateMachine"
_COUNTS = {FUNCTION: 5, ROLE: 5, POLICY: 4, STATE_MACHINE: 1}
"""Resources of a provider: two functions with one role, three of the framework with one each, the waiter with one."""
_FIXED = {
    FUNCTION: ("Handler", "PackageType", "Role"),
    STATE_MACHINE: (
        "Definition",
        "DefinitionS3Location",
        "DefinitionString",
        "DefinitionSubstitutions",
        "RoleArn",
        "StateMachineType",
    ),
}
_DEFAULT_SECONDS, _DEFAULT_MEMORY = 3, 128
"""Time-out in seconds and MB of a function that states none (Lambda API: CreateFunction)."""
_STEERING = re.compile(
    r"AWS_(LAMBDA_EXEC_WRAPPER|ENDPOINT_URL|PROFILE|CONFIG_FILE)|PYTHON|NODE_|LD_|HTTPS?_PROXY"
)
"""Variables that change which code runs, or whom it asks."""
_RUNTIME = re.compile(r"([a-z]+)(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class Part:
    """A resource behind the gates as its construct makes it, without overrides.

    Attributes:
        resource_type: its type.
        properties: its properties as a template has them.
    """

    resource_type: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class KnownPart:
    """A part of the provider of another stack.

    Attributes:
        part: the part.
        stated: its properties in the final template of that stack.
    """

    part: Part
    stated: Mapping[str, Any]


def parts_of(
    provider: Construct, resources: Resources, alike: Mapping[str, KnownPart]
) -> dict[str, KnownPart]:
    """What a provider is made of, by logical id, when its constructs are final.

    Each part takes some calls to the CDK's process. So a part is taken from the provider of another stack where the final
    templates of both stacks state the same of it.

    Args:
        provider: the provider of a stack.
        resources: resources of the final template, by logical id.
        alike: the parts of a provider with the same settings in another stack of the same environment; may be empty.
    """
    stack = cdk.Stack.of(provider)
    constructs = _constructs_of(provider)
    counts = Counter(resource_type for resource_type, _ in constructs)
    if counts != Counter(known.part.resource_type for known in alike.values()):
        alike = {}
    same = {
        logical_id: known
        for logical_id, known in alike.items()
        if _stated(resources, logical_id) == known.stated
    }
    others = {known.part.resource_type for logical_id, known in alike.items() if logical_id not in same}
    asked = [(name, construct) for name, construct in constructs if not alike or name in others]
    ids = stack.resolve([construct.logical_id for _, construct in asked]) if asked else []
    differing = [(id, *found) for id, found in zip(ids, asked, strict=True) if id not in same]
    made = [construct._render_properties(construct._cfn_properties) for _, _, construct in differing]
    properties = stack.resolve(made) if made else []
    return same | {
        id: KnownPart(Part(name, rendered), _stated(resources, id))
        for (id, name, _), rendered in zip(differing, properties, strict=True)
    }


def _stated(resources: Resources, logical_id: str) -> dict[str, Any]:
    """What a template states of a part, but for the description, in which the framework names the stack."""
    stated = mapping(mapping(resources.get(logical_id)).get("Properties"))
    return {name: value for name, value in stated.items() if name != "Description"}


@cache
def _classes() -> Mapping[str, type[cdk.CfnResource]]:
    """The constructs of the parts, by type."""
    # Only a transition asks for them, and this module takes long to load.
    from aws_cdk import aws_stepfunctions as stepfunctions

    return {
        FUNCTION: lambda_.CfnFunction,
        ROLE: iam.CfnRole,
        POLICY: iam.CfnPolicy,
        MANAGED_POLICY: iam.CfnManagedPolicy,
        STATE_MACHINE: stepfunctions.CfnStateMachine,
    }


def _constructs_of(provider: Construct) -> list[tuple[str, cdk.CfnResource]]:
    """The parts of a provider with their types. The class of a construct gives its type without a call to the CDK's process."""
    # Before the constructs are asked for: a class that is not loaded gives them another type.
    classes = _classes()
    found: list[tuple[str, cdk.CfnResource]] = []
    for construct in provider.node.find_all():
        for name, kind in classes.items():
            if isinstance(construct, kind):
                found.append((name, construct))
        if type(construct) is cdk.CfnResource and construct.cfn_resource_type in classes:
            found.append((construct.cfn_resource_type, construct))
    return found


def machinery_gaps(parts: Mapping[str, Part], resources: Resources, least_seconds: int) -> Iterator[str]:
    """Texts about what keeps the gates from working, or makes something else of them.

    Args:
        parts: the parts of the provider (``parts_of``).
        resources: resources of the final template, by logical id.
        least_seconds: shortest time-out of a function, seconds.
    """
    for resource_type, count in _COUNTS.items():
        missing = count - sum(part.resource_type == resource_type for part in parts.values())
        if missing > 0:
            yield f"{missing} {resource_type} of {count} behind the gates were removed"
    for logical_id, part in parts.items():
        resource = resources.get(logical_id)
        if resource is None:
            yield f"{logical_id} is missing"
            continue
        if resource.get("Type") != part.resource_type:
            yield f"{logical_id} has the type {resource.get('Type')}"
            continue
        if "Condition" in resource:
            yield f"{logical_id} exists only under condition {resource['Condition']}"
        stated = mapping(resource.get("Properties"))
        if "Fn::Transform" in resource or "Fn::Transform" in stated:
            yield f"{logical_id} is changed by a macro (Fn::Transform)"
        for name in _FIXED.get(part.resource_type, ()):
            if part.properties.get(name) != stated.get(name):
                yield f"Properties.{name} of {logical_id} was changed"
        if part.resource_type == FUNCTION:
            yield from _function_gaps(logical_id, part.properties, stated, least_seconds)
        elif part.resource_type in (ROLE, POLICY, MANAGED_POLICY):
            yield from _permission_gaps(logical_id, part.properties, stated)
    for logical_id, actions in _needed_actions(parts).items():
        for place, statement in _denials(logical_id, resources):
            if covers(statement, actions) and _is_absolute(statement):
                yield f"{place} denies what {logical_id} needs"
        yield from boundary_gaps(logical_id, actions, resources)


def function_gaps(logical_id: str, expected: Mapping[str, Any], resources: Resources) -> Iterator[str]:
    """Texts about a function behind the gates that is not the guard's, or calls others.

    Args:
        logical_id: logical id of the function.
        expected: what the template must state of it: value by path.
        resources: resources of the final template, by logical id.
    """
    resource = resources.get(logical_id, {})
    for path, value in expected.items():
        stated: Any = resource
        for key in path.split("."):
            stated = stated.get(key, {}) if isinstance(stated, Mapping) else {}
        if stated != value:
            yield f"{path} of {logical_id} was changed"


def machinery_doubts(parts: Mapping[str, Part], resources: Resources, tables: int) -> Iterator[str]:
    """Texts about what may keep the gates from working, where the template does not show it or an organization may want it.

    Args:
        parts: the parts of the provider (``parts_of``).
        resources: resources of the final template, by logical id.
        tables: tables of the stack whose gates run side by side.
    """
    for logical_id, part in parts.items():
        stated = mapping(resources.get(logical_id, {}).get("Properties"))
        if part.resource_type == FUNCTION:
            yield from _function_doubts(logical_id, part.properties, stated, tables)
    yield from _network_doubts(parts, resources)
    yield from boundary_doubts(
        [logical_id for logical_id, part in parts.items() if part.resource_type == ROLE], resources
    )
    for logical_id, actions in _needed_actions(parts).items():
        for place, statement in _denials(logical_id, resources):
            if covers(statement, actions) and not _is_absolute(statement):
                yield f"{place} denies, for some resources or under a condition, what {logical_id} needs"


def _function_gaps(
    logical_id: str, expected: Mapping[str, Any], stated: Mapping[str, Any], least_seconds: int
) -> Iterator[str]:
    if _code(expected) != _code(stated):
        yield f"Properties.Code of {logical_id} was changed"
    if _family(stated.get("Runtime")) != _family(expected.get("Runtime")):
        yield f"Properties.Runtime of {logical_id} was changed to {stated.get('Runtime')}"
    seconds = _number(stated.get("Timeout", _DEFAULT_SECONDS))
    if seconds is not None and seconds < least_seconds:
        yield f"{logical_id} is stopped after {seconds} s (Timeout), and needs {least_seconds}"
    if _number(stated.get("ReservedConcurrentExecutions")) == 0:
        yield f"{logical_id} may never run (ReservedConcurrentExecutions is 0)"


def _function_doubts(
    logical_id: str, expected: Mapping[str, Any], stated: Mapping[str, Any], tables: int
) -> Iterator[str]:
    if _is_older(stated.get("Runtime"), expected.get("Runtime")):
        yield f"{logical_id} runs on {stated['Runtime']}, and was tested on {expected['Runtime']}"
    for name in ("Timeout", "ReservedConcurrentExecutions"):
        if name in stated and _number(stated[name]) is None:
            yield f"{name} of {logical_id} is known only at the deployment"
    reserved = _number(stated.get("ReservedConcurrentExecutions"))
    if reserved is not None and 0 < reserved < tables:
        yield f"{logical_id} may run {reserved} times at once, and the gates of {tables} tables ask it side by side"
    memory, least = (_number(given.get("MemorySize", _DEFAULT_MEMORY)) for given in (stated, expected))
    if memory is not None and least is not None and memory < least:
        yield f"{logical_id} has {memory} MB of memory, and was tested with {least}"
    variables = mapping(mapping(stated.get("Environment")).get("Variables"))
    steering = sorted(name for name in variables if _STEERING.match(name))
    if steering:
        yield f"{', '.join(steering)} of {logical_id} may change what its code does or whom it asks"


def _network_doubts(parts: Mapping[str, Part], resources: Resources) -> Iterator[str]:
    """A text about functions in a VPC, whose roles may not make the network interfaces they then need.

    Lambda makes them as the function's role (Lambda Developer Guide: *Giving Lambda functions access to resources in an
    Amazon VPC*).
    """
    placed = []
    for logical_id, part in parts.items():
        stated = mapping(resources.get(logical_id, {}).get("Properties"))
        if part.resource_type != FUNCTION or not stated.get("VpcConfig") or "VpcConfig" in part.properties:
            continue
        role = str((listed(mapping(part.properties.get("Role")).get("Fn::GetAtt")) or [""])[0])
        attached = mapping(resources.get(role, {}).get("Properties")).get("ManagedPolicyArns")
        is_allowed = any(
            effect == "Allow" and covers(statement, ["ec2:CreateNetworkInterface"])
            for _, effect, statement in _statements_of(role, resources)
        )
        if NETWORK_POLICY not in str(attached) and not is_allowed:
            placed.append(logical_id)
    if placed:
        yield (
            f"{', '.join(placed)} would run in a VPC (VpcConfig), where Lambda asks the role for ec2:CreateNetworkInterface, "
            "which it may not have; GuardOptions(network=FunctionNetwork(vpc=...)) gives it"
        )


def _permission_gaps(
    logical_id: str, expected: Mapping[str, Any], stated: Mapping[str, Any]
) -> Iterator[str]:
    for name in ("ManagedPolicyArns", "Roles"):
        for entry in expected.get(name, ()):
            if entry not in listed(stated.get(name)):
                yield f"an entry of {name} of {logical_id} was taken away"
    for name in ("AssumeRolePolicyDocument", "PolicyDocument", "Policies"):
        allowed = statements(stated.get(name))
        if any(statement not in allowed for statement in statements(expected.get(name))):
            yield f"a statement of {name} of {logical_id} was changed or taken away"


def _needed_actions(parts: Mapping[str, Part]) -> dict[str, set[str]]:
    """Actions that the statements of each role allow, by its logical id."""
    needed: dict[str, set[str]] = {}
    for logical_id, part in parts.items():
        roles = [logical_id] if part.resource_type == ROLE else _roles(part.properties)
        for name in ("Policies", "PolicyDocument"):
            for statement in statements(part.properties.get(name)):
                for role in roles:
                    needed.setdefault(role, set()).update(listed(statement.get("Action")))
    return needed


def _denials(role: str, resources: Resources) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Statements of a template that deny a role something, each with the logical id of its resource."""
    for logical_id, effect, statement in _statements_of(role, resources):
        if effect == "Deny":
            yield logical_id, statement


def _statements_of(role: str, resources: Resources) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Statements of a template about a role: logical id of the resource, effect, and the statement."""
    for logical_id, resource in resources.items():
        properties = mapping(resource.get("Properties"))
        document: Any = None
        if logical_id == role:
            document = properties.get("Policies")
        elif resource.get("Type") in (POLICY, MANAGED_POLICY, ROLE_POLICY) and role in _roles(properties):
            document = properties.get("PolicyDocument")
        for statement in statements(document):
            yield logical_id, statement.get("Effect"), statement


def _roles(properties: Mapping[str, Any]) -> list[str]:
    """Logical ids of the roles of a policy."""
    given = [*listed(properties.get("Roles")), *listed(properties.get("RoleName"))]
    return [str(role["Ref"]) for role in given if isinstance(role, Mapping) and "Ref" in role]


def _is_absolute(statement: Mapping[str, Any]) -> bool:
    return "Condition" not in statement and listed(statement.get("Resource")) == ["*"]


def _code(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What makes the code of a function. The bucket is not among it: a copy in another one has the same key."""
    code = mapping(properties.get("Code"))
    return {name: value for name, value in code.items() if name != "S3Bucket"}


def _family(runtime: Any) -> Any:
    found = _RUNTIME.match(runtime) if isinstance(runtime, str) else None
    return runtime if found is None else found[1]


def _is_older(runtime: Any, expected: Any) -> bool:
    found, tested = (_RUNTIME.match(each) if isinstance(each, str) else None for each in (runtime, expected))
    if found is None or tested is None:
        return False
    return (int(found[2]), int(found[3] or 0)) < (int(tested[2]), int(tested[3] or 0))


def _number(value: Any) -> int | None:
    """A whole number of a template, which may be text; ``None`` for anything else."""
    try:
        return None if isinstance(value, bool) else int(value)
    except (TypeError, ValueError):
        return None


__all__ = [
    "STATE_MACHINE",
    "KnownPart",
    "Part",
    "function_gaps",
    "machinery_doubts",
    "machinery_gaps",
    "parts_of",
]
