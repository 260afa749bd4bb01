"""Printed code is one line where it is short, and an argument a line where it is long."""

from __future__ import annotations

from capacity_guard.rules.code_layout import call


def test_call_when_short_is_one_line_and_when_long_an_argument_a_line() -> None:
    assert call("f", ["a=1", "b=2"]) == "f(a=1, b=2)"
    assert call("f", []) == "f()"
    assert call("x=", ["1"], "[]") == "x=[1]"
    long = "b" * 90
    assert call("f", ["a=1", long]) == f"f(\n    a=1,\n    {long},\n)"
    assert call("f", [call("g", [long])]) == f"f(\n    g(\n        {long},\n    ),\n)"


def test_comment_among_arguments_has_a_line_of_its_own() -> None:
    code = call("dict", ["a=1", "# and the rest"])
    assert code == "dict(\n    a=1,\n    # and the rest\n)"
    assert eval(code) == {"a": 1}
