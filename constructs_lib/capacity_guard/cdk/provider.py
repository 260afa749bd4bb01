"""``GuardProvider``: the custom resource provider for the gates of all guarded tables of a stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources
from constructs import Construct

from ..capacity.errors import InputError
from .dependencies import Resources
from .duration import duration
from .function_network import FunctionNetwork
from .gate_machinery import STATE_MACHINE, KnownPart, Part, function_gaps, machinery_gaps, parts_of
from .gate_times import GateTimes
from .kept import kept_of
from .lambda_code import stage_lambda_code
from .own_findings import (
    LOG_POLICY,
    NETWORK_POLICY,
    acknowledge_network,
    acknowledge_own_findings,
    acknowledge_table_pattern,
)
from .place import id_in_arn, logical_id_token
from .stack_identity import StackIdentity
from .table_access import TABLE_ACTIONS as TABLE
from .table_access import TableAccess, count_characters, generated_name_pattern
from .travelling import Travelling

_HANDLER = "capacity_guard.handlers.gate"
_KEPT = "_capacity_guard_provider"
FUNCTION_SECONDS = 120
"""Time-out of the guard's functions, seconds. Those of the framework wait for them."""
LOG_RETENTION = logs.RetentionDays.THREE_MONTHS
"""A gate's log explains one change. What a change did is asked for soon after it, not years later."""

READ_CHANGE_SETS = ("cloudformation:DescribeChangeSet",)
READ_STACK = (
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResource",
    "cloudformation:DescribeStacks",
)
READ_METRICS = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
)


class GuardProvider(Construct):
    """Two functions and the CDK's provider framework, shared by the guarded tables of a stack.

    The functions share one role. It may read this stack, alarms and metrics, and read and update the guarded tables;
    ``docs/iam.md`` explains each statement. Without a transition nothing calls the functions.

    Args:
        stack: the stack.
        times: how often a gate runs, and how long it may take.
        network: the VPC in which the functions run, ``None`` for none.
    """

    ID = "CapacityGuard"

    def __init__(self, stack: cdk.Stack, times: GateTimes, network: FunctionNetwork | None = None) -> None:
        super().__init__(stack, self.ID)
        self.times = times
        self.network = network
        self._stack = stack
        self._parts: Mapping[str, Part] | None = None
        self._judged: tuple[Mapping[str, Any], tuple[str, ...]] | None = None
        self.stack_name = stack.stack_name
        self.travelling = Travelling(self, times.query_seconds)
        self.construct_ids: Counter[str] = Counter()
        """How many guarded tables of the stack have a construct id."""
        # Every ARN begins in the same way, so the CDK is asked for it once.
        prefix = stack.format_arn(service="dynamodb", resource="", arn_format=cdk.ArnFormat.NO_RESOURCE_NAME)
        of_stacks = prefix.replace(":dynamodb:", ":cloudformation:")
        # DescribeChangeSet was denied on the stack's ARN and on stack/<name>/*; the pattern covers both. Others had to
        # allow the change set's own ARN for a call on a change set (docs/iam.md).
        this_stack, change_sets = f"{of_stacks}stack/{self.stack_name}/*", f"{of_stacks}changeSet/*"
        tables = f"{prefix}table/"
        written = stack.resolve([this_stack, change_sets, tables])
        permissions = iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(sid=sid, actions=list(actions), resources=[arn])
                for sid, (actions, arn) in _statements(this_stack, change_sets).items()
            ]
        )
        # Inline: CloudFormation could delete a separate policy before the function that needs it.
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(
                    f"service-role/{LOG_POLICY if network is None else NETWORK_POLICY}"
                )
            ],
            inline_policies={"Guard": permissions},
        )
        self.role = role
        self._table_access = TableAccess(
            self,
            role,
            permissions,
            stack=stack,
            prefix=tables,
            written_prefix=written[2],
            used=_characters(_statements(*written[:2])),
        )
        # The functions refer to their group, so it exists before a gate calls them, and CloudFormation makes its name,
        # so Lambda cannot have made it first. Without a group of its own, a function would get one named after itself
        # from the CDK (flag @aws-cdk/aws-lambda:useCdkManagedLogGroup), which exists already once it was called.
        self._log = logs.LogGroup(
            self,
            "Log",
            retention=LOG_RETENTION,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        code = lambda_.Code.from_asset(stage_lambda_code())
        self._placed = {} if network is None else network.of_functions(self)
        on_event = self._function("OnEvent", "on_event", role, code)
        is_complete = self._function("IsComplete", "is_complete", role, code)
        provider = custom_resources.Provider(
            self,
            "Provider",
            on_event_handler=on_event,
            is_complete_handler=is_complete,
            query_interval=duration(times.query_seconds),
            total_timeout=duration(times.longest_seconds),
            log_group=self._log,
            **self._placed,
        )
        self.service_token = provider.service_token
        self._arns = {"on_event": on_event.function_arn, "is_complete": is_complete.function_arn}
        parts = provider.node
        framework = [parts.find_child(f"framework-{name}") for name in ("isComplete", "onTimeout")]
        assert all(isinstance(function, lambda_.Function) for function in framework)
        self._framework_arns = [cast(lambda_.Function, part).function_arn for part in framework]
        functions = self.resolve([*self._arns.values(), *self._framework_arns])
        acknowledge_own_findings(self, functions, *written[:2])
        if network is not None:
            acknowledge_network(self)

    def _function(self, name: str, entry: str, role: iam.Role, code: lambda_.Code) -> lambda_.Function:
        return lambda_.Function(
            self,
            name,
            description=f"capacity-guard: {entry} of the gates",
            runtime=_runtime(),
            handler=f"{_HANDLER}.{entry}",
            code=code,
            role=role,
            timeout=duration(FUNCTION_SECONDS),
            memory_size=256,
            log_group=self._log,
            **self._placed,
        )

    def allow(self, name: str, *, is_generated: bool = False, written: str | None = None) -> None:
        """Allow the functions to describe one table and to raise its warm throughput and that of its indexes.

        Both actions are authorized on the table, not on an index (Service Authorization Reference, Amazon DynamoDB).

        Args:
            name: name of the table, or a pattern that matches it. It must not refer to the table: a gate before the table
                would then depend on the table (a circular dependency, for which a synthesis only warns).
            is_generated: whether ``name`` is the pattern of a name that CloudFormation generates.
            written: what stands for ``name`` in the template, where it holds a token; ``None`` where that is not known.

        Raises:
            InputError: the policies of the role have no room for it.
        """
        arn = self._table_access.add(name, is_generated=is_generated, written=written)
        if arn is None:
            return
        if written is None or not arn.endswith(name):
            acknowledge_table_pattern(self, self.resolve(arn) if "$" in arn else arn)
        else:
            acknowledge_table_pattern(self, self._table_access.written_arn(written))

    def allow_generated(self, table: cdk.CfnResource, recorded: str | None) -> None:
        """Allow the functions to use a table that CloudFormation names.

        A table that came with ``cdk refactor`` or ``cdk import`` keeps the name that it had, so the recorded name is
        allowed too where it does not fit the pattern.

        Args:
            table: the table's resource.
            recorded: the name in the baseline, ``None`` if no table was recorded.
        """
        name = self.stack_name
        # The logical id may still be overridden, so the policy holds its token.
        token = logical_id_token(table)
        logical_id = str(self._stack.resolve(token))
        pattern = generated_name_pattern(name, logical_id)
        self.allow(
            generated_name_pattern(name, logical_id, token=token),
            is_generated=True,
            written=None if "$" in name else pattern,
        )
        if recorded is not None and not recorded.startswith(pattern.removesuffix("*")):
            self.allow(recorded)

    @cached_property
    def identity(self) -> StackIdentity:
        """What the guards ask of their stack."""
        return StackIdentity.of(self._stack, self.stack_name)

    def resolve(self, value: Any) -> Any:
        """What the template states where the code gives a value.

        Args:
            value: a value that may hold tokens.
        """
        return self._stack.resolve(value)

    @cached_property
    def written_token(self) -> Any:
        """The service token of the gates as the template has it."""
        return self.resolve(self.service_token)

    def parts(self, resources: Resources) -> Mapping[str, Part]:
        """What its constructs make of everything behind the gates, by logical id; ask at the end.

        Args:
            resources: resources of the final template, by logical id.
        """
        if self._parts is None:
            # The same in every stack of an environment, but for the statements that name the stack and its tables.
            identity = self.identity
            key = (GuardProvider.parts, self.times, id(self.network), identity.account, identity.region)
            alike = kept_of(self._stack.node.root, key, dict[str, KnownPart])
            found = parts_of(self, resources, alike)
            if not alike:
                alike.update(found)
            self._parts = {logical_id: known.part for logical_id, known in found.items()}
        return self._parts

    def gaps(self, template: Mapping[str, Any]) -> Sequence[str]:
        """What keeps everything behind the gates from working in the final template, or makes something else of it.

        Args:
            template: the template. The tables of a stack ask in turn about the same one.
        """
        if self._judged is None or self._judged[0] is not template:
            self._judged = template, tuple(self._gaps(template["Resources"]))
        return self._judged[1]

    def _gaps(self, resources: Resources) -> Iterator[str]:
        parts = self.parts(resources)
        for logical_id, expected in self._expected_functions(parts).items():
            yield from function_gaps(logical_id, expected, resources)
        yield from machinery_gaps(parts, resources, FUNCTION_SECONDS)

    def _expected_functions(self, parts: Mapping[str, Part]) -> dict[str, dict[str, Any]]:
        """What the template must state of the functions behind the gates: value by path, by logical id.

        The rest of them is compared with their constructs (``parts``).
        """
        # The service token is the ARN of the framework's own function.
        arns = self._stack.resolve(
            {**self._arns, "framework": self.service_token, "waiting": self._framework_arns}
        )
        expected: dict[str, dict[str, Any]] = {
            id_in_arn(arns[entry]): {"Properties.Handler": f"{_HANDLER}.{entry}"} for entry in self._arns
        }
        for function in (arns["framework"], *arns["waiting"]):
            expected[id_in_arn(function)] = {
                "Properties.Environment.Variables.USER_ON_EVENT_FUNCTION_ARN": arns["on_event"],
                "Properties.Environment.Variables.USER_IS_COMPLETE_FUNCTION_ARN": arns["is_complete"],
            }
        variable = "Properties.Environment.Variables.WAITER_STATE_MACHINE_ARN"
        for logical_id, part in parts.items():
            if part.resource_type == STATE_MACHINE:
                expected[id_in_arn(arns["framework"])][variable] = {"Ref": logical_id}
        return expected

    @staticmethod
    def of(stack: cdk.Stack, times: GateTimes, network: FunctionNetwork | None = None) -> GuardProvider:
        """The provider of a stack. It is created with the first guarded table.

        Args:
            stack: the stack.
            times: how often a gate runs, and how long it may take.
            network: the VPC in which the functions run, ``None`` for none.

        Raises:
            InputError: another table of the stack has other times or another network, or another construct has the id of
                the provider.
        """
        found = vars(stack).get(_KEPT) or stack.node.try_find_child(GuardProvider.ID)
        if found is None:
            found = vars(stack)[_KEPT] = GuardProvider(stack, times, network)
            return found
        if not isinstance(found, GuardProvider):
            raise InputError(
                f"{stack.node.path}/{GuardProvider.ID}",
                "is a construct of another kind where the guard puts its provider",
                "Give that construct another id",
            )
        if found.times != times:
            raise InputError(
                "GuardedTable.gate_times",
                f"is {times} here and {found.times} in another table of the stack",
                "Give all guarded tables of a stack the same",
            )
        if found.network != network:
            raise InputError(
                "GuardOptions.network",
                f"is not that of another table of stack {found.stack_name}",
                "Give all guarded tables of a stack the same FunctionNetwork: they share their functions",
            )
        return found


def _statements(this_stack: Any, change_sets: Any) -> dict[str, tuple[Sequence[str], Any]]:
    """Actions and resource of the statements of the inline policy but those about tables, by ``Sid``."""
    return {
        "ReadThisStack": (READ_STACK, this_stack),
        "ReadChangeSets": (READ_CHANGE_SETS, change_sets),
        "ReadAlarmsAndMetrics": (READ_METRICS, "*"),
    }


def _characters(statements: Mapping[str, tuple[Sequence[str], Any]]) -> int:
    """Characters of the inline policy with these statements, as IAM counts them."""
    written = [
        {
            "Sid": sid,
            "Effect": "Allow",
            # The CDK writes a list of one as its entry.
            "Action": list(actions) if len(actions) > 1 else actions[0],
            "Resource": arn,
        }
        for sid, (actions, arn) in statements.items()
    ]
    return count_characters({"Version": "2012-10-17", "Statement": written})


@cache
def _runtime() -> lambda_.Runtime:
    return lambda_.Runtime.PYTHON_3_13


__all__ = ["READ_METRICS", "READ_STACK", "TABLE", "GuardProvider"]
