"""The messages about a change, with the headings and the commands that each message has."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..capacity.reasons import Reason
from ..handlers.stack_names import account_of, region_of
from .pager import Message


@dataclass(frozen=True)
class Place:
    """Where a change is.

    Attributes:
        stack: id of the stack.
        stack_name: its name.
        table: construct id of the table.
        name: name of the table; ``None`` if it is not known.
        fingerprint: the change.
        changed: what the change is.
    """

    stack: str
    stack_name: str
    table: str
    name: str | None
    fingerprint: str
    changed: str

    @property
    def label(self) -> str:
        """Table and stack in words."""
        return f"{self.table} in {self.stack_name}"


@dataclass(frozen=True)
class Told:
    """A message about a change.

    Attributes:
        name: short name of it, by which it is sent once.
        reason: the same with a stable code.
        what: the same in a few words.
        happened: what happened.
        did: what the guard did.
        restored: what is restored.
        then: what to do next.
    """

    name: str
    reason: Reason
    what: str
    happened: Sequence[str]
    did: Sequence[str]
    restored: Sequence[str]
    then: Sequence[str]

    def message(self, place: Place, now: datetime, compared: str) -> Message:
        """The message.

        Args:
            place: where the change is.
            now: the current time, UTC.
            compared: what the change is compared with.
        """
        name = place.name or "TABLE"
        region = region_of(place.stack)
        option = f" --region {region}" if region else ""
        look_at = [
            f"aws cloudformation describe-stack-events --stack-name {shlex.quote(place.stack_name)}{option} --max-items 30"
        ]
        if place.name is not None:
            look_at.insert(0, f"capacity-guard status {name}{option}")
            look_at.append(f"aws dynamodb describe-table --table-name {shlex.quote(name)}{option}")
        then = [line.replace("TABLE", f"{name}{option}") for line in self.then]
        about = [
            f"table      {place.table}" + (f" ({place.name})" if place.name else ""),
            f"stack      {place.stack_name}, account {account_of(place.stack)}, {region}",
            f"change     {place.fingerprint}: {place.changed}",
            f"sent       {utc(now)}",
            compared,
        ]
        sections = {
            "What happened": self.happened,
            "What the guard did": self.did,
            "What is restored": self.restored,
            "What to do next": then,
            "What to look at": look_at,
            "About": about,
        }
        attributes = {"table": place.table, "stack": place.stack_name}
        return Message(self.name, self.reason, place.label, self.what, sections, attributes)


def stack_message(name: str, stack: str, what: str, happened: str) -> Message:
    """A message about a stack whose changes, or one of them, cannot be watched.

    Args:
        name: short name of it.
        stack: id of the stack.
        what: what happened, in a few words.
        happened: the same in a sentence.
    """
    stack_name, region = name_of(stack), region_of(stack)
    option = f" --region {region}" if region else ""
    sections = {
        "What happened": [sentence(happened)],
        "What the guard did": ["It sent this message. Each look, every two minutes, tries again."],
        "What is restored": ["Nothing. Changes that are in force stay in force, unwatched."],
        "What to do next": [
            "Watch the tables yourself until this is mended: the alarms of the guard still work."
        ],
        "What to look at": [
            f"aws cloudformation describe-stacks --stack-name {shlex.quote(stack_name)}{option}",
            f"aws cloudwatch describe-alarms --alarm-name-prefix {shlex.quote(f'{stack_name}-')}{option}",
        ],
        "About": [f"stack      {stack_name}, account {account_of(stack)}, {region}"],
    }
    return Message(name, Reason.NOT_WATCHED, stack_name, what, sections, {"stack": stack_name})


def name_of(stack: str) -> str:
    """Name of a stack, from its id."""
    return stack.split("/")[1] if "/" in stack else stack


def utc(time: datetime) -> str:
    """A time: ``2026-07-09 15:54 UTC``."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def sentence(text: str) -> str:
    """The text with a full stop."""
    return text if text.endswith(".") else f"{text}."


__all__ = ["Place", "Told", "name_of", "sentence", "stack_message", "utc"]
