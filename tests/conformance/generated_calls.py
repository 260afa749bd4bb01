"""Generated UpdateTable calls: a state of a table, and a request of one to three changes. The rows have no such width.

Every state is reached on both systems by the same steps; every request is put to both, and the outcomes are compared.
"""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.conformance.runner import Refused, System

Step = Callable[[System, str], None]
_KEYS = [{"AttributeName": "id", "KeyType": "HASH"}]


def units(read: int, write: int) -> dict[str, int]:
    """A ProvisionedThroughput member."""
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def warm(read: int, write: int) -> dict[str, int]:
    """A WarmThroughput member."""
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write}


def maxima(read: int, write: int) -> dict[str, int]:
    """An OnDemandThroughput member."""
    return {"MaxReadRequestUnits": read, "MaxWriteRequestUnits": write}


def _update(index: str, **members: Any) -> dict[str, Any]:
    return {"Update": {"IndexName": index, **members}}


def _index(index: str, **members: Any) -> dict[str, Any]:
    return {
        "IndexName": index,
        "KeySchema": [{"AttributeName": f"{index}_key", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **members,
    }


def _attributes(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def _table(*, on_demand: bool) -> Step:
    index_units: dict[str, Any] = {} if on_demand else {"ProvisionedThroughput": units(5, 5)}
    request = {
        "KeySchema": _KEYS,
        "AttributeDefinitions": _attributes("id", "g_a_key", "g_b_key"),
        "BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED",
        **({} if on_demand else {"ProvisionedThroughput": units(10, 10)}),
        "GlobalSecondaryIndexes": [_index("g_a", **index_units), _index("g_b", **index_units)],
    }

    def create(system: System, name: str) -> None:
        system.call("dynamodb", "CreateTable", {"TableName": name, **copy.deepcopy(request)})
        system.forward(60)

    return create


def _change(after: float = 0.0, **members: Any) -> Step:
    def change(system: System, name: str) -> None:
        system.call("dynamodb", "UpdateTable", {"TableName": name, **copy.deepcopy(members)})
        system.forward(after)

    return change


_PROVISIONED, _ON_DEMAND = _table(on_demand=False), _table(on_demand=True)
_BOTH = [_update("g_a", ProvisionedThroughput=units(5, 5)), _update("g_b", ProvisionedThroughput=units(5, 5))]


def _new_index(after: float, **members: Any) -> Step:
    return _change(
        after,
        AttributeDefinitions=_attributes("g_c_key"),
        GlobalSecondaryIndexUpdates=[{"Create": _index("g_c", **members)}],
    )


_DELETED = _change(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "g_a"}}])
STATES: dict[str, tuple[Step, ...]] = {
    "provisioned": (_PROVISIONED,),
    "on-demand": (_ON_DEMAND,),
    "provisioned, units moving": (_PROVISIONED, _change(ProvisionedThroughput=units(11, 11))),
    "provisioned, units of an index moving": (
        _PROVISIONED,
        _change(GlobalSecondaryIndexUpdates=[_update("g_a", ProvisionedThroughput=units(6, 6))]),
    ),
    "becomes on-demand": (_PROVISIONED, _change(5, BillingMode="PAY_PER_REQUEST")),
    "becomes provisioned": (
        _ON_DEMAND,
        _change(
            20,
            BillingMode="PROVISIONED",
            ProvisionedThroughput=units(10, 10),
            GlobalSecondaryIndexUpdates=_BOTH,
        ),
    ),
    "provisioned, index allocated": (_PROVISIONED, _new_index(5, ProvisionedThroughput=units(5, 5))),
    "provisioned, index backfills": (_PROVISIONED, _new_index(90, ProvisionedThroughput=units(5, 5))),
    "on-demand, index allocated": (_ON_DEMAND, _new_index(5)),
    "on-demand, index backfills": (_ON_DEMAND, _new_index(90)),
    "provisioned, index deleted": (_PROVISIONED, _DELETED),
    "on-demand, index deleted": (_ON_DEMAND, _DELETED),
    "on-demand, warm throughput rising": (_ON_DEMAND, _change(5, WarmThroughput=warm(13_000, 5_000))),
    "on-demand, maxima of an index moving": (
        _ON_DEMAND,
        _change(GlobalSecondaryIndexUpdates=[_update("g_a", OnDemandThroughput=maxima(50, 50))]),
    ),
    "provisioned, stream moving": (
        _PROVISIONED,
        _change(StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}),
    ),
}
"""Steps to a state, by its name."""

CHANGES: dict[str, Any] = {
    "more units": {"ProvisionedThroughput": units(20, 20)},
    "equal units": {"ProvisionedThroughput": units(10, 10)},
    "fewer units": {"ProvisionedThroughput": units(4, 4)},
    "to on-demand": {"BillingMode": "PAY_PER_REQUEST"},
    "to provisioned": {"BillingMode": "PROVISIONED"},
    "maxima": {"OnDemandThroughput": maxima(500, 500)},
    "warm": {"WarmThroughput": warm(14_000, 6_000)},
    "units of a": [_update("g_a", ProvisionedThroughput=units(9, 9))],
    "units of both": [
        _update("g_a", ProvisionedThroughput=units(9, 9)),
        _update("g_b", ProvisionedThroughput=units(9, 9)),
    ],
    "units of b": [_update("g_b", ProvisionedThroughput=units(9, 9))],
    "maxima of a": [_update("g_a", OnDemandThroughput=maxima(60, 60))],
    "maxima of b": [_update("g_b", OnDemandThroughput=maxima(60, 60))],
    "warm of a": [_update("g_a", WarmThroughput=warm(14_000, 6_000))],
    "warm of b": [_update("g_b", WarmThroughput=warm(14_000, 6_000))],
    "new index with units": [{"Create": _index("g_d", ProvisionedThroughput=units(5, 5))}],
    "new index": [{"Create": _index("g_d")}],
    "b deleted": [{"Delete": {"IndexName": "g_b"}}],
    "protection": {"DeletionProtectionEnabled": True},
    "stream": {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
    "empty warm": {"WarmThroughput": {}},
    "empty maxima": {"OnDemandThroughput": {}},
}
"""Members of a request by their name; a list is part of GlobalSecondaryIndexUpdates."""


@dataclass(frozen=True)
class GeneratedCall:
    """A state, and the names of the changes in one request."""

    state: str
    changes: tuple[str, ...]

    def request(self) -> dict[str, Any]:
        """The members of the request."""
        request: dict[str, Any] = {}
        for name in self.changes:
            change = copy.deepcopy(CHANGES[name])
            if isinstance(change, list):
                request.setdefault("GlobalSecondaryIndexUpdates", []).extend(change)
            else:
                request.update(change)
        if any("Create" in entry for entry in request.get("GlobalSecondaryIndexUpdates", ())):
            request["AttributeDefinitions"] = _attributes("g_d_key")
        return request

    def outcome(self, system: System, name: str) -> tuple[str, str]:
        """Error code and message of a system for this call, both empty where it is accepted; name: of a new table."""
        for step in STATES[self.state]:
            step(system, name)
        try:
            system.call("dynamodb", "UpdateTable", {"TableName": name, **self.request()})
        except Refused as refusal:
            return refusal.code, refusal.message.replace(name, "TABLE")
        return "", ""


def _members(change: Any) -> frozenset[str]:
    return frozenset(change) if isinstance(change, dict) else frozenset()


def all_calls() -> Iterator[GeneratedCall]:
    """Every state with every change, every pair and every triple of changes whose members differ."""
    for state, count in itertools.product(STATES, (1, 2, 3)):
        for names in itertools.combinations(CHANGES, count):
            members = [_members(CHANGES[name]) for name in names]
            if sum(map(len, members)) == len(frozenset().union(*members)):
                yield GeneratedCall(state, names)


def sample(seed: int, count: int) -> list[GeneratedCall]:
    """Some of all calls, the same for the same seed; single changes and pairs more often than triples."""
    calls = list(all_calls())
    weights = [(0, 9, 3, 1)[len(call.changes)] for call in calls]
    return random.Random(seed).choices(calls, weights, k=count)
