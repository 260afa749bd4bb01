"""The two gates of one transition: ``Preflight<fingerprint>`` before the table, ``Bake<fingerprint>`` after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import aws_cdk as cdk
import jsii
from aws_cdk import CfnResource
from constructs import Construct

from ..capacity.limits import GATE_SECONDS
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


class Gates:
    """Preflight and Bake of one transition.

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
        text = cdk.Lazy.string(_Late(plan))

        def gate(kind: str, resource_type: str) -> CfnResource:
            resource = cdk.CustomResource(
                scope,
                f"{kind}{fingerprint}",
                service_token=provider.service_token,
                resource_type=resource_type,
                # A function that dies without an answer is noticed only then.
                service_timeout=cdk.Duration.seconds(GATE_SECONDS.value),
                properties={"Gate": kind.lower(), "Fingerprint": fingerprint, "Plan": text},
            )
            child = resource.node.default_child
            assert isinstance(child, CfnResource)
            return child

        self.preflight = gate("Preflight", PREFLIGHT_TYPE)
        self.bake = gate("Bake", BAKE_TYPE)
        for resource in moving:
            resource.add_resource_dependency(self.preflight)
            self.bake.add_resource_dependency(resource)
        # Without them Bake could start before its alarms exist.
        for alarm in alarms:
            self.bake.add_resource_dependency(alarm)


__all__ = ["BAKE_TYPE", "PREFLIGHT_TYPE", "GateTimes", "Gates"]
