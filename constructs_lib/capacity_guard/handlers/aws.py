"""The calls of the gates to AWS: nine reads and one write."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from ..capacity.dimension import Access
from ..capacity.limits import CALL_SECONDS
from ..dynamodb.names import NAMESPACE, WARM_UNITS
from .aws_error import AwsError, reading
from .calls import Calls, run_in_thread

_PAGES = 60
"""Pages after which a list counts as endless, so that it does not hang a gate. A stack of 500 resources or a table of 20
indexes needs fewer."""
_NO_END = "nothing within the quotas of AWS has so many: if it happens again, report it to AWS Support"
_FEWER_EVENTS = (
    "the stack has too many events: move what is deployed often to another stack, or try again tomorrow"
)
_EVENT_PAGES_BEFORE = 10
"""Pages of stack events to read before the time of interest, in search of the resource's newest earlier event."""


class _Client(Protocol):
    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]: ...


class GateAws:
    """The calls of the gates, made with clients that a test can replace.

    Each call raises ``AwsError`` if it fails or if its response cannot be read.

    The calls of one look share a deadline, since a function that is cut off fails its gate: ``look`` sets it.

    Args:
        clients: boto3 clients by name: ``dynamodb`` for reads, ``dynamodb-update`` for the write, ``cloudwatch``,
            ``cloudformation``, ``application-autoscaling``.
        calls: how a call is made and repeated.
    """

    def __init__(self, clients: Mapping[str, _Client], calls: Calls | None = None) -> None:
        self._clients = clients
        self._calls = calls or Calls()

    @staticmethod
    def of_runtime() -> GateAws:
        """Clients of the function's own role and Region.

        botocore does not repeat a call: its pauses know no deadline, and it would repeat LimitExceededException of the write
        silently (botocore: retries/standard.py).
        """
        import boto3
        from botocore.config import Config

        def client(service: str) -> Any:
            config = Config(
                connect_timeout=3,
                read_timeout=CALL_SECONDS.value,
                retries={"mode": "standard", "total_max_attempts": 1},
            )
            return boto3.client(service, config=config)

        names = ("dynamodb", "cloudwatch", "cloudformation", "application-autoscaling")
        clients = {name: client(name) for name in names}
        return GateAws({**clients, "dynamodb-update": clients["dynamodb"]}, Calls(run=run_in_thread))

    def look(self) -> GateAws:
        """The same clients for one look: every call of it shares a new deadline."""
        return GateAws(self._clients, self._calls.from_now())

    def describe_table(self, name: str) -> dict[str, Any]:
        """DescribeTable: the description of a table."""
        call = f"dynamodb:DescribeTable of {name}"
        answer = self._call("dynamodb", "describe_table", call, TableName=name)
        with reading(call):
            return dict(answer["Table"])

    def raise_warm_throughput(self, table: str, index: str | None, units: Mapping[Access, int]) -> None:
        """UpdateTable: raise the warm throughput of the table or of one index.

        Warm throughput must be the only change of its call (quirks: DDB-TABLE-433).

        Args:
            table: name of the table.
            index: name of the index, ``None`` for the table itself.
            units: warm throughput by access (``read``, ``write``), units per second.
        """
        warm = {WARM_UNITS[access]: value for access, value in units.items()}
        change: dict[str, Any] = {"WarmThroughput": warm}
        if index is not None:
            change = {
                "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": index, "WarmThroughput": warm}}]
            }
        subject = table if index is None else f"{table}, index {index}"
        self._call(
            "dynamodb-update",
            "update_table",
            f"dynamodb:UpdateTable (warm throughput) of {subject}",
            TableName=table,
            **change,
        )

    def describe_stack(self, stack: str) -> dict[str, Any]:
        """DescribeStacks: the description of one stack, by id."""
        call = "cloudformation:DescribeStacks"
        answer = self._call("cloudformation", "describe_stacks", call, StackName=stack)
        with reading(call):
            described = dict(answer["Stacks"][0])
            if not isinstance(described.get("DeploymentConfig") or {}, Mapping):
                raise TypeError(f"DeploymentConfig {described['DeploymentConfig']!r}")
            return described

    def physical_id(self, stack: str, logical_id: str) -> str | None:
        """DescribeStackResource: the physical id of a logical id, ``None`` if the stack does not have the resource."""
        call = f"cloudformation:DescribeStackResource of {logical_id}"
        try:
            answer = self._call(
                "cloudformation",
                "describe_stack_resource",
                call,
                StackName=stack,
                LogicalResourceId=logical_id,
            )
        except AwsError as error:
            # "Resource X does not exist for stack Y"; a stack that is missing gives "Stack with id Y does not exist"
            if error.kind == "invalid" and "esource" in error.detail and "does not exist" in error.detail:
                return None
            raise
        with reading(call):
            detail = answer["StackResourceDetail"]
            if str(detail["ResourceStatus"]).startswith("DELETE_"):
                return None
            physical = detail.get("PhysicalResourceId") or None
            if not isinstance(physical, str | None):
                raise TypeError(f"PhysicalResourceId {physical!r}")
            return physical

    def stack_events(self, stack: str, logical_id: str, since: datetime) -> list[dict[str, Any]]:
        """DescribeStackEvents: the events of one resource since a time, and the newest one before it, oldest first."""
        found: list[dict[str, Any]] = []
        before = 0
        for page in self.event_pages(stack):
            with reading("cloudformation:DescribeStackEvents"):
                for event in page:
                    if event["LogicalResourceId"] != logical_id:
                        continue
                    found.append(event)
                    if event["Timestamp"] < since and event.get("ResourceProperties"):
                        return found[::-1]
                before += bool(page) and page[-1]["Timestamp"] < since
            if before > _EVENT_PAGES_BEFORE:
                break
        return found[::-1]

    def event_pages(self, stack: str) -> Iterator[list[dict[str, Any]]]:
        """DescribeStackEvents: the events of a stack by pages, the newest first; a page is read when it is needed."""
        call = "cloudformation:DescribeStackEvents"
        pages = self._pages(
            "cloudformation", "describe_stack_events", call, remedy=_FEWER_EVENTS, StackName=stack
        )
        for answer in pages:
            with reading(call):
                page = list(answer["StackEvents"])
            yield page

    def change_set(self, change_set: str, stack: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """DescribeChangeSet: the fields of a change set, and its resource changes from every page.

        The values of properties are asked for if the runtime's SDK knows the parameter.
        """
        call = "cloudformation:DescribeChangeSet"
        fields: dict[str, Any] = {}
        found: list[dict[str, Any]] = []
        values: dict[str, Any] = (
            {"IncludePropertyValues": True}
            if self._shows("DescribeChangeSetInput", "IncludePropertyValues")
            else {}
        )
        for answer in self._pages(
            "cloudformation", "describe_change_set", call, ChangeSetName=change_set, StackName=stack, **values
        ):
            with reading(call):
                found += [
                    _with_details(change["ResourceChange"])
                    for change in answer["Changes"]
                    if "ResourceChange" in change
                ]
                fields = fields or {name: value for name, value in answer.items() if name != "Changes"}
        return fields, found

    def describe_alarms(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """DescribeAlarms: metric and composite alarms by name; an alarm that does not exist is left out."""
        call = "cloudwatch:DescribeAlarms"
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(names), 100):
            for answer in self._pages(
                "cloudwatch",
                "describe_alarms",
                call,
                AlarmNames=list(names[start : start + 100]),
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            ):
                if "MetricAlarms" not in answer and "CompositeAlarms" not in answer:
                    # without this check, such a response would mean that no alarm exists
                    raise AwsError(call, "malformed", "no list of alarms")
                with reading(call):
                    for alarm in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())):
                        found[alarm["AlarmName"]] = alarm
        return found

    def sums_per_minute(
        self, metrics: Mapping[str, tuple[str, Mapping[str, str]]], start: datetime, end: datetime
    ) -> dict[str, dict[datetime, float]]:
        """GetMetricData: the statistic Sum per minute of metrics in ``AWS/DynamoDB``.

        Args:
            metrics: name and dimensions of each metric, by a key of the caller's choice.
            start: first minute, UTC.
            end: minute after the last one, UTC.

        Returns:
            Sums by minute, by the same keys. A minute without a data point is left out.
        """
        call = "cloudwatch:GetMetricData"
        keys = list(metrics)
        points: dict[str, dict[datetime, float]] = {key: {} for key in keys}
        for first in range(0, len(keys), 500):
            part = {f"m{i}": keys[i] for i in range(first, min(first + 500, len(keys)))}
            queries = [
                {
                    "Id": id_,
                    "MetricStat": {
                        "Metric": {
                            "Namespace": NAMESPACE,
                            "MetricName": metrics[key][0],
                            "Dimensions": [{"Name": n, "Value": v} for n, v in metrics[key][1].items()],
                        },
                        "Period": 60,
                        "Stat": "Sum",
                    },
                    "ReturnData": True,
                }
                for id_, key in part.items()
            ]
            status: dict[str, str] = {}
            for answer in self._pages(
                "cloudwatch",
                "get_metric_data",
                call,
                MetricDataQueries=queries,
                StartTime=start,
                EndTime=end,
                ScanBy="TimestampAscending",
            ):
                with reading(call):
                    for result in answer["MetricDataResults"]:
                        status[result["Id"]] = str(result.get("StatusCode", "Complete"))
                        stamps, values = result["Timestamps"], result["Values"]
                        for stamp, value in zip(stamps, values, strict=True):
                            points[part[result["Id"]]][stamp.astimezone(UTC)] = _amount(value)
            bad = sorted({code for code in status.values() if code != "Complete"})
            if bad or len(status) < len(part):
                raise AwsError(
                    call, "unavailable", f"incomplete: {', '.join(bad) or 'metrics missing in the answer'}"
                )
        return points

    def scalable_targets(self, resource_ids: Sequence[str]) -> list[dict[str, Any]]:
        """DescribeScalableTargets: the scaling targets of DynamoDB resources, from every page.

        Args:
            resource_ids: ``table/NAME`` or ``table/NAME/index/INDEX``.
        """
        call = "application-autoscaling:DescribeScalableTargets"
        found: list[dict[str, Any]] = []
        for start in range(0, len(resource_ids), 50):
            for answer in self._pages(
                "application-autoscaling",
                "describe_scalable_targets",
                call,
                ServiceNamespace="dynamodb",
                ResourceIds=list(resource_ids[start : start + 50]),
            ):
                with reading(call):
                    found += answer["ScalableTargets"]
        return found

    def scaling_policies(self, resource_id: str) -> list[dict[str, Any]]:
        """DescribeScalingPolicies: the scaling policies of one DynamoDB resource, from every page."""
        call = f"application-autoscaling:DescribeScalingPolicies of {resource_id}"
        found: list[dict[str, Any]] = []
        for answer in self._pages(
            "application-autoscaling",
            "describe_scaling_policies",
            call,
            ServiceNamespace="dynamodb",
            ResourceId=resource_id,
        ):
            with reading(call):
                found += answer["ScalingPolicies"]
        return found

    def _pages(
        self, client: str, method: str, call: str, *, remedy: str = _NO_END, **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        for _ in range(_PAGES):
            answer = self._call(client, method, call, **parameters, **token)
            yield answer
            following = answer.get("NextToken")
            if not following:
                return
            token = {"NextToken": following}
        raise AwsError(call, "endless", f"more than {_PAGES}; {remedy}")

    def _call(self, client: str, method: str, call: str, **parameters: Any) -> dict[str, Any]:
        def attempt() -> Any:
            return getattr(self._clients[client], method)(**parameters)

        return self._calls.make(call, attempt, repeats=client != "dynamodb-update")

    def shows_express_mode(self) -> bool:
        """Whether the runtime's SDK (2026 or later) shows the DeploymentConfig of a stack."""
        return self._shows("Stack", "DeploymentConfig")

    def shows_drift(self) -> bool:
        """Whether the runtime's SDK (November 2025 or later) shows that a change set reverts drift."""
        return self._shows("DescribeChangeSetOutput", "DeploymentMode")

    def _shows(self, shape: str, member: str) -> bool:
        """Whether CloudFormation's model in the runtime's SDK has a member. A client without a model has all of them."""
        try:
            model = getattr(self._clients["cloudformation"], "meta").service_model  # noqa: B009 - not a call
            return member in model.shape_for(shape).members
        except AttributeError:
            return True


def _with_details(change: Mapping[str, Any]) -> dict[str, Any]:
    """A resource change with a list of details, each with a target. Raises TypeError or ValueError otherwise."""
    details = [dict(detail) for detail in change.get("Details") or ()]
    for detail in details:
        detail["Target"] = dict(detail.get("Target") or {})
    return {**change, "Details": details}


def _amount(value: Any) -> float:
    """A sum of a metric. Raises ValueError for what is none: it would neither throttle nor be missing."""
    amount = float(value)
    if not 0 <= amount < math.inf:
        raise ValueError(f"{value} is not a sum of units or events")
    return amount


__all__ = ["GateAws"]
