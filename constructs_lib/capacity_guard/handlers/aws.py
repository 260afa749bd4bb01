"""Everything the gates ask of AWS: ten calls, nine of them reads, each error turned into one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from ..dynamodb.names import NAMESPACE

Kind = Literal[
    "denied",
    "throttled",
    "missing",
    "busy",
    "limit",
    "invalid",
    "silent",
    "unavailable",
    "malformed",
    "failed",
]

_KINDS: Mapping[str, Kind] = {
    "AccessDenied": "denied",
    "AccessDeniedException": "denied",
    "UnauthorizedOperation": "denied",
    "UnrecognizedClientException": "denied",
    "InvalidClientTokenId": "denied",
    "ExpiredToken": "denied",
    "ExpiredTokenException": "denied",
    "Throttling": "throttled",
    "ThrottlingException": "throttled",
    "RequestLimitExceeded": "throttled",
    "TooManyRequestsException": "throttled",
    "ResourceNotFoundException": "missing",
    "ChangeSetNotFound": "missing",
    "ChangeSetNotFoundException": "missing",
    "ResourceInUseException": "busy",
    "ConcurrentUpdateException": "busy",
    "LimitExceededException": "limit",
    "ValidationException": "invalid",
    "ValidationError": "invalid",
    "InvalidParameterValue": "invalid",
    "InvalidParameterCombination": "invalid",
    "InternalFailure": "unavailable",
    "InternalServerError": "unavailable",
    "InternalServiceError": "unavailable",
    "InternalServiceException": "unavailable",
    "ServiceUnavailable": "unavailable",
}
_WORDS: Mapping[Kind, str] = {
    "denied": "was denied: the guard's role may not do it",
    "throttled": "was throttled, also when repeated",
    "missing": "found nothing",
    "busy": "met a resource that is being changed",
    "limit": "exceeds a quota",
    "invalid": "was refused as invalid",
    "silent": "got no answer in time",
    "unavailable": "failed inside the service",
    "malformed": "was answered in a form that cannot be read",
    "failed": "failed",
}
_PAGES = 60  # more than any stack of 500 resources or table of 20 indexes needs; a list without end must not hang a gate
_EVENT_PAGES_BEFORE = 10


class AwsError(Exception):
    """A call to AWS that did not give what was asked for.

    Attributes:
        kind: what went wrong, in one word.
        detail: the service's own words.
    """

    def __init__(self, call: str, kind: Kind, detail: str) -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{call} {_WORDS[kind]} ({detail[:240]})" if detail else f"{call} {_WORDS[kind]}")

    @property
    def passes(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self.kind in ("throttled", "busy", "silent", "unavailable")


class _Client(Protocol):
    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]: ...


@contextmanager
def readable(call: str) -> Iterator[None]:
    """Turn what a malformed answer provokes while it is being read into an ``AwsError``.

    Args:
        call: the call that was answered, for the sentence.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise AwsError(call, "malformed", repr(error)) from error


class GateAws:
    """The calls, over clients that can be replaced.

    Args:
        clients: by name: ``dynamodb`` for reading, ``dynamodb-update`` for the one write, ``cloudwatch``,
            ``cloudformation``, ``application-autoscaling``.
    """

    def __init__(self, clients: Mapping[str, _Client]) -> None:
        self._clients = clients

    @staticmethod
    def of_runtime() -> GateAws:
        """Clients of the function's own role and Region.

        Reads try five times with growing pauses, about 15 seconds at most: account-wide limits of DescribeAlarms
        (9 a second, CloudWatch Guide: cloudwatch_limits) are met in ordinary accounts. The one write tries once,
        since botocore repeats LimitExceededException silently (botocore: retries/standard.py) and the next poll
        repeats what may be repeated.
        """
        import boto3
        from botocore.config import Config

        def client(service: str, attempts: int) -> Any:
            config = Config(
                connect_timeout=3,
                read_timeout=10,
                retries={"mode": "standard", "total_max_attempts": attempts},
            )
            return boto3.client(service, config=config)

        reads = ("dynamodb", "cloudwatch", "cloudformation", "application-autoscaling")
        return GateAws(
            {**{name: client(name, 5) for name in reads}, "dynamodb-update": client("dynamodb", 1)}
        )

    def table(self, name: str) -> dict[str, Any]:
        """DescribeTable of a table, by name."""
        call = f"dynamodb:DescribeTable of {name}"
        answer = self._call("dynamodb", "describe_table", call, TableName=name)
        with readable(call):
            return dict(answer["Table"])

    def raise_warm(self, table: str, index: str | None, units: Mapping[str, int]) -> None:
        """UpdateTable that raises the warm throughput of the table or of one index, and nothing else.

        It must be the only operation of its call (quirks: DDB-TABLE-433).

        Args:
            table: name of the table.
            index: name of the index, ``None`` for the table itself.
            units: ``read`` and/or ``write``, units per second.
        """
        warm = {f"{access.capitalize()}UnitsPerSecond": value for access, value in units.items()}
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

    def stack(self, stack: str) -> dict[str, Any]:
        """DescribeStacks of one stack, by id."""
        call = "cloudformation:DescribeStacks"
        answer = self._call("cloudformation", "describe_stacks", call, StackName=stack)
        with readable(call):
            return dict(answer["Stacks"][0])

    def physical_id(self, stack: str, logical_id: str) -> str | None:
        """DescribeStackResource: the physical id behind a logical one, ``None`` where the stack has no such resource."""
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
            # "Resource X does not exist for stack Y": the stack itself missing reads "Stack with id Y does not exist"
            if error.kind == "invalid" and "esource" in error.detail and "does not exist" in error.detail:
                return None
            raise
        with readable(call):
            detail = answer["StackResourceDetail"]
            if str(detail["ResourceStatus"]).startswith("DELETE_"):
                return None
            physical = detail.get("PhysicalResourceId") or None
            if not isinstance(physical, str | None):
                raise TypeError(f"PhysicalResourceId {physical!r}")
            return physical

    def events(self, stack: str, logical_id: str, since: datetime) -> list[dict[str, Any]]:
        """DescribeStackEvents of one resource since a moment, and the newest one before it, oldest first."""
        call = "cloudformation:DescribeStackEvents"
        found: list[dict[str, Any]] = []
        before = 0
        for answer in self._pages("cloudformation", "describe_stack_events", call, StackName=stack):
            with readable(call):
                page = answer["StackEvents"]
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

    def changes(self, change_set: str, stack: str) -> list[dict[str, Any]]:
        """DescribeChangeSet, every page: the changes of resources."""
        call = "cloudformation:DescribeChangeSet"
        found: list[dict[str, Any]] = []
        for answer in self._pages(
            "cloudformation", "describe_change_set", call, ChangeSetName=change_set, StackName=stack
        ):
            with readable(call):
                found += [
                    _change(one["ResourceChange"]) for one in answer["Changes"] if "ResourceChange" in one
                ]
        return found

    def alarms(self, names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """DescribeAlarms of metric and composite alarms, by name; an alarm that does not exist is left out."""
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
                    # read on, it would say that no alarm exists
                    raise AwsError(call, "malformed", "no list of alarms")
                with readable(call):
                    for alarm in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())):
                        found[alarm["AlarmName"]] = alarm
        return found

    def minutes(
        self, metrics: Mapping[str, tuple[str, Mapping[str, str]]], start: datetime, end: datetime
    ) -> dict[str, dict[datetime, float]]:
        """GetMetricData: Sum per minute of metrics in ``AWS/DynamoDB``; a minute without a point is left out.

        Args:
            metrics: name of the metric and its dimensions, by any key.
            start: first minute, UTC.
            end: minute after the last one, UTC.

        Returns:
            Sum by minute, by the same keys.
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
                with readable(call):
                    for result in answer["MetricDataResults"]:
                        status[result["Id"]] = str(result.get("StatusCode", "Complete"))
                        stamps, values = result["Timestamps"], result["Values"]
                        for stamp, value in zip(stamps, values, strict=True):
                            points[part[result["Id"]]][stamp.astimezone(UTC)] = float(value)
            bad = sorted({code for code in status.values() if code != "Complete"})
            if bad or len(status) < len(part):
                raise AwsError(
                    call, "unavailable", f"incomplete: {', '.join(bad) or 'metrics missing in the answer'}"
                )
        return points

    def scalable_targets(self, resource_ids: Sequence[str]) -> list[dict[str, Any]]:
        """DescribeScalableTargets of DynamoDB resources (``table/NAME``, ``table/NAME/index/INDEX``), every page."""
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
                with readable(call):
                    found += answer["ScalableTargets"]
        return found

    def scaling_policies(self, resource_id: str) -> list[dict[str, Any]]:
        """DescribeScalingPolicies of one DynamoDB resource, every page."""
        call = f"application-autoscaling:DescribeScalingPolicies of {resource_id}"
        found: list[dict[str, Any]] = []
        for answer in self._pages(
            "application-autoscaling",
            "describe_scaling_policies",
            call,
            ServiceNamespace="dynamodb",
            ResourceId=resource_id,
        ):
            with readable(call):
                found += answer["ScalingPolicies"]
        return found

    def _pages(self, client: str, method: str, call: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        for _ in range(_PAGES):
            answer = self._call(client, method, call, **parameters, **token)
            yield answer
            following = answer.get("NextToken")
            if not following:
                return
            token = {"NextToken": following}
        raise AwsError(call, "malformed", f"more than {_PAGES} pages")

    def _call(self, client: str, method: str, call: str, **parameters: Any) -> dict[str, Any]:
        from botocore import exceptions

        try:
            answer = getattr(self._clients[client], method)(**parameters)
        except exceptions.ClientError as error:
            body = error.response.get("Error", {})
            code, message = str(body.get("Code", "")), str(body.get("Message", ""))
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
            kind: Kind = _KINDS.get(code, "unavailable" if status >= 500 else "failed")
            raise AwsError(call, kind, f"{code}: {message}") from error
        except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
            raise AwsError(call, "silent", type(error).__name__) from error
        except exceptions.BotoCoreError as error:
            raise AwsError(call, "failed", f"{type(error).__name__}: {error}") from error
        if not isinstance(answer, dict):
            raise AwsError(call, "malformed", f"{type(answer).__name__} instead of an answer")
        return answer

    def shows_express_mode(self) -> bool:
        """Whether the runtime's SDK is new enough (2026) to show a stack's DeploymentConfig."""
        try:
            model = getattr(self._clients["cloudformation"], "meta").service_model  # noqa: B009 - not a call
            return "DeploymentConfig" in model.shape_for("Stack").members
        except AttributeError:
            return True


def _change(change: Mapping[str, Any]) -> dict[str, Any]:
    """A change of a change set whose details are what their readers take them for. Raises TypeError, ValueError."""
    details = [dict(one) for one in change.get("Details") or ()]
    for one in details:
        one["Target"] = dict(one.get("Target") or {})
    return {**change, "Details": details}
