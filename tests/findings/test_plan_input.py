"""PlanInput: stored in capacity-guard.json, and refused when malformed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.findings import Findings, JudgedTable, PlanInput
from tests.builders.findings import INDEX, NOW, PLANNED


def test_findings_when_a_table_can_be_planned_are_read_back_the_same(tmp_path: Path) -> None:
    found = Findings(NOW, (JudgedTable("Stack/Conversations", None, (INDEX,), PLANNED),))
    assert Findings.read(found.write(tmp_path)) == found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("table", 1),
        ("baseline", None),
        ("fingerprint", 7),
        ("region", 3),
        ("rollout", {}),
        ("margins", {"headroom": 0}),
        ("margins", {"unknown": 1}),
        ("declared", None),
    ],
)
def test_findings_when_a_plan_is_spoilt_name_the_field(tmp_path: Path, field: str, value: object) -> None:
    file = Findings(NOW, (JudgedTable("Stack/Conversations", None, (), PLANNED),)).write(tmp_path)
    data = json.loads(file.read_text())
    data["tables"][0]["plan"][field] = value
    file.write_text(json.dumps(data))
    with pytest.raises(InputError) as caught:
        Findings.read(file)
    assert "plan" in str(caught.value) or "Margins" in str(caught.value)


def test_plan_input_is_the_same_after_a_round_trip() -> None:
    for planned in (PLANNED, replace(PLANNED, region=None, new="conversations", baseline="")):
        assert PlanInput.from_json(json.loads(json.dumps(planned.to_json())), "plan") == planned
    with pytest.raises(InputError, match="plan: is not an object"):
        PlanInput.from_json([], "plan")
