"""How gates speak: numbers, minutes, the reason that CloudFormation shows, and one line in the log a decision."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

REASON_CHARACTERS = 900
"""Longest reason: CloudFormation's own words and the framework's pointer to the log still fit into 1,000."""


class GateError(Exception):
    """A gate's answer is no; its text becomes the reason that CloudFormation shows."""


def number(value: float) -> str:
    """A figure for people: ``5,120``, ``0.5``."""
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"


def minute(moment: datetime) -> str:
    """A minute for people: ``16:05 UTC``."""
    return moment.astimezone(UTC).strftime("%H:%M UTC")


def resource(key: str) -> str:
    """A resource key for people: ``table``, ``index by_agent``."""
    return key.replace("index/", "index ", 1)


def shortened(text: str, characters: int) -> str:
    """The text, cut at a length."""
    return text if len(text) <= characters else text[: characters - 1].rstrip() + "\u2026"


def reason(opening: str, parts: Sequence[str]) -> str:
    """One reason out of several, in the order given, at most ``REASON_CHARACTERS`` long.

    Args:
        opening: what the gate did, without a colon.
        parts: why, the most important first. What does not fit is counted; the log has all of it.
    """
    ending = "; and {} more, see the function's log"
    text = f"{opening}: "
    for position, part in enumerate(parts):
        joint = "; " if position else ""
        left = len(parts) - position - 1
        room = REASON_CHARACTERS - len(text) - len(joint) - (len(ending) if left else 0)
        if position and len(part) > room:
            return text + ending.format(left + 1)
        text += joint + shortened(part, room)
    return text


def log(gate: str, decision: str, **fields: object) -> None:
    """One JSON line in the function's log.

    Args:
        gate: ``preflight`` or ``bake``.
        decision: what was decided, one word or two.
        fields: what it rests on.
    """
    print(json.dumps({"gate": gate, "decision": decision, **fields}, default=str), flush=True)
