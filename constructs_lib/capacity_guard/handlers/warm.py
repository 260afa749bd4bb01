"""Raising warm throughput: the one thing the guard writes."""

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
from .messages import number, resource


@dataclass(frozen=True)
class Raise:
    """Warm throughput of one resource that is below its target.

    Attributes:
        key: resource key.
        live: what it has, units per second, of the accesses that are below.
        target: what is declared, units per second, of the same accesses.
        running: whether a raise of this resource is under way.
    """

    key: str
    live: Mapping[Access, int]
    target: Mapping[Access, int]
    running: bool

    @property
    def text(self) -> str:
        """For people: ``index by_agent, write 4,000 to 6,240``."""
        parts = (f"{a} {number(self.live[a])} to {number(self.target[a])}" for a in self.target)
        return f"{resource(self.key)}, {', '.join(parts)}"

    @property
    def seconds(self) -> int:
        """A cautious estimate of how long it takes: ``warm_raise_seconds`` of the access that takes longest."""
        return max(warm_raise_seconds(a, self.live[a], self.target[a]) for a in self.target)

    def command(self, table: str, region: str) -> str:
        """The AWS CLI command that does the same."""
        warm = {f"{a.capitalize()}UnitsPerSecond": units for a, units in self.target.items()}
        start = f"aws dynamodb update-table --region {region} --table-name {table}"
        index = index_of(self.key)
        if index is None:
            return f"{start} --warm-throughput {','.join(f'{k}={v}' for k, v in warm.items())}"
        change = [{"Update": {"IndexName": index, "WarmThroughput": warm}}]
        return f"{start} --global-secondary-index-updates {shlex.quote(json.dumps(change, separators=(',', ':')))}"


def raises(plan: GatePlan, table: LiveTable) -> list[Raise]:
    """What is below the declared warm throughput; never a decrease, which the service refuses (quirks: DDB-TABLE-179).

    An index that the transition only creates has no warm throughput yet and is left out.
    """
    found = []
    for key, one in table.resources.items():
        index = index_of(key)
        if index is not None and index not in plan.transition.declared.indexes:
            continue
        target: dict[Access, int] = {}
        for access in ACCESSES:
            wanted = plan.transition.declared.warm(Dimension(index, access))
            if wanted is not None and wanted > one.warm[access]:
                target[access] = wanted
        if target:
            found.append(Raise(key, {a: one.warm[a] for a in target}, target, one.warm_status != "ACTIVE"))
    return found


def rising(table: LiveTable) -> list[str]:
    """Resource keys whose warm throughput is being raised, by whomever."""
    return [key for key, one in table.resources.items() if one.warm_status != "ACTIVE"]


def too_long(one: Raise) -> bool:
    """Whether a raise is not expected to end within Preflight's time."""
    return one.seconds > PREFLIGHT_SECONDS.value


def is_only_change(plan: GatePlan) -> bool:
    """Whether the transition raises warm throughput and changes nothing else, so that there is nothing to hurry for."""
    back = plan.transition.reverse()
    return back.deployed is not None and back.deployed.template == back.declared
