"""``CapacityDashboard``: one page in CloudWatch for guarded tables."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ..capacity.errors import InputError
from .app.late_values import late_text
from .app.place import place_of
from .capacity_guard import CapacityGuard
from .dashboard_body import ShownTable, dashboard_body
from .fleet.registry import tables_of
from .guarded_table import GuardedTable
from .guards.guard import Guard
from .watching.watch_function import WatchFunction


class CapacityDashboard(Construct):
    """A CloudWatch dashboard: demand against capacity, throttle events by cause, the guard's alarms, and what the watch did.

    It costs what a dashboard costs (docs/operating-cost.md). Put it into a stack of its own: in the stack of a table it would
    change with each new index, and Preflight refuses a change of capacity that something else travels with.

    Args:
        scope: the construct in which it is made.
        id: its construct id.
        tables: guarded tables, of one account and Region; ``None`` for every guarded table of the dashboard's own stack.
        dashboard_name: its name in CloudWatch; ``None`` for one that CloudFormation makes.

    Raises:
        InputError: ``tables`` has something else.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        tables: Sequence[GuardedTable | CapacityGuard] | None = None,
        dashboard_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        location = f"CapacityDashboard {id}: tables"
        for table in tables or ():
            if not isinstance(table, (GuardedTable, CapacityGuard)):
                raise InputError(
                    location, f"has {type(table).__name__}", "Give GuardedTable and CapacityGuard constructs"
                )
        if tables is not None and not tables:
            raise InputError(
                location, "is empty", "Give guarded tables, or leave it out for those of the stack"
            )
        self._guards = None if tables is None else [table.guard for table in tables]
        self.resource = cloudwatch.CfnDashboard(
            self,
            "Dashboard",
            dashboard_name=dashboard_name,
            # Which indexes a table has is known late: code of the app may add them.
            dashboard_body=late_text(self.body),
        )

    def body(self) -> str:
        """The body as JSON, which may have tokens.

        Raises:
            InputError: no table is guarded, or more than a dashboard takes.
        """
        stack = cdk.Stack.of(self)
        guards = self._guards
        if guards is None:
            found = tables_of(place_of(self).root)
            guards = [guard for guard in found if isinstance(guard, Guard) and guard.stack is stack]
        if not guards:
            raise InputError(
                f"CapacityDashboard {self.node.path}",
                "has no guarded table in its stack",
                "Give tables=[...], for a dashboard in a stack of its own too",
            )
        shown = [
            ShownTable(
                guard.label,
                guard.resource.ref,
                tuple(guard.alarms.by_key),
                tuple(alarm.alarm_arn for alarm in guard.alarms.by_key.values()),
            )
            for guard in guards
        ]
        watches = {
            id(guard.stack): guard.stack.node.try_find_child(WatchFunction.ID) for guard in guards
        }.values()
        logs = [watch.log.log_group_name for watch in watches if isinstance(watch, WatchFunction)]
        data = dashboard_body(
            shown, guards[0].stack.region, logs=logs, location=f"CapacityDashboard {self.node.path}"
        )
        return stack.to_json_string(data)


__all__ = ["CapacityDashboard"]
