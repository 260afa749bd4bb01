"""Values that are known only when the template is final."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk

from capacity_guard.cdk.app.late_values import late_list, late_text, text_of


def test_text_is_asked_again_at_each_rendering() -> None:
    stack, texts = cdk.Stack(cdk.App(), "S"), ["early", "late"]
    token = late_text(lambda: texts.pop(0))
    assert [stack.resolve(token), stack.resolve(token)] == ["early", "late"]


def test_list_that_grows_after_a_rendering_is_complete_in_the_next() -> None:
    stack, values = cdk.Stack(cdk.App(), "S"), ["a"]
    token = late_list(values)
    assert stack.resolve(token) == ["a"]
    values.append("b")
    assert stack.resolve(token) == ["a", "b"]


def test_text_of_a_plan_is_made_again_when_the_plan_has_changed() -> None:
    made: list[str] = []

    @dataclass(frozen=True)
    class Plan:
        alarms: dict[str, str]

        def to_property(self) -> str:
            made.append(",".join(self.alarms))
            return made[-1]

    alarms = {"table": "Alarm1"}
    text = text_of(lambda: Plan(dict(alarms)))
    assert [text(), text()] == ["table", "table"]
    alarms["index"] = "Alarm2"
    assert [text(), text()] == ["table,index", "table,index"]
    assert made == ["table", "table,index"]
