"""The answer to an Update."""

from __future__ import annotations

from capacity_guard.cdk.gates.gates import HANDED_OVER
from capacity_guard.handlers import update_answer
from capacity_guard.handlers.classification import ALREADY_DEPLOYED, CHANGE, RELIEF


def test_update_answers_all_that_a_bake_reads_and_claims_no_classification() -> None:
    assert set(update_answer.DATA) == set(HANDED_OVER)
    assert update_answer.DATA["Judged"] == update_answer.NOT_JUDGED
    assert update_answer.NOT_JUDGED not in (CHANGE, RELIEF, ALREADY_DEPLOYED)
