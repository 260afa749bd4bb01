"""The lines for stack events and for the state of the table."""

from __future__ import annotations

from typing import Any

from capacity_guard.dynamodb.describe_table import LiveTable
from demo.progress_text import event_text, is_active, journal_text, table_text
from tests.builders.rehearsal_records import event, table
from tests.fakes.emulator import NOW


def live(*arguments: Any, **options: Any) -> LiveTable:
    """A table as boto3 answers it: times are datetimes, while the raw records hold text."""
    answer = table(*arguments, **options)
    answer["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = NOW
    return LiveTable.of(answer)


def test_table_text_when_the_index_lags_and_warms_says_so() -> None:
    lagging = live("PROVISIONED", 4800, index_status="UPDATING")
    assert table_text(lagging) == "provisioned: table 4,800 writes/s; by_agent 4,800 writes/s, UPDATING"
    assert not is_active(lagging)
    warming = live(warming=True)
    assert table_text(warming).startswith("on-demand: table up to 6,240 writes/s at once, warming")
    assert is_active(warming)


def test_table_text_when_the_table_never_was_on_demand_is_provisioned() -> None:
    answer = table("PROVISIONED", 1)
    del answer["BillingModeSummary"]
    assert table_text(LiveTable.of(answer)).startswith("provisioned: table 1 writes/s")


def test_event_text_when_the_event_is_no_turning_point_is_none() -> None:
    assert event_text(event(0, "bake", "CREATE_FAILED")) == "bake failed: veto"
    assert event_text(event(0, "table", "UPDATE_IN_PROGRESS")) is None


def test_journal_text_when_the_entry_has_a_reason_says_it() -> None:
    assert journal_text({"event": "watch vetoed", "state": "held", "reason": "table throttled"}) == (
        "journal of the watch: watch vetoed, held (table throttled)"
    )
    assert journal_text({"event": "Bake passed", "state": "watching"}).endswith("Bake passed, watching")
