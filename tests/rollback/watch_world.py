"""A stack that is watched: the world of a rollback, with journals, a topic and looks, and a process that may die at any call."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

import jsonschema

from capacity_guard.capacity.hold import JOURNALS_ID
from capacity_guard.rollback.calls import RollbackAws
from capacity_guard.rollback.journal_store import JournalStore
from capacity_guard.rollback.look import Watcher
from capacity_guard.rollback.memory import Memory
from capacity_guard.rollback.pager import Pager
from capacity_guard.rollback.problems import NotLookedError
from capacity_guard.rollback.publisher import Publisher
from capacity_guard.watch.journal import Journal
from capacity_guard.watch.options import WatchOptions
from tests.fakes.models import check_request, client_error
from tests.handlers.gate_world import ON_DEMAND, PROVISIONED, STACK_ID, TABLE, a_plan

from .world import BAKE, HOLD, NAME, World, event, template

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FINGERPRINT = a_plan(ON_DEMAND).transition.fingerprint
JOURNALS, TOPIC = "Conversations-CapacityGuardWatchJournals-1", "arn:aws:sns:eu-west-1:111122223333:on-call"
PEAKS = {
    ("Read", "table"): 2_000,
    ("Write", "table"): 4_800,
    ("Read", "index/by_agent"): 1_000,
    ("Write", "index/by_agent"): 4_800,
}


class Killed(BaseException):
    """The process of the function ended."""


class Journals:
    """The table of the journals: GetItem, and PutItem with the condition of the store."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.refuses: list[str] = []

    def get_item(self, **request: Any) -> dict[str, Any]:
        check_request("dynamodb", "GetItem", request)
        self._refuse("GetItem")
        item = self.items.get(request["Key"]["table"]["S"])
        return {} if item is None else {"Item": item}

    def put_item(self, **request: Any) -> dict[str, Any]:
        check_request("dynamodb", "PutItem", request)
        self._refuse("PutItem")
        key = request["Item"]["table"]["S"]
        if "ConditionExpression" in request and key in self.items:
            expected = request["ExpressionAttributeValues"][":version"]
            if self.items[key]["version"] != expected:
                raise client_error(
                    "PutItem", "ConditionalCheckFailedException", "The conditional request failed", 400
                )
        self.items[key] = request["Item"]
        return {}

    def _refuse(self, operation: str) -> None:
        if self.refuses:
            raise client_error(operation, self.refuses[0], "refused", 400)


class Topic:
    """The topic: what was published."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.refuses = False

    def publish(self, **request: Any) -> dict[str, Any]:
        check_request("sns", "Publish", request)
        if self.refuses:
            raise client_error("Publish", "AuthorizationError", "not authorized", 403)
        self.sent.append(request)
        return {"MessageId": "1"}

    @property
    def subjects(self) -> list[str]:
        return [str(each["Subject"]).rpartition(": ")[2] for each in self.sent]


SCHEMA = jsonschema.Draft202012Validator(
    json.loads(files("capacity_guard.watch").joinpath("events-1.schema.json").read_text(encoding="utf-8"))
)


class Bus:
    """The default bus: each entry that is put is one of the documented events."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.refuses = False
        self.fails = False

    def put_events(self, **request: Any) -> dict[str, Any]:
        check_request("events", "PutEvents", request)
        assert 1 <= len(request["Entries"]) <= 10
        if self.refuses:
            raise client_error("PutEvents", "AccessDeniedException", "not authorized", 400)
        if self.fails:
            failed = {"ErrorCode": "InternalFailure", "ErrorMessage": "oops"}
            return {"FailedEntryCount": 1, "Entries": [failed] * len(request["Entries"])}
        for entry in request["Entries"]:
            event = {
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "detail": json.loads(entry["Detail"]),
            }
            SCHEMA.validate(event)
            self.entries.append(event)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}] * len(request["Entries"])}

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The details of the events of a kind."""
        return [entry["detail"] for entry in self.entries if entry["detail-type"] == kind]


class WatchWorld(World):
    """The stack, in which a change from provisioned to on-demand is watched.

    Args:
        options: what the table asks of its watch.
    """

    def __init__(self, options: WatchOptions | None = None) -> None:
        super().__init__()
        self.body = template(FINGERPRINT)
        self.aws.metrics = {}
        self.body["Resources"][JOURNALS_ID] = {"Type": "AWS::DynamoDB::Table", "Properties": {}}
        if options is not None:
            self.body["Resources"][BAKE]["Properties"]["Watch"] = options.to_property()
        self.journals, self.topic, self.memory = Journals(), Topic(), Memory()
        self.bus = Bus()
        self.publisher = Publisher(_Mortal(self, self.bus))
        self.on_update = self._note_operation
        self.failed: NotLookedError | None = None
        self.calls_made = 0
        self.dies_at: tuple[int, bool] | None = None

    def _note_operation(self) -> None:
        token = self.updates[-1]["ClientRequestToken"]
        for status in ("UPDATE_IN_PROGRESS", self.status):
            self.events.insert(0, {**event(self.aws.now, status, NAME), "ClientRequestToken": token})

    def deployed(self, ago: timedelta) -> datetime:
        """The change was deployed some time ago."""
        began = self.aws.now - ago
        self.events = [event(began + 10 * MINUTE, "CREATE_COMPLETE"), event(began, "CREATE_IN_PROGRESS")]
        return began

    def carry(self, start: datetime, share: float = 1.0, until: datetime | None = None) -> None:
        """Traffic at a share of the recorded peaks since a time."""
        for (access, key), units in PEAKS.items():
            series = self.aws.series(f"Consumed{access}CapacityUnits", key)
            at = start.replace(second=0)
            while at < (until or self.aws.now):
                series[at] = units * 60 * share
                at += MINUTE

    def throttle(
        self, *ago: int, key: str = "index/by_agent", events: float = 100, metric: str = "Write"
    ) -> None:
        """Throttle events some minutes ago: as many units less are consumed, so the demand is as before."""
        for minutes in ago:
            consumed = self.aws.series(f"Consumed{metric}CapacityUnits", key)
            minute = (self.aws.now - minutes * MINUTE).replace(second=0, microsecond=0)
            if minute in consumed:
                consumed[minute] = max(0.0, consumed[minute] - events)
            self.aws.put(f"{metric}ThrottleEvents", key, self.aws.now - minutes * MINUTE, events)

    def look(self, times: int = 1, every: timedelta = 2 * MINUTE, *, fails: bool | None = False) -> None:
        """Look some times; each look ends with the error of a look that could not do everything if it ``fails``, and only then
        (``None``: both are right)."""
        for number in range(times):
            if number:
                self.pass_time(every)
            self.failed = None
            try:
                self.watcher().look(self.aws.now)
            except NotLookedError as error:
                self.failed = error
            assert fails in (None, self.failed is not None), self.failed

    def pass_time(self, time: timedelta) -> None:
        """Let time pass, with the traffic that there was."""
        before = self.aws.now
        shares = {
            (access, key): max(self.aws.series(f"Consumed{access}CapacityUnits", key).items(), default=None)
            for access, key in PEAKS
        }
        self.aws.now = before + time
        for (access, key), last in shares.items():
            if last is not None:
                series, at = self.aws.series(f"Consumed{access}CapacityUnits", key), last[0] + MINUTE
                while at < self.aws.now.replace(second=0, microsecond=0):
                    series[at] = last[1]
                    at += MINUTE

    def watcher(self) -> Watcher:
        clients: dict[str, Any] = dict(self.aws.clients())
        clients["cloudformation"] = self._cloudformation()
        mortal = {name: _Mortal(self, client) for name, client in clients.items()}
        return Watcher(
            RollbackAws(mortal),
            JournalStore(_Mortal(self, self.journals), JOURNALS),
            Pager(_Mortal(self, self.topic), TOPIC),
            self.memory,
            STACK_ID,
            self.publisher,
        )

    def person(self) -> RollbackAws:
        """The calls of a person's command."""
        clients: dict[str, Any] = dict(self.aws.clients())
        dynamodb = Both(clients["dynamodb"], self.journals)
        return RollbackAws({**clients, "dynamodb": dynamodb, "cloudformation": self._cloudformation()})

    def _cloudformation(self) -> Any:
        return self.calls()._client

    @property
    def journal(self) -> Journal:
        return Journal.from_json(json.loads(self.journals.items[TABLE]["journal"]["S"]), "item")

    @contextmanager
    def dies(self, call: int, *, after: bool) -> Iterator[None]:
        """The process ends at a call, before or after it took effect; what it remembered is gone."""
        self.calls_made, self.dies_at = 0, (call, after)
        try:
            yield
        except Killed:
            self.memory = Memory()
        finally:
            self.dies_at = None


class Both:
    """A client of DynamoDB that has the journals too."""

    def __init__(self, client: Any, journals: Journals) -> None:
        self._client, self._journals = client, journals

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journals if name in ("get_item", "put_item") else self._client, name)


class _Mortal:
    """A client in a process that may die."""

    def __init__(self, world: WatchWorld, client: Any) -> None:
        self._world, self._of = world, client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        found = getattr(self._of, name)
        if not callable(found) or name == "meta":
            return found  # type: ignore[no-any-return]

        def call(**request: Any) -> Any:
            world = self._world
            world.calls_made += 1
            dies = world.dies_at is not None and world.dies_at[0] == world.calls_made
            if dies and world.dies_at is not None and not world.dies_at[1]:
                raise Killed
            answer = found(**request)
            if dies:
                raise Killed
            return answer

        return call


def throttled(world: WatchWorld) -> WatchWorld:
    """A change of an hour ago throttles."""
    world.carry(world.deployed(HOUR))
    world.throttle(5, 6)
    return world


def assert_restored(world: WatchWorld) -> None:
    assert world.held == FINGERPRINT
    assert world.aws.mode == PROVISIONED.billing_mode.value
    assert world.status == "UPDATE_COMPLETE"
    assert "restored, the capacity is that of before the change" in world.topic.subjects


__all__ = [
    "BAKE",
    "FINGERPRINT",
    "HOLD",
    "HOUR",
    "MINUTE",
    "PROVISIONED",
    "TABLE",
    "Killed",
    "WatchWorld",
    "assert_restored",
    "throttled",
]
