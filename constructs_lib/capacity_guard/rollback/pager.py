"""A message through an SNS topic, and a line in the function's log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from ..capacity.reasons import Reason
from ..capacity.safe_text import safe_line
from ..handlers.aws_error import AwsError
from ..handlers.calls import Calls
from ..handlers.messages import log_decision, shorten

SUBJECT_CHARACTERS = 99
"""Longest subject: ASCII in one line, of less than 100 characters (API: Publish)."""
BODY_BYTES = 200_000
"""Longest body; a message with its attributes has at most 262,144 bytes (API: Publish)."""


class _Client(Protocol):
    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]: ...


@dataclass(frozen=True)
class Message:
    """A message to people.

    Attributes:
        name: short name of what it is about, by which it is sent once.
        reason: the same with a stable code, which names the runbook.
        place: table and stack.
        what: what happened, in a few words.
        sections: the text, by heading.
        attributes: further attributes by which a subscription can filter.
    """

    name: str
    reason: Reason
    place: str
    what: str
    sections: Mapping[str, Sequence[str]]
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def subject(self) -> str:
        """Place and what happened, in ASCII. A long place is cut, what happened is not."""
        ending = f": {self.what}"
        place = shorten(safe_line(self.place), SUBJECT_CHARACTERS - len(ending))
        return f"{place.replace(chr(0x2026), '~')}{ending}".encode("ascii", "replace").decode()

    @property
    def body(self) -> str:
        """The text with its headings; the runbook comes last."""
        parts = [
            "\n".join((heading.upper(), *(safe_line(line) for line in lines)))
            for heading, lines in self.sections.items()
            if lines
        ]
        ending = f"RUNBOOK\n{self.reason.command}  ({self.reason.page})"
        text = "\n\n".join((safe_line(f"{self.place}: {self.what}"), *parts))
        cut = text.encode()[:BODY_BYTES].decode(errors="ignore")
        return f"{cut}\n\n{ending}"


class Pager:
    """Sends messages.

    Args:
        client: boto3 client of ``sns``; ``None`` without a topic.
        topic: ARN of the topic; ``None`` without one: messages are in the log only.
        calls: how a call is made and repeated.
    """

    def __init__(self, client: _Client | None, topic: str | None, calls: Calls | None = None) -> None:
        self._client, self._topic = client, topic
        self._calls = calls or Calls()

    def send(self, message: Message) -> bool:
        """Publish: send a message, and write it to the log. It never fails.

        Returns:
            Whether it was sent; the next look sends it again if not.
        """
        client, topic = self._client, self._topic
        log_decision(
            "watch",
            "told",
            about=message.name,
            reason=message.reason.code,
            subject=message.subject,
            text=message.body.split("\n"),
        )
        if client is None or topic is None:
            return True
        attributes = {
            "reason": message.reason.code,
            "urgency": message.reason.urgency,
            **{name: value for name, value in message.attributes.items() if value},
        }
        request = {
            "TopicArn": topic,
            "Subject": message.subject,
            "Message": message.body,
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        }
        try:
            self._calls.from_now().make("sns:Publish", lambda: client.publish(**request), repeats=True)
        except AwsError as error:
            log_decision("watch", "not sent", about=message.name, why=str(error))
            return False
        return True


__all__ = ["BODY_BYTES", "SUBJECT_CHARACTERS", "Message", "Pager"]
