"""``GuardAlarms``: the rollback alarms of one guard, and their logical ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import aws_cdk as cdk
from aws_cdk import CfnResource
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from ...capacity.dimension import TABLE, index_of, resource_key
from ...capacity.errors import InputError
from ...capacity.settings import Rollout
from ...dynamodb.names import metric_dimensions
from ...evidence.baseline import Baseline
from .alarms import alarm_ids, alarm_threshold, rollback_alarm

_TABLE = "Table"


class GuardAlarms:
    """The alarm on the throttling of a table and of each of its indexes.

    Args:
        scope: the construct in which the alarms are made.
        stack: its stack.
        label: name of the table, for descriptions.
        rollout: gives threshold, periods and datapoints.
        baseline: gives the noise where the rollout states no threshold.
    """

    def __init__(
        self,
        scope: Construct,
        stack: cdk.Stack,
        label: str,
        rollout: Rollout,
        baseline: Baseline | InputError,
    ) -> None:
        self._scope = scope
        self._stack = stack
        self._label = label
        self._rollout = rollout
        self._baseline = baseline
        self.by_key: dict[str, cloudwatch.Alarm] = {}
        """The alarms, by resource key."""
        self._ids: dict[str, str] = {}
        self._resources: dict[str, CfnResource] | None = None

    def add(self, indexes: Iterable[str], table: CfnResource) -> None:
        """Create the alarms of the table and of its indexes that do not exist yet.

        Args:
            indexes: names of the indexes.
            table: the table's resource. CloudFormation may create an alarm after it.
        """
        missing = [index for index in (None, *indexes) if resource_key(index) not in self.by_key]
        if not missing:
            return
        self._resources = None
        table_name = table.ref
        for index in missing:
            key = resource_key(index)
            self.by_key[key] = rollback_alarm(
                self._scope,
                _id_of(index),
                dimensions=metric_dimensions(table_name, index),
                threshold=alarm_threshold(self._rollout, self._baseline, key),
                rollout=self._rollout,
                subject=self._label if index is None else f"{self._label} / {index}",
            )

    def drop_others(self, indexes: Collection[str]) -> None:
        """Take away the alarms of indexes that the table does not have.

        Args:
            indexes: names of the indexes that it has.
        """
        for key in [key for key in self.by_key if key != TABLE and index_of(key) not in indexes]:
            self._resources = None
            self._scope.node.try_remove_child(self.by_key.pop(key).node.id)
            self._ids.pop(key, None)

    @property
    def resources(self) -> dict[str, CfnResource]:
        """The resources of the alarms that are in the stack, by resource key. Code of the app may have taken one out.

        Ask when no code of the app can do so any more: the first answer is kept.
        """
        if self._resources is None:
            self._resources = {}
            keys = {id(alarm): key for key, alarm in self.by_key.items()}
            key = None
            # One call to the CDK's process. A construct comes right before what is in it.
            for found in self._scope.node.find_all():
                if isinstance(found, cloudwatch.Alarm):
                    key = keys.get(id(found))
                elif isinstance(found, cloudwatch.CfnAlarm) and key is not None:
                    self._resources.setdefault(key, found)
        return self._resources

    def refuse_missing(self, resources: Collection[str]) -> None:
        """Refuse a gate that would watch an alarm which is not in the stack.

        Args:
            resources: resource keys of the alarms that are.

        Raises:
            InputError: code of the app, such as an aspect, has taken an alarm or its resource out of the stack.
        """
        missing = next((key for key in self.by_key if key not in resources), None)
        if missing is not None:
            raise InputError(
                f"{self._scope.node.path}/{_id_of(index_of(missing))}",
                "is a rollback alarm of the guard that was taken out of the stack, so no gate could watch it",
                "Let what removes it pass over this alarm; an emergency has -c capacity-guard:break-glass=REASON",
            )

    def exist_under(self, condition: str | None) -> None:
        """Let the alarms exist where their table does: each refers to it.

        Args:
            condition: the condition of the table, ``None`` if its stack always has it.
        """
        for alarm in self.resources.values() if condition is not None else ():
            alarm.add_override("Condition", condition)

    def know_ids(self, ids: Mapping[str, str]) -> None:
        """Keep logical ids that are final, by resource key."""
        self._ids = dict(ids)

    def ids(self, *, final: bool) -> dict[str, str]:
        """Logical ids by resource key.

        Args:
            final: whether they can change no more, and may be kept.
        """
        if not final:
            return alarm_ids(self._stack, self.by_key, {})
        self._ids = alarm_ids(self._stack, self.by_key, self._ids)
        return dict(self._ids)


def _id_of(index: str | None) -> str:
    """Construct id of the alarm of an index, ``None`` for the table."""
    if index == _TABLE:
        return f"index:{index}Throttled"  # no name of an index holds a colon
    return f"{index or _TABLE}Throttled"


__all__ = ["GuardAlarms"]
