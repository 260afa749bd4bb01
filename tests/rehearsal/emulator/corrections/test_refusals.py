"""The texts that several refusals share."""

from __future__ import annotations

from capacity_guard.rehearsal.emulator.corrections.refusals import (
    TableLocation,
    above_table_quota,
    in_use,
    invalid,
)


def test_refusals_have_code_and_opening_of_the_service() -> None:
    assert (invalid("x").code, invalid("x").message) == (
        "ValidationException",
        "One or more parameter values were invalid: x",
    )
    assert (in_use("x").code, in_use("x").message) == (
        "ResourceInUseException",
        "Attempt to change a resource which is still in use: x",
    )
    assert str(in_use("x")).startswith("ResourceInUseException: ")


def test_refusal_above_the_table_quota_names_member_access_and_region() -> None:
    refusal = above_table_quota("ReadUnitsPerSecond", "Read", TableLocation("conversations", "us-east-1"))

    assert (refusal.code, refusal.status) == ("LimitExceededException", 400)
    assert refusal.message == (
        "Subscriber limit exceeded: Requested ReadUnitsPerSecond exceeds TableMaxReadCapacityUnits of the account in "
        "region us-east-1"
    )
