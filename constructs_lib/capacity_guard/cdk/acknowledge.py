"""Accept a finding, with a reason and until a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import aws_cdk as cdk

from ..capacity.errors import InputError
from ..capacity.settings import Acknowledgment
from .end_of_synthesis.validation_names import PACK_NAME

if TYPE_CHECKING:
    from .capacity_guard import CapacityGuard
    from .guarded_table import GuardedTable


def acknowledge(
    table: GuardedTable | CapacityGuard, rule: str, *, reason: str, until: date | None = None
) -> None:
    """Accept the findings of one rule on one table.

    The acknowledgment applies at synthesis and in the gates, whose properties contain it. Checks of the live table
    cannot be acknowledged. The findings remain as warnings, and the validation report of the CDK lists them as
    suppressed. cdk-nag's own acknowledgment does not lower a finding of this pack: it has no end and needs no reason.

    Args:
        table: the guarded table, or the guard beside a table.
        rule: id of the rule, for example ``CG4``.
        reason: why the finding is accepted, as a sentence for reviewers.
        until: last day (UTC) on which the acknowledgment applies, ``None`` for no end.

    Raises:
        InputError: the reason is empty, ``rule`` is not the id of a rule, or ``table`` has no guard of its own.
    """
    guard = getattr(table, "guard", None)
    if guard is None:
        raise InputError(
            "acknowledge: table",
            f"is {type(table).__name__}, which has no guard",
            "Give the GuardedTable, or the CapacityGuard beside the table; of GuardEveryTable, give its "
            "options=GuardOptions(acknowledgments=...)",
        )
    acknowledgment = Acknowledgment(rule, reason, until)
    guard.acknowledgments.append(acknowledgment)
    if acknowledgment.holds(guard.place.now):
        cdk.Validations.of(guard.resource).acknowledge(
            cdk.Acknowledgment(id=f"{PACK_NAME}::{rule}", reason=reason)
        )


__all__ = ["acknowledge"]
