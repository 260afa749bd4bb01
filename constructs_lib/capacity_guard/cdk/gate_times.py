"""``GateTimes``: how often a gate runs, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

from ..capacity.errors import InputError
from ..capacity.limits import GATE_SECONDS
from ..capacity.plain_data import shown


@dataclass(frozen=True)
class GateTimes:
    """How often a gate runs, and how long it may take.

    Args:
        query_seconds: seconds between two runs of a waiting gate.
        longest_seconds: seconds after which a gate that is not complete counts as failed; a multiple of
            ``query_seconds``, below the hour that CloudFormation gives one operation of a custom resource
            (CloudFormation User Guide, AWS::CloudFormation::CustomResource, ServiceTimeout).

    Raises:
        InputError: a number is out of range, or ``longest_seconds`` is not a multiple of ``query_seconds``.
    """

    query_seconds: int = 15
    longest_seconds: int = 3_540

    def __post_init__(self) -> None:
        for name in ("query_seconds", "longest_seconds"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(
                    f"GateTimes.{name}", f"{shown(value)} is not a whole number of seconds", "Give at least 1"
                )
        if self.longest_seconds >= GATE_SECONDS.value:
            raise InputError(
                "GateTimes.longest_seconds",
                f"{shown(self.longest_seconds)} leaves a gate no time to say why it failed",
                f"Stay below {GATE_SECONDS.value}",
            )
        if self.query_seconds > self.longest_seconds:
            raise InputError(
                "GateTimes.query_seconds",
                f"{shown(self.query_seconds)} is more than longest_seconds ({self.longest_seconds})",
                f"Give {self.longest_seconds} at most",
            )
        if self.longest_seconds % self.query_seconds:
            raise InputError(
                "GateTimes.longest_seconds",
                f"{self.longest_seconds} is not a multiple of query_seconds ({self.query_seconds})",
                f"Take {self.longest_seconds // self.query_seconds * self.query_seconds}",
            )


__all__ = ["GateTimes"]
