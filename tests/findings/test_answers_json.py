"""Answers as plain data: read back as they were, refused with the place where they are malformed."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from capacity_guard.capacity import InputError
from capacity_guard.findings import Findings, JudgedTable
from capacity_guard.findings.answers_json import answer_json, read_answer
from capacity_guard.rules import Answer, evaluate, find_answers
from tests.rules.test_answers import incident

JUDGED = incident()
FOUND = evaluate(JUDGED)
ANSWERS = find_answers(JUDGED, FOUND)


def test_answers_when_written_and_read_are_the_same_to_the_cent() -> None:
    for answer in ANSWERS:
        data = json.loads(json.dumps(answer_json(answer, FOUND)))
        again = read_answer(data, "f", len(FOUND))
        assert answer_json(again, FOUND) == answer_json(answer, FOUND)
        assert again.findings == answer.findings
        assert [[step.capacity for step in way.steps] for way in again.alternatives] == [
            [step.capacity for step in way.steps] for way in answer.alternatives
        ]


def test_document_with_answers_is_what_its_schema_describes() -> None:
    schema = json.loads((resources.files("capacity_guard.findings") / "findings-1.schema.json").read_text())
    found = Findings(JUDGED.now, (JudgedTable("S/T", None, FOUND, answers=ANSWERS),))
    Draft202012Validator(schema).validate(json.loads(found.to_json()))
    assert set(answer_json(ANSWERS[0], FOUND)) == set(schema["$defs"]["answer"]["properties"])


def test_file_when_it_holds_answers_gives_them_back(tmp_path: Any) -> None:
    found = Findings(JUDGED.now, (JudgedTable("S/T", None, FOUND, answers=ANSWERS),))
    (table,) = Findings.read(found.write(tmp_path)).tables
    assert [answer.findings for answer in table.answers] == [answer.findings for answer in ANSWERS]
    assert Findings.read(found.write(tmp_path)).to_json() == found.to_json()


@pytest.mark.parametrize(
    "change",
    [
        {"findings": []},
        {"findings": [99]},
        {"findings": [True]},
        {"findings": "0"},
        {"text": 5},
        {"prices": None},
        {"alternatives": [{"name": "a"}]},
        {"alternatives": [{"name": "a", "change_window": None, "record": "r", "deployments": []}]},
        {"alternatives": [{"name": "a", "change_window": 3, "record": "r", "deployments": [{}]}]},
        {"alternatives": 7},
    ],
)
def test_malformed_answer_is_one_error_with_its_place(change: dict[str, Any]) -> None:
    data = {**answer_json(ANSWERS[0], FOUND), **change}
    with pytest.raises(InputError, match="tables"):
        read_answer(data, "file: tables[0].answers[0]", len(FOUND))


@pytest.mark.parametrize("value", [None, [], "a", {}])
def test_what_is_no_answer_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        read_answer(value, "file", 3)


def test_answer_without_deployments_is_its_text() -> None:
    data = answer_json(Answer((0,), text="record it"), FOUND)
    assert (data["text"], data["alternatives"]) == ("record it", [])
    assert read_answer(data, "f", 1) == Answer((0,), text="record it")
