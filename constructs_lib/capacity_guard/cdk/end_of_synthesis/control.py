"""The concurrent control of a change in the template: an unchanged cell of the app, and the permission to look at it (ADR 0019).

A cell is another stack of the app, in the same account and Region, that has the table at the same place of its construct tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import IConstruct

from ...capacity.errors import InputError
from ...evidence.baseline import Baseline
from ...watch.control import METADATA, Control
from ..app.kept import kept_of
from ..fleet.registry import tables_of
from ..gates.gates import Gates
from ..provider.own_findings import acknowledge_control
from ..provider.table_access import generated_name_pattern
from ..watch import NO_CONTROL
from ..watching.watch_function import WatchFunction

if TYPE_CHECKING:
    from ..guards.guard import Guard

_ID = "ControlPolicy"


def add_controls(guards: Iterable[Guard]) -> None:
    """Name the control of each watched change in its template, once every guard of the synthesis has read its table.

    Args:
        guards: guards of one app.

    Raises:
        InputError: ``Watch.control`` names something that is no guarded table, or one that the function cannot look at.
    """
    for guard in guards:
        watch = guard.options.watch
        if watch is None or not isinstance(guard.gates, Gates) or guard.gates.bake is None:
            continue
        if guard.scope.node.try_find_child(_ID) is not None:
            continue
        found = find_control(guard, watch.control)
        if isinstance(found, str):
            guard.gates.bake.add_metadata(METADATA, {"none": found})
        elif found is not None:
            guard.gates.bake.add_metadata(METADATA, _control(found).to_json())
            _allow(guard, guard.gates, found)


def find_control(guard: Guard, asked: IConstruct | str) -> Guard | str | None:
    """The unchanged cell with which a change is compared.

    Args:
        guard: the guard of the changed table.
        asked: ``Watch.control``.

    Returns:
        The guard of the cell's table; why the cell that was asked for is no control, as a clause; or ``None`` where the app has
        none.

    Raises:
        InputError: what was asked for is no guarded table, or one that the function cannot look at.
    """
    if asked == NO_CONTROL:
        return "the options of its watch ask for no control"
    if not isinstance(asked, str):
        return _asked(guard, asked)
    cells = [other for other in _cells(guard) if _why_not(other) is None]
    # The cell that changes last stays unchanged for the longest time.
    return max(
        cells,
        key=lambda other: -1 if other.options.wave is None else other.options.wave.position,
        default=None,
    )


def _cells(guard: Guard) -> Iterator[Guard]:
    """The copies of a table in other stacks of the app, the last one first."""
    place = _place(guard)
    for other in reversed(tables_of(guard.place.root)):
        if other.stack is not guard.stack and _place(other) == place and _is_near(guard, other):
            yield other


def _place(guard: Guard) -> str:
    """Construct path of a table's resource inside its stack: the same for each copy of the code."""
    stack = kept_of(guard.stack, _place, lambda: str(guard.stack.node.path))
    return guard.resource_path.removeprefix(stack).lstrip("/")


def _is_near(guard: Guard, other: Guard) -> bool:
    own, its = guard.provider.identity, other.provider.identity
    return (own.account, own.region) == (its.account, its.region)


def _why_not(other: Guard) -> str | None:
    """Why a table is no control, as a clause; ``None`` if it is one."""
    try:
        transition = other.transition
    except InputError:
        return "has a capacity that cannot be read"
    if transition is None or not isinstance(other.baseline, Baseline):
        return "has no baseline that can be read"
    if transition.is_creation or other.baseline.traffic is None:
        return "has no recorded traffic"
    if not transition.is_empty or other.gates is not None:
        return "is in transition too"
    return None


def _asked(guard: Guard, asked: IConstruct) -> Guard | str:
    location = f"{guard.path}: Watch.control"
    path = str(asked.node.path)
    found = next((other for other in tables_of(guard.place.root) if path in _paths(other)), None)
    if found is None:
        raise InputError(
            location,
            f"{path} is no guarded table of this app",
            "Give the GuardedTable, or the table that is guarded",
        )
    if found is guard:
        raise InputError(location, "is the table itself", "Give the table of another cell")
    if not _is_near(guard, found):
        raise InputError(
            location,
            f"{path} has another account or Region, which the function of the watch cannot look at",
            "Give a table of the same account and Region",
        )
    why_not = _why_not(found)
    return found if why_not is None else f"{_label(found)}, which Watch.control names, {why_not}"


def _paths(guard: Guard) -> tuple[str, ...]:
    """Construct paths by which code may mean a guarded table: the guard, the table, and its resource."""
    resource = guard.resource_path
    # The CDK calls the resource of a construct of a higher level "Resource".
    table = resource.removesuffix("/Resource")
    return (guard.path, *guard.break_glass.names, resource, table, str(guard.scope.node.path))


def _label(guard: Guard) -> str:
    return f"{guard.table.label} in {guard.provider.stack_name}"


def _control(guard: Guard) -> Control:
    baseline = guard.baseline
    assert isinstance(baseline, Baseline)
    assert baseline.deployed is not None
    evidence = baseline.evidence(guard.options.margins.switch_minutes)
    assert evidence is not None
    capacity = baseline.deployed.template
    peaks = {dimension: evidence.peak(dimension) for dimension in capacity.dimensions()}
    return Control(
        _label(guard),
        guard.provider.stack_name,
        guard.logical_id(guard.resource),
        guard.table_name,
        capacity,
        {dimension: peak.units for dimension, peak in peaks.items() if peak is not None},
        {key: guard.options.rollout.allowed_events(evidence.noise(key)) for key, _ in capacity.resources()},
        baseline.deployed.schedules,
        baseline.deployed.live,
    )


def _allow(guard: Guard, gates: Gates, control: Guard) -> None:
    """Allow the function of the watch to describe the control's table. It reads metrics of every table in any case."""
    stack = guard.stack
    function = stack.node.find_child(WatchFunction.ID)
    assert isinstance(function, WatchFunction)
    name = control.table_name
    pattern = name or generated_name_pattern(
        control.provider.stack_name, control.logical_id(control.resource)
    )
    statements = [
        iam.PolicyStatement(
            sid="ReadControl",
            actions=["dynamodb:DescribeTable"],
            resources=[stack.format_arn(service="dynamodb", resource="table", resource_name=pattern)],
        )
    ]
    if name is None:
        statements.append(
            iam.PolicyStatement(
                sid="NameOfControl",
                actions=["cloudformation:DescribeStackResource"],
                resources=[
                    stack.format_arn(
                        service="cloudformation",
                        resource="stack",
                        resource_name=f"{control.provider.stack_name}/*",
                    )
                ],
            )
        )
    policy = iam.CfnPolicy(
        guard.scope,
        _ID,
        policy_name=f"CapacityGuardControl-{guard.logical_id(guard.resource)}"[:128],
        policy_document=iam.PolicyDocument(statements=statements),
        roles=[function.role.role_name],
    )
    gates.travelling = (*gates.travelling, policy)
    acknowledge_control(guard.scope, [stack.resolve(arn) for each in statements for arn in each.resources])


__all__ = ["add_controls", "find_control"]
