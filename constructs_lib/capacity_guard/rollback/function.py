"""Entry point of the function of the watch: a schedule calls it while a change is watched, and each alarm of the guard that
changes its state.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .look import Watcher

STACK, JOURNALS, TOPIC = "STACK_ID", "JOURNALS", "TOPIC_ARN"
"""Variables of the function: id of its stack, name of the table of the journals, and ARN of the topic if there is one."""


def handler(event: Mapping[str, Any], context: object = None) -> None:
    """Look once at the changes of the stack, whatever the event says: the metrics decide, and an event may come late or twice.

    Args:
        event: the event of EventBridge.
        context: the context of the Lambda function, not used.

    Raises:
        AwsError, InputError, NotLookedError: as ``Watcher.look``.
    """
    del context
    from ..handlers import clock
    from ..handlers.messages import log_decision

    log_decision("watch", "looks", event=str(event.get("detail-type", "")))
    _watcher().look(clock.now())


@cache
def _watcher() -> Watcher:
    import boto3
    from botocore.config import Config

    from ..capacity.limits import CALL_SECONDS
    from ..handlers.calls import Calls, run_in_thread
    from .calls import RollbackAws
    from .journal_store import JournalStore
    from .look import Watcher
    from .memory import Memory
    from .pager import Pager
    from .publisher import Publisher

    config = Config(
        connect_timeout=3,
        read_timeout=CALL_SECONDS.value,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    topic = os.environ.get(TOPIC) or None
    calls = Calls(run=run_in_thread)
    dynamodb: Any = boto3.client("dynamodb", config=config)
    events: Any = boto3.client("events", config=config)
    sns: Any = None if topic is None else boto3.client("sns", config=config)
    return Watcher(
        RollbackAws.of_runtime(),
        JournalStore(dynamodb, os.environ[JOURNALS], calls),
        Pager(sns, topic, calls),
        Memory(),
        os.environ[STACK],
        Publisher(events, calls),
    )


__all__ = ["JOURNALS", "STACK", "TOPIC", "handler"]
