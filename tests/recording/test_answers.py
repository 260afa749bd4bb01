"""Answers of the AWS CLI in files. What a recording makes of them: ``test_from_template.py``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capacity_guard.capacity import AutoScaling, Dimension, InputError
from capacity_guard.recording.answers import LiveAnswers
from tests.fakes.recording_aws import NAME, Services

WRITE = Dimension(None, "write")


def write(folder: Path, name: str, content: object) -> Path:
    file = folder / name
    file.write_text(json.dumps(content, default=datetime.isoformat))
    return file


def test_answers_when_scaling_is_given_state_the_live_capacity(tmp_path: Path) -> None:
    services = Services()
    services.scale(f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", 100, 800, 55.5)
    services.scale("table/Users", "dynamodb:table:WriteCapacityUnits", 1, 2, 70)
    files = [
        write(tmp_path, "policies.json", {"ScalingPolicies": services.policies}),
        write(tmp_path, "targets.json", {"ScalableTargets": services.targets}),
        write(tmp_path, "table.json", {"Table": services.table}),
    ]
    answers = LiveAnswers.load(files, NAME)
    assert answers.table is not None
    assert answers.table.capacity.throughput(WRITE) == AutoScaling(100, 800, 55.5)
    assert answers.given == {"Table", "ScalableTargets", "ScalingPolicies"}
    alone = LiveAnswers.load(files[2:], NAME)
    assert alone.table is not None
    assert alone.table.capacity.throughput(WRITE) == 200


def test_answers_when_none_is_given_state_nothing(tmp_path: Path) -> None:
    answers = LiveAnswers.load([], NAME)
    assert (answers.table, answers.given, answers.files) == (None, frozenset(), ())


@pytest.mark.parametrize(
    "time", ["2026-07-01T14:00:00+02:00", "2026-07-01T12:00:00Z", 1782907200, 1782907200.9]
)
def test_time_of_the_cli_is_read_in_each_form(time: object, tmp_path: Path) -> None:
    table = Services().table
    table["BillingModeSummary"] = {"BillingMode": "PROVISIONED", "LastUpdateToPayPerRequestDateTime": time}
    answers = LiveAnswers.load([write(tmp_path, "table.json", {"Table": table})], NAME)
    assert answers.table is not None
    assert answers.table.history.last_switch_to_on_demand == datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("time", ["2026-07-01T14:00:00", "soon", 1e15, True, None, []])
def test_time_that_is_none_is_one_error(time: object, tmp_path: Path) -> None:
    table = {**Services().table, "BillingModeSummary": {"LastUpdateToPayPerRequestDateTime": time}}
    with pytest.raises(InputError, match="is not a time"):
        LiveAnswers.load([write(tmp_path, "table.json", {"Table": table})], NAME)
