"""The record of a run: it matches its schema, in the library that knows JSON Schema too, or it is not written."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from capacity_guard.capacity.errors import InputError
from live import record
from live.hypotheses import Verdicts

ACCOUNT = "123456789012"
REGION = "eu-west-1"
AT = datetime(2026, 7, 9, 12, 0, tzinfo=UTC)


def passed_record() -> dict[str, Any]:
    data = record.new_record("0123abcd", ACCOUNT, REGION, None, False, AT)
    data |= {"outcome": "passed", "ended": "2026-07-09T13:00:00Z", "cleaned_up": True}
    data["rounds"] = [
        {
            "name": "first switch",
            "started": "2026-07-09T12:00:00Z",
            "seconds": 300.5,
            "exit_code": 0,
            "vetoed": False,
            "reason": None,
            "switches": [
                {"table": "Global", "to": "on-demand", "started": "2026-07-09T12:01:00Z", "seconds": None}
            ],
        }
    ]
    data["alarms"] = {
        "overload_started": None,
        "overload_ended": None,
        "items_written": 1,
        "items_refused": 2,
        "throttled_minutes": ["2026-07-09T12:40:00Z"],
        "candidates": {"guard": {"fired": 250.0, "cleared": None, "refused": None}},
        "readings": ["guard: ..."],
    }
    data["restored"] = {"Global": {"equal": True, "before": {}, "after": {}, "seconds": 12.0}}
    data["hypotheses"] = Verdicts().to_json()
    return data


def test_record_when_it_is_complete_fits_its_schema_and_is_written_once_a_day(tmp_path: Path) -> None:
    data = passed_record()
    jsonschema.validate(data, json.loads(record.SCHEMA.read_text()))
    assert record.write(data, tmp_path).name == "2026-07-09.json"
    assert record.write(data, tmp_path).name == "2026-07-09-0123abcd.json"
    assert json.loads((tmp_path / "2026-07-09.json").read_text()) == data
    assert ACCOUNT not in (tmp_path / "2026-07-09.json").read_text()


BROKEN: dict[str, tuple[list[str | int], Any]] = {
    "version": (["version"], 2),
    "outcome": (["outcome"], "running"),
    "system": (["system"], "elsewhere"),
    "rounds": (["rounds"], {}),
    "table": (["rounds", 0, "switches", 0, "table"], "Other"),
    "seconds": (["rounds", 0, "seconds"], "long"),
    "boolean for a number": (["rounds", 0, "exit_code"], True),
    "alarms": (["alarms", "candidates", "guard"], {}),
    "verdict": (["hypotheses", 0, "verdict"], "perhaps"),
    "unknown": (["more"], 1),
}


@pytest.mark.parametrize("case", BROKEN)
def test_record_when_a_member_is_wrong_is_not_written(case: str, tmp_path: Path) -> None:
    path, value = BROKEN[case]
    data = copy.deepcopy(passed_record())
    member: Any = data
    for step in path[:-1]:
        member = member[step]
    member[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json.loads(record.SCHEMA.read_text()))
    with pytest.raises(InputError):
        record.write(data, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_time_text_when_given_a_time_is_utc_to_the_second_and_none_stays_none() -> None:
    time = datetime(2026, 7, 9, 14, 0, 1, 999_999, timezone(timedelta(hours=2)))
    assert record.time_text(time) == "2026-07-09T12:00:01Z"
    assert record.time_text(None) is None
