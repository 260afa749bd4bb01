"""Corrections of the emulated IAM: which permissions a request needs, where IAM is enforced (`Emulator(iam=True)`)."""

from __future__ import annotations

import contextvars
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import correction, ministack
from .iam_calls import (
    SCALING,
    Needed,
    Request,
    condition_keys,
    further_needs,
    main_resource,
    read_body,
)
from .iam_roles import is_enforced, role_of_request, role_problem

REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference"
IAM_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide"
POLICY_VARIABLE = "CAPACITY_GUARD_STACK_POLICY_PERMISSION"
"""Environment variable. ``update``: UpdateStack with a stack policy needs cloudformation:UpdateStack alone, as the Service
Authorization Reference has no dependent action; anything else: cloudformation:SetStackPolicy too, as the User Guide says."""
READER_VARIABLE = "CAPACITY_GUARD_SSM_READER"
"""Environment variable. With whose rights CloudFormation reads a parameter of an SSM type, which sources leave open: ``caller``
(the bootstrap template of the CDK gives its deploy role ssm:GetParameters on one parameter, since "CreateChangeSet uses this to
evaluate any SSM parameters"), ``both``, or anything else: those of the operation's service role, if it has one (User Guide:
using-iam-servicerole; stacks of the CDK with other such parameters deploy with that deploy role)."""

_AUTHENTICATED_ALONE = ("ses", "appsync", "iot", "imds", "ecs-metadata")
"""Services that MiniStack authorizes in another place, or not by IAM."""


@dataclass
class _Checked:
    """The request that is being authorized.

    key: access key of its caller, empty before the first check.
    denied: the further action that its caller lacks.
    """

    request: Request
    key: str = ""
    is_checked: bool = False
    denied: Needed | None = None


_current: contextvars.ContextVar[_Checked | None] = contextvars.ContextVar("capacity_guard_iam", default=None)


def current() -> Request | None:
    """The request that is being served; ``None`` outside of one, and where IAM is not enforced."""
    checked = _current.get()
    return checked.request if checked else None


def may_caller(needed: Needed) -> bool:
    """Whether the caller of the current request has a permission."""
    checked = _current.get()
    if checked is None:
        return True
    evaluator = ministack.module("core.iam_evaluator")
    denied = evaluator.enforce.original(
        checked.key,
        needed.action,
        needed.action.partition(":")[0],
        checked.request.region,
        resource_arn=needed.resource,
        service_context=dict(needed.context),
    )
    return denied is None


@correction("iam.application-auto-scaling", f"{REFERENCE}/list_awsapplicationautoscaling.html")
def name_the_actions_of_auto_scaling() -> None:
    """Requests of Application Auto Scaling, a service that MiniStack does not have, are authorized."""
    actions = ministack.module("core.iam_actions")
    actions.SERVICE_TO_IAM_NAMESPACE[SCALING] = SCALING


@correction(
    "iam.needed-permissions",
    f"{REFERENCE}/reference_policies_actions-resources-contextkeys.html {IAM_GUIDE}/id_roles_use_passrole.html",
)
def ask_for_every_permission() -> None:
    """A request has its service's condition keys, and needs iam:PassRole for a role it names; an unknown one is denied."""
    actions, evaluator = ministack.module("core.iam_actions"), ministack.module("core.iam_evaluator")
    extract, find, enforce, answer = (
        actions.extract_iam_action,
        actions.extract_resource_arn,
        evaluator.enforce,
        actions.access_denied_response,
    )

    def extract_and_keep(
        service: str, method: str, path: str, headers: dict[str, Any], body: bytes, parameters: dict[str, Any]
    ) -> str | None:
        action: str | None = extract(service, method, path, headers, body, parameters)
        if action is None and service not in _AUTHENTICATED_ALONE:
            # A policy with a wildcard for the service allows it, no other one does.
            action = f"{actions.SERVICE_TO_IAM_NAMESPACE.get(service, service)}:Unknown"
        responses = ministack.module("core.responses")
        request = Request(
            service,
            (action or "").partition(":")[2],
            parameters,
            read_body(body) if service != "s3" else {},
            responses.get_region(),
            responses.get_account_id(),
        )
        _current.set(_Checked(request))
        return action

    def find_resource(*args: Any, **options: Any) -> str:
        checked = _current.get()
        found = main_resource(checked.request) if checked else None
        return found or str(find(*args, **options))

    def enforce_all(
        key: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: Mapping[str, Any] | None = None,
    ) -> Any:
        checked = _current.get()
        if checked is None or checked.request.service != service:
            return enforce(key, action, service, region, resource_arn, service_context)
        request = checked.request
        keys = {**(service_context or {}), **condition_keys(request)}
        needs = [Needed(action, resource_arn, keys)]
        if not checked.is_checked:
            checked.key, checked.is_checked = key, True
            further = list(further_needs(request, policy_needs_permission=_policy_needs_permission()))
            # A PartiQL request is authorized as its statements, not by its name.
            needs = further if any("PartiQL" in need.action for need in further) else [*needs, *further]
        for need in needs:
            denied = enforce(
                key, need.action, need.action.partition(":")[0], region, need.resource, dict(need.context)
            )
            if denied is not None:
                checked.denied = need
                return denied
        return None

    def answer_with_resource(
        service: str, action: str, principal_arn: str, request_id: str, **options: Any
    ) -> Any:
        checked = _current.get()
        if checked and checked.denied and not options.get("error_code") and not options.get("message"):
            need = checked.denied
            options["message"] = actions.identity_denial_message(
                need.action, principal_arn, need.resource, options.get("explicit_deny", False)
            )
            action, options["resource_arn"] = need.action, need.resource
        return answer(service, action, principal_arn, request_id, **options)

    enforce_all.original = enforce  # type: ignore[attr-defined]
    actions.extract_iam_action = extract_and_keep
    actions.extract_resource_arn = find_resource
    actions.access_denied_response = answer_with_resource
    evaluator.enforce = enforce_all


@correction(
    "iam.secure-transport", f"{IAM_GUIDE}/reference_policies_condition-keys.html (aws:SecureTransport)"
)
def treat_requests_as_encrypted() -> None:
    """Every request counts as one over TLS, as those of the SDKs to AWS are: the emulator listens on the loopback interface."""
    app = ministack.module("app")
    pin = app.pin_request_origin
    app.pin_request_origin = lambda address, _secure: pin(address, True)


@correction(
    "iam.signature-time",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html; the rehearsal clock",
)
def accept_signatures_of_any_time() -> None:
    """A signature is not refused for its time: the rehearsal clock jumps, and other clients have another one."""
    ministack.module("core.sigv4").request_time_failure = lambda _signature: None


@correction(
    "iam.ssm-parameters",
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html",
)
def read_ssm_parameters_with_rights() -> None:
    """CloudFormation reads a parameter of an SSM type with the rights of the service role, or of its caller."""
    ssm = ministack.module("services.ssm")
    resolve = ssm.resolve_parameter_value

    def resolve_with_rights(name: str) -> Any:
        request = current()
        if request is None or request.service != "cloudformation" or not is_enforced():
            return resolve(name)
        needed = Needed("ssm:GetParameters", request.arn("ssm", f"parameter/{name.lstrip('/')}"))
        reader = os.environ.get(READER_VARIABLE, "")
        role = role_of_request(request)
        if (reader in ("caller", "both") or not role) and not may_caller(needed):
            raise ValueError(
                f"The caller is not authorized to perform: ssm:GetParameters on resource: {needed.resource}"
            )
        if reader != "caller" and role and (problem := role_problem(role, needed)):
            raise ValueError(problem)
        return resolve(name)

    ssm.resolve_parameter_value = resolve_with_rights


def _policy_needs_permission() -> bool:
    return os.environ.get(POLICY_VARIABLE) != "update"


__all__ = ["POLICY_VARIABLE", "READER_VARIABLE", "current", "may_caller"]
