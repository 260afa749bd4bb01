"""The fake Application Auto Scaling for DynamoDB: targets, policies, and limits that change units when they are set.

It has no target tracking, because the gates do not use it. `scheduled` has the scheduled actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.fakes.dynamodb import DynamoDb
from tests.fakes.models import Refusal
from tests.fakes.scheduled import Action, put_action

_IDENTITY = ("ServiceNamespace", "ResourceId", "ScalableDimension")
TARGET_RANGE = (10.0, 90.0)
"""Percent that the service accepts; its documentation says 20 to 90 (DDB-TABLE-253)."""
_RUNNING = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


class AutoScaling:
    """The service.

    Args:
        now: its clock.
        dynamodb: the service whose tables it scales.
        region: Region of everything.
        account: account id.

    Attributes:
        targets: entries of DescribeScalableTargets.
        policies: entries of DescribeScalingPolicies.
        scheduled: scheduled actions by target (resource, dimension) and name.
        not_scalable_keeps_bounds: whether an action that comes while its table cannot be scaled leaves the bounds as they are;
            the guide says that it fails, and not what becomes of the bounds.
        page: entries of one page.
        target_range: lowest and highest target in percent that is accepted; a test may set another reading.
    """

    def __init__(self, now: Callable[[], datetime], dynamodb: DynamoDb, region: str, account: str) -> None:
        self._now, self._dynamodb, self._region, self._account = now, dynamodb, region, account
        self.targets: list[dict[str, Any]] = []
        self.policies: list[dict[str, Any]] = []
        self.scheduled: dict[tuple[str, str], dict[str, Action]] = {}
        self.not_scalable_keeps_bounds = True
        self.page = 100
        self.target_range = TARGET_RANGE
        self._activities: list[dict[str, Any]] = []
        self._waiting: list[dict[str, Any]] = []

    def settle(self) -> None:
        """Run the scheduled actions that are due, and change the units of tables that were busy."""
        for target in self.targets:
            self._run_due(target)
        waiting, self._waiting = self._waiting, []
        for target in waiting:
            self._apply_limits(target)

    # --- operations: parameters in, answer out

    def register_scalable_target(self, p: Mapping[str, Any]) -> dict[str, Any]:
        target = self._target(p)
        self._check_registration(p, target or {})
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
        self._apply_limits(target)
        return {}

    def deregister_scalable_target(self, p: Mapping[str, Any]) -> dict[str, Any]:
        target = self._target(p)
        if target is None:
            raise self._not_found(p, "found")
        self.targets.remove(target)
        self.scheduled.pop((p["ResourceId"], p["ScalableDimension"]), None)
        self.policies = [policy for policy in self.policies if not _same_dimension(policy, p)]
        return {}

    def put_scaling_policy(self, p: Mapping[str, Any]) -> dict[str, Any]:
        if self._target(p) is None:
            raise self._not_found(p, "registered")
        self._check_policy(p)
        arn = (
            f"arn:aws:autoscaling:{self._region}:{self._account}:scalingPolicy:1:resource/dynamodb/"
            f"{p['ResourceId']}:policyName/{p['PolicyName']}"
        )
        self.policies = [
            policy
            for policy in self.policies
            if not (_same_dimension(policy, p) and policy["PolicyName"] == p["PolicyName"])
        ]
        self.policies.append({**p, "PolicyARN": arn, "CreationTime": self._now(), "Alarms": []})
        return {"PolicyARN": arn, "Alarms": []}

    def put_scheduled_action(self, p: Mapping[str, Any]) -> dict[str, Any]:
        if self._target(p) is None:
            raise self._not_found(p, "registered")
        arn = (
            f"arn:aws:autoscaling:{self._region}:{self._account}:scheduledAction:1:resource/dynamodb/"
            f"{p['ResourceId']}:scheduledActionName/{p['ScheduledActionName']}"
        )
        of_target = self.scheduled.setdefault((p["ResourceId"], p["ScalableDimension"]), {})
        put_action(of_target, p, self._now(), arn)
        return {}

    def delete_scheduled_action(self, p: Mapping[str, Any]) -> dict[str, Any]:
        of_target = self.scheduled.get((p["ResourceId"], p["ScalableDimension"]), {})
        if of_target.pop(p["ScheduledActionName"], None) is None:
            raise Refusal("ObjectNotFoundException", f"No scheduled action found: {p['ScheduledActionName']}")
        return {}

    def describe_scheduled_actions(self, p: Mapping[str, Any]) -> dict[str, Any]:
        assert p["ServiceNamespace"] == "dynamodb"
        actions = [
            action.members
            for of_target in self.scheduled.values()
            for action in of_target.values()
            if all(
                action.members[name] == p.get(name, action.members[name])
                for name in ("ResourceId", "ScalableDimension")
            )
            and action.members["ScheduledActionName"]
            in (p.get("ScheduledActionNames") or [action.members["ScheduledActionName"]])
        ]
        return self._page("ScheduledActions", actions, p)

    def describe_scalable_targets(self, p: Mapping[str, Any]) -> dict[str, Any]:
        assert p["ServiceNamespace"] == "dynamodb"
        targets = [
            target
            for target in self.targets
            if target["ResourceId"] in p.get("ResourceIds", [target["ResourceId"]])
        ]
        return self._page("ScalableTargets", targets, p)

    def describe_scaling_policies(self, p: Mapping[str, Any]) -> dict[str, Any]:
        assert p["ServiceNamespace"] == "dynamodb"
        policies = [
            policy
            for policy in self.policies
            if policy["ResourceId"] == p.get("ResourceId", policy["ResourceId"])
        ]
        return self._page("ScalingPolicies", policies, p)

    def describe_scaling_activities(self, p: Mapping[str, Any]) -> dict[str, Any]:
        activities = [
            activity
            for activity in self._activities
            if activity["ResourceId"] == p.get("ResourceId", activity["ResourceId"])
        ]
        return self._page("ScalingActivities", activities[::-1], p)

    # --- helpers

    def _page(self, name: str, entries: list[dict[str, Any]], p: Mapping[str, Any]) -> dict[str, Any]:
        start = int(p.get("NextToken", "0"))
        end = start + self.page
        return {name: entries[start:end], **({"NextToken": str(end)} if end < len(entries) else {})}

    def _target(self, p: Mapping[str, Any]) -> dict[str, Any] | None:
        return next((target for target in self.targets if _same_dimension(target, p)), None)

    def _check_registration(self, p: Mapping[str, Any], registered: Mapping[str, Any]) -> None:
        """Refuse a resource that does not exist, and bounds that are missing or in the wrong order."""
        _, name, *index = p["ResourceId"].split("/", 3)
        table = self._dynamodb.tables.get(name)
        if table is None:
            # terraform-aws-modules/terraform-aws-dynamodb-table issue 15
            raise Refusal("ValidationException", f"DynamoDB table does not exist: table/{name}")
        if index and "/".join(index) not in table.resources:
            # refused too; the words are not published
            raise Refusal("ValidationException", f"DynamoDB index does not exist: {p['ResourceId']}")
        bounds = [p.get(bound, registered.get(bound)) for bound in ("MinCapacity", "MaxCapacity")]
        if None in bounds:
            raise Refusal("ValidationException", "MinCapacity and MaxCapacity are required for a new target")
        if bounds[1] < bounds[0]:
            # DDB-TABLE-253
            raise Refusal("ValidationException", "Maximum capacity cannot be less than minimum capacity")

    def _check_policy(self, p: Mapping[str, Any]) -> None:
        metric, value = _tracked(p)
        lowest, highest = self.target_range
        if metric is not None and not lowest <= value <= highest:
            raise Refusal(
                "ValidationException",
                f"For predefined metric type {metric}, target value must be between '{lowest}' and "
                f"'{highest}', but was '{value}'.",
            )
        others = [
            policy
            for policy in self.policies
            if _same_dimension(policy, p) and policy["PolicyName"] != p["PolicyName"]
        ]
        if metric is not None and metric in [_tracked(policy)[0] for policy in others]:
            # hashicorp/terraform-provider-aws issue 41179
            raise Refusal(
                "ValidationException",
                "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
            )

    def _not_found(self, p: Mapping[str, Any], verb: str) -> Refusal:
        return Refusal(
            "ObjectNotFoundException",
            f"No scalable target {verb} for service namespace: {p['ServiceNamespace']}, "
            f"resource ID: {p['ResourceId']}, scalable dimension: {p['ScalableDimension']}",
        )

    def _run_due(self, target: dict[str, Any]) -> None:
        """Set the bounds of the actions whose time has come, in the order of their times."""
        actions = self.scheduled.get((target["ResourceId"], target["ScalableDimension"]), {})
        now = self._now()
        due = sorted((run, name) for name, action in actions.items() for run in action.runs(now))
        for action in actions.values():
            action.seen = now
        # A test may put a target here that shows no state, or a part of it.
        if target.get("SuspendedState", _RUNNING).get("ScheduledScalingSuspended"):
            return
        for _, name in due:
            bounds = {
                bound: actions[name].members["ScalableTargetAction"].get(bound, target[bound])
                for bound in ("MinCapacity", "MaxCapacity")
            }
            table = self._dynamodb.tables.get(target["ResourceId"].split("/")[1])
            scalable = table is not None and table.mode != "PAY_PER_REQUEST"
            if bounds["MaxCapacity"] < bounds["MinCapacity"] or not (
                scalable or not self.not_scalable_keeps_bounds
            ):
                continue  # the action fails
            target.update(bounds)
            self._apply_limits(target)

    def _apply_limits(self, target: dict[str, Any]) -> None:
        """Change units to within the limits, when these are set (API: RegisterScalableTarget), never later (DDB-TABLE-315)."""
        _, table_name, *index = target["ResourceId"].split("/", 3)
        table = self._dynamodb.tables.get(table_name)
        key = "/".join(index) if index else "table"
        if table is None or key not in table.resources or table.mode == "PAY_PER_REQUEST":
            return
        access = "read" if "Read" in target["ScalableDimension"] else "write"
        units = table.resources[key].units
        new_units = min(max(units[access], target["MinCapacity"]), target["MaxCapacity"])
        if new_units == units[access]:
            return
        changed = {**units, access: new_units}
        throughput = {f"{name.capitalize()}CapacityUnits": value for name, value in changed.items()}
        change: dict[str, Any] = {"ProvisionedThroughput": throughput}
        if index:
            change = {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": index[1], **change}}]}
        try:
            self._dynamodb.update_table({"TableName": table_name, **change})
        except Refusal as refusal:
            if refusal.code != "ResourceInUseException":
                raise
            self._waiting.append(target)
            return
        self._activities.append(
            {
                "ActivityId": f"activity-{len(self._activities)}",
                **{name: target[name] for name in _IDENTITY},
                "Description": f"Setting {access} capacity units to {new_units}.",
                "Cause": f"minimum capacity was set to {target['MinCapacity']}",
                "StartTime": self._now(),
                "StatusCode": "Successful",
            }
        )


def _tracked(p: Mapping[str, Any]) -> tuple[str | None, float]:
    """The predefined metric of a policy and its target in percent."""
    configuration = p["TargetTrackingScalingPolicyConfiguration"]
    metric = configuration.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
    return metric, float(configuration["TargetValue"])


def _same_dimension(entry: Mapping[str, Any], p: Mapping[str, Any]) -> bool:
    return all(entry[name] == p[name] for name in _IDENTITY)
