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


@dataclass(frozen=True)
class Excess:
    """A place in a template that is above a limit.

    Attributes:
        place: the resource, section or property, in words.
        number: the amount, in the limit's unit.
        limit: the limit.
        remedy: what resolves it.
        adjustable: whether AWS raises the limit for an account that asks for it.
    """

    place: str
    number: int
    limit: Limit
    remedy: str
    adjustable: bool = False


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
REQUEST_ATTEMPTS = Limit(
    10,
    "attempts of a throttled request, default of botocore's legacy mode",
    "AWS SDKs and Tools Reference Guide: retry behavior",
    "documented",
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
LOCAL_INDEXES = Limit(
    5, "local secondary indexes of one table", "Guide: ServiceQuotas; API: CreateTable", "documented"
)
PROJECTED_ATTRIBUTES = Limit(
    100,
    "non-key attributes named in the projections of all indexes of a table",
    "API: Projection, NonKeyAttributes",
    "documented",
)
PROJECTED_ATTRIBUTES_OF_INDEX = Limit(
    20,
    "non-key attributes named in the projection of one index",
    "API: Projection, NonKeyAttributes",
    "documented",
)
TABLE_NAME_CHARACTERS = Limit(
    255,
    "characters of the name of a table or an index",
    "API: CreateTable, TableName, IndexName",
    "documented",
)
INDEX_CHANGES_AT_ONCE = Limit(
    1,
    "index of a table created or deleted in one update",
    "Template Reference: AWS::DynamoDB::Table, GlobalSecondaryIndexes; quirks: DDB-TABLE-159",
    "documented",
)
TABLE_OPERATIONS = Limit(
    500, "operations on tables at once in an account", "API: LimitExceededException", "documented"
)
INDEXED_TABLE_CREATIONS = Limit(
    250, "creations at once of tables with indexes in an account", "API: LimitExceededException", "documented"
)
SCALABLE_TARGETS = Limit(
    5_000,
    "scalable targets of DynamoDB, account and Region",
    "Application Auto Scaling Guide: application-auto-scaling-quotas",
    "documented",
)
SCALING_POLICIES = Limit(
    50,
    "scaling policies of one scalable target",
    "Application Auto Scaling Guide: application-auto-scaling-quotas",
    "documented",
)
SCHEDULED_ACTIONS = Limit(
    200,
    "scheduled actions of one scalable target",
    "Application Auto Scaling Guide: application-auto-scaling-quotas",
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
STACK_POLICY_BYTES = Limit(
    16_384,
    "bytes of a stack policy in a request",
    "CloudFormation API: UpdateStack (StackPolicyDuringUpdateBody; botocore counts characters, its URL 16 KB)",
    "documented",
)
TEMPLATE_BYTES = Limit(
    1_000_000, "bytes of a template in S3", "CloudFormation Guide: cloudformation-limits (1 MB)", "documented"
)
TEMPLATE_RESOURCES = Limit(
    500, "resources in a template", "CloudFormation Guide: cloudformation-limits", "documented"
)
TEMPLATE_PARAMETERS = Limit(
    200, "parameters of a template", "CloudFormation Guide: cloudformation-limits", "documented"
)
TEMPLATE_OUTPUTS = Limit(
    200, "outputs of a template", "CloudFormation Guide: cloudformation-limits", "documented"
)
TEMPLATE_MAPPINGS = Limit(
    200, "mappings of a template", "CloudFormation Guide: cloudformation-limits", "documented"
)
MAPPING_ATTRIBUTES = Limit(
    200, "attributes of a mapping", "CloudFormation Guide: cloudformation-limits", "documented"
)
NAME_CHARACTERS = Limit(
    255,
    "characters of a logical id, or of the name of an output, a parameter or a mapping",
    "CloudFormation Guide: cloudformation-limits",
    "documented",
)
DESCRIPTION_BYTES = Limit(
    1_024,
    "bytes of the description of a template",
    "CloudFormation Guide: cloudformation-limits",
    "documented",
)
TAGS = Limit(
    50,
    "tags of a resource",
    "IAM User Guide: reference_iam-quotas; CloudWatch, Lambda and DynamoDB API: TagResource",
    "documented",
)
ROLE_NAME_CHARACTERS = Limit(
    64, "characters of the name of a role", "IAM User Guide: reference_iam-quotas", "documented"
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
ALARM_NAME_CHARACTERS = Limit(
    255, "characters of the name of an alarm", "CloudWatch API: PutMetricAlarm, AlarmName", "documented"
)
ALARM_DESCRIPTION_CHARACTERS = Limit(
    1_024, "characters of the description of an alarm", "CloudWatch API: PutMetricAlarm", "documented"
)
ALARM_ACTIONS = Limit(
    5, "actions of an alarm for one state", "CloudWatch API: PutMetricAlarm, AlarmActions", "documented"
)
ALARM_METRICS = Limit(
    10, "metrics of an alarm on a metric math expression", "CloudWatch Guide: cloudwatch_limits", "documented"
)
METRIC_DIMENSIONS = Limit(
    30, "dimensions of a metric", "CloudWatch API: PutMetricAlarm, Dimensions", "documented"
)
FUNCTION_SECONDS_MOST = Limit(
    900, "seconds of the time-out of a function", "Lambda Guide: gettingstarted-limits", "documented"
)
FUNCTION_ENVIRONMENT_BYTES = Limit(
    4_096,
    "bytes of all environment variables of a function",
    "Lambda Guide: gettingstarted-limits",
    "documented",
)
FUNCTION_CODE_BYTES = Limit(
    262_144_000,
    "bytes of the unpacked code of a function",
    "Lambda Guide: gettingstarted-limits",
    "documented",
)
FUNCTION_NAME_CHARACTERS = Limit(
    64, "characters of the name of a function", "Lambda API: CreateFunction, FunctionName", "documented"
)
FUNCTION_LAYERS = Limit(5, "layers of a function", "Lambda Guide: gettingstarted-limits", "documented")
FUNCTION_SUBNETS = Limit(16, "subnets of a function", "Lambda API: VpcConfig, SubnetIds", "documented")
FUNCTION_SECURITY_GROUPS = Limit(
    5, "security groups of a function", "Lambda API: VpcConfig, SecurityGroupIds", "documented"
)
UNRESERVED_CONCURRENCY = Limit(
    100,
    "executions at once that an account must leave unreserved",
    "Lambda API: PutFunctionConcurrency",
    "documented",
)
STATE_MACHINE_NAME_CHARACTERS = Limit(
    80, "characters of the name of a state machine", "Step Functions API: CreateStateMachine", "documented"
)
PARAMETER_NAME_CHARACTERS = Limit(
    1_011,
    "characters of the ARN of a parameter of Systems Manager",
    "Systems Manager API: PutParameter, Name",
    "documented",
)
PARAMETER_LEVELS = Limit(
    15, "levels of the name of a parameter", "Systems Manager API: PutParameter, Name", "documented"
)
PARAMETER_VALUE_BYTES = Limit(
    4_096,
    "bytes of the value of a standard parameter",
    "Systems Manager API: PutParameter, Tier",
    "documented",
)
