"""``CapacityGuard``: the guard of a table that already stands in somebody's stack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import CfnResource
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct, IConstruct

from ..capacity.capacity import Capacity, Units
from ..capacity.dimension import TABLE, index_of, resource_key
from ..capacity.errors import InputError
from ..capacity.settings import Acknowledgment, Margins, Rollout
from ..evidence.baseline import Baseline
from .break_glass import break_glass_of
from .cycle_check import watch_for_cycles
from .declared import Declared, declared_in
from .gates import GateTimes
from .guard import Guard, loaded, not_nested, plain
from .registry import register, tables_of
from .rendering import rendered
from .tables import DeclaredTable, declared_by

AnyTable = dynamodb.TableV2 | dynamodb.Table | dynamodb.CfnTable | dynamodb.CfnGlobalTable

_SCALING = (autoscaling.CfnScalableTarget, autoscaling.CfnScalingPolicy)


class CapacityGuard(Guard):
    """The guard of a table that the stack already has: alarms, and gates around a change of its capacity.

    The table's own code goes on declaring its capacity; nothing is declared twice. When the app is synthesized, the
    guard reads what that code says, overrides and scaling resources included, and compares it with the baseline.
    Without a transition it only adds resources to the stack. In a transition the table waits for ``Preflight``, and so
    do its AWS::ApplicationAutoScaling resources; nothing else of it changes, neither a logical id nor a property.

    Args:
        scope: the stack of the table, or a construct in it.
        id: construct id.
        table: the table, in the app that declares it.
        baseline: the deployed capacity and recorded traffic: a file (as ``capacity-guard record`` writes it), or one
            already loaded, or ``NewTable(...)`` for a table that does not exist yet. A file that cannot be read is no
            exception but finding CG2.
        warm: warm throughput, in units per second, that the guard raises the table (``"table"``) and its indexes (by
            name) to before the change. It is the one part of the capacity that stands here: in a table's own code it
            would break the way back (CG17).
        rollout: bake time, change window and alarms.
        margins: the margins that rules and gates judge by.
        acknowledgments: findings that somebody accepts; ``acknowledge`` adds one later.
        gate_times: how often gates look, and how long they may take; the same for all tables of a stack.

    Raises:
        InputError: the table is imported, or a replica's reference, or in another or a nested stack, or guarded
            already; naming the remedy. What only the template shows (a capacity that cannot be read) fails the
            synthesis with such a sentence.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        table: AnyTable,
        baseline: Baseline | InputError | str | Path,
        warm: Mapping[str, Units] | None = None,
        rollout: Rollout | None = None,
        margins: Margins | None = None,
        acknowledgments: Sequence[Acknowledgment] = (),
        gate_times: GateTimes | None = None,
    ) -> None:
        location = f"CapacityGuard {id}"
        found = _declared_here(table, f"{location}: table")
        resource = found.resource
        stack = cdk.Stack.of(resource)
        not_nested(stack, f"{location}: table")
        if cdk.Stack.of(scope).node.path != stack.node.path:
            raise InputError(
                f"{location}: table",
                f"belongs to stack {stack.node.path}, the guard to {cdk.Stack.of(scope).node.path}",
                "Put the guard into the stack of its table: gates and table change in one operation",
            )
        owner = next(
            (one for one in tables_of(scope.node.root) if one.resource.node.path == resource.node.path), None
        )
        if owner is not None:
            raise InputError(
                f"{location}: table",
                f"is guarded by {owner.node.path} already",
                "Remove one of the two guards",
            )
        known = loaded(baseline, f"{location}: baseline")
        self._warm = _checked(warm or {}, f"{location}: warm")
        super().__init__(
            scope,
            id,
            label=found.label,
            dialect=found.dialect,
            baseline=known,
            table_name=None,
            rollout=rollout,
            margins=margins,
            acknowledgments=acknowledgments,
        )
        # A reason may name the guard or the table: whoever breaks the glass has no time to find out which.
        self.break_glass = self.break_glass or break_glass_of(found.construct)
        self.resource = resource
        self._declared: Declared | None = None
        self._watch(self._indexes_so_far(), resource.ref)
        self._provide(gate_times)
        cdk.Aspects.of(self).add(_Reading(self), priority=cdk.AspectPriority.READONLY)
        watch_for_cycles(self)
        register(self)

    def read(self) -> None:
        """Read what the table's code declares, and put the gates up. The synthesis does it, when all has been said."""
        if self._declared is not None or self.error is not None:
            return
        try:
            template = rendered(self.stack)
            declared = self._declared_in(template)
            deployed = None if isinstance(self.baseline, InputError) else self.baseline.deployed
            capacity = declared.capacity(None if deployed is None else deployed.template, self.node.path)
            capacity = self._with_warm(capacity)
            scaling = self._constructs_of(declared.scaling)
        except InputError as error:
            self.error = error
            return
        self._declared = declared
        self.table_name = declared.name if isinstance(declared.name, str) else None
        # An index that came after the guard, or through an override, has no alarm yet; one that left needs none.
        for key in [
            key for key in self.rollback_alarms if key != TABLE and index_of(key) not in capacity.indexes
        ]:
            self.node.try_remove_child(self.rollback_alarms.pop(key).node.id)
        self._watch(capacity.indexes, self.resource.ref)
        self._allow(None if declared.name is None else cdk.Token.as_string(declared.name))
        self._add_gates(capacity, scaling)

    def contradiction(self, template: Mapping[str, Any]) -> InputError | None:
        """What in the final template contradicts what the guard read, ``None`` if nothing does."""
        if self.error is not None:
            return self.error
        if self._declared is None:
            return InputError(
                self.node.path,
                "was made too late in this synthesis to read its table",
                "Make the guard before the app is synthesized",
            )
        try:
            if self._declared_in(template) == self._declared:
                return None
        except InputError as error:
            return error
        return InputError(
            self.node.path,
            "read another capacity than the one the template ends with",
            "Let no aspect change the table after the guard has read it: give it a lower priority number, or add it "
            "to a construct that stands before the guard",
        )

    def _declared_in(self, template: Mapping[str, Any]) -> Declared:
        return declared_in(
            template,
            self.logical_id(self.resource),
            location=self.stack.stack_name,
            account=plain(self.stack.account),
            region=plain(self.stack.region),
        )

    def _with_warm(self, capacity: Capacity) -> Capacity:
        indexes = dict(capacity.indexes)
        table = capacity.table
        for key, units in self._warm.items():
            name = index_of(key)
            if name is None:
                table = replace(table, warm=units)
            elif name in indexes:
                indexes[name] = replace(indexes[name], warm=units)
            else:
                raise InputError(
                    f'{self.node.path}: warm["{name}"]',
                    "is not an index of this table",
                    f"Its indexes: {', '.join(indexes) or 'none'}",
                )
        return replace(capacity, table=table, indexes=indexes)

    def _indexes_so_far(self) -> tuple[str, ...]:
        """Names of the indexes that the table's code has by now, so that their alarms can be used at once."""
        found = self.stack.resolve(self.resource._cfn_properties).get("globalSecondaryIndexes") or ()
        names = [one.get("indexName") for one in found if isinstance(one, Mapping)]
        return tuple(name for name in names if isinstance(name, str))

    def _constructs_of(self, logical_ids: Iterable[str]) -> list[CfnResource]:
        """The scaling resources, by their ids; a Table has them among its own children."""
        missing = dict.fromkeys(logical_ids)
        found: list[CfnResource] = []
        scopes = [self.resource.node.scope, self.stack]
        while missing and scopes:
            scope = scopes.pop(0)
            for one in () if scope is None else scope.node.find_all():
                # A call to the CDK a resource: only what can be one of them is asked for its id.
                if isinstance(one, _SCALING) or type(one) is CfnResource:
                    name = self.logical_id(one)
                    if name in missing:
                        del missing[name]
                        found.append(one)
        if missing:
            raise InputError(
                f"{self.stack.stack_name}: {next(iter(missing))}",
                "scales the table, but is no construct that could wait for a gate",
                "Declare it as a construct, or with the table's auto_scale_... methods",
            )
        return found


@jsii.implements(cdk.IAspect)
class _Reading:
    """Has the guard read its table when the app is synthesized."""

    def __init__(self, guard: CapacityGuard) -> None:
        self._guard = guard

    def visit(self, node: IConstruct) -> None:
        del node  # the guard itself, or an alarm of it
        self._guard.read()


def _declared_here(table: object, location: str) -> DeclaredTable:
    """A table that this app declares.

    Raises:
        InputError: it is none.
    """
    found = declared_by(table)
    if found is not None:
        return found
    if isinstance(table, Guard):
        raise InputError(location, f"is {table.node.path}, a guard itself", "It needs no second guard")
    if hasattr(type(table), "table_arn"):
        raise InputError(
            location,
            "is declared elsewhere: it is imported, or another Region's replica",
            "Guard it in the app and the stack that declare it",
        )
    raise InputError(
        location, f"is {type(table).__name__}", "Give a TableV2, a Table, a CfnTable or a CfnGlobalTable"
    )


def _checked(warm: Mapping[str, Units], location: str) -> dict[str, Units]:
    """Targets by resource key; an index that is called "table" is meant by ``index/table``."""
    found = {}
    for name, units in warm.items():
        if not isinstance(units, Units):
            raise InputError(
                f'{location}["{name}"]', f"{units!r} is not Units", "Write Units(read=..., write=...)"
            )
        key = name if name == TABLE or name.startswith("index/") else resource_key(name)
        found[key] = units
    return found


__all__ = ["AnyTable", "CapacityGuard"]
