"""The judge of the rows: it reports a system that disagrees, for each kind of expectation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.conformance.rows import Row
from tests.conformance.runner import Refused, RowError, run


class Scripted:
    """A system with a given answer, from a given second on."""

    region, account = "eu-west-1", "111122223333"

    def __init__(self, answer: Any, *, before: Any = None, until: float = 0, table: Any = None) -> None:
        self.answer, self.before, self.until = answer, before, until
        self.tables = table if isinstance(table, list) else [table or {"TableStatus": "ACTIVE"}]
        self.time = 1_783_000_000.0
        self.began = self.time

    def now(self) -> float:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += seconds

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if operation == "DescribeTable":
            return {"Table": self.tables.pop(0) if len(self.tables) > 1 else self.tables[0]}
        answer = self.answer if self.time - self.began >= self.until else self.before
        if isinstance(answer, Refused):
            raise answer
        found: Mapping[str, Any] = answer
        return found

    def make_stack(self, name: str, resources: Mapping[str, Mapping[str, Any]]) -> None:
        raise NotImplementedError

    def update_stack(self, stack: str, resources: Mapping[str, Mapping[str, Any]]) -> None:
        raise NotImplementedError

    def make_change_set(
        self, stack: str, name: str, resources: Mapping[str, Mapping[str, Any]], *, execute: bool
    ) -> None:
        raise NotImplementedError

    def make_evaluation(self, alarm: str, state: str) -> None:
        raise NotImplementedError


def row(expect: dict[str, Any], *state: dict[str, Any]) -> Row:
    call = {"service": "dynamodb", "operation": "UpdateTable", "parameters": {"TableName": "{table}"}}
    return Row("a-row", "DDB-TABLE-064", "observed", "Something.", tuple(state), call, expect, "file.json")


ANSWER = {"A": 1, "B": {"C": "text"}, "L": [{"N": "x", "V": 1}, {"N": "y", "V": 2}], "P": [3, 4]}


@pytest.mark.parametrize(
    "expected",
    [
        {"A": 1},
        {"A": 1.0},
        {"B": {"C": "text", "D": {"$absent": True}}},
        {"B": {"C": {"$starts": "te"}}},
        {"B": {"$present": True}},
        {"L": [{"N": "y"}]},
        {"L": {"$only": [{"N": "y"}, {"N": "x", "V": 1}]}},
        {"L": {"$first": {"N": "x"}}},
        {"L": {"$none": {"N": "z"}}},
        {"P": [3, 4]},
        {"A": {"$one_of": [1, 2]}},
    ],
)
def test_answer_when_it_contains_what_is_expected_agrees(expected: dict[str, Any]) -> None:
    run(row({"answer": expected}), Scripted(ANSWER))


@pytest.mark.parametrize(
    "expected",
    [
        {"A": 2},
        {"A": "1"},
        {"A": True},
        {"D": 1},
        {"A": {"$absent": True}},
        {"D": {"$present": True}},
        {"B": {"C": {"$starts": "ext"}}},
        {"B": "text"},
        {"L": [{"N": "x", "V": 2}]},
        {"L": []},
        {"L": {"$only": [{"N": "x"}]}},
        {"L": {"$first": {"N": "y"}}},
        {"L": {"$none": {"N": "y"}}},
        {"M": [{"N": "x"}]},
        {"P": [4, 3]},
        {"P": [3]},
        {"A": {"$one_of": [2, 3]}},
    ],
)
def test_answer_when_it_lacks_what_is_expected_is_an_error(expected: dict[str, Any]) -> None:
    with pytest.raises(RowError, match=r"a-row \(DDB-TABLE-064"):
        run(row({"answer": expected}), Scripted(ANSWER))


def test_refusal_when_code_and_message_agree_passes() -> None:
    system = Scripted(Refused("LimitExceededException", "no more of 4. At 12:00"))

    run(row({"error": {"code": "LimitExceededException", "message": "no more of 4. At 12:00"}}), system)
    run(row({"error": {"code": "LimitExceededException", "message_starts": "no more"}}), system)
    run(row({"error": {"code": "LimitExceededException", "message_matches": r"no .* At \d\d:\d\d"}}), system)


@pytest.mark.parametrize(
    "expected",
    [
        {"code": "ValidationException", "message": "no more"},
        {"code": "LimitExceededException", "message": "no"},
        {"code": "LimitExceededException", "message_starts": "more"},
        {"code": "LimitExceededException", "message_matches": "no"},
    ],
)
def test_refusal_when_another_one_comes_is_an_error(expected: dict[str, str]) -> None:
    with pytest.raises(RowError):
        run(row({"error": expected}), Scripted(Refused("LimitExceededException", "no more")))


def test_refusal_when_the_call_is_accepted_is_an_error() -> None:
    with pytest.raises(RowError, match="accepted, not refused"):
        run(row({"error": {"code": "ValidationException", "message": ""}}), Scripted(ANSWER))


def test_refusal_when_it_changed_the_table_is_an_error() -> None:
    system = Scripted(Refused("ValidationException", "no"), table=[{"Units": 1}, {"Units": 2}])

    with pytest.raises(RowError, match="changed the table"):
        run(row({"error": {"code": "ValidationException", "message": "no"}}), system)


@pytest.mark.parametrize(("until", "agrees"), [(10, True), (4, False), (21, False)])
def test_seconds_when_the_answer_comes_too_early_or_too_late_are_an_error(until: float, agrees: bool) -> None:
    expect = {"seconds": [5, 20], "answer": {"A": 2}}
    system = Scripted({"A": 2}, before={"A": 1}, until=until)

    if agrees:
        run(row(expect), system)
    else:
        with pytest.raises(RowError, match="after the state was made"):
            run(row(expect), system)


def test_state_when_a_step_is_refused_is_an_error() -> None:
    step = {"call": {"service": "dynamodb", "operation": "UpdateTable", "parameters": {}}}

    with pytest.raises(RowError, match="step call"):
        run(row({"answer": {"A": 1}}, step), Scripted(Refused("ValidationException", "no")))


def test_state_when_it_never_settles_is_an_error() -> None:
    with pytest.raises(RowError, match="not settled 60 s later"):
        run(row({"answer": {"A": 1}}, {"settled": 60}), Scripted(ANSWER, table={"TableStatus": "UPDATING"}))


def test_time_when_a_step_names_it_goes_there() -> None:
    system = Scripted(ANSWER)

    run(row({"answer": {"A": 1}}, {"utc": "23:45:00"}, {"minute": 20}), system)

    assert system.time % 86_400 == 23 * 3_600 + 46 * 60 + 20
