"""Telling people: a message through an SNS topic, and a line in the function's log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..capacity.safe_text import safe_line
from ..handlers.aws_error import AwsError
from ..handlers.calls import Calls
from ..handlers.messages import log_decision, shorten

_SUBJECT_CHARACTERS = 99
"""Characters of a subject, which is ASCII in one line (API: Publish)."""


class _Client(Protocol):
    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]: ...


@dataclass(frozen=True)
class Message:
    """What a person is told.

    Attributes:
        name: short name of what it is about, by which it is told once.
        subject: one line.
        lines: what happened, what the guard did, what to do.
    """

    name: str
    subject: str
    lines: Sequence[str]


class Pager:
    """Sends messages.

    Args:
        client: boto3 client of ``sns``; ``None`` without a topic.
        topic: ARN of the topic; ``None`` without one: messages stand in the log alone.
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
        log_decision("watch", "told", about=message.name, subject=message.subject, text=list(message.lines))
        if client is None or topic is None:
            return True
        subject = shorten(safe_line(message.subject), _SUBJECT_CHARACTERS)
        request = {
            "TopicArn": topic,
            "Subject": subject.encode("ascii", "replace").decode(),
            "Message": "\n".join(map(safe_line, message.lines)),
        }
        try:
            self._calls.from_now().make("sns:Publish", lambda: client.publish(**request), repeats=True)
        except AwsError as error:
            log_decision("watch", "not told", about=message.name, why=str(error))
            return False
        return True


__all__ = ["Message", "Pager"]
