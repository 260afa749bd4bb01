"""Answers of AWS about a live table in files, as the AWS CLI prints them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..capacity.errors import InputError
from ..capacity.plain_data import utc_time
from ..dynamodb.describe_table import LiveTable
from ..evidence.files import LARGEST_TEXT, displayed_path, read_limited
from ..evidence.strict_json import json_from
from .live_table import RecordedTable, in_order, recorded_table

TABLE, TARGETS, POLICIES, ACTIONS = "Table", "ScalableTargets", "ScalingPolicies", "ScheduledActions"
ANSWERS = {
    TABLE: "dynamodb describe-table",
    TARGETS: "application-autoscaling describe-scalable-targets",
    POLICIES: "application-autoscaling describe-scaling-policies",
    ACTIONS: "application-autoscaling describe-scheduled-actions",
}
"""The command of the AWS CLI for each answer, by the member by which the answer is recognized (API references)."""
SCALING = (TARGETS, POLICIES, ACTIONS)
_REMEDY = "Give what the AWS CLI prints, as JSON; `capacity-guard docs recording` lists the commands"
_TIMES = ("StartTime", "EndTime")


@dataclass(frozen=True)
class LiveAnswers:
    """What the given answers state of one table.

    Attributes:
        table: the live table, ``None`` without an answer of DescribeTable. Its auto scaling is that of the other answers.
        given: which answers were given.
        files: the files of all answers.
    """

    table: RecordedTable | None
    given: frozenset[str]
    files: tuple[Path, ...]

    @staticmethod
    def load(files: Sequence[Path], name: str) -> LiveAnswers:
        """Read answers.

        Args:
            files: files with an answer each. Answers of DescribeTable about other tables are passed over, so that all tables
                of a template can be recorded with the same files.
            name: name of the table.

        Raises:
            InputError: a file cannot be read, is no such answer or only a part of one, or what it states is not a capacity.
        """
        found: dict[str, tuple[str, Any]] = {}
        others: list[str] = []
        for file in files:
            kind, answer = _answer(file)
            if kind == TABLE and answer.get("TableName") != name:
                others.append(f"{displayed_path(file)} is about table {answer.get('TableName')}")
                continue
            if kind in found:
                raise InputError(
                    f"--answers {file}",
                    f"states {kind} a second time, after {found[kind][0]}",
                    "Give each answer once",
                )
            found[kind] = (displayed_path(file), answer)
        if others and TABLE not in found:
            raise InputError(
                "--answers", f"{others[0]}, and none is about {name}", f"Give the one that is about {name}"
            )
        given = frozenset(found)
        if TABLE not in found and given:
            raise InputError(
                f"--answers {next(iter(found.values()))[0]}",
                "states auto scaling, and no answer of DescribeTable is given",
                f"Give the answer of aws {ANSWERS[TABLE]} too",
            )
        if (TARGETS in given) != (POLICIES in given):
            raise InputError(
                "--answers",
                f"states {TARGETS if TARGETS in given else POLICIES} alone: auto scaling is both",
                f"Give the answers of aws {ANSWERS[TARGETS]} and aws {ANSWERS[POLICIES]}",
            )
        return LiveAnswers(_table(found) if TABLE in found else None, given, tuple(files))


def _answer(file: Path) -> tuple[str, Any]:
    """An answer in a file, with the member by which it is recognized."""
    option, name = f"--answers {file}", displayed_path(file)
    try:
        data = json_from(read_limited(file, LARGEST_TEXT), name, _REMEDY)
    except OSError as error:
        raise InputError(option, f"cannot be read ({error.strerror or error})", "Check the path") from None
    kinds = [kind for kind in ANSWERS if isinstance(data, Mapping) and kind in data]
    if len(kinds) != 1 or not isinstance(data, Mapping):
        raise InputError(name, f"has not one of {', '.join(ANSWERS)}", _REMEDY)
    kind = kinds[0]
    if data.get("NextToken"):
        raise InputError(name, "is a part of an answer: NextToken", "Let the AWS CLI read all pages")
    expected, word = (Mapping, "an object") if kind == TABLE else (list, "a list")
    if not isinstance(data[kind], expected):
        raise InputError(f"{name}: {kind}", f"is not {word}", _REMEDY)
    return kind, _with_times(data[kind], name)


def _with_times(data: Any, location: str) -> Any:
    """An answer with its times as boto3 gives them. The AWS CLI prints ISO 8601, its version 1 seconds since 1970."""
    if isinstance(data, list):
        return [_with_times(item, location) for item in data]
    if not isinstance(data, Mapping):
        return data
    return {
        key: _time(value, f"{location}: {key}")
        if key.endswith("DateTime") or key in _TIMES
        else _with_times(value, location)
        for key, value in data.items()
    }


def _time(value: object, location: str) -> datetime:
    if isinstance(value, str):
        time = utc_time(value)
        if time is not None:
            return time
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, OSError, ValueError):
            pass
    raise InputError(location, f"{value!r} is not a time", _REMEDY)


def _table(found: Mapping[str, tuple[str, Any]]) -> RecordedTable:
    name, data = found[TABLE]
    try:
        table = in_order(LiveTable.of(data))
        if TARGETS in found:
            keys = table.keys_by_resource_id()
            table = table.with_scaling(
                *(list(_of_table(found.get(kind, ("", ()))[1], keys)) for kind in SCALING)
            )
        return recorded_table(data, table if table.scaling is not None else replace(table, scaling={}))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            name, f"is not a complete answer ({type(error).__name__}: {error})", _REMEDY
        ) from None


def _of_table(entries: Iterable[Any], keys: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Entries of the table: the AWS CLI lists those of all tables where no resource is named."""
    return (entry for entry in entries if entry.get("ResourceId") in keys)


__all__ = ["ACTIONS", "ANSWERS", "POLICIES", "SCALING", "TABLE", "TARGETS", "LiveAnswers"]
