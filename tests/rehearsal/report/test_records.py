"""Raw records: a file that cannot be read is named; command, table and events of a step are found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.rehearsal.report.records import Records
from tests.builders.rehearsal_records import ALARM, INDEX, START, Raw


def load(raw: Raw) -> Records:
    return Records.load(raw.write())


@pytest.mark.parametrize("name", ["commands.json", "stack-events.json", "alarm-history.json", "tables.jsonl"])
@pytest.mark.parametrize("content", [None, "{", '{"a": 1}', "[1]\n"])
def test_load_when_a_file_is_missing_or_malformed_names_it(raw: Raw, name: str, content: str | None) -> None:
    folder = raw.write()
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises(InputError, match=name):
        Records.load(folder)


def test_load_when_a_moment_has_no_time_zone_names_the_field(raw: Raw) -> None:
    raw.commands[0]["started"] = "2026-07-09T15:40:00"
    with pytest.raises(InputError, match=r"commands.json: started"):
        load(raw)


def test_load_when_the_output_of_a_command_is_missing_names_the_entry(raw: Raw) -> None:
    folder = raw.write()
    (folder / "floor.txt").unlink()
    with pytest.raises(InputError, match=r"commands.json: entry 3"):
        Records.load(folder)


def test_command_of_a_step_is_its_last_and_an_unknown_step_is_refused(raw: Raw) -> None:
    records = load(raw)

    assert records.command("refused").exit_code == 1
    assert records.command("floor").output == "ok"
    with pytest.raises(InputError, match=r"commands\.json: has no command of step 'none'"):
        records.command("none")


def test_table_at_a_time_is_the_last_answer_before_it(raw: Raw) -> None:
    records = load(raw)

    assert records.table_at(START + timedelta(minutes=20)).capacity()["table"]["write"] == 4800
    assert records.table_at(START + timedelta(minutes=32.5)).is_warming()
    assert not records.table_at(START + timedelta(minutes=70.6)).is_active()
    with pytest.raises(InputError, match=r"tables\.jsonl: holds no answer from before"):
        records.table_at(START)


def test_alarms_are_of_the_resource_that_their_metrics_name(raw: Raw) -> None:
    assert load(raw).alarm_resources == {ALARM: f"index/{INDEX}", "table-throttled": "table"}
