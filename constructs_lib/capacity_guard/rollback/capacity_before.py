"""The capacity of before a change, and the one comparison of a live table with it."""

from __future__ import annotations

from dataclasses import dataclass

from ..capacity.capacity import Capacity
from ..capacity.dimension import Dimension
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.transition import Change, Transition
from ..dynamodb.describe_table import LiveTable
from ..handlers.verify import find_differences


@dataclass(frozen=True)
class CapacityBefore:
    """The capacity that a table had before a change, with what the gates do not count as a difference from it.

    Attributes:
        template: what the template stated, and what CloudFormation re-sends.
        schedules: scheduled actions of auto scaling, which move bounds and units at set times.
        unchanged: dimensions that the change leaves alone: they may be as they were in the live table before it.
        live: the live capacity before the change; ``None`` if it is not known.
    """

    template: Capacity
    schedules: tuple[ScheduledAction, ...] = ()
    unchanged: frozenset[Dimension] = frozenset()
    live: Capacity | None = None

    @staticmethod
    def of_transition(transition: Transition | None, template: Capacity) -> CapacityBefore:
        """The capacity of before a change.

        Args:
            transition: the change; ``None`` if it is not known, so that only the template counts.
            template: the capacity that the template states of before it.
        """
        if transition is None or transition.deployed is None:
            return CapacityBefore(template)
        deployed = transition.deployed
        unchanged = frozenset(transition.having(Change.NONE))
        return CapacityBefore(template, deployed.schedules, unchanged, deployed.live)

    @staticmethod
    def of_unchanged(
        template: Capacity, schedules: tuple[ScheduledAction, ...], live: Capacity | None
    ) -> CapacityBefore:
        """The capacity of a table that no change touches.

        Args:
            template: the capacity that its template states.
            schedules: its scheduled actions.
            live: its live capacity when it was recorded; ``None`` if it is not known.
        """
        return CapacityBefore(template, schedules, frozenset(template.dimensions()), live)

    def differences(self, table: LiveTable) -> list[str]:
        """Texts about what differs in the live table, as the gates compare it; warm throughput is not compared.

        Args:
            table: the live table, with its auto scaling.
        """
        return find_differences(
            self.template,
            table,
            scaled_units=True,
            schedules=self.schedules,
            unchanged=self.unchanged,
            before=self.live,
        )


__all__ = ["CapacityBefore"]
