"""A message about a change: headings, commands with the names of the table, and what a subscription can filter by."""

from __future__ import annotations

from datetime import UTC, datetime

from capacity_guard.capacity.reasons import Reason
from capacity_guard.rollback.told import Place, Told, name_of, sentence, stack_message, utc

STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Shop/abc"
NOW = datetime(2026, 7, 9, 16, 5, tzinfo=UTC)
TOLD = Told(
    "x",
    Reason.SLOW_VETO,
    "throttles",
    ["It throttles."],
    ["It told you."],
    [],
    ["capacity-guard accept TABLE"],
)


def place(name: str | None) -> Place:
    return Place(STACK, "Shop", "Orders", name, "0123456789", "raise (table)")


def test_commands_have_the_name_of_the_table_and_its_region() -> None:
    message = TOLD.message(place("Shop-Orders-1"), NOW, "Compared is before and after only.")
    assert message.sections["What to do next"] == ["capacity-guard accept Shop-Orders-1 --region eu-west-1"]
    assert message.sections["What to look at"][0] == "capacity-guard status Shop-Orders-1 --region eu-west-1"
    assert message.sections["About"] == [
        "table      Orders (Shop-Orders-1)",
        "stack      Shop, account 111122223333, eu-west-1",
        "change     0123456789: raise (table)",
        "sent       2026-07-09 16:05 UTC",
        "Compared is before and after only.",
    ]
    assert message.subject == "Orders in Shop: throttles"
    assert dict(message.attributes) == {"table": "Orders", "stack": "Shop"}
    assert "WHAT IS RESTORED" not in message.body


def test_table_without_a_known_name_has_no_command_that_needs_it() -> None:
    message = TOLD.message(place(None), NOW, "")
    assert len(message.sections["What to look at"]) == 1
    assert message.sections["About"][0] == "table      Orders"


def test_stack_that_cannot_be_watched_is_named_with_its_account() -> None:
    message = stack_message("blind", STACK, "changes are NOT watched", "It cannot be read")
    assert message.subject == "Shop: changes are NOT watched"
    assert message.reason is Reason.NOT_WATCHED
    assert message.sections["What happened"] == ["It cannot be read."]
    assert "account 111122223333, eu-west-1" in message.body


def test_small_things_are_said_in_one_way() -> None:
    assert name_of("no-arn") == "no-arn"
    assert sentence("Done.") == "Done."
    assert utc(NOW) == "2026-07-09 16:05 UTC"
