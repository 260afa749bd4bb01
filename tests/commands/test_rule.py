"""``capacity-guard rule``."""

from __future__ import annotations

import pytest

from capacity_guard.commands import main as cli
from capacity_guard.rules import ALL_RULES
from capacity_guard.rules.pages import rule_page


def test_rule_with_an_id_prints_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rule", "cg4"]) == 0
    assert capsys.readouterr().out == rule_page("CG4")


def test_rule_without_an_id_lists_each_rule_with_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rule"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=2) for line in lines] == [
        [rule.id, rule.level.value, rule.title] for rule in ALL_RULES
    ]


def test_rule_that_does_not_exist_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rule", "CG99"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("capacity-guard: 'CG99': is not a rule.")
