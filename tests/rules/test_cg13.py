"""CG13: an acknowledgment that is past its date, or has no reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from capacity_guard.capacity import Acknowledgment
from capacity_guard.rules import Case
from tests.builders.cases import case, findings, on_demand
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent


def acknowledged(*until: date | None) -> Case:
    """A case on whose day, 9 July 2026, some acknowledgments of CG15 hold and others have expired."""
    acknowledgments = tuple(Acknowledgment("CG15", "writes are paused for the night", day) for day in until)
    return case(on_demand(), acknowledgments=acknowledgments)


EXAMPLES = (
    compliant("it holds", lambda: acknowledged(date(2026, 7, 9))),
    refused("past its date", lambda: acknowledged(date(2026, 7, 8))),
    refused("the CDK's own without a reason", lambda: case(on_demand(), suppressed_without_reason=("CG12",))),
    silent("without an end", lambda: acknowledged(None)),
    silent("renewed", lambda: acknowledged(date(2026, 7, 8), date(2026, 8, 1))),
)

OTHERS = (
    other(
        "two past their dates, one renewed and one without a reason",
        lambda: replace(
            acknowledged(date(2026, 7, 8), date(2026, 7, 2), None),
            acknowledgments=(
                Acknowledgment("CG4", "for the first week", date(2026, 7, 1)),
                Acknowledgment("CG15", "for the night", date(2026, 7, 8)),
                Acknowledgment("CG15", "for a second night", date(2026, 7, 9)),
                Acknowledgment("CG7", "for a month", date(2026, 6, 8)),
                Acknowledgment("CG7", "for good", None),
            ),
            suppressed_without_reason=("CG12", "CG1"),
        ),
    ),
    other(
        "an unguarded table without a reason",
        lambda: case(on_demand(), guarded=False, suppressed_without_reason=("CG1",)),
    ),
)


@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_acknowledgment_when_it_is_taken_out_as_the_fix_says_expects_silence(example: Example) -> None:
    judged = example.make()
    (finding,) = findings(judged, "CG13")
    assert finding.fix.startswith("remove it, or acknowledge ")
    assert findings(replace(judged, acknowledgments=(), suppressed_without_reason=()), "CG13") == []


def test_fix_when_a_table_without_a_guard_is_suppressed_without_a_reason_is_the_cdks_own() -> None:
    """``acknowledge`` takes a guarded table."""
    (finding,) = findings(case(on_demand(), guarded=False, suppressed_without_reason=("CG1",)), "CG13")
    assert finding.fix == 'say why: aws_cdk.Acknowledgment(id="CapacityGuardChecks::CG1", reason="...")'


def test_fix_when_a_template_is_checked_is_an_entry_of_its_settings() -> None:
    expired = replace(acknowledged(date(2026, 7, 1)), dialect="template", logical_id="Orders")
    (finding,) = findings(expired, "CG13")
    assert '{"table": "Orders", "rule": "CG' in finding.fix
