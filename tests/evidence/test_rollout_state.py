"""What became of a change: the same after a round trip, valid by the schema, wrong fields refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from capacity_guard.capacity import InputError
from capacity_guard.capacity.transition import Change
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.evidence.rollout_state import Outcome, RolloutState
from tests.builders.cases import baseline, deployed, on_demand
from tests.builders.domain import DIMENSIONS, times

SCHEMA = json.loads(
    (resources.files("capacity_guard.evidence") / "schemas" / "baseline-2.schema.json").read_text()
)
VALIDATOR = Draft202012Validator(
    {"$ref": "#/$defs/rollout", "$defs": SCHEMA["$defs"]},
)
KINDS = [change for change in Change if change not in (Change.NONE, Change.CREATED)]
AT = datetime(2026, 7, 9, 6, tzinfo=UTC)


@st.composite
def states(draw: st.DrawFn) -> RolloutState:
    outcome = draw(st.sampled_from(Outcome))
    return RolloutState(
        outcome,
        draw(st.from_regex(r"[0-9a-f]{10}", fullmatch=True)),
        draw(st.dictionaries(st.sampled_from(DIMENSIONS), st.sampled_from(KINDS))),
        draw(times),
        draw(st.none() | times),
        draw(st.integers(0, 20_160)),
        draw(st.dictionaries(st.sampled_from(["table", "index/by_agent"]), st.integers(0, 9))),
        "a reason" if outcome is Outcome.ACCEPTED else None,
    )


@given(states())
def test_state_when_written_and_read_is_the_same_and_valid(state: RolloutState) -> None:
    data = json.loads(json.dumps(state.to_json()))
    VALIDATOR.validate(data)
    assert RolloutState.from_json(data, "o.json: rollout") == state


def test_baseline_keeps_it(tmp_path: Path) -> None:
    state = RolloutState(Outcome.SETTLED, "0123456789", {DIMENSIONS[0]: Change.LOWER}, AT)
    path = tmp_path / "conversations.json"
    replace(baseline(deployed(on_demand())), rollout=state).save(path)
    Draft202012Validator(SCHEMA).validate(json.loads(path.read_text()))
    assert Baseline.load(path, traffic=False).rollout == state


def wrong(**fields: Any) -> dict[str, Any]:
    state = RolloutState(Outcome.SETTLED, "0123456789", {DIMENSIONS[0]: Change.LOWER}, AT)
    return {**state.to_json(), **fields}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"version": 2}, "version"),
        ({"version": True}, "version"),
        ({"version": None}, "version"),
        ({"more": 1}, "more"),
        ({"state": "done"}, "state"),
        ({"state": ["settled"]}, "state"),
        ({"fingerprint": "xyz"}, "fingerprint"),
        ({"changes": {"table/writes": "lower"}}, "changes.table/writes"),
        ({"changes": {"table/write": "none"}}, "changes.table/write"),
        ({"changes": None}, "changes"),
        ({"at": "yesterday"}, "at"),
        ({"baked_at": 7}, "baked_at"),
        ({"quiet_minutes": -1}, "quiet_minutes"),
        ({"quiet_minutes": True}, "quiet_minutes"),
        ({"noise": {"table": -1}}, "noise.table"),
        ({"noise": {"table": "1"}}, "noise.table"),
        ({"reason": "why"}, "reason"),
        ({"state": "accepted"}, "reason"),
        ({"state": "accepted", "reason": " "}, "reason"),
    ],
)
def test_state_when_a_field_is_wrong_names_it(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        RolloutState.from_json(wrong(**fields), "o.json: rollout")
    assert caught.value.location == f"o.json: rollout.{field}"
    if "more" not in fields:
        assert not VALIDATOR.is_valid(wrong(**fields))


def test_newer_version_is_refused_before_its_fields_are() -> None:
    with pytest.raises(InputError, match="Install a newer capacity-guard"):
        RolloutState.from_json({"version": 2, "stage": "half"}, "o.json: rollout")


def test_table_that_does_not_exist_yet_has_none(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    NewTable("orders").save(path)
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, "rollout": wrong()}))
    with pytest.raises(InputError, match="rollout: is given for a table that does not exist yet"):
        Baseline.load(path)


def test_changes_of_a_capacity_are_named_in_files_as_in_transitions() -> None:
    assert {change.value for change in KINDS} == set(
        SCHEMA["$defs"]["rollout"]["properties"]["changes"]["additionalProperties"]["enum"]
    )
