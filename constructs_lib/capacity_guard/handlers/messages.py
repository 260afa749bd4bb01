"""Texts of the gates: formatted values, the reason that CloudFormation shows, the answer, and lines of the log."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime

from ..capacity.reasons import Reason, runbook

REASON_CHARACTERS = 900
"""Longest reason, in characters: CloudFormation's own text and the framework's pointer to the log fit into 1,000."""

WARNINGS_BYTES = 1_400
"""Bytes of the warnings in a response of at most 4,096 (CloudFormation User Guide, crpg-ref-responses); ``handover.LOUD_BYTES``
are next to them."""


class GateError(Exception):
    """A gate refuses, vetoes or fails; its text becomes the reason that CloudFormation shows.

    Attributes:
        text: the text without its end, which names the runbooks.
        reasons: why, with stable codes, the most important first.
    """

    def __init__(self, text: str, reasons: Sequence[Reason]) -> None:
        self.text, self.reasons = text, tuple(dict.fromkeys(reasons))
        super().__init__(text + runbook(self.reasons))

    @staticmethod
    def of(opening: str, texts: Sequence[str], reasons: Sequence[Reason]) -> GateError:
        """The error with several texts, of at most ``REASON_CHARACTERS`` with its end.

        Args:
            opening: what the gate did, without a colon.
            texts: why, the most important first (``join_reasons``).
            reasons: the same with stable codes.
        """
        return GateError(join_reasons(opening, texts, room=len(runbook(reasons))), reasons)


def format_number(value: float) -> str:
    """A number with thousands separators: ``5,120``, ``0.5``."""
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"


def format_minute(time: datetime) -> str:
    """The minute of a time: ``16:05 UTC``."""
    return time.astimezone(UTC).strftime("%H:%M UTC")


def format_resource(key: str) -> str:
    """A resource key as text: ``table``, ``index by_agent``."""
    return key.replace("index/", "index ", 1)


def shorten(text: str, characters: int) -> str:
    """The text, cut after a number of characters."""
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "\u2026"


def join_reasons(opening: str, reasons: Sequence[str], *, room: int = 0) -> str:
    """Join several reasons into one text of at most ``REASON_CHARACTERS``.

    Args:
        opening: what the gate did, without a colon.
        reasons: why, the most important first. Reasons that do not fit are counted; the log has all of them.
        room: characters to leave for what is added to it.
    """
    ending = "; and {} more, see the function's log"
    # The framework's own pointer names a group after the function, which the functions do not use.
    group = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
    log = f" (log: {group})" if group else ""
    longest = REASON_CHARACTERS - len(log) - room
    text = f"{opening}: "
    for position, reason in enumerate(reasons):
        separator = "; " if position else ""
        left = len(reasons) - position - 1
        left_over = longest - len(text) - len(separator) - (len(ending) if left else 0)
        if position and len(reason) > left_over:
            return text + ending.format(left + 1) + log
        text += separator + shorten(reason, left_over)
    return text + log


def passed_data(classification: str, warnings: Sequence[str]) -> dict[str, str]:
    """``Data`` of a gate that has passed; CloudFormation takes a response of at most 4,096 bytes.

    Args:
        classification: what the transition is (``classification.classify``).
        warnings: what the gate reports without refusing it.
    """
    return {
        "Result": "passed",
        "Judged": classification,
        "Warnings": _within_bytes("; ".join(warnings), WARNINGS_BYTES),
    }


def _within_bytes(text: str, size: int) -> str:
    """The text, cut so that it takes at most this many bytes as a string in JSON."""
    short = shorten(text, size)
    while len(json.dumps(short, ensure_ascii=False).encode()) > size:
        short = shorten(text, len(short) - 1 - (len(short) > 100) * 20)
    return short


def log_decision(gate: str, decision: str, **fields: object) -> None:
    """Write one JSON line to the function's log.

    Args:
        gate: ``preflight``, ``bake`` or ``unread``.
        decision: the decision, in a few words.
        fields: what the decision is based on.
    """
    print(json.dumps({"gate": gate, "decision": decision, **fields}, default=str), flush=True)


__all__ = [
    "REASON_CHARACTERS",
    "GateError",
    "format_minute",
    "format_number",
    "format_resource",
    "join_reasons",
    "log_decision",
    "passed_data",
    "shorten",
]
