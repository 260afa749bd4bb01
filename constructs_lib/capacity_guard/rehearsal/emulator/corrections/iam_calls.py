"""Which IAM actions a request needs, on which resources, with which condition keys: what MiniStack does not say of it.

MiniStack evaluates policies itself (``ministack.core.iam_evaluator``). It takes the name of the API operation for the action and
checks one resource. Sources: Service Authorization Reference of each service; what it leaves open is a setting of
`iam_requests`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SCALING = "application-autoscaling"
NEEDS_SET_STACK_POLICY = (
    "StackPolicyBody",
    "StackPolicyURL",
    "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL",
)
"""Parameters of UpdateStack for which a caller needs ``cloudformation:SetStackPolicy``. For those of one update the User Guide of
CloudFormation says so (protect-stack-resources, "Updating protected resources"); for the others it follows."""

_PUT_EVENTS = ("events", "PutEvents")
_SCALING_WRITES = ("Delete", "Deregister", "Put", "Register")
_PARTIQL = {
    "select": "PartiQLSelect",
    "insert": "PartiQLInsert",
    "update": "PartiQLUpdate",
    "delete": "PartiQLDelete",
}
_STATEMENT = re.compile(
    r"""\s*(select|insert|update|delete)\b.*?(?:\b(?:from|into)\b|(?<=update))\s+"?([A-Za-z0-9_.-]+)"?(?:\."?([A-Za-z0-9_.-]+)"?)?""",
    re.IGNORECASE | re.DOTALL,
)
_PASSED = {
    ("lambda", "CreateFunction"): ("Role", "lambda.amazonaws.com"),
    ("lambda", "UpdateFunctionConfiguration"): ("Role", "lambda.amazonaws.com"),
    ("states", "CreateStateMachine"): ("roleArn", "states.amazonaws.com"),
    ("states", "UpdateStateMachine"): ("roleArn", "states.amazonaws.com"),
    ("events", "PutRule"): ("RoleArn", "events.amazonaws.com"),
    (SCALING, "RegisterScalableTarget"): ("RoleARN", "application-autoscaling.amazonaws.com"),
}
"""Requests that pass a role: the member that names it, and the service that it is passed to (iam:PassedToService)."""


@dataclass(frozen=True)
class Needed:
    """An action that a request needs.

    Attributes:
        action: for example "iam:PassRole".
        resource: ARN, or ``*`` where the action has no resource type.
        context: condition keys that the request has for this action.
    """

    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A request as the emulator's door sees it.

    Attributes:
        service: MiniStack's name of the service.
        operation: name of the API operation.
        parameters: parameters of the query protocol, each a list of texts.
        body: the body of a JSON protocol as an object; empty for anything else.
        region, account: where it goes.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    body: Mapping[str, Any]
    region: str
    account: str

    def text(self, name: str) -> str:
        """A parameter or a member of the body; empty if it is absent."""
        value = self.parameters.get(name, self.body.get(name, ""))
        if isinstance(value, list):
            value = value[0] if value else ""
        return str(value or "")

    def arn(self, service: str, resource: str) -> str:
        """ARN of a resource in the request's account and Region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


def read_body(body: bytes) -> dict[str, Any]:
    """The body of a request in a JSON protocol; empty if it is none."""
    try:
        found = json.loads(body or b"{}")
    except (ValueError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def condition_keys(request: Request) -> dict[str, Any]:
    """Condition keys of the services' own that a request has, and that MiniStack does not fill.

    A key that the reference does not list for an action is absent from its requests: application-autoscaling:service-namespace
    is listed for the actions that write, and for no Describe (Service Authorization Reference, AWS Application Auto Scaling).
    """
    if request.service == "cloudformation":
        keys = {
            "cloudformation:RoleArn": request.text("RoleARN"),
            "cloudformation:TemplateUrl": request.text("TemplateURL"),
            "cloudformation:StackPolicyUrl": request.text("StackPolicyURL"),
            "cloudformation:ChangeSetName": request.text("ChangeSetName"),
        }
        types = [
            value[0] if isinstance(value, list) else value
            for name, value in request.parameters.items()
            if name.startswith("ResourceTypes.member.")
        ]
        found: dict[str, Any] = {key: value for key, value in keys.items() if value}
        return found | ({"cloudformation:ResourceTypes": types} if types else {})
    if request.service == "events" and request.operation == "PutEvents":
        sources = {str(entry.get("Source", "")) for entry in request.body.get("Entries") or ()}
        # One value where all entries have the same: entries of several sources match a condition on one of them in no reading.
        return {"events:source": sources.pop() if len(sources) == 1 else sorted(sources)}
    if request.service == SCALING and request.operation.startswith(_SCALING_WRITES):
        return {
            f"{SCALING}:service-namespace": request.text("ServiceNamespace"),
            f"{SCALING}:scalable-dimension": request.text("ScalableDimension"),
        }
    if (request.service, request.operation) == _PUT_EVENTS:
        return next((keys for _, keys in _entries(request)), {})
    return {}


def main_resource(request: Request) -> str | None:
    """The resource of a request where MiniStack does not find it; ``None`` where it does."""
    if request.service == "ssm" and (names := request.body.get("Names")):
        return _parameter(request, names[0])
    if (request.service, request.operation) == _PUT_EVENTS:
        return next((bus for bus, _ in _entries(request)), request.arn("events", "event-bus/default"))
    return None


def further_needs(request: Request, *, policy_needs_permission: bool) -> Iterator[Needed]:
    """Actions that a request needs beside that of its name.

    Args:
        request: the request.
        policy_needs_permission: whether UpdateStack with a stack policy needs cloudformation:SetStackPolicy.
    """
    if request.service == "cloudformation":
        role = request.text("RoleARN")
        if role:
            yield Needed("iam:PassRole", role, {"iam:PassedToService": "cloudformation.amazonaws.com"})
        named = any(request.text(name) for name in NEEDS_SET_STACK_POLICY)
        if request.operation == "UpdateStack" and named and policy_needs_permission:
            stack = request.text("StackName")
            arn = stack if stack.startswith("arn:") else request.arn("cloudformation", f"stack/{stack}/*")
            yield Needed("cloudformation:SetStackPolicy", arn)
    member, service = _PASSED.get((request.service, request.operation), ("", ""))
    if member and (role := request.text(member)):
        yield Needed("iam:PassRole", role, {"iam:PassedToService": service})
    if request.service == "ssm":
        for name in request.body.get("Names") or ():
            yield Needed(f"ssm:{request.operation}", _parameter(request, name))
    if (request.service, request.operation) == _PUT_EVENTS:
        for bus, keys in _entries(request):
            yield Needed("events:PutEvents", bus, keys)
    yield from _statements(request)


def _entries(request: Request) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bus and condition keys of each event that is put (Service Authorization Reference: Amazon EventBridge)."""
    for entry in request.body.get("Entries") or ():
        bus = str(entry.get("EventBusName") or "default")
        arn = bus if bus.startswith("arn:") else request.arn("events", f"event-bus/{bus}")
        yield arn, {"events:source": entry.get("Source"), "events:detail-type": entry.get("DetailType")}


def _statements(request: Request) -> Iterator[Needed]:
    """A PartiQL statement needs the action of its verb on its table or index (DynamoDB Developer Guide: ql-iam)."""
    if request.service != "dynamodb" or request.operation not in (
        "ExecuteStatement",
        "BatchExecuteStatement",
        "ExecuteTransaction",
    ):
        return
    members = request.body.get("Statements") or request.body.get("TransactStatements") or [request.body]
    for member in members:
        found = _STATEMENT.match(str(member.get("Statement", "")))
        if found is None:
            yield Needed("dynamodb:PartiQL", "*")
            continue
        verb, table, index = found.groups()
        resource = f"table/{table}" + (f"/index/{index}" if index else "")
        yield Needed(f"dynamodb:{_PARTIQL[verb.lower()]}", request.arn("dynamodb", resource))


def _parameter(request: Request, name: Any) -> str:
    return request.arn("ssm", f"parameter/{str(name).lstrip('/')}")


__all__ = [
    "NEEDS_SET_STACK_POLICY",
    "SCALING",
    "Needed",
    "Request",
    "condition_keys",
    "further_needs",
    "main_resource",
    "read_body",
]
