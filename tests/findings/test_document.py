"""capacity-guard.json: written, read back, and refused when malformed."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from capacity_guard.capacity import InputError
from capacity_guard.findings import FILE_NAME, Findings
from capacity_guard.findings.answer_text import errors_first
from capacity_guard.findings.document import JudgedTable
from tests.builders.cases import on_demand, provisioned
from tests.builders.findings import ACCEPTED, CALM, FOUND, INDEX, STALE


def test_file_when_written_and_read_expects_the_same_findings_and_the_same_bytes(tmp_path: Path) -> None:
    path = FOUND.write(tmp_path)
    assert path.name == FILE_NAME
    assert Findings.read(tmp_path) == Findings.read(path) == FOUND
    first = path.read_bytes()
    assert Findings.read(tmp_path).write(tmp_path).read_bytes() == first
    assert CALM.write(tmp_path) == path
    assert Findings.read(path) == CALM
    assert Findings(None, ()).to_json() == Findings.read(Findings(None, ()).write(tmp_path)).to_json()


def test_file_when_read_by_another_tool_expects_each_finding_with_all_that_a_reader_needs() -> None:
    data = json.loads(FOUND.to_json())
    assert (data["schema"], data["version"], data["judged_at"]) == (
        "capacity-guard/findings",
        1,
        "2026-07-09T15:40:00Z",
    )
    assert [table["path"] for table in data["tables"]] == [
        "Stack/Conversations",
        "Stack/Calm",
        "Stack/Orders",
    ]
    assert data["findings"][1] == {
        "rule": "CG4",
        "level": "ERROR",
        "path": "Stack/Conversations",
        "file": "stacks/conversations.py",
        "line": 12,
        "table": "Conversations",
        "dimension": "index/by_agent/write",
        "subject": "Conversations / by_agent, write",
        "title": "after the switch it serves less than its recorded peak",
        "figures": [
            {"label": "recorded peak", "value": "4,800 writes/s", "note": "Sat 4 Jul 1998 16:31 UTC"},
            {"label": "with margin", "value": "6,240 writes/s", "note": ""},
        ],
        "fix": 'indexes={"by_agent": OnDemand(warm=Units(write=6_300))}',
        "deployments": [],
        "acknowledged": None,
        "page": "docs/rules/CG4.md",
    }


def test_schema_when_it_judges_the_file_accepts_it_and_refuses_one_without_a_field() -> None:
    schema = json.loads((resources.files("capacity_guard.findings") / "findings-1.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for findings in (FOUND, CALM, Findings(None, ())):
        validator.validate(json.loads(findings.to_json()))
    data = json.loads(replace(FOUND, not_judged=("CG1",)).to_json())
    validator.validate(data)
    # no field that the schema does not tell of
    assert set(data) == set(schema["properties"])
    for name in ("tables", "findings"):
        described = set(schema["properties"][name]["items"]["properties"]) - {
            "answers"
        }  # test_answers_json.py
        assert set(data[name][0]) == described
        for field in data[name][0]:
            assert not validator.is_valid(
                {**data, name: [{k: v for k, v in data[name][0].items() if k != field}]}
            )


def test_deployments_of_a_fix_when_read_are_those_that_were_written(tmp_path: Path) -> None:
    steps = (provisioned(2_000), on_demand())
    finding = replace(INDEX, deployments=steps)
    written = Findings(None, (JudgedTable("Stack/Conversations", None, (finding,)),)).to_json()
    assert json.loads(written)["findings"][0]["deployments"] == [step.to_json() for step in steps]
    schema = json.loads((resources.files("capacity_guard.findings") / "findings-1.schema.json").read_text())
    Draft202012Validator(schema).validate(json.loads(written))
    (tmp_path / FILE_NAME).write_text(written)
    assert Findings.read(tmp_path).tables[0].findings[0].deployments == steps


def altered(change: Any) -> str:
    data = json.loads(FOUND.to_json())
    change(data)
    return json.dumps(data)


UNREADABLE: dict[str, tuple[str, str]] = {
    "no JSON": ("{", "is not JSON"),
    "no object": ("[]", "is not an object"),
    "another file": ('{"version": "48.0.0"}', "schema: is None, not capacity-guard/findings"),
    "a later version": (altered(lambda d: d.update(version=2)), "version: is 2, not 1"),
    "no findings": (altered(lambda d: d.pop("findings")), "findings: is not a list"),
    "a level": (altered(lambda d: d["findings"][0].update(level="FATAL")), "findings[0].level: 'FATAL'"),
    "a dimension": (altered(lambda d: d["findings"][1].update(dimension="index")), "is not a dimension"),
    "a title": (altered(lambda d: d["findings"][0].update(title=None)), "findings[0].title: is not text"),
    "a figure": (
        altered(lambda d: d["findings"][1]["figures"][0].update(value=7)),
        "figures[0].value: is no",
    ),
    "a line": (altered(lambda d: d["tables"][0].update(line=0)), "tables[0].line: 0 is not a line"),
    "a time": (altered(lambda d: d.update(judged_at="today")), "judged_at: 'today' is not a moment"),
    "a stray finding": (
        altered(lambda d: d["tables"].pop(0)),
        "name Stack/Conversations, which is in no table",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_file_when_it_is_malformed_expects_one_error_that_names_the_field(case: str, tmp_path: Path) -> None:
    content, expected = UNREADABLE[case]
    file = tmp_path / FILE_NAME
    file.write_text(content)
    with pytest.raises(InputError) as raised:
        Findings.read(tmp_path)
    assert expected in str(raised.value)
    assert FILE_NAME in str(raised.value) or "dimension" in expected


def test_findings_are_sorted_by_level_and_keep_their_order_within_it() -> None:
    assert errors_first([STALE, INDEX, ACCEPTED]) == [INDEX, STALE, ACCEPTED]
    assert [finding for _, finding in FOUND.found] == [INDEX, STALE, ACCEPTED]
    assert FOUND.errors == 1


def test_headline_and_scope_count_in_words() -> None:
    assert (FOUND.headline, FOUND.scope) == (
        "1 error, 2 warnings",
        "3 tables judged at 2026-07-09 15:40 UTC",
    )
    assert (Findings(None, ()).headline, Findings(None, ()).scope) == ("nothing found", "0 tables judged")
