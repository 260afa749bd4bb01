"""The request of one look of a gate: what CloudFormation and the provider framework hand to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..capacity.errors import InputError
from ..capacity.settings import CLOCK_SKEW
from .aws_error import AwsError
from .handover import Loud
from .stack_names import StackNames


@dataclass(frozen=True)
class GateRequest:
    """One look of a gate.

    Attributes:
        stack_id: ARN of the stack.
        started: when CloudFormation asked for the gate, UTC.
        now: the current time, UTC.
        judged: how Preflight classified the transition; ``None`` in a Preflight.
        loud: what was loud at Preflight's moment; ``None`` in a Preflight, and where Preflight did not judge.
        names: names of table and alarms; ``None`` in a Preflight, which looks them up.
        is_held: whether the hold of the table holds this change.
        hold_error: why the hold could not be read, ``None`` if it was, or if there is none.
    """

    stack_id: str
    started: datetime
    now: datetime
    judged: str | None = None
    loud: Loud | None = None
    names: StackNames | None = None
    is_held: bool = False
    hold_error: AwsError | None = None

    @property
    def elapsed(self) -> timedelta:
        """Time since the start."""
        return self.now - self.started

    @staticmethod
    def of(event: Mapping[str, Any], now: datetime) -> GateRequest:
        """The request in an event of the provider framework.

        Args:
            event: the event of ``is_complete``, with what ``on_event`` returned.
            now: the current time, UTC.

        Raises:
            InputError: a property cannot be read.
        """
        properties = event["ResourceProperties"]
        loud, names = properties.get("Loud"), properties.get("Names")
        try:
            started = datetime.fromisoformat(event["StartedAt"])
            if started.tzinfo is None or started > now + CLOCK_SKEW:
                raise ValueError(f"StartedAt {event['StartedAt']} is not a past time with an offset")
            return GateRequest(
                event["StackId"],
                started,
                now,
                properties.get("Judged") or None,
                Loud.from_attribute(loud) if loud else None,
                None if names is None else StackNames.from_property(names),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                "gate: its event", f"cannot be read ({error!r})", "Synthesize and deploy again"
            ) from None


__all__ = ["GateRequest"]
