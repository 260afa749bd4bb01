"""The way back that stays in the template: both capacities of a change behind one condition (ADR 0014)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import aws_cdk as cdk
from aws_cdk import CfnResource
from constructs import Construct

from ...capacity.capacity import AutoScaling, Capacity
from ...capacity.errors import InputError
from ...capacity.hold import PREFIX, hold_name
from ...capacity.structure import TableKind
from ...capacity.transition import Transition
from ...cloudformation.both_capacities import both_capacities, with_overrides
from ...cloudformation.both_scalings import BothScalings, both_scalings
from ...cloudformation.declared_capacity import DeclaredCapacity
from ...cloudformation.macros import find_macros
from ..gates.gates import Gates, UnreadGate
from ..provider.provider import GuardProvider

PARAMETER_TYPE = "AWS::SSM::Parameter::Value<String>"
_SSM_TYPE = "AWS::SSM::Parameter::"
_BOOTSTRAP = "BootstrapVersion"
"""Parameter of the CDK itself, of a type of SSM; its value changes only when the account is bootstrapped again."""
_NESTED = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class WayBack:
    """What of a table's template depends on its hold.

    Attributes:
        hold: name of the SSM parameter.
        fingerprint: fingerprint of the change; the deployed capacity applies while the hold has this value.
        parameter: logical id of the stack parameter.
        condition: logical id of the condition.
        overrides: properties of the table by path, each an ``Fn::If``.
        not_held: logical id of the opposite condition; ``None`` where nothing needs it.
        scalings: what the conditions decide about the scaling resources of a Table.
    """

    hold: str
    fingerprint: str
    parameter: str
    condition: str
    overrides: Mapping[str, Any]
    not_held: str | None
    scalings: BothScalings

    def applied_to(self, template: Mapping[str, Any], logical_id: str) -> dict[str, Any]:
        """A template with the way back.

        Args:
            template: the template without it.
            logical_id: logical id of the table.
        """
        table = with_overrides(template["Resources"][logical_id], self.overrides)
        equals = {"Fn::Equals": [{"Ref": self.parameter}, self.fingerprint]}
        opposite = {} if self.not_held is None else {self.not_held: {"Fn::Not": [equals]}}
        resources = self.scalings.applied_to(template["Resources"], self.condition, self.not_held or "")
        return {
            **template,
            "Parameters": {
                **template.get("Parameters", {}),
                self.parameter: {"Type": PARAMETER_TYPE, "Default": self.hold},
            },
            "Conditions": {**template.get("Conditions", {}), self.condition: equals, **opposite},
            "Resources": {**resources, logical_id: table},
        }


def plan_way_back(
    guard: WatchedTable, template: Mapping[str, Any], declared: DeclaredCapacity
) -> tuple[WayBack, cdk.CfnCondition, cdk.CfnCondition | None]:
    """Plan the way back of a change, and add its parameter and its conditions.

    Args:
        guard: the guard.
        template: the template of its stack, without the way back.
        declared: what the guard read of it.

    Raises:
        InputError: the template cannot hold both capacities, or something else of it could fail or change while a change is
            taken back. Nothing was added then.
    """
    location, logical_id, transition = guard.path, guard.logical_id(guard.resource), guard.transition
    assert transition is not None
    assert transition.deployed is not None
    obstacle = next(find_obstacles(guard.scope, template), None)
    if obstacle is not None:
        raise InputError(location, obstacle, "Take it out, or give the table a stack of its own")
    if len(declared.branches) != 1:
        raise InputError(location, "has a capacity under conditions of the code", "Declare one capacity")
    ((_, stated),) = declared.branches
    scalings = _scalings(template, transition, declared, location)
    overrides_of = partial(
        both_capacities,
        template["Resources"][logical_id],
        transition.deployed.template,
        stated,
        region=guard.provider.identity.region,
        location=location,
    )
    overrides_of(condition="")  # raises before anything is added to the stack
    name, fingerprint = hold_name(guard.provider.stack_name, logical_id), transition.fingerprint
    parameter = cdk.CfnParameter(
        guard.scope,
        "Held",
        type=PARAMETER_TYPE,
        default=name,
        description=f"capacity-guard: SSM parameter with the change of {logical_id} that is held, or none",
    )

    def equals() -> cdk.ICfnRuleConditionExpression:
        return cdk.Fn.condition_equals(parameter.value_as_string, fingerprint)

    held = cdk.CfnCondition(guard.scope, "IsHeld", expression=equals())
    not_held = None
    if scalings.declared_only:
        not_held = cdk.CfnCondition(guard.scope, "IsNotHeld", expression=cdk.Fn.condition_not(equals()))
    ids = cdk.Stack.of(guard.scope).resolve(
        [each.logical_id for each in (parameter, held, not_held) if each is not None]
    )
    way_back = WayBack(
        name,
        fingerprint,
        ids[0],
        ids[1],
        overrides_of(condition=ids[1]),
        ids[2] if not_held is not None else None,
        scalings,
    )
    return way_back, held, not_held


def _scalings(
    template: Mapping[str, Any], transition: Transition, declared: DeclaredCapacity, location: str
) -> BothScalings:
    """What the conditions decide about scaling resources.

    Raises:
        InputError: the template cannot hold both, or the baseline does not have those of before.
    """
    assert transition.deployed is not None
    if declared.kind is TableKind.GLOBAL_TABLE:
        if declared.scaling:
            raise InputError(location, "is scaled by resources beside it", "Scale it by its own properties")
        return BothScalings({}, (), {})
    if not transition.deployed.scaling and _is_scaled(transition.deployed.template):
        raise InputError(
            location,
            "has a baseline without the scaling targets of its template",
            "Record it again: capacity-guard record",
        )
    return both_scalings(
        template["Resources"],
        template.get("Parameters", {}),
        transition.deployed.scaling,
        declared.scaling,
        location=location,
    )


def _is_scaled(capacity: Capacity) -> bool:
    return any(isinstance(capacity.throughput(each), AutoScaling) for each in capacity.dimensions())


def find_obstacles(scope: Construct, template: Mapping[str, Any]) -> Iterator[str]:
    """Why an update of a stack with its own template and other parameters could do, or fail for, more than a table.

    Args:
        scope: the construct that has the guard.
        template: the template of its stack.
    """
    for name, parameter in template.get("Parameters", {}).items():
        is_hold = str(parameter.get("Default", "")).startswith(PREFIX)
        if str(parameter.get("Type")).startswith(_SSM_TYPE) and name != _BOOTSTRAP and not is_hold:
            yield f"shares its stack with parameter {name}, whose value CloudFormation reads again from SSM"
    for logical_id, resource in template.get("Resources", {}).items():
        if resource.get("Type") == _NESTED:
            yield f"shares its stack with the nested stack {logical_id}, which an update changes too"
    for macro in find_macros(template):
        yield f"shares its stack with {macro}, whose result an update would not renew (API: UpdateStack)"
    if template.get("Transform"):
        yield "has a stack with transforms, which an update of the previous template may not apply (API: UpdateStack)"
    if not isinstance(cdk.Stack.of(scope).synthesizer, cdk.DefaultStackSynthesizer):
        yield (
            f"is deployed without a role of its own ({type(cdk.Stack.of(scope).synthesizer).__name__}), so the next "
            "deployment would run under the role of the rollback"
        )


class WatchedTable(Protocol):
    """What is asked of a table whose way back is kept (``Guard``)."""

    scope: Construct
    path: str
    provider: GuardProvider
    gates: Gates | UnreadGate | None
    gated_resources: tuple[CfnResource, ...]

    @property
    def resource(self) -> CfnResource:
        """The table's resource in the template."""

    @property
    def transition(self) -> Transition | None:
        """Deployed to declared capacity."""

    def logical_id(self, resource: CfnResource) -> str:
        """Logical id of a resource."""

    def read_declared(self, template: Mapping[str, Any]) -> DeclaredCapacity:
        """What a template of the stack states about the table."""


def keep_way_back(
    guard: WatchedTable, template: Mapping[str, Any], declared: DeclaredCapacity
) -> tuple[WayBack, DeclaredCapacity] | InputError | None:
    """Keep the way back of a guard's change in the template.

    A relief is never taken back, and break-glass has no gate that would hold it (ADR 0005): their templates stay as they are.

    Args:
        guard: the guard, when it has its gates.
        template: the template of its stack, as it was read.
        declared: what the guard read of it.

    Returns:
        The way back, and what the template states with it; why there is none; or ``None`` if the change is not watched.
    """
    transition = guard.transition
    if transition is None or not isinstance(guard.gates, Gates) or guard.gates.bake is None:
        return None
    logical_id = guard.logical_id(guard.resource)
    try:
        way_back, held, not_held = plan_way_back(guard, template, declared)
    except InputError as error:
        return error
    ((_, stated),) = declared.branches
    both = guard.read_declared(way_back.applied_to(template, logical_id))
    capacities = [capacity for _, capacity in both.branches]
    assert transition.deployed is not None
    if sorted(map(repr, capacities)) != sorted(map(repr, (stated, transition.deployed.template))):
        raise InputError(
            guard.path, "could not hold both capacities in its template", "Leave watch out of its options"
        )
    for path, value in way_back.overrides.items():
        guard.resource.add_property_override(path, value)
    _put_scalings(guard, way_back, held, not_held)
    return way_back, both


def _put_scalings(
    guard: WatchedTable, way_back: WayBack, held: cdk.CfnCondition, not_held: cdk.CfnCondition | None
) -> None:
    """Put the scaling resources of both capacities behind the conditions, between the gates."""
    assert isinstance(guard.gates, Gates)
    for construct in guard.gated_resources[1:]:
        logical_id = guard.logical_id(construct)
        for name, (before, after) in way_back.scalings.changed.get(logical_id, {}).items():
            construct.add_property_override(name, {"Fn::If": [way_back.condition, before, after]})
        if logical_id in way_back.scalings.declared_only:
            construct.cfn_options.condition = not_held
    added = []
    for logical_id, resource in way_back.scalings.deployed_only.items():
        made = CfnResource(
            guard.scope, f"Held{logical_id}", type=resource["Type"], properties=resource["Properties"]
        )
        made.override_logical_id(logical_id)
        made.cfn_options.condition = held
        for earlier in (guard.resource, guard.gates.preflight):
            made.add_resource_dependency(earlier)
        if guard.gates.bake is not None:
            guard.gates.bake.add_resource_dependency(made)
        added.append(made)
    guard.gated_resources = (*guard.gated_resources, *added)


__all__ = ["PARAMETER_TYPE", "WatchedTable", "WayBack", "find_obstacles", "keep_way_back", "plan_way_back"]
