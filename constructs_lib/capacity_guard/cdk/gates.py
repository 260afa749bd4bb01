"""The gates: ``Preflight<fingerprint>`` before the table, ``Bake<fingerprint>`` after it.

A relief has a Preflight alone: a Bake could only undo the cure. Under break-glass there is no gate: a gate needs Lambda, and an
emergency may be that it is missing (ADR 0005).

Without a readable baseline, and for a table that the code declares as new, the deployed capacity is unknown. Then a single
gate before the table, named by the declared capacity, fails every deployment that would change the live capacity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import aws_cdk as cdk
from aws_cdk import CfnResource
from constructs import Construct

from ..capacity.capacity import Capacity
from ..capacity.gate_plan import LATE_ALARMS, GatePlan, UnreadPlan, capacity_hash
from ..capacity.limits import GATE_SECONDS
from .duration import duration
from .late_values import late_text, text_of
from .provider import GuardProvider

PREFLIGHT_TYPE = "Custom::CapacityGuardPreflight"
BAKE_TYPE = "Custom::CapacityGuardBake"
HANDED_OVER = ("Judged", "Loud")
"""Attributes of Preflight that Bake reads; each answer of Preflight has all of them, also that of an Update."""


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

    It is created once for each declared capacity and never updated. There is no Bake: nothing changes.

    Args:
        scope: the guard.
        provider: the provider of the stack.
        capacity: the declared capacity.
        plan: returns the plan; called at synthesis, when logical ids are final.
        gated_resources: the table, and its scaling targets and policies.
    """

    in_transition: ClassVar = False

    def __init__(
        self,
        scope: Construct,
        provider: GuardProvider,
        *,
        capacity: Capacity,
        plan: Callable[[], UnreadPlan],
        gated_resources: Sequence[CfnResource],
    ) -> None:
        fingerprint = capacity_hash(capacity)
        properties = {
            "Gate": "unread",
            "Fingerprint": fingerprint,
            "Plan": late_text(text_of(plan)),
        }
        self.preflight = _create_gate(scope, provider, f"Preflight{fingerprint}", PREFLIGHT_TYPE, properties)
        # the table is in no transition, so only its gate may change together with the tables that are in one
        self.travelling: tuple[CfnResource, ...] = (self.preflight,)
        for resource in gated_resources:
            resource.add_resource_dependency(self.preflight)


class Gates:
    """Preflight of one transition, and its Bake unless the transition is a relief.

    Bake gets two attributes of Preflight's response: the classification of the transition (``Judged``), and which alarms
    were in ALARM and which resources throttled before it (``Loud``). When Bake runs, the live table that Preflight compared
    has changed.

    The ids of the gates contain the fingerprint, so another transition has other gates: each is created once. On rollback
    CloudFormation restores the table without calling a gate before it.

    Args:
        scope: the guard.
        provider: the provider of the stack.
        fingerprint: fingerprint of the transition.
        plan: returns the plan; called at synthesis, when logical ids and acknowledgments are final.
        vetoing: names of the further alarms of the plan. Those that only CloudFormation knows become a property of their own:
            the plan is compressed when the template is written.
        gated_resources: the table first, then its scaling targets and policies.
        alarms: the resources of the rollback alarms, by resource key.
        bakes: whether there is a Bake.
    """

    in_transition: ClassVar = True

    def __init__(
        self,
        scope: Construct,
        provider: GuardProvider,
        *,
        fingerprint: str,
        plan: Callable[[], GatePlan],
        vetoing: Sequence[str],
        gated_resources: Sequence[CfnResource],
        alarms: Mapping[str, CfnResource],
        bakes: bool,
    ) -> None:
        properties: dict[str, object] = {"Fingerprint": fingerprint}
        late = [name for name in vetoing if cdk.Token.is_unresolved(name)]
        if late:
            properties[LATE_ALARMS] = late
        self.preflight = _create_gate(
            scope,
            provider,
            f"Preflight{fingerprint}",
            PREFLIGHT_TYPE,
            {
                "Gate": "preflight",
                **properties,
                "Plan": late_text(text_of(lambda: plan().without_alarms(late))),
            },
        )
        for resource in gated_resources:
            resource.add_resource_dependency(self.preflight)
        self.bake: CfnResource | None = None
        """The gate after the table; ``None`` for a relief."""
        if bakes:
            names = {
                "Table": gated_resources[0].ref,
                "Alarms": {key: alarm.ref for key, alarm in alarms.items()},
            }
            handed_over = {name: self.preflight.get_att(name).to_string() for name in HANDED_OVER}
            self.bake = _create_gate(
                scope,
                provider,
                f"Bake{fingerprint}",
                BAKE_TYPE,
                {
                    "Gate": "bake",
                    **properties,
                    "Plan": late_text(text_of(lambda: plan().without_alarms(late).of_bake())),
                    "Names": names,
                    **handed_over,
                },
            )
            # Otherwise Bake could start before its alarms exist.
            for resource in (*gated_resources, *alarms.values()):
                self.bake.add_resource_dependency(resource)
        self.travelling: tuple[CfnResource, ...] = (*gated_resources, *self.resources, *alarms.values())

    @property
    def resources(self) -> tuple[CfnResource, ...]:
        """The gates, Preflight first."""
        return (self.preflight,) if self.bake is None else (self.preflight, self.bake)


__all__ = ["BAKE_TYPE", "HANDED_OVER", "PREFLIGHT_TYPE", "Gates", "UnreadGate"]
