"""Raw records of a small rehearsal, as the demo writes them: one refused, two committed, one rolled back, one taken back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
INDEX = "by_agent"
STACK = "Conversations-production-cell-1"
ALARM = "by-agent-throttled"
REASON = "Bake: alarm by-agent-throttled is ALARM: by_agent, write: 1,200 throttle events a minute"

VETO = "index by_agent throttled from 2026-07-09 19:00 UTC: 90,000, 90,000 events a minute"
"""What the watch read: minutes 200 and 201 after the start."""


def at(minute: float) -> str:
    """ISO text of a moment, in minutes after the start."""
    return (START + timedelta(minutes=minute)).isoformat()


def table(
    mode: str = "PAY_PER_REQUEST",
    write: int = 0,
    *,
    status: str = "ACTIVE",
    index_status: str = "ACTIVE",
    warming: bool = False,
    maximum: int | None = None,
) -> dict[str, Any]:
    """One answer of DescribeTable, with the counters and dates that a verdict must leave out."""
    throughput = {"ReadCapacityUnits": write, "WriteCapacityUnits": write, "NumberOfDecreasesToday": 3}
    resource: dict[str, Any] = {
        "ProvisionedThroughput": throughput,
        "WarmThroughput": {"WriteUnitsPerSecond": 6240, "Status": "UPDATING" if warming else "ACTIVE"},
    }
    if maximum is not None:
        resource["OnDemandThroughput"] = {"MaxReadRequestUnits": maximum, "MaxWriteRequestUnits": maximum}
    return {
        "TableName": "Conversations",
        "TableStatus": status,
        "BillingModeSummary": {
            "BillingMode": mode,
            "LastUpdateToPayPerRequestDateTime": "2026-07-09T16:10:00+00:00",
        },
        **resource,
        "GlobalSecondaryIndexes": [{"IndexName": INDEX, "IndexStatus": index_status, **resource}],
    }


def event(minute: float, kind: str, status: str, reason: str = "") -> dict[str, Any]:
    """One stack event; kind is stack, table, preflight or bake."""
    types = {
        "stack": ("AWS::CloudFormation::Stack", STACK),
        "table": ("AWS::DynamoDB::GlobalTable", "Conversations0A1B2C3D"),
        "preflight": ("Custom::CapacityGuardPreflight", "Preflightabc"),
        "bake": ("Custom::CapacityGuardBake", "Bakeabc"),
    }
    resource_type, logical_id = types[kind]
    data = {"Timestamp": at(minute), "LogicalResourceId": logical_id, "ResourceType": resource_type}
    return {**data, "ResourceStatus": status, **({"ResourceStatusReason": reason} if reason else {})}


def alarm(minute: float, state: str, name: str = ALARM) -> dict[str, Any]:
    """One item of the alarm history."""
    history = json.dumps(
        {"version": "1.0", "newState": {"stateValue": state, "stateReason": "Threshold Crossed"}}
    )
    return {
        "AlarmName": name,
        "Timestamp": at(minute),
        "HistoryItemType": "StateUpdate",
        "HistoryData": history,
    }


def entry(minute: float, what: str, state: str, reason: str = "") -> dict[str, Any]:
    """One entry of the journal of the watch."""
    data = {"at": at(minute), "event": what, "state": state, "by": "watch"}
    return {**data, **({"reason": reason} if reason else {})}


def committed(start: float) -> list[dict[str, Any]]:
    """The events of a deployment that starts at a minute and passes every stage."""
    return [
        event(start, "stack", "UPDATE_IN_PROGRESS", "User Initiated"),
        event(start + 1, "preflight", "CREATE_IN_PROGRESS"),
        event(start + 3, "preflight", "CREATE_COMPLETE"),
        event(start + 3, "table", "UPDATE_IN_PROGRESS"),
        event(start + 5, "table", "UPDATE_COMPLETE"),
        event(start + 5, "bake", "CREATE_IN_PROGRESS"),
        event(start + 15, "bake", "CREATE_COMPLETE"),
        event(start + 15.5, "stack", "UPDATE_COMPLETE"),
    ]


class Raw:
    """A folder of raw records; change a list, then `write`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outputs = {
            "start": "deployed",
            "refused": (
                "\x1b[31mCG4  ERROR  Conversations / by_agent, write: after the switch it serves less\x1b[0m\n"
                "  recorded peak  4,800 writes/s\n"
                "CG9  WARN   Conversations: shown, not refused\n"
                "CG15 ERROR  Conversations / by_agent, write: frozen during the switch\n"
                "CG4  ERROR  Conversations / by_agent, write: after the switch it serves less\n"
            ),
            "floor": "ok",
            "on-demand": "ok",
            "rolled-back": f"UPDATE_ROLLBACK_COMPLETE: {REASON}",
            "armed": "ok",
            "watched": "ok",
        }
        spans = {
            "start": (0, 5),
            "refused": (6, 8),
            "floor": (10, 27),
            "on-demand": (30, 50),
            "rolled-back": (60, 80),
            "armed": (100, 105),
            "watched": (110, 130),
        }
        codes = {"refused": 1, "rolled-back": 1}
        self.commands: list[dict[str, Any]] = [
            {
                "step": step,
                "words": ["cdk", "synth" if step == "refused" else "deploy"],
                "exit_code": codes.get(step, 0),
                "started": at(first),
                "ended": at(last),
                "wall_seconds": (last - first) * 2.0,
                "output": f"{step}.txt",
            }
            for step, (first, last) in spans.items()
        ]
        self.events = [
            event(1, "table", "CREATE_COMPLETE"),
            *committed(11),
            *committed(31),
            event(61, "stack", "UPDATE_IN_PROGRESS", "User Initiated"),
            event(61, "preflight", "CREATE_IN_PROGRESS"),
            event(62, "preflight", "CREATE_COMPLETE"),
            event(62, "table", "UPDATE_IN_PROGRESS"),
            event(63, "table", "UPDATE_COMPLETE"),
            event(63, "bake", "CREATE_IN_PROGRESS"),
            event(68.5, "bake", "CREATE_FAILED", REASON),
            event(
                69,
                "stack",
                "UPDATE_ROLLBACK_IN_PROGRESS",
                "The following resource(s) failed to create: [Bakeabc].",
            ),
            event(69, "table", "UPDATE_IN_PROGRESS"),
            event(71, "table", "UPDATE_COMPLETE"),
            event(71.5, "bake", "DELETE_COMPLETE"),
            event(72, "stack", "UPDATE_ROLLBACK_COMPLETE"),
            *committed(111),
            event(203.6, "stack", "UPDATE_IN_PROGRESS", "User Initiated"),
            event(203.7, "table", "UPDATE_IN_PROGRESS"),
            event(204.8, "table", "UPDATE_COMPLETE"),
            event(205, "stack", "UPDATE_COMPLETE"),
        ]
        self.journal = [
            entry(129, "Bake passed", "watching"),
            entry(203.5, "watch vetoed", "held", VETO),
            entry(206, "restored, verified", "held", "Table and indexes have the capacity of before"),
        ]
        self.alarms = [alarm(0.5, "OK"), alarm(67, "ALARM"), alarm(75, "OK")]
        metric = {"Namespace": "AWS/DynamoDB", "MetricName": "WriteThrottleEvents"}
        table_name = {"Name": "TableName", "Value": "Conversations"}
        index_name = {"Name": "GlobalSecondaryIndexName", "Value": INDEX}
        self.described = [
            {
                "AlarmName": ALARM,
                "Metrics": [
                    {"Id": "w", "MetricStat": {"Metric": {**metric, "Dimensions": [table_name, index_name]}}},
                    {"Id": "e", "Expression": "FILL(w, 0)"},
                ],
            },
            {"AlarmName": "table-throttled", **metric, "Dimensions": [table_name]},
        ]
        self.tables = [
            {"at": at(minute), "table": answer}
            for minute, answer in [
                (2, table("PROVISIONED", 3840)),
                (14.5, table("PROVISIONED", 4800)),
                (32, table("PROVISIONED", 4800, warming=True)),
                (33.5, table("PROVISIONED", 4800)),
                (34.2, table(status="UPDATING", index_status="UPDATING")),
                (35.2, table()),
                (62.2, table("PROVISIONED", 5000, status="UPDATING", index_status="UPDATING")),
                (62.9, table("PROVISIONED", 5000)),
                (69.2, table(status="UPDATING", index_status="UPDATING")),
                (70.5, table(index_status="UPDATING")),
                (71.0, table()),
                (114.2, table("PROVISIONED", 4000, status="UPDATING", index_status="UPDATING")),
                (114.9, table("PROVISIONED", 4000)),
                (203.8, table(status="UPDATING", index_status="UPDATING")),
                (204.5, table()),
            ]
        ]
        self.minutes = [
            {
                "minute": at(minute),
                "kind": "minute",
                "dimension": f"{resource}/write",
                "demand": 6000.0 if 63 <= minute < 74 else 4000.0 + minute,
                "served": 5000.0 if 63 <= minute < 70 else 6000.0 if 70 <= minute < 74 else 4000.0 + minute,
                "ceiling": 5000.0 if 62 <= minute < 70 else 6240.0 if minute >= 34 else 4800.0,
                "ceiling_kind": "provisioned" if minute < 34 or 62 <= minute < 70 else "on-demand",
                "throttle_events": 60_000 if 63 <= minute < 70 else 0,
            }
            for minute in range(81)
            for resource in ("table", f"index/{INDEX}")
        ]
        self.minutes += [
            {
                "minute": at(minute),
                "kind": "minute",
                "dimension": f"{resource}/write",
                "demand": 5_500.0,
                "served": 4_000.0 if is_throttled else 5_500.0,
                "ceiling": 4_000.0 if minute < 205 else 6_240.0,
                "ceiling_kind": "provisioned" if minute < 205 else "on-demand",
                "throttle_events": 90_000 if is_throttled else 0,
            }
            for minute in range(180, 212)
            for resource in (f"index/{INDEX}", "table")
            for is_throttled in [resource != "table" and 200 <= minute < 205]
        ]

    def write(self) -> Path:
        """Write every file and return the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for step, text in self.outputs.items():
            (self.folder / f"{step}.txt").write_text(text)
        for name, items in (
            ("commands.json", self.commands),
            ("stack-events.json", self.events),
            ("alarm-history.json", self.alarms),
            ("alarms.json", self.described),
            ("journal.json", self.journal),
        ):
            (self.folder / name).write_text(json.dumps(items))
        for name, items in (("tables.jsonl", self.tables), ("traffic.jsonl", self.minutes)):
            (self.folder / name).write_text("".join(json.dumps(item) + "\n" for item in items))
        return self.folder
