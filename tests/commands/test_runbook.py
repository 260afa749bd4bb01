"""``capacity-guard runbook`` prints the pages of reasons, and lists the reasons."""

from __future__ import annotations

import pytest

from capacity_guard.capacity.reasons import Reason
from capacity_guard.commands.main import main
from capacity_guard.commands.runbook import runbook_page
from tests.paths import ROOT


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.code)
def test_page_is_that_of_the_documentation(reason: Reason) -> None:
    assert runbook_page(reason.code) == (ROOT / reason.page).read_text(encoding="utf-8")
    assert runbook_page(reason.code.upper()) == runbook_page(reason.code)


def test_command_of_a_message_prints_each_page_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbook", "held", "not-alone", "held"]) == 0
    assert capsys.readouterr().out == f"{runbook_page('held')}\n{runbook_page('not-alone')}"


def test_command_without_a_code_lists_every_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbook"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [reason.code for reason in Reason]
    assert "bake-throttled" in "\n".join(lines)


def test_unknown_code_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runbook", "no-such-code"]) == 2
    assert capsys.readouterr().err == (
        "capacity-guard: 'no-such-code': is not a reason of the guard. Run capacity-guard runbook for a list.\n"
    )
