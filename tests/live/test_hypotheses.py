"""The hypotheses of a run, their verdicts, and the page that lists them."""

from __future__ import annotations

import re

import pytest

from live.hypotheses import HYPOTHESES, Verdicts
from tests.paths import ROOT

PAGE = ROOT / "docs" / "hypotheses.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ROWS = {
    id: (claim, evidence, breaks, check)
    for id, claim, evidence, breaks, check in ROW.findall(PAGE.read_text())
}


def test_page_when_compared_lists_the_hypotheses_of_a_run_in_their_order() -> None:
    assert list(ROWS) == [hypothesis.id for hypothesis in HYPOTHESES]


@pytest.mark.parametrize("hypothesis", HYPOTHESES, ids=lambda hypothesis: hypothesis.id)
def test_row_when_read_says_what_the_code_says_and_names_evidence(hypothesis: object) -> None:
    claim, evidence, breaks, check = ROWS[hypothesis.id]  # type: ignore[attr-defined]
    assert (claim, breaks) == (hypothesis.claim, hypothesis.breaks)  # type: ignore[attr-defined]
    assert len(evidence) > 20
    assert (check == "none") is not hypothesis.checked  # type: ignore[attr-defined]


@pytest.mark.parametrize("id", [hypothesis.id for hypothesis in HYPOTHESES if hypothesis.checked])
def test_check_when_looked_for_is_in_the_code_of_a_run(id: str) -> None:
    code = "".join((ROOT / "live" / name).read_text() for name in ("run.py", "probes.py"))
    assert f'"{id}"' in code


@pytest.mark.parametrize("page", ["README.md", "docs/gates.md", "docs/live.md"])
def test_page_when_a_reader_starts_elsewhere_is_linked(page: str) -> None:
    assert "hypotheses.md" in (ROOT / page).read_text()


def test_verdicts_when_nothing_ran_say_so_for_each() -> None:
    entries = Verdicts().to_json()
    assert [entry["id"] for entry in entries] == [hypothesis.id for hypothesis in HYPOTHESES]
    assert {entry["verdict"] for entry in entries} == {"not run"}
    assert all(entry["evidence"] for entry in entries)


def test_verdict_when_one_check_contradicts_an_earlier_one_stays_that_it_does_not_hold() -> None:
    verdicts = Verdicts()
    verdicts.give("busy-table", None, "undecided")
    verdicts.give("busy-table", True, "repeated")
    assert "holds          busy-table: repeated" in verdicts.lines()
    verdicts.give("busy-table", False, "UPDATE_ROLLBACK_FAILED")
    verdicts.give("busy-table", True, "repeated")
    assert "does not hold  busy-table: UPDATE_ROLLBACK_FAILED" in verdicts.lines()


@pytest.mark.parametrize("id", ["unknown", "long-names"])
def test_verdict_when_no_check_has_this_id_is_an_error(id: str) -> None:
    with pytest.raises(KeyError):
        Verdicts().give(id, True, "seen")
