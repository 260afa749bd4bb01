"""The rows have the documented form, name their sources, and are enough of them; what a system cannot express is rare."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.conformance import rows

ROW: dict[str, Any] = {
    "id": "a-row",
    "source": "DDB-TABLE-064",
    "mark": "observed",
    "about": "Something that a service does.",
    "state": [{"table": {"units": [1, 1]}}, {"after": 3}],
    "call": {"service": "dynamodb", "operation": "DescribeTable", "parameters": {"TableName": "{table}"}},
    "expect": {"answer": {"Table": {"TableStatus": "ACTIVE"}}},
}


def test_rows_when_loaded_are_many_and_a_third_of_them_refusals() -> None:
    loaded = rows.load()

    assert len(loaded) >= 330
    assert sum(row.is_refusal for row in loaded) >= 110


@pytest.mark.parametrize("system", ["emulator", "fake"])
def test_rows_when_a_system_cannot_express_them_are_few_named_and_justified(system: str) -> None:
    reasons = rows.inexpressible(system)
    known = {row.id for row in rows.load()}

    assert reasons.keys() <= known
    assert all(len(reason.split()) >= 6 for reason in reasons.values())
    assert len(reasons) <= len(known) // 10
    passed = rows.rows_for(system)
    assert len(passed) >= 330
    assert sum(row.is_refusal for row in passed) >= 35


def test_rows_when_no_system_can_express_them_do_not_exist() -> None:
    assert not rows.inexpressible("emulator").keys() & rows.inexpressible("fake").keys()


def test_services_of_the_rows_are_those_that_the_functions_call() -> None:
    assert {row.call["service"] for row in rows.load()} == {
        "application-autoscaling",
        "cloudformation",
        "cloudwatch",
        "dynamodb",
    }


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        ({"source": ""}, "source must name a quirk or a page"),
        ({"source": "somebody said so"}, "source must name a quirk or a page"),
        ({"source": "DDB-TABLE-064; hearsay"}, "source must name a quirk or a page"),
        ({"mark": "guessed"}, "mark must be one of documented, observed"),
        ({"id": "A Row"}, "id must be lower-case words"),
        ({"about": "short"}, "about must say the fact"),
        ({"state": [{"sleep": 3}]}, "each step is one of"),
        ({"state": [{"after": 3, "settled": 4}]}, "each step is one of"),
        (
            {"state": [{"call": {"operation": "DescribeTable"}}]},
            "a call has service, operation and parameters",
        ),
        ({"call": {}}, "a call has service, operation and parameters"),
        ({"expect": {}}, "expect must be"),
        ({"expect": {"answer": {}}}, "agrees with everything"),
        ({"expect": {"error": {"code": "ValidationException"}}}, "an error has a code and one of"),
        ({"expect": {"seconds": [5, 5], "answer": {"Table": {}}}}, "seconds are"),
        ({"more": 1}, "must have the members"),
    ],
)
def test_row_when_not_of_the_form_is_refused_with_the_remedy(change: dict[str, Any], remedy: str) -> None:
    rows.check(copy.deepcopy(ROW), "file.json")

    with pytest.raises(rows.RowFormError, match=remedy) as refusal:
        rows.check({**copy.deepcopy(ROW), **change}, "file.json")

    assert str(refusal.value).startswith("file.json: row ")


def test_row_when_its_source_is_left_out_is_refused() -> None:
    without = {key: value for key, value in ROW.items() if key != "source"}

    with pytest.raises(rows.RowFormError, match="must have the members"):
        rows.check(without, "file.json")


def test_rows_when_written_are_json_of_lists() -> None:
    for path in rows.FOLDER.glob("*.json"):
        assert isinstance(json.loads(path.read_text()), dict if path == rows.INEXPRESSIBLE else list), (
            path.name
        )
