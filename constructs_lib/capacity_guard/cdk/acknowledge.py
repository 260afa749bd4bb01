"""Accepting a finding: with a reason, and until a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import aws_cdk as cdk

from ..capacity.settings import Acknowledgment
from .names import PACK

if TYPE_CHECKING:
    from .guard import Guard


def acknowledge(table: Guard, rule: str, *, reason: str, until: date | None = None) -> None:
    """Accept the findings of one rule on one table.

    It holds at synthesis and in the gates, since it travels with their properties. What only the live table can tell
    cannot be acknowledged. The findings stay visible as warnings, and the validation report of the CDK lists them as
    suppressed. cdk-nag's own acknowledgment does not lower a finding of this pack: it takes no end and no reason.

    Args:
        table: the guarded table.
        rule: id of the rule, for example ``CG4``.
        reason: why the finding is accepted; a sentence that a reviewer can judge.
        until: last day (UTC) on which it holds, ``None`` for no end.

    Raises:
        InputError: there is no reason, or ``rule`` is no rule's id.
    """
    given = Acknowledgment(rule, reason, until)
    table.acknowledgments.append(given)
    if given.holds(table.now):
        cdk.Validations.of(table.resource).acknowledge(
            cdk.Acknowledgment(id=f"{PACK}::{rule}", reason=reason)
        )


__all__ = ["acknowledge"]
