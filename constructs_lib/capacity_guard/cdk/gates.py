"""The gates: ``Preflight<fingerprint>`` before the table, ``Bake<fingerprint>`` after it.

Without a readable baseline, and for a table that the code declares as new, the deployed capacity is unknown. Then a single
gate before the table, named by the declared capacity, fails every deployment that would change the live capacity, unless
break-glass is set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import aws_cdk as cdk
from aws_cdk import CfnResource
from constructs import Construct

from ..capacity.capacity import Capacity
from ..capacity.gate_plan import capacity_hash
from ..capacity.limits import GATE_SECONDS
from .duration import duration
from .late_values import late_text
from .provider import GuardProvider

PREFLIGHT_TYPE = "Custom::CapacityGuardPreflight"
BAKE_TYPE = "Custom::CapacityGuardBake"


def _create_gate(
    scope: Construct,
    provider: GuardProvider,
    id: str,
    resource_type: str,
    properties: Mapping[str, object],
) -> CfnResource:
    resource = cdk.CustomResource(
        scope,
        id,
        service_token=provider.service_token,
        resource_type=resource_type,
        # If a function ends without a response, the operation fails only after this time.
        service_timeout=duration(GATE_SECONDS.value),
        properties=dict(properties),
    )
    child = resource.node.default_child
    assert isinstance(child, CfnResource)
    return child


class UnreadGate:
    """The gate before a table whose deployed capacity is unknown: its baseline cannot be read, or is ``NewTable``.

    It is created once for each declared capacity and never updated. There is no Bake: without break-glass nothing changes.

    Args:
        scope: the guard.
        provider: the provider of the stack.
        capacity: the declared capacity.
        plan: returns the plan (``UnreadPlan.to_property``); called at synthesis, when logical ids are final.
        gated_resources: the table, and its scaling targets and policies.
    """

    in_transition: ClassVar = False

    def __init__(
        self,
        scope: Construct,
        provider: GuardProvider,
        *,
        capacity: Capacity,
        plan: Callable[[], str],
        gated_resources: Sequence[CfnResource],
    ) -> None:
        fingerprint = capacity_hash(capacity)
        properties = {
            "Gate": "unread",
            "Fingerprint": fingerprint,
            "Plan": late_text(plan),
        }
        self.preflight = _create_gate(scope, provider, f"Preflight{fingerprint}", PREFLIGHT_TYPE, properties)
        # the table is in no transition, so only its gate may change together with the tables that are in one
        self.travelling: tuple[CfnResource, ...] = (self.preflight,)
        for resource in gated_resources:
            resource.add_resource_dependency(self.preflight)


class Gates:
    """Preflight and Bake of one transition.

    Bake gets Preflight's classification of the transition (``Judged`` in its response): when Bake runs, the live table
    that Preflight compared has changed.

    The ids of the gates contain the fingerprint, so another transition has other gates: each is created once and never
    updated. On rollback CloudFormation restores the table without calling a gate before it.

    Args:
        scope: the guard.
        provider: the provider of the stack.
        fingerprint: fingerprint of the transition.
        plan: returns the plan (``GatePlan.to_property``); called at synthesis, when logical ids and acknowledgments
            are final.
        gated_resources: the table, and its scaling targets and policies.
        alarms: the resources of the rollback alarms.
    """

    in_transition: ClassVar = True

    def __init__(
        self,
        scope: Construct,
        provider: GuardProvider,
        *,
        fingerprint: str,
        plan: Callable[[], str],
        gated_resources: Sequence[CfnResource],
        alarms: Sequence[CfnResource],
    ) -> None:
        properties = {"Fingerprint": fingerprint, "Plan": late_text(plan)}
        self.preflight = _create_gate(
            scope, provider, f"Preflight{fingerprint}", PREFLIGHT_TYPE, {"Gate": "preflight", **properties}
        )
        judged = self.preflight.get_att("Judged").to_string()
        self.bake = _create_gate(
            scope, provider, f"Bake{fingerprint}", BAKE_TYPE, {"Gate": "bake", **properties, "Judged": judged}
        )
        for resource in gated_resources:
            resource.add_resource_dependency(self.preflight)
            self.bake.add_resource_dependency(resource)
        self.travelling: tuple[CfnResource, ...] = (*gated_resources, self.preflight, self.bake, *alarms)
        # Otherwise Bake could start before its alarms exist.
        for alarm in alarms:
            self.bake.add_resource_dependency(alarm)


__all__ = ["BAKE_TYPE", "PREFLIGHT_TYPE", "Gates", "UnreadGate"]
