"""How large the requests of the gates are, measured through the provider framework: ``python -m tests.framework.gate_sizes``.

Each table switches from auto scaling to on-demand mode, whose plan holds the rise of each hour of the week: the longest but for a
return's. Traffic differs in every dimension and minute, so that nothing repeats that real traffic would not repeat.
"""

from __future__ import annotations

import random
import subprocess
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import pi, sin
from pathlib import Path
from tempfile import TemporaryDirectory
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
    Rollout,
    Units,
)
from capacity_guard.capacity import Deployed, Dimension
from capacity_guard.capacity.evidence import MINUTE
from capacity_guard.capacity.limits import CAUSE_CHARACTERS, EXECUTION_INPUT_BYTES, RESPONSE_BYTES
from capacity_guard.evidence.provenance import Recording, TableIdentity
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.handlers import gate
from capacity_guard.handlers.handover import Loud
from capacity_guard.handlers.messages import passed_data
from tests.builders.guarded import BAKE, MINUTES, NOW, PREFLIGHT, START
from tests.framework.framework import Framework, node_with, runtime_folder
from tests.framework.outcome import Outcome

COUNTS = (0, 1, 5, 20)
"""Indexes of a table; DynamoDB allows 20 by default (Guide: ServiceQuotas)."""
STACK_ID = (
    "arn:aws:cloudformation:eu-central-1:111122223333:stack/Conversations-production-cell-1/"
    "3b2f8a10-1111-11f1-8f2e-0a1b2c3d4e5f"
)
RESPONSE_URL = (
    f"https://cloudformation-custom-resource-response-eucentral1.s3.eu-central-1.amazonaws.com/{'x' * 1_500}"
)
LOUD = Loud(START, alarms=("x" * 1_100,)).to_attribute()
LATE_NAME = "Conversations-production-cell-1-ConversationsThrottled-1A2B3C4D5E6F"
_SCALED = Provisioned(read=AutoScaling(500, 40_000), write=AutoScaling(500, 40_000))


def index_names(count: int) -> list[str]:
    """Names of a table's indexes."""
    return [f"by_attribute_{number:02}" for number in range(count)]


def scaled(indexes: int) -> Capacity:
    """Provisioned capacity that follows the traffic, of the table and its indexes."""
    return Capacity.provisioned(
        read=_SCALED.read, write=_SCALED.write, indexes=dict.fromkeys(index_names(indexes), _SCALED)
    )


def on_demand(indexes: int) -> Capacity:
    """On-demand capacity of the table and its indexes."""
    return Capacity.on_demand(indexes=dict.fromkeys(index_names(indexes), OnDemand()))


@cache
def _series(seed: int) -> array[float]:
    """14 days of units a minute: a day's wave of up to 3,000 a second, times a factor of its own for each minute."""
    chance = random.Random(seed)
    factor = [chance.lognormvariate(0, 0.6) for _ in range(997)]
    return array(
        "d",
        (
            60 * (200 + 1_500 * (1 + sin(2 * pi * minute / 1_440))) * factor[chance.randrange(997)]
            for minute in range(MINUTES)
        ),
    )


@cache
def baseline(indexes: int, *, was_on_demand: bool = False) -> Baseline:
    """A baseline of the table with scaled capacity.

    Args:
        indexes: indexes of the table.
        was_on_demand: whether the capacity before was on-demand, so that on-demand is a return.
    """
    dimensions = [Dimension(i, a) for i in (None, *index_names(indexes)) for a in ("read", "write")]
    keys = list(dict.fromkeys(dimension.resource for dimension in dimensions))
    capacity = scaled(indexes)
    return Baseline(
        TableIdentity("conversations"),
        Recording(START + MINUTES * MINUTE, "test", "made up"),
        Deployed(
            capacity,
            capacity,
            {key: Units(1_000, 1_000) for key in keys},
            {key: Units(12_000, 4_000) for key in keys},
            on_demand(indexes) if was_on_demand else None,
            replaced_at=START if was_on_demand else None,
        ),
        Traffic(
            START,
            {dimension: _series(seed) for seed, dimension in enumerate(dimensions)},
            {dimension: array("d", [0.0]) * MINUTES for dimension in dimensions},
        ),
    )


def template_of(
    indexes: int,
    tables: int = 1,
    *,
    bake_minutes: int = 30,
    returns: bool = False,
    context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The template of a stack whose tables switch to on-demand mode."""
    fixed = {"capacity-guard:now": NOW, "aws:cdk:disable-version-reporting": True}
    app = cdk.App(context={**fixed, **(context or {})}, analytics_reporting=False)
    stack = cdk.Stack(app, "Conversations-production-cell-1")
    for number in range(tables):
        rollout = Rollout(bake_minutes=bake_minutes)
        add_table(stack, f"Conversations{number or ''}", indexes, rollout, returns=returns)
    template: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return template


def add_table(
    stack: cdk.Stack, id: str, indexes: int, rollout: Rollout | None = None, *, returns: bool = False
) -> GuardedTable:
    """A table that switches to on-demand mode."""
    key = Attribute(name="id", type=AttributeType.STRING)
    return GuardedTable(
        stack,
        id,
        partition_key=key,
        global_secondary_indexes=[
            GlobalSecondaryIndexPropsV2(index_name=name, partition_key=key) for name in index_names(indexes)
        ],
        capacity=on_demand(indexes),
        baseline=baseline(indexes, was_on_demand=returns),
        options=None if rollout is None else GuardOptions(rollout=rollout),
    )


@dataclass(frozen=True)
class GateSize:
    """What one gate's requests took.

    Attributes:
        indexes: indexes of the table.
        gate: ``preflight`` or ``bake``, with ``, return`` where the switch is one.
        plan: bytes of the property ``Plan``.
        create: a Create that is not complete at its first look, then passes with the longest data.
        update: an Update after a setting was edited.
        back: an Update that takes the edit back, as a rollback does.
        delete: the removal of the gate, as a rollback does it.
    """

    indexes: int
    gate: str
    plan: int
    create: Outcome
    update: Outcome
    back: Outcome
    delete: Outcome

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All of them."""
        return self.create, self.update, self.back, self.delete


def measure(node: subprocess.Popen[str], indexes: int, *, returns: bool = False) -> Iterator[GateSize]:
    """Send the requests of both gates of a table through the framework.

    Args:
        node: a started driver.
        indexes: indexes of the table.
        returns: whether the switch returns to the capacity before.
    """
    before = template_of(indexes, returns=returns)
    after = template_of(indexes, returns=returns, bake_minutes=45)
    for name, resource_type in (("preflight", PREFLIGHT), ("bake", BAKE)):
        logical_id, properties = _gate(before, resource_type)
        edited = _gate(after, resource_type)[1]
        assert properties["Plan"] != edited["Plan"]

        framework = Framework(node, gate.on_event, _looking())
        request = {
            "ServiceToken": properties["ServiceToken"],
            "ResponseURL": RESPONSE_URL,
            "StackId": STACK_ID,
            "RequestId": "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
            "LogicalResourceId": logical_id,
            "ResourceType": resource_type,
        }
        create = framework.request({**request, "RequestType": "Create", "ResourceProperties": properties})
        later = {**request, "PhysicalResourceId": create.physical_id}

        def update(
            old: Mapping[str, Any], new: Mapping[str, Any], later: dict[str, Any] = later
        ) -> dict[str, Any]:
            return {**later, "RequestType": "Update", "ResourceProperties": new, "OldResourceProperties": old}

        yield GateSize(
            indexes,
            f"{name}, return" if returns else name,
            len(properties["Plan"]),
            create,
            framework.request(update(properties, edited)),
            framework.request(update(edited, properties)),
            framework.request({**later, "RequestType": "Delete", "ResourceProperties": properties}),
        )


def _looking() -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    """A look at a Create that is not complete, then one with the longest data; the gate's own answer to the rest."""
    passed = {**passed_data("change", ["x" * 4_000]), "Loud": LOUD}
    answers: list[Mapping[str, Any]] = [{"IsComplete": False}, {"IsComplete": True, "Data": passed}]

    def look(event: dict[str, Any]) -> Mapping[str, Any]:
        return answers.pop(0) if event["RequestType"] == "Create" else gate.is_complete(event)

    return look


def _gate(template: Mapping[str, Any], resource_type: str) -> tuple[str, dict[str, Any]]:
    ((logical_id, resource),) = (
        found for found in template["Resources"].items() if found[1]["Type"] == resource_type
    )
    return logical_id, _resolved(resource["Properties"])


def _resolved(value: Any) -> Any:
    """A property with a text as long as CloudFormation's in place of each reference."""
    if isinstance(value, list):
        return [_resolved(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "Ref" in value:
        return LATE_NAME
    if "Fn::GetAtt" in value:
        of_function = value["Fn::GetAtt"][1] == "Arn"
        return (
            f"arn:aws:lambda:eu-central-1:111122223333:function:{LATE_NAME}" if of_function else "x" * 1_200
        )
    return {key: _resolved(item) for key, item in value.items()}


def row(size: GateSize) -> str:
    """One row of the table in docs/gates.md."""
    cells = (
        size.indexes,
        size.gate,
        size.plan,
        size.create.event_bytes,
        size.create.execution_input,
        size.create.largest_cause,
        size.update.event_bytes,
        max(size.update.execution_input, size.back.execution_input),
        size.delete.execution_input,
        max(outcome.response_bytes for outcome in size.outcomes),
    )
    return "| " + " | ".join(cell if isinstance(cell, str) else f"{cell:,}" for cell in cells) + " |"


def main() -> None:
    """Print the table of docs/gates.md."""
    limit, cause = f"{EXECUTION_INPUT_BYTES.value:,}", f"{CAUSE_CHARACTERS.value:,}"
    print(
        "| indexes | gate | plan | Create | input | error of a look | Update | input, and back | Delete's input | answer |"
    )
    print("|---" * 10 + "|")
    print(
        f"| limit | | | | {limit} | {limit}; cause {cause} | | {limit} | {limit} | {RESPONSE_BYTES.value:,} |"
    )
    with TemporaryDirectory() as folder, node_with(runtime_folder(Path(folder))) as node:
        for indexes, returns in [*((count, False) for count in COUNTS), (max(COUNTS), True)]:
            for size in measure(node, indexes, returns=returns):
                assert all(outcome.status == "SUCCESS" for outcome in size.outcomes), size
                print(row(size))


if __name__ == "__main__":
    main()
