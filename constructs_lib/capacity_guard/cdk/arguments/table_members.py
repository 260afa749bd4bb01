"""``TableMembers``: what users of a table ask of it, answered by the ``TableV2`` of a ``GuardedTable``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict, Unpack

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

if TYPE_CHECKING:
    from aws_cdk.interfaces import ResourceEnvironment
    from aws_cdk.interfaces.aws_dynamodb import TableReference


class MetricOptions(TypedDict, total=False):
    """Options of a metric, as ``TableV2.metric`` takes them."""

    account: str | None
    color: str | None
    dimensions_map: Mapping[str, str] | None
    id: str | None
    label: str | None
    period: cdk.Duration | None
    region: str | None
    stack_account: str | None
    stack_region: str | None
    statistic: str | None
    unit: cloudwatch.Unit | None
    visible: bool | None


class OperationsMetricOptions(MetricOptions, total=False):
    """Options of a metric that sums the operations of a table."""

    operations: Sequence[dynamodb.Operation] | None


class TableMembers:
    """The members of ``ITableV2``. Each is one call of the CDK, made when it is asked for.

    ``table`` is the construct itself, for code of the CDK that takes an ``ITable``.
    """

    table: dynamodb.TableV2
    """The table."""

    @property
    def table_arn(self) -> str:
        """ARN of the table."""
        return self.table.table_arn

    @property
    def table_name(self) -> str:
        """Name of the table, usually a reference to it."""
        return self.table.table_name

    @property
    def table_id(self) -> str | None:
        """Id of the table."""
        return self.table.table_id

    @property
    def table_ref(self) -> TableReference:
        """A reference to the table."""
        return self.table.table_ref

    @property
    def table_stream_arn(self) -> str | None:
        """ARN of its stream, ``None`` without one."""
        return self.table.table_stream_arn

    @property
    def encryption_key(self) -> kms.IKey | None:
        """The KMS key of the table, ``None`` where DynamoDB has it."""
        return self.table.encryption_key

    @property
    def stack(self) -> cdk.Stack:
        """The stack of the table."""
        return self.table.stack

    @property
    def env(self) -> ResourceEnvironment:
        """Account and Region of the table."""
        return self.table.env

    @property
    def grants(self) -> dynamodb.TableGrants:
        """The CDK's object that grants permissions on the table."""
        return self.table.grants

    def apply_removal_policy(self, policy: cdk.RemovalPolicy) -> None:
        """What happens to the table when it is removed from the stack."""
        self.table.apply_removal_policy(policy)

    def add_to_resource_policy(self, statement: iam.PolicyStatement) -> iam.AddToResourcePolicyResult:
        """Add a statement to the table's policy."""
        return self.table.add_to_resource_policy(statement)

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allow actions on the table and its indexes."""
        return self.table.grant(grantee, *actions)

    def grant_full_access(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow every action on the table."""
        return self.table.grant_full_access(grantee)

    def grant_read_data(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading."""
        return self.table.grant_read_data(grantee)

    def grant_read_write_data(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading and writing."""
        return self.table.grant_read_write_data(grantee)

    def grant_write_data(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow writing."""
        return self.table.grant_write_data(grantee)

    def grant_stream(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Allow actions on the stream."""
        return self.table.grant_stream(grantee, *actions)

    def grant_stream_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow reading the stream."""
        return self.table.grant_stream_read(grantee)

    def grant_table_list_streams(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow listing the streams."""
        return self.table.grant_table_list_streams(grantee)

    def metric(self, metric_name: str, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """A metric of the table by its name."""
        return self.table.metric(metric_name, **options)

    def metric_conditional_check_failed_requests(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Conditions of writes that were false."""
        return self.table.metric_conditional_check_failed_requests(**options)

    def metric_consumed_read_capacity_units(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Consumed read units."""
        return self.table.metric_consumed_read_capacity_units(**options)

    def metric_consumed_write_capacity_units(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Consumed write units."""
        return self.table.metric_consumed_write_capacity_units(**options)

    def metric_successful_request_latency(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Milliseconds of successful requests."""
        return self.table.metric_successful_request_latency(**options)

    def metric_system_errors_for_operations(
        self, **options: Unpack[OperationsMetricOptions]
    ) -> cloudwatch.IMetric:
        """Errors of DynamoDB itself, over operations."""
        return self.table.metric_system_errors_for_operations(**options)

    def metric_throttled_requests(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Throttled requests (deprecated by the CDK; the guard's alarms count throttle events)."""
        return self.table.metric_throttled_requests(**options)

    def metric_throttled_requests_for_operations(
        self, **options: Unpack[OperationsMetricOptions]
    ) -> cloudwatch.IMetric:
        """Throttled requests, over operations."""
        return self.table.metric_throttled_requests_for_operations(**options)

    def metric_user_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests that are wrong."""
        return self.table.metric_user_errors(**options)


__all__ = ["MetricOptions", "OperationsMetricOptions", "TableMembers"]
