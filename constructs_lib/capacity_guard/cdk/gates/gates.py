"""The gates: ``Preflight<fingerprint>`` before the table, ``Bake<fingerprint>`` after it.

A relief has a Preflight alone: a Bake could only undo the cure. Under break-glass there is no gate: a gate needs Lambda, and an
emergency may be that it is missing (ADR 0005).

Without a readable baseline, and for a table that the code declares as new, the deployed capacity is unknown. Then a single
gate before the table, named by the declared capacity, fails every deployment that would change the live capacity. Where the
declared capacity cannot be read, the gate is named by what states it, and fails every deployment that edits it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import aws_cdk as cdk
from aws_cdk import CfnResource
from constructs import Construct

from ...capacity.gate_plan import LATE_ALARMS, GatePlan, UnreadPlan
from ...capacity.hold import PROPERTY
from ...capacity.limits import GATE_SECONDS
from ...watch.options import PROPERTY as WATCH
from ..app.duration import duration
from ..app.late_values import late_text, text_of
from ..provider.provider import GuardProvider

if TYPE_CHECKING:
    from .hold import Hold

PREFLIGHT_TYPE = "Custom::CapacityGuardPreflight"
BAKE_TYPE = "Custom::CapacityGuardBake"
HANDED_OVER = ("Judged", "Loud")
"""Attributes of Preflight that Bake reads; each answer of Preflight has all of them, also that of an Update."""


class Gate:
    """One gate in the template, and what the template must state of it.

    Args:
        scope: the guard.
        provider: the provider of the stack.
        id: its construct id.
        resource_type: its type in the template.
        plan: returns the text of its plan, when everything that it names is final.
        properties: its other properties, as the template has them.
        late: properties that only CloudFormation knows.
    """

    def __init__(
        self,
        scope: Construct,
        provider: GuardProvider,
        id: str,
        resource_type: str,
        *,
        plan: Callable[[], str],
        properties: Mapping[str, object],
        late: Mapping[str, object],
    ) -> None:
        resource = cdk.CustomResource(
            scope,
            id,
            service_token=provider.service_token,
            resource_type=resource_type,
            # If a function ends without a response, the operation fails only after this time.
            service_timeout=duration(GATE_SECONDS.value),
            properties={**properties, **late, "Plan": late_text(plan)},
        )
        child = resource.node.default_child
        assert isinstance(child, CfnResource)
        self.resource: CfnResource = child
        self.resource_type = resource_type
        self._provider, self._plan, self._properties, self._late = provider, plan, properties, late

    def stated(self) -> dict[str, object]:
        """Its properties as the template must have them, at the time of the call."""
        late = self._provider.resolve(self._late) if self._late else {}
        return {
            "ServiceToken": self._provider.written_token,
            "ServiceTimeout": str(GATE_SECONDS.value),
            **self._properties,
            **late,
            "Plan": self._plan(),
        }


class UnreadGate:
    """The gate before a table whose deployed or declared capacity is unknown.

    Its baseline is ``NewTable`` or cannot be read, or the template cannot. The gate is created once for each declared capacity
    and never updated. There is no Bake: nothing changes.

    Args:
        scope: the guard.
        provider: the provider of the stack.
        fingerprint: of the declared capacity (``capacity_hash``), or of what states it (``unread_declaration``).
        plan: returns the plan; called at synthesis, when logical ids are final.
        gated_resources: the table, and its scaling targets and policies.
    """

    in_transition: ClassVar = False

    def __init__(
        self,
        scope: Construct,
        provider: GuardProvider,
        *,
        fingerprint: str,
        plan: Callable[[], UnreadPlan],
        gated_resources: Sequence[CfnResource],
    ) -> None:
        self.gates = (
            Gate(
                scope,
                provider,
                f"Preflight{fingerprint}",
                PREFLIGHT_TYPE,
                plan=text_of(plan),
                properties={"Gate": "unread", "Fingerprint": fingerprint},
                late={},
            ),
        )
        self.preflight = self.gates[0].resource
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
        logical_id: returns the final logical id of a resource.
        bakes: whether there is a Bake.
        hold: the hold of the table, which Preflight reads and Bake writes; ``None`` without a watch.
        watch: the settings of the watch function, as the text of a property of Bake; ``None`` without a watch.
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
        logical_id: Callable[[CfnResource], str],
        bakes: bool,
        hold: Hold | None = None,
        watch: str | None = None,
    ) -> None:
        held = {} if hold is None else {PROPERTY: hold.name}
        unknown = [name for name in vetoing if cdk.Token.is_unresolved(name)]
        late = {LATE_ALARMS: unknown} if unknown else {}
        preflight = Gate(
            scope,
            provider,
            f"Preflight{fingerprint}",
            PREFLIGHT_TYPE,
            plan=text_of(lambda: plan().without_alarms(unknown)),
            properties={"Gate": "preflight", "Fingerprint": fingerprint, **held},
            late=late,
        )
        self.gates: tuple[Gate, ...] = (preflight,)
        """The gates, Preflight first; there is no Bake for a relief."""
        self.preflight = preflight.resource
        for resource in gated_resources:
            resource.add_resource_dependency(self.preflight)
        self.bake: CfnResource | None = None
        """The gate after the table; ``None`` for a relief."""
        if bakes:
            id_of_preflight = logical_id(self.preflight)
            # Written as the template has them: each reference would be a call to the CDK's process.
            bake = Gate(
                scope,
                provider,
                f"Bake{fingerprint}",
                BAKE_TYPE,
                plan=text_of(lambda: plan().without_alarms(unknown).of_bake()),
                properties={
                    "Gate": "bake",
                    "Fingerprint": fingerprint,
                    **held,
                    **({} if watch is None else {WATCH: watch}),
                    "Names": {
                        "Table": {"Ref": logical_id(gated_resources[0])},
                        "Alarms": {key: {"Ref": logical_id(alarm)} for key, alarm in alarms.items()},
                    },
                    **{name: {"Fn::GetAtt": [id_of_preflight, name]} for name in HANDED_OVER},
                },
                late=late,
            )
            self.bake = bake.resource
            self.gates = (preflight, bake)
            # Otherwise Bake could start before its alarms exist.
            for resource in (*gated_resources, *alarms.values()):
                self.bake.add_resource_dependency(resource)
        if hold is not None:
            for gate in self.resources:
                gate.add_resource_dependency(hold.policy)
        self.travelling: tuple[CfnResource, ...] = (*gated_resources, *self.resources, *alarms.values())

    @property
    def resources(self) -> tuple[CfnResource, ...]:
        """The resources of the gates, Preflight first."""
        return tuple(gate.resource for gate in self.gates)


__all__ = ["BAKE_TYPE", "HANDED_OVER", "PREFLIGHT_TYPE", "Gate", "Gates", "UnreadGate"]
