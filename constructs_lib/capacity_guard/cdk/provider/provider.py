"""``GuardProvider``: the custom resource provider for the gates of all guarded tables of a stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources
from constructs import Construct, IConstruct

from ...capacity.errors import InputError
from ..app.dependencies import Resources
from ..app.duration import duration
from ..app.kept import kept_of
from ..app.place import id_in_arn, logical_id_token
from ..app.stack_identity import StackIdentity
from ..function_network import FunctionNetwork
from ..gate_times import GateTimes
from .gate_machinery import STATE_MACHINE, KnownPart, Part, function_gaps, machinery_gaps, parts_of
from .lambda_code import stage_lambda_code
from .own_findings import (
    LOG_POLICY,
    NETWORK_POLICY,
    acknowledge_network,
    acknowledge_own_findings,
    acknowledge_table_pattern,
)
from .provider_functions import ProviderFunctions, arn_of
from .stack_arns import StackArns
from .table_access import TABLE_ACTIONS as TABLE
from .table_access import TableAccess, generated_name_pattern
from .travelling import Travelling

_HANDLER = "capacity_guard.handlers.gate"
_KEPT = "_capacity_guard_provider"
FUNCTION_SECONDS = 120
"""Time-out of the guard's functions, seconds. Those of the framework wait for them."""
LOG_RETENTION = logs.RetentionDays.THREE_MONTHS
"""A gate's log explains one change. What a change did is asked for soon after it, not years later."""


class GuardProvider(Construct):
    """Two functions and the CDK's provider framework, shared by the guarded tables of a stack.

    The functions share one role. It may read this stack, alarms and metrics, and read and update the guarded tables;
    ``docs/iam.md`` explains each statement. Without a transition nothing calls the functions.

    Args:
        stack: the stack.
        times: how often a gate runs, and how long it may take.
        network: the VPC in which the functions run, ``None`` for none.
        root: the root of the construct tree, if the caller knows it.
    """

    ID = "CapacityGuard"

    def __init__(
        self,
        stack: cdk.Stack,
        times: GateTimes,
        network: FunctionNetwork | None = None,
        root: IConstruct | None = None,
    ) -> None:
        super().__init__(stack, self.ID)
        self._root = root or stack.node.root
        self.times = times
        self.network = network
        self._stack = stack
        self._parts: Mapping[str, Part] | None = None
        self._judged: tuple[Mapping[str, Any], tuple[str, ...]] | None = None
        self.stack_name = stack.stack_name
        self.travelling = Travelling(self, times.query_seconds)
        self.construct_ids: Counter[str] = Counter()
        """How many guarded tables of the stack have a construct id."""
        arns = StackArns(stack, self.stack_name, self._root)
        permissions = arns.policy()
        # Inline: CloudFormation could delete a separate policy before the function that needs it.
        role = iam.Role(
            self,
            "Role",
            assumed_by=_principal(),
            managed_policies=[_managed_policy(LOG_POLICY if network is None else NETWORK_POLICY)],
            inline_policies={"Guard": permissions},
        )
        self.role = role
        self._table_access = TableAccess(
            self,
            role,
            permissions,
            stack=stack,
            name=self.stack_name,
            prefix=arns.tables,
            written_prefix=arns.written[2],
            used=arns.policy_characters(),
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
        self._own_functions = on_event, is_complete
        self._framework = provider
        # Alike in most stacks of an app, and asked for in the first one. ``confirm`` looks whether this stack has them.
        self.functions = kept_of(self._root, (ProviderFunctions, self.ID), self._ask_for_functions)
        self._statement_arns = arns.written[:2]
        acknowledge_own_findings(self, self.functions.arns, *self._statement_arns)
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

    def _ask_for_functions(self) -> ProviderFunctions:
        parts = self._framework.node
        waiting = [parts.find_child(f"framework-{name}") for name in ("isComplete", "onTimeout")]
        assert all(isinstance(function, lambda_.Function) for function in waiting)
        return ProviderFunctions.asked(self.resolve, self._own_functions, waiting)

    def confirm(self, resources: Resources) -> None:
        """Look whether the functions have the logical ids of those of the app's first stack, and ask for them if not.

        Args:
            resources: resources of the template of the stack, by logical id.
        """
        if self.functions.are_in(resources):
            return
        self.functions = self._ask_for_functions()
        acknowledge_own_findings(self, self.functions.arns, *self._statement_arns)

    def allow(self, name: str, *, is_generated: bool = False, written: str | None = None) -> None:
        """Allow the functions to describe one table and to raise its warm throughput and that of its indexes.

        Both actions are authorized on the table, not on an index (Service Authorization Reference, Amazon DynamoDB).

        Args:
            name: name of the table, or a pattern that matches it. It must not refer to the table: a gate before the table
                would then depend on the table (a circular dependency, for which a synthesis only warns).
            is_generated: whether ``name`` is the pattern of a name that CloudFormation generates.
            written: the text of ``name`` in the template, where it holds a token; ``None`` where that is not known.

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

    @property
    def placed(self) -> Mapping[str, Any]:
        """The properties that put a function into the network of the guard; none without one."""
        return self._placed

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
            alike = kept_of(self._root, key, dict[str, KnownPart])
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
        functions, framework = self.functions, id_in_arn(self.written_token)
        handlers = {"on_event": functions.on_event, "is_complete": functions.is_complete}
        expected: dict[str, dict[str, Any]] = {
            logical_id: {"Properties.Handler": f"{_HANDLER}.{entry}"}
            for entry, logical_id in handlers.items()
        }
        for logical_id in (framework, *functions.waiting):
            expected[logical_id] = {
                "Properties.Environment.Variables.USER_ON_EVENT_FUNCTION_ARN": arn_of(functions.on_event),
                "Properties.Environment.Variables.USER_IS_COMPLETE_FUNCTION_ARN": arn_of(
                    functions.is_complete
                ),
            }
        variable = "Properties.Environment.Variables.WAITER_STATE_MACHINE_ARN"
        for logical_id, part in parts.items():
            if part.resource_type == STATE_MACHINE:
                expected[framework][variable] = {"Ref": logical_id}
        return expected

    @staticmethod
    def of(
        stack: cdk.Stack,
        times: GateTimes,
        network: FunctionNetwork | None = None,
        root: IConstruct | None = None,
    ) -> GuardProvider:
        """The provider of a stack. It is created with the first guarded table.

        Args:
            stack: the stack.
            times: how often a gate runs, and how long it may take.
            network: the VPC in which the functions run, ``None`` for none.
            root: the root of the construct tree, if the caller knows it.

        Raises:
            InputError: another table of the stack has other times or another network, or another construct has the id of
                the provider.
        """
        found: GuardProvider | None = vars(stack).get(_KEPT)
        if found is None:
            try:
                found = GuardProvider(stack, times, network, root)
            except RuntimeError:  # what jsii raises for every error of the CDK
                if stack.node.try_find_child(GuardProvider.ID) is None:
                    raise
                raise InputError(
                    f"{stack.node.path}/{GuardProvider.ID}",
                    "is a construct of another kind where the guard puts its provider",
                    "Give that construct another id",
                ) from None
            vars(stack)[_KEPT] = found
            return found
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


# The objects of these have no state of a stack.
@cache
def _principal() -> iam.ServicePrincipal:
    return iam.ServicePrincipal("lambda.amazonaws.com")


@cache
def _managed_policy(name: str) -> iam.IManagedPolicy:
    return iam.ManagedPolicy.from_aws_managed_policy_name(f"service-role/{name}")


@cache
def _runtime() -> lambda_.Runtime:
    return lambda_.Runtime.PYTHON_3_13


__all__ = ["TABLE", "GuardProvider"]
