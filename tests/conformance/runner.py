"""Judge one system by one row, as README.md defines the rows. The systems are in other modules."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from tests.conformance.rows import Row

_STEP_SECONDS = 5.0
NO_MEMBERS: Mapping[str, Any] = {}
_run = itertools.count(1)


class Refused(Exception):
    """A system refused a call: error code and message of the service."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class RowError(AssertionError):
    """A system disagrees with a row."""


class System(Protocol):
    """What is judged by the rows."""

    @property
    def region(self) -> str:
        """Region of everything, for example eu-west-1."""

    @property
    def account(self) -> str:
        """Account id."""

    def now(self) -> float:
        """The system's time in seconds since 1970."""

    def forward(self, seconds: float) -> None:
        """Let time pass."""

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make a call by its API name. Raises Refused."""

    def make_stack(
        self, name: str, resources: Mapping[str, Mapping[str, Any]], *, ends: str = "CREATE_COMPLETE"
    ) -> None:
        """Make a stack and wait until its status is `ends`: resources by logical id with `type` and `properties`."""

    def update_stack(
        self,
        stack: str,
        resources: Mapping[str, Mapping[str, Any]],
        *,
        ends: str = "UPDATE_COMPLETE",
        request: Mapping[str, Any] = NO_MEMBERS,
    ) -> None:
        """Update a stack to other resources and wait until its status is `ends`; `request`: more members of UpdateStack."""

    def make_change_set(
        self, stack: str, name: str, resources: Mapping[str, Mapping[str, Any]], *, execute: bool
    ) -> None:
        """Make a change set of a stack to other resources; `execute`: execute it and wait for UPDATE_COMPLETE."""

    def make_evaluation(self, alarm: str, state: str) -> None:
        """Set the EvaluationState that the next DescribeAlarms shows of an alarm."""


def run(row: Row, system: System) -> None:
    """Judge a system by a row. Raises RowError where it disagrees, with the expected and the actual answer."""
    _Run(row, system).judge()


class _Run:
    def __init__(self, row: Row, system: System) -> None:
        self.row = row
        self.system = system
        # a name of its own for each run, so that rows of one emulator do not share resources
        unique = f"{row.id[:80]}-{next(_run)}"
        self.names = {
            "table": f"table-{unique}",
            "stack": f"stack-{unique}",
            "alarm": f"alarm-{unique}",
            "region": system.region,
            "account": system.account,
        }
        self.minute = system.now() // 60 * 60

    def judge(self) -> None:
        for step in self.row.state:
            ((kind, what),) = step.items()
            try:
                getattr(self, f"_{kind}")(what)
            except Refused as refusal:
                raise self.wrong(f"step {kind} {what!r} was refused with {refusal}") from refusal
        if "error" in self.row.expect:
            self._refusal(self.row.expect["error"])
        elif "seconds" in self.row.expect:
            self._in_time(*self.row.expect["seconds"])
        else:
            faults = self._faults()
            if faults:
                raise self.wrong("; ".join(faults))

    def wrong(self, what: str) -> RowError:
        return RowError(f"{self.row.id} ({self.row.source}: {self.row.about}): {what}")

    # --- expectations

    def _refusal(self, expected: Mapping[str, str]) -> None:
        before = self._described()
        try:
            answer = self._made(self.row.call)
        except Refused as refusal:
            if refusal.code != expected["code"]:
                raise self.wrong(f"refused with {refusal}, not with {expected['code']}") from refusal
            if not self._agrees(expected, refusal.message):
                raise self.wrong(f"says {refusal.message!r}, not {expected!r}") from refusal
            if self._described() != before:
                raise self.wrong("the refused call changed the table") from refusal
            return
        raise self.wrong(f"accepted, not refused with {expected['code']}: {answer!r}")

    def _agrees(self, expected: Mapping[str, str], message: str) -> bool:
        if "message_matches" in expected:
            return re.fullmatch(self._resolved(expected["message_matches"]), message) is not None
        if "message_starts" in expected:
            return message.startswith(self._resolved(expected["message_starts"]))
        return message == str(self._resolved(expected["message"]))

    def _described(self) -> Any:
        if (self.row.call["service"], self.row.call["operation"]) != ("dynamodb", "UpdateTable"):
            return None
        try:
            table = self.row.call["parameters"]["TableName"]
            return self._made(
                {"service": "dynamodb", "operation": "DescribeTable", "parameters": {"TableName": table}}
            )["Table"]
        except Refused:
            return None

    def _in_time(self, begin: float, end: float) -> None:
        began = self.system.now()
        self.system.forward(begin)
        if not self._faults():
            raise self.wrong(f"so already {self.system.now() - began:.1f} s after the state was made")
        self.system.forward(max(began + end - self.system.now(), 0))
        faults = self._faults()
        if faults:
            raise self.wrong(
                f"{self.system.now() - began:.1f} s after the state was made: {'; '.join(faults)}"
            )

    def _faults(self) -> list[str]:
        try:
            answer = self._made(self.row.call)
        except Refused as refusal:
            return [f"refused with {refusal}"]
        return list(self._compare(self.row.expect["answer"], answer, "answer"))

    def _compare(self, expected: Any, found: Any, where: str) -> Sequence[str]:
        if isinstance(expected, Mapping):
            marker = next((key for key in expected if key.startswith("$")), None)
            if marker is not None:
                return self._compare_marked(marker, expected[marker], found, where)
            if not isinstance(found, Mapping):
                return [f"{where} is {found!r}"]
            faults: list[str] = []
            for key, value in expected.items():
                faults += self._compare(value, found.get(key, _ABSENT), f"{where}.{key}")
            return faults
        of_objects = isinstance(expected, list) and all(isinstance(entry, Mapping) for entry in expected)
        if of_objects and expected and "$minute" not in expected[0]:
            return self._compare_among(expected, found, where)
        if isinstance(expected, list):
            if not isinstance(found, Sequence) or isinstance(found, str) or len(found) != len(expected):
                return [f"{where} is {found!r}, not {expected!r}"]
            return [
                fault
                for position, (value, other) in enumerate(zip(expected, found, strict=True))
                for fault in self._compare(value, other, f"{where}[{position}]")
            ]
        if isinstance(expected, str):
            expected = self._resolved(expected)
        if isinstance(expected, bool):
            return [] if found is expected else [f"{where} is {found!r}, not {expected!r}"]
        if isinstance(expected, int | float):
            same = (
                isinstance(found, int | float)
                and not isinstance(found, bool)
                and math.isclose(found, expected, abs_tol=1e-9)
            )
            return [] if same else [f"{where} is {found!r}, not {expected!r}"]
        return [] if found == expected else [f"{where} is {found!r}, not {expected!r}"]

    def _compare_among(self, expected: list[Any], found: Any, where: str) -> Sequence[str]:
        if found is _ABSENT:
            return [f"{where} is absent"]
        faults: list[str] = []
        for entry in expected:
            closest = min(
                (self._compare(entry, other, where) for other in found),
                key=len,
                default=[f"{where} is empty"],
            )
            faults += closest
        return faults

    def _compare_marked(self, marker: str, value: Any, found: Any, where: str) -> Sequence[str]:
        if marker == "$absent":
            return [] if found is _ABSENT else [f"{where} is {found!r}, not absent"]
        if found is _ABSENT:
            return [f"{where} is absent"]
        if marker == "$present":
            return []
        if marker == "$only":
            if len(found) != len(value):
                return [f"{where} has {len(found)} entries, not {len(value)}"]
            return self._compare_among(value, found, where)
        if marker == "$one_of":
            return [] if found in value else [f"{where} is {found!r}, none of {value!r}"]
        if marker == "$first":
            return self._compare(value, found[0] if found else _ABSENT, f"{where}[0]")
        if marker == "$none":
            matching = [entry for entry in found if not self._compare(value, entry, where)]
            return [f"{where} has {matching[0]!r}"] if matching else []
        if marker == "$starts":
            text = self._resolved(value)
            agrees = isinstance(found, str) and found.startswith(text)
            return [] if agrees else [f"{where} is {found!r}, which does not start with {text!r}"]
        time = seconds_of(found)
        if marker == "$minute":
            wanted = self.minute + 60 * value
            return [] if abs(time - wanted) < 0.001 else [f"{where} is {time}, not {wanted}"]
        if marker == "$seconds_ago":
            age = self.system.now() - time
            return [] if value[0] <= age <= value[1] else [f"{where} is {age:.1f} s ago, not {value}"]
        raise self.wrong(f"{marker} is not a marker: see README.md")

    # --- values and calls

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, str):
            for name, text in self.names.items():
                value = value.replace("{" + name + "}", text)
            return value
        if isinstance(value, Mapping):
            if set(value) == {"$minute"}:
                return datetime.fromtimestamp(self.minute + 60 * value["$minute"], UTC)
            return {self._resolved(key): self._resolved(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self._resolved(entry) for entry in value]
        return value

    def _made(self, call: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.system.call(call["service"], call["operation"], self._resolved(call["parameters"]))

    # --- steps

    def _call(self, call: Mapping[str, Any]) -> None:
        self._made(call)

    def _after(self, seconds: float) -> None:
        self.system.forward(seconds)

    def _minute(self, seconds: float) -> None:
        now = self.system.now()
        self.system.forward(60 - now % 60 + seconds)
        self.minute = self.system.now() // 60 * 60

    def _utc(self, text: str) -> None:
        hours, minutes, seconds = (int(part) for part in text.split(":"))
        wanted = hours * 3_600 + minutes * 60 + seconds
        self.system.forward((wanted - self.system.now() % 86_400) % 86_400)

    def _settled(self, limit: float, name: str = "{table}") -> None:
        end = self.system.now() + limit
        while True:
            table = self.system.call("dynamodb", "DescribeTable", {"TableName": self._resolved(name)})[
                "Table"
            ]
            indexes = table.get("GlobalSecondaryIndexes") or []
            at_rest = table["TableStatus"] == "ACTIVE" and all(
                index.get("IndexStatus") == "ACTIVE" for index in indexes
            )
            raising = any(
                (resource.get("WarmThroughput") or {}).get("Status") == "UPDATING"
                for resource in [table, *indexes]
            )
            if at_rest and not raising:
                return
            if self.system.now() >= end:
                raise self.wrong(f"the state was not settled {limit} s later: {table!r}")
            self.system.forward(_STEP_SECONDS)

    def _table(self, described: Mapping[str, Any]) -> None:
        indexes = described.get("indexes") or {}
        name = described.get("name", "{table}")
        on_demand = "units" not in described
        request: dict[str, Any] = {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [
                {"AttributeName": attribute, "AttributeType": "S"}
                for attribute in ("id", *(f"{index}_key" for index in indexes))
            ],
            **_capacity(described),
        }
        if indexes:
            request["GlobalSecondaryIndexes"] = [
                {
                    "IndexName": index,
                    "KeySchema": [{"AttributeName": f"{index}_key", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                    **_capacity(members),
                }
                for index, members in indexes.items()
            ]
        self.system.call("dynamodb", "CreateTable", self._resolved(request))
        self._settled(600, name)

    def _stack(self, described: Mapping[str, Any]) -> None:
        self.system.make_stack(
            self.names["stack"],
            self._resolved(described["resources"]),
            ends=described.get("ends", "CREATE_COMPLETE"),
        )

    def _change_set(self, described: Mapping[str, Any]) -> None:
        self.system.make_change_set(
            self.names["stack"],
            described["name"],
            self._resolved(described["resources"]),
            execute=described.get("execute", False),
        )

    def _stack_update(self, described: Mapping[str, Any]) -> None:
        self.system.update_stack(
            self.names["stack"],
            self._resolved(described["resources"]),
            ends=described.get("ends", "UPDATE_COMPLETE"),
            request=self._resolved(described.get("request", {})),
        )

    def _evaluation(self, state: str) -> None:
        self.system.make_evaluation(self.names["alarm"], state)

    def _alarms(self, described: Mapping[str, Any]) -> None:
        """Four alarms on one metric, one for each treatment of missing data, all in the state `before`."""
        for treatment in ("missing", "ignore", "breaching", "notBreaching"):
            name = f"{self.names['alarm']}-{treatment}"
            self.system.call(
                "cloudwatch",
                "PutMetricAlarm",
                {
                    "AlarmName": name,
                    "Namespace": "Conformance",
                    "MetricName": "Points",
                    "Dimensions": [{"Name": "Row", "Value": self.names["table"]}],
                    "Statistic": "Sum",
                    "Period": 60,
                    "EvaluationPeriods": described["periods"],
                    "DatapointsToAlarm": described["to_alarm"],
                    "Threshold": 1.0,
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                    "TreatMissingData": treatment,
                },
            )
            self.system.call(
                "cloudwatch",
                "SetAlarmState",
                {"AlarmName": name, "StateValue": described["before"], "StateReason": "before the row"},
            )

    def _points(self, described: Mapping[str, Any]) -> None:
        values = described["values"].split()
        last = self.minute + 60 * (described.get("end", 0) - 1)
        first = last - 60 * (len(values) - 1)
        data = [
            {
                "MetricName": described["metric"],
                "Dimensions": [
                    {"Name": name, "Value": self._resolved(value)}
                    for name, value in described["dimensions"].items()
                ],
                "Timestamp": datetime.fromtimestamp(first + 60 * position, UTC),
                "Value": 1.0 if sign == "X" else float(sign),
                "Unit": "Count",
            }
            for position, sign in enumerate(values)
            if sign != "-"
        ]
        if data:
            self.system.call(
                "cloudwatch", "PutMetricData", {"Namespace": described["namespace"], "MetricData": data}
            )


_ABSENT = object()


def _capacity(members: Mapping[str, Any]) -> dict[str, Any]:
    """The capacity members of CreateTable."""
    request: dict[str, Any] = {}
    if "units" in members:
        read, write = members["units"]
        request["ProvisionedThroughput"] = {"ReadCapacityUnits": read, "WriteCapacityUnits": write}
    for key, member, names in (
        ("maxima", "OnDemandThroughput", ("MaxReadRequestUnits", "MaxWriteRequestUnits")),
        ("warm", "WarmThroughput", ("ReadUnitsPerSecond", "WriteUnitsPerSecond")),
    ):
        if key in members:
            pairs = zip(names, members[key], strict=True)
            request[member] = {name: value for name, value in pairs if value is not None}
    return request


def seconds_of(time: Any) -> float:
    """A time in an answer, in seconds since 1970."""
    if isinstance(time, datetime):
        return time.timestamp()
    if isinstance(time, str):
        return datetime.fromisoformat(time).timestamp()
    return float(time)
