"""Raises of warm throughput, the only write of the gates: what is below its target, and how long a raise takes."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from ..capacity.dimension import ACCESSES, Access, Dimension, index_of
from ..capacity.gate_plan import GatePlan
from ..capacity.limits import PREFLIGHT_SECONDS
from ..capacity.warm_throughput import warm_raise_seconds
from ..dynamodb.describe_table import LiveTable
from ..dynamodb.names import WARM_UNITS
from .messages import format_number, format_resource


@dataclass(frozen=True)
class WarmRaise:
    """Warm throughput of one resource that is below its target.

    Attributes:
        key: resource key.
        live: live warm throughput of the accesses that are below their target, units per second.
        target: declared warm throughput of the same accesses, units per second.
        running: whether warm throughput of this resource is being raised.
    """

    key: str
    live: Mapping[Access, int]
    target: Mapping[Access, int]
    running: bool

    @property
    def text(self) -> str:
        """The raise as text: ``index by_agent, write 4,000 to 6,240``."""
        parts = (
            f"{access} {format_number(self.live[access])} to {format_number(units)}"
            for access, units in self.target.items()
        )
        return f"{format_resource(self.key)}, {', '.join(parts)}"

    @property
    def seconds(self) -> int:
        """A cautious estimate of the raise, seconds: ``warm_raise_seconds`` of the access that takes longest."""
        return max(
            warm_raise_seconds(access, self.live[access], units) for access, units in self.target.items()
        )

    @property
    def is_too_long(self) -> bool:
        """Whether the raise is not expected to end within the time of Preflight."""
        return self.seconds > PREFLIGHT_SECONDS.value

    def command(self, table: str, region: str) -> str:
        """The AWS CLI command for the same raise."""
        warm = {WARM_UNITS[access]: units for access, units in self.target.items()}
        start = f"aws dynamodb update-table --region {shlex.quote(region)} --table-name {shlex.quote(table)}"
        index = index_of(self.key)
        if index is None:
            return (
                f"{start} --warm-throughput {','.join(f'{member}={units}' for member, units in warm.items())}"
            )
        change = [{"Update": {"IndexName": index, "WarmThroughput": warm}}]
        return f"{start} --global-secondary-index-updates {shlex.quote(json.dumps(change, separators=(',', ':')))}"


def find_raises(plan: GatePlan, table: LiveTable) -> list[WarmRaise]:
    """Find the resources whose warm throughput is below the declared one.

    A target below the live value is left out: DynamoDB refuses a decrease (quirks: DDB-TABLE-179). An index that the
    transition creates is left out too: the live table does not have it yet.
    """
    raises = []
    for key, resource in table.resources.items():
        index = index_of(key)
        if index is not None and index not in plan.transition.declared.indexes:
            continue
        target: dict[Access, int] = {}
        for access in ACCESSES:
            wanted = plan.transition.declared.warm(Dimension(index, access))
            if wanted is not None and wanted > resource.warm[access]:
                target[access] = wanted
        if target:
            live = {access: resource.warm[access] for access in target}
            raises.append(WarmRaise(key, live, target, resource.warm_status != "ACTIVE"))
    return raises


def find_rising(table: LiveTable) -> list[str]:
    """Resource keys whose warm throughput is being raised, by the gate or by another caller."""
    return [key for key, resource in table.resources.items() if resource.warm_status != "ACTIVE"]


def find_awaited(plan: GatePlan, table: LiveTable) -> list[str]:
    """Resource keys whose warm throughput is being raised and is declared, so that the raise may be Preflight's own."""
    declared = plan.transition.declared
    return [
        key
        for key in find_rising(table)
        if (index_of(key) is None or index_of(key) in declared.indexes)
        and any(declared.warm(Dimension(index_of(key), access)) is not None for access in ACCESSES)
    ]


def is_only_change(plan: GatePlan) -> bool:
    """Whether the transition raises warm throughput and changes nothing else."""
    back = plan.transition.reverse()
    return back.deployed is not None and back.deployed.template == back.declared


__all__ = ["WarmRaise", "find_awaited", "find_raises", "find_rising", "is_only_change"]
