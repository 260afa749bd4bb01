"""The fake Application Auto Scaling for DynamoDB: targets, policies, and bounds that move units when they are set.

It follows no load: what target tracking would do over minutes is none of the gates' business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.fakes.dynamodb import DynamoDb
from tests.fakes.models import Refusal

_IDENTITY = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_RUNNING = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


class AutoScaling:
    """The service.

    Args:
        now: its clock.
        dynamodb: what it scales.
        region: Region of everything.
        account: account id.

    Attributes:
        targets: as DescribeScalableTargets shows them.
        policies: as DescribeScalingPolicies shows them.
        page: entries a page.
    """

    def __init__(self, now: Callable[[], datetime], dynamodb: DynamoDb, region: str, account: str) -> None:
        self._now, self._dynamodb, self._region, self._account = now, dynamodb, region, account
        self.targets: list[dict[str, Any]] = []
        self.policies: list[dict[str, Any]] = []
        self.page = 100
        self._activities: list[dict[str, Any]] = []
        self._waiting: list[dict[str, Any]] = []

    def settle(self) -> None:
        """Move what could not be moved while its table was busy."""
        waiting, self._waiting = self._waiting, []
        for target in waiting:
            self._move(target)

    # --- operations: parameters in, answer out

    def register_scalable_target(self, p: Mapping[str, Any]) -> dict[str, Any]:
        target = self._target(p)
        if target is None:
            target = {
                **{name: p[name] for name in _IDENTITY},
                "RoleARN": p.get("RoleARN", f"arn:aws:iam::{self._account}:role/service-linked"),
                "CreationTime": self._now(),
                "SuspendedState": dict(_RUNNING),
            }
            self.targets.append(target)
        target.update({name: p[name] for name in ("MinCapacity", "MaxCapacity") if name in p})
        target["SuspendedState"].update(p.get("SuspendedState", {}))
        self._move(target)
        return {}

    def deregister_scalable_target(self, p: Mapping[str, Any]) -> dict[str, Any]:
        target = self._target(p)
        if target is None:
            raise self._unknown(p)
        self.targets.remove(target)
        self.policies = [one for one in self.policies if not _same(one, p)]
        return {}

    def put_scaling_policy(self, p: Mapping[str, Any]) -> dict[str, Any]:
        if self._target(p) is None:
            raise self._unknown(p)
        arn = (
            f"arn:aws:autoscaling:{self._region}:{self._account}:scalingPolicy:1:resource/dynamodb/"
            f"{p['ResourceId']}:policyName/{p['PolicyName']}"
        )
        self.policies = [
            one for one in self.policies if not (_same(one, p) and one["PolicyName"] == p["PolicyName"])
        ]
        self.policies.append({**p, "PolicyARN": arn, "CreationTime": self._now(), "Alarms": []})
        return {"PolicyARN": arn, "Alarms": []}

    def describe_scalable_targets(self, p: Mapping[str, Any]) -> dict[str, Any]:
        assert p["ServiceNamespace"] == "dynamodb"
        found = [
            one for one in self.targets if one["ResourceId"] in p.get("ResourceIds", [one["ResourceId"]])
        ]
        return self._page("ScalableTargets", found, p)

    def describe_scaling_policies(self, p: Mapping[str, Any]) -> dict[str, Any]:
        assert p["ServiceNamespace"] == "dynamodb"
        found = [one for one in self.policies if one["ResourceId"] == p.get("ResourceId", one["ResourceId"])]
        return self._page("ScalingPolicies", found, p)

    def describe_scaling_activities(self, p: Mapping[str, Any]) -> dict[str, Any]:
        found = [
            one for one in self._activities if one["ResourceId"] == p.get("ResourceId", one["ResourceId"])
        ]
        return self._page("ScalingActivities", found[::-1], p)

    # --- inside

    def _page(self, name: str, entries: list[dict[str, Any]], p: Mapping[str, Any]) -> dict[str, Any]:
        start = int(p.get("NextToken", "0"))
        end = start + self.page
        return {name: entries[start:end], **({"NextToken": str(end)} if end < len(entries) else {})}

    def _target(self, p: Mapping[str, Any]) -> dict[str, Any] | None:
        return next((one for one in self.targets if _same(one, p)), None)

    def _unknown(self, p: Mapping[str, Any]) -> Refusal:
        return Refusal(
            "ObjectNotFoundException",
            f"No scalable target registered for service namespace: {p['ServiceNamespace']}, "
            f"resource ID: {p['ResourceId']}, scalable dimension: {p['ScalableDimension']}",
        )

    def _move(self, target: dict[str, Any]) -> None:
        """Move units into the bounds that were just set (API: RegisterScalableTarget), never later (DDB-TABLE-315)."""
        _, name, *index = target["ResourceId"].split("/", 3)
        table = self._dynamodb.tables.get(name)
        key = "/".join(index) if index else "table"
        if table is None or key not in table.resources or table.mode == "PAY_PER_REQUEST":
            return
        access = "read" if "Read" in target["ScalableDimension"] else "write"
        units = table.resources[key].units
        wanted = min(max(units[access], target["MinCapacity"]), target["MaxCapacity"])
        if wanted == units[access]:
            return
        moved = {**units, access: wanted}
        throughput = {f"{a.capitalize()}CapacityUnits": value for a, value in moved.items()}
        change: dict[str, Any] = {"ProvisionedThroughput": throughput}
        if index:
            change = {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": index[1], **change}}]}
        try:
            self._dynamodb.update_table({"TableName": name, **change})
        except Refusal as refusal:
            if refusal.code != "ResourceInUseException":
                raise
            self._waiting.append(target)
            return
        self._activities.append(
            {
                "ActivityId": f"activity-{len(self._activities)}",
                **{name: target[name] for name in _IDENTITY},
                "Description": f"Setting {access} capacity units to {wanted}.",
                "Cause": f"minimum capacity was set to {target['MinCapacity']}",
                "StartTime": self._now(),
                "StatusCode": "Successful",
            }
        )


def _same(one: Mapping[str, Any], p: Mapping[str, Any]) -> bool:
    return all(one[name] == p[name] for name in _IDENTITY)
