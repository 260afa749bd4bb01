"""The gates: ``Preflight<fingerprint>`` before the table, ``Bake<fingerprint>`` after it.

Where the baseline cannot be read nobody knows the transition: then one gate before the table, named by the declared
capacity, lets only a deployment through that changes none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import aws_cdk as cdk
import jsii
from aws_cdk import CfnResource
from constructs import Construct

from ..capacity.capacity import Capacity
from ..capacity.gate_plan import capacity_hash
from ..capacity.limits import GATE_SECONDS
from .alarms import duration
from .provider import GateTimes, GuardProvider

PREFLIGHT_TYPE = "Custom::CapacityGuardPreflight"
BAKE_TYPE = "Custom::CapacityGuardBake"


@jsii.implements(cdk.IStableStringProducer)
class _Late:
    """A text that is known only when the app is synthesized."""

    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text

    def produce(self) -> str:
        return self._text()


def _gate(
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
        # A function that dies without an answer is noticed only then.
        service_timeout=duration(GATE_SECONDS.value),
        properties=dict(properties),
    )
    child = resource.node.default_child
    assert isinstance(child, CfnResource)
    return child


class UnreadGate:
    """The gate before a table whose baseline cannot be read.

    It is created once for each declared capacity and never updated; there is no Bake, since nothing changes.

    Args:
        scope: the guarded table.
        provider: the provider of the stack.
        capacity: the declared capacity.
        plan: gives the plan (``UnreadPlan.to_property``); asked at synthesis, when logical ids are final.
        moving: the resources that may change the capacity: the table, and what scales it.
    """

    def __init__(
        self,
        scope: Construct,
        provider: GuardProvider,
        *,
        capacity: Capacity,
        plan: Callable[[], str],
        moving: Sequence[CfnResource],
    ) -> None:
        name = capacity_hash(capacity)
        properties = {"Gate": "unread", "Fingerprint": name, "Plan": cdk.Lazy.string(_Late(plan))}
        self.preflight = _gate(scope, provider, f"Preflight{name}", PREFLIGHT_TYPE, properties)
        for resource in moving:
            resource.add_resource_dependency(self.preflight)


class Gates:
    """Preflight and Bake of one transition.

    Bake gets Preflight's word on what the transition is (``Judged`` in its answer): the live table that it was judged
    against has changed by then.

    Their ids carry the fingerprint, so another transition has other gates: each is created once and never updated,
    and nothing of the guard runs before the table on the way back.

    Args:
        scope: the guarded table.
        provider: the provider of the stack.
        fingerprint: fingerprint of the transition.
        plan: gives the plan (``GatePlan.to_property``); asked at synthesis, when logical ids and acknowledgments
            are final.
        moving: the resources whose change is guarded: the table, and what scales it.
        alarms: the rollback alarms' resources.
    """

    def __init__(
        self,
        scope: Construct,
        provider: GuardProvider,
        *,
        fingerprint: str,
        plan: Callable[[], str],
        moving: Sequence[CfnResource],
        alarms: Sequence[CfnResource],
    ) -> None:
        told = {"Fingerprint": fingerprint, "Plan": cdk.Lazy.string(_Late(plan))}
        self.preflight = _gate(
            scope, provider, f"Preflight{fingerprint}", PREFLIGHT_TYPE, {"Gate": "preflight", **told}
        )
        judged = self.preflight.get_att("Judged").to_string()
        self.bake = _gate(
            scope, provider, f"Bake{fingerprint}", BAKE_TYPE, {"Gate": "bake", **told, "Judged": judged}
        )
        for resource in moving:
            resource.add_resource_dependency(self.preflight)
            self.bake.add_resource_dependency(resource)
        # Without them Bake could start before its alarms exist.
        for alarm in alarms:
            self.bake.add_resource_dependency(alarm)


__all__ = ["BAKE_TYPE", "PREFLIGHT_TYPE", "GateTimes", "Gates", "UnreadGate"]
