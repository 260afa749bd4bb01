"""Constants of the AWS services, each with its unit, its source and a mark.

Marks: ``documented`` means that the documentation or API model of the service states the number, ``observed`` that a
public source measured it on the live service, ``assumed`` that no source states it and this library chose a default.
Sources: "Guide" is the Amazon DynamoDB Developer Guide with the page's name, "quirks" is
``docs/api-quirks`` of aws-controllers-k8s/dynamodb-controller (probes of the live service, October 2026),
"CloudWatch Guide" and "CloudFormation Guide" are the user guides of those services.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["documented", "observed", "assumed"]


@dataclass(frozen=True)
class Limit:
    """One constant of a service.

    Attributes:
        value: the number, in ``unit``.
        unit: what the number counts.
        source: the page or probe that states it.
        mark: whether the number is documented, observed or assumed.
    """

    value: int
    unit: str
    source: str
    mark: Mark


ON_DEMAND_INITIAL_READ = Limit(
    12_000, "read units per second", "Guide: on-demand-capacity-mode, warm-throughput-scenarios", "documented"
)
ON_DEMAND_INITIAL_WRITE = Limit(
    4_000, "write units per second", "Guide: on-demand-capacity-mode, warm-throughput-scenarios", "documented"
)
TABLE_QUOTA = Limit(
    40_000, "units per second, of one table or one index", "Guide: ServiceQuotas", "documented"
)
ACCOUNT_QUOTA = Limit(
    80_000,
    "provisioned units per second, all tables and indexes of a Region",
    "Guide: ServiceQuotas",
    "documented",
)
BURST_SECONDS = Limit(
    300, "seconds of unused provisioned throughput", "Guide: burst-adaptive-capacity", "documented"
)
SWITCHES_TO_ON_DEMAND = Limit(
    4, "switches to on-demand in any 24 hours, one table", "Guide: bp-switching-capacity-modes", "documented"
)
SWITCH_QUOTA_HOURS = Limit(
    24, "hours of the switch quota", "Guide: bp-switching-capacity-modes", "documented"
)
DECREASES_AT_ONCE = Limit(
    4,
    "decreases in a UTC day before the hourly rule",
    "quirks: DDB-TABLE-326; Guide: ServiceQuotas",
    "observed",
)
DECREASE_INTERVAL = Limit(3_600, "seconds between later decreases", "quirks: DDB-TABLE-326, -184", "observed")
DECREASES_A_DAY = Limit(
    27, "decreases a UTC day, table and each index apart", "Guide: ServiceQuotas", "documented"
)
SWITCH_SECONDS_LONGEST = Limit(
    600,
    "seconds of a switch, upper end of 'several minutes'",
    "Guide: bp-switching-capacity-modes",
    "assumed",
)
WARM_RAISE_SECONDS_SHORTEST = Limit(
    271, "seconds, first raise of warm throughput", "quirks: DDB-TABLE-179", "observed"
)
WARM_RAISE_SECONDS_LONGEST = Limit(
    514, "seconds, first raise of warm throughput", "quirks: DDB-TABLE-459", "observed"
)
INDEX_CREATION_SECONDS_LONGEST = Limit(
    960, "seconds until a new index of a tiny table is filled", "quirks: DDB-TABLE-410", "observed"
)
PARTITION_READ = Limit(
    3_000, "read units per second of one partition", "Guide: burst-adaptive-capacity", "documented"
)
PARTITION_WRITE = Limit(
    1_000, "write units per second of one partition", "Guide: burst-adaptive-capacity", "documented"
)
PREFLIGHT_SECONDS = Limit(
    3_300,
    "seconds that Preflight waits for warm throughput: a gate's hour less five minutes",
    "GATE_SECONDS",
    "assumed",
)
LOOK_SECONDS = Limit(
    45,
    "seconds for all calls of one look of a gate, their repetitions and pauses, of a function's 120",
    "Lambda Guide: gettingstarted-limits allows 900; GuardProvider sets 120",
    "assumed",
)
CALL_SECONDS = Limit(
    10,
    "seconds for one call of a gate, in which ordinary answers arrive",
    "botocore API: Config, read_timeout",
    "assumed",
)
SCALING_REACTION_MINUTES = Limit(
    10,
    "minutes from load to raised throughput",
    "Guide: AutoScaling, metrics-dimensions ('a few', 'several')",
    "assumed",
)
SCALING_REACTION_MINUTES_MOST = 120
"""Longest reaction of auto scaling that the settings accept, minutes."""
SCALING_TARGET_LOWEST = Limit(10, "percent", "quirks: DDB-TABLE-253; Guide: AutoScaling says 20", "observed")
SCALING_TARGET_HIGHEST = Limit(
    100,
    "percent; more than all of what is provisioned cannot be a target",
    "quirks: DDB-TABLE-253 saw 90.1 refused",
    "assumed",
)
SCALING_TARGET_DOCUMENTED_LOWEST = Limit(
    20, "percent, the lowest that TableV2 accepts", "Guide: AutoScaling", "documented"
)
SCALING_TARGET_DOCUMENTED_HIGHEST = Limit(
    90, "percent, the highest that TableV2 accepts", "Guide: AutoScaling; quirks: DDB-TABLE-253", "documented"
)
SCALE_OUT_MINUTES = Limit(
    2, "minutes in a row above the target, before auto scaling raises", "Guide: AutoScaling", "documented"
)
SCALE_IN_MINUTES = Limit(
    15, "minutes in a row below the target, before auto scaling lowers", "Guide: AutoScaling", "documented"
)
SCALE_IN_BELOW_TARGET = Limit(
    20,
    "points of utilization below the target",
    "re:Post: dynamodb-auto-scaling; quirks: DDB-TABLE-314",
    "documented",
)
METRIC_PERIOD = Limit(
    60, "seconds, consumed units and throttle events", "Guide: metrics-dimensions", "documented"
)
METRIC_DELAY = Limit(120, "seconds until a minute's metrics are complete", "YACE issue 1796", "observed")
METRIC_DELAY_LONGEST = Limit(
    180, "seconds until a late minute's metrics are complete", "YACE issue 1590, another service", "observed"
)
ALARM_DELAY = Limit(
    92, "seconds from a minute's end to the alarm, dense metric", "simpler-grants-gov issue 1323", "observed"
)
METRIC_RETENTION_DAYS = Limit(
    15, "days of one-minute metrics", "CloudWatch Guide: cloudwatch_concepts", "documented"
)
FIVE_MINUTE_DAYS = Limit(
    63, "days of five-minute metrics", "CloudWatch Guide: cloudwatch_concepts", "documented"
)
ALARM_CALLS_A_SECOND = Limit(
    9,
    "DescribeAlarms calls a second, account and Region",
    "CloudWatch Guide: cloudwatch_limits",
    "documented",
)
INDEXES = Limit(
    20,
    "global secondary indexes of one table, unless the account has more",
    "Guide: ServiceQuotas; Template Reference: AWS::DynamoDB::Table, GlobalSecondaryIndexes",
    "documented",
)
INLINE_POLICY_CHARACTERS = Limit(
    10_240,
    "characters of all inline policies of a role, without white space",
    "IAM User Guide: reference_iam-quotas; aws-cdk issue 18457",
    "documented",
)
MANAGED_POLICY_CHARACTERS = Limit(
    6_144,
    "characters of a managed policy, without white space",
    "IAM User Guide: reference_iam-quotas",
    "documented",
)
MANAGED_POLICIES_OF_ROLE = Limit(
    10, "managed policies of a role by default", "IAM User Guide: reference_iam-quotas", "documented"
)
TEMPLATE_BYTES = Limit(
    1_000_000, "bytes of a template in S3", "CloudFormation Guide: cloudformation-limits (1 MB)", "documented"
)
TEMPLATE_RESOURCES = Limit(
    500, "resources in a template", "CloudFormation Guide: cloudformation-limits", "documented"
)
EXECUTION_INPUT_BYTES = Limit(
    262_144,
    "bytes of the input of an execution, and of the result or the error of its task",
    "Step Functions Guide: service-quotas (256 KiB as UTF-8); a larger error is States.DataLimitExceeded, and a Retry of "
    "States.ALL does not catch it (concepts-error-handling)",
    "documented",
)
CAUSE_CHARACTERS = Limit(
    32_768,
    "characters of a task's error that its execution keeps, and hands to the time-out handler",
    "Step Functions API: TaskFailedEventDetails",
    "documented",
)
RESPONSE_BYTES = Limit(
    4_096, "bytes of a custom resource's response", "CloudFormation Guide: crpg-ref-responses", "documented"
)
GATE_SECONDS = Limit(
    3_600,
    "seconds one operation of a custom resource may last",
    "CloudFormation Guide: ServiceTimeout",
    "documented",
)
ALARM_RANGE_SECONDS = Limit(
    86_400, "seconds, alarm period times evaluation periods", "CloudWatch API: PutMetricAlarm", "documented"
)
