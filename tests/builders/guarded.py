"""A guarded table in a stack of its own, synthesized in this process. A test can replace every part."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk.aws_dynamodb import Attribute, AttributeType, GlobalSecondaryIndexPropsV2

from capacity_guard import (
    AutoScaling,
    Baseline,
    Capacity,
    GuardedTable,
    GuardOptions,
    OnDemand,
    Provisioned,
    Units,
)
from capacity_guard.capacity import Deployed, Dimension
from capacity_guard.capacity.gate_plan import GatePlan
from capacity_guard.cdk.end_of_synthesis.late_reading import read_tables
from capacity_guard.evidence.provenance import Recording, TableIdentity
from capacity_guard.evidence.traffic import Traffic

NOW = "2026-07-09T15:40:00Z"
INDEX = "by_agent"
START = datetime(2026, 6, 25, tzinfo=UTC)
MINUTES = 14 * 1440

GLOBAL_TABLE = "AWS::DynamoDB::GlobalTable"
ALARM = "AWS::CloudWatch::Alarm"
PREFLIGHT = "Custom::CapacityGuardPreflight"
BAKE = "Custom::CapacityGuardBake"


def steady(units: int) -> AutoScaling:
    return AutoScaling(units, units, seed=units)


PROVISIONED = Capacity.provisioned(
    read=100, write=steady(1_000), indexes={INDEX: Provisioned(read=100, write=steady(1_000))}
)
RAISED = Capacity.provisioned(
    read=100, write=steady(2_000), indexes={INDEX: Provisioned(read=100, write=steady(1_000))}
)
"""A relief, which has a Preflight and no Bake."""
LOWERED = Capacity.provisioned(
    read=100, write=steady(900), indexes={INDEX: Provisioned(read=100, write=steady(1_000))}
)
"""A change, which has both gates."""
ON_DEMAND = Capacity.on_demand(indexes={INDEX: OnDemand()})
WARM = Capacity.on_demand(warm=Units(write=5_000), indexes={INDEX: OnDemand(warm=Units(write=5_000))})


def baseline(
    deployed: Capacity = PROVISIONED,
    *,
    units: float = 500,
    throttled: float = 0,
    attempt: int = 1,
    index: str = INDEX,
) -> Baseline:
    """A recording of flat traffic, with the same throttle events in every minute."""
    deployed = replace(deployed, indexes={index: deployed.of(INDEX)})
    dimensions = [Dimension(i, a) for i in (None, index) for a in ("read", "write")]
    write = array("d", [units * 60]) * MINUTES
    read = array("d", [50.0 * 60]) * MINUTES
    events = {d: array("d", [throttled if d.access == "write" else 0.0]) * MINUTES for d in dimensions}
    consumed = {d: write if d.access == "write" else read for d in dimensions}
    return Baseline(
        TableIdentity("conversations"),
        Recording(START + timedelta(minutes=MINUTES), "test", "made up"),
        Deployed(
            deployed,
            deployed,
            {} if deployed.is_on_demand else {k: Units(100, 1_000) for k in ("table", f"index/{index}")},
            {k: Units(12_000, 4_000) for k in ("table", f"index/{index}")},
        ),
        Traffic(START, consumed, events),
        attempt=attempt,
    )


def app(**context: Any) -> cdk.App:
    """An app with a fixed judgment time. Its assembly refers to the code of the functions where it lies: a template has its hash.

    To copy the code into each assembly and to delete it again took 45 % of the CDK's process.
    """
    return cdk.App(
        context={
            "capacity-guard:now": NOW,
            "aws:cdk:disable-version-reporting": True,
            "aws:cdk:disable-asset-staging": True,
            **context,
        },
        analytics_reporting=False,
    )


OPTIONS = ("rollout", "margins", "gate_times", "acknowledgments")


def with_options(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties with the settings of a guard as its ``options``; a test may name them by themselves."""
    options = {name: value for name, value in properties.items() if name in OPTIONS}
    others = {name: value for name, value in properties.items() if name not in OPTIONS}
    return {**others, "options": GuardOptions(**options)} if options else others


def index(name: str, key: str = "agent_id") -> GlobalSecondaryIndexPropsV2:
    """A global secondary index with a partition key."""
    return GlobalSecondaryIndexPropsV2(
        index_name=name, partition_key=Attribute(name=key, type=AttributeType.STRING)
    )


def table(scope: cdk.Stack, id: str = "Conversations", **properties: Any) -> GuardedTable:
    """A guarded table with one index, by default without a transition."""
    defaults: dict[str, Any] = {
        "partition_key": Attribute(name="conversation_id", type=AttributeType.STRING),
        "global_secondary_indexes": [index(INDEX)],
        "capacity": PROVISIONED,
        "baseline": baseline(),
    }
    return GuardedTable(scope, id, **with_options({**defaults, **properties}))


def read(*guarded: GuardedTable) -> None:
    """Let guards read their tables before the synthesis, so that a test can change the gates which they then have."""
    read_tables([each.guard for each in guarded])


@dataclass(frozen=True)
class Synthesized:
    """A stack's template."""

    resources: Mapping[str, dict[str, Any]]

    def of(self, *types: str) -> dict[str, dict[str, Any]]:
        """Resources of some types, by logical id."""
        return {key: resource for key, resource in self.resources.items() if resource["Type"] in types}

    def only(self, resource_type: str) -> dict[str, Any]:
        """The single resource of a type."""
        (resource,) = self.of(resource_type).values()
        return resource

    @property
    def gates(self) -> dict[str, dict[str, Any]]:
        """The gates, by logical id."""
        return self.of(PREFLIGHT, BAKE)

    def plan(self, gate: str = PREFLIGHT) -> GatePlan:
        """The plan in the properties of a gate."""
        return GatePlan.from_property(self.only(gate)["Properties"]["Plan"])

    def policy_documents(self) -> list[dict[str, Any]]:
        """Policies of the role of the guard's functions: the inline one, then the managed ones of the stack."""
        (role,) = (
            role for key, role in self.of("AWS::IAM::Role").items() if key.startswith("CapacityGuardRole")
        )
        (policy,) = role["Properties"]["Policies"]
        attached = [arn["Ref"] for arn in role["Properties"]["ManagedPolicyArns"] if "Ref" in arn]
        managed = [self.resources[key]["Properties"]["PolicyDocument"] for key in attached]
        return [policy["PolicyDocument"], *managed]

    def statements(self) -> dict[str, dict[str, Any]]:
        """Policy statements of the role of the guard's functions, by statement id."""
        return {
            statement["Sid"]: statement
            for document in self.policy_documents()
            for statement in document["Statement"]
        }

    def table_arns(self) -> list[Any]:
        """ARNs of the tables that the guard's functions may read and update."""
        found = []
        for sid, statement in self.statements().items():
            if sid.startswith("Tables"):
                resource = statement["Resource"]
                found += resource if isinstance(resource, list) else [resource]
        return found


def synthesize(of: cdk.App, stack: str = "S") -> Synthesized:
    """Synthesize an app; a validation that fails raises."""
    return Synthesized(of.synth().get_stack_by_name(stack).template["Resources"])


def template(**properties: Any) -> Synthesized:
    """The template of a stack with one guarded table."""
    made = app()
    table(cdk.Stack(made, "S"), **properties)
    return synthesize(made)
