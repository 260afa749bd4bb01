"""Answers as plain data: read back as they were, refused with the place where they are malformed."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from capacity_guard.capacity import InputError
from capacity_guard.findings import Findings, JudgedTable
from capacity_guard.findings.answers_json import answer_json, read_answer
from capacity_guard.rules import Answer, Case, Finding, evaluate, find_answers
from tests.rules.test_answers import incident


class Judged(NamedTuple):
    case: Case
    found: tuple[Finding, ...]
    answers: tuple[Answer, ...]


@pytest.fixture(scope="module")
def judged() -> Judged:
    """The incident; a fixture, because each worker that collects this module would judge it otherwise."""
    case = incident()
    found = evaluate(case)
    return Judged(case, found, find_answers(case, found))


def test_answers_when_written_and_read_are_the_same_to_the_cent(judged: Judged) -> None:
    for answer in judged.answers:
        data = json.loads(json.dumps(answer_json(answer, judged.found)))
        again = read_answer(data, "f", len(judged.found))
        assert answer_json(again, judged.found) == answer_json(answer, judged.found)
        assert again.findings == answer.findings
        assert [[step.capacity for step in way.steps] for way in again.alternatives] == [
            [step.capacity for step in way.steps] for way in answer.alternatives
        ]


def test_document_with_answers_is_what_its_schema_describes(judged: Judged) -> None:
    schema = json.loads((resources.files("capacity_guard.findings") / "findings-1.schema.json").read_text())
    found = Findings(judged.case.now, (JudgedTable("S/T", None, judged.found, answers=judged.answers),))
    Draft202012Validator(schema).validate(json.loads(found.to_json()))
    assert set(answer_json(judged.answers[0], judged.found)) == set(schema["$defs"]["answer"]["properties"])


def test_file_when_it_holds_answers_gives_them_back(judged: Judged, tmp_path: Any) -> None:
    found = Findings(judged.case.now, (JudgedTable("S/T", None, judged.found, answers=judged.answers),))
    (table,) = Findings.read(found.write(tmp_path)).tables
    assert [answer.findings for answer in table.answers] == [answer.findings for answer in judged.answers]
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
def test_malformed_answer_is_one_error_with_its_place(judged: Judged, change: dict[str, Any]) -> None:
    data = {**answer_json(judged.answers[0], judged.found), **change}
    with pytest.raises(InputError, match="tables"):
        read_answer(data, "file: tables[0].answers[0]", len(judged.found))


@pytest.mark.parametrize("value", [None, [], "a", {}])
def test_what_is_no_answer_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        read_answer(value, "file", 3)


def test_answer_without_deployments_is_its_text(judged: Judged) -> None:
    data = answer_json(Answer((0,), text="record it"), judged.found)
    assert (data["text"], data["alternatives"]) == ("record it", [])
    assert read_answer(data, "f", 1) == Answer((0,), text="record it")
