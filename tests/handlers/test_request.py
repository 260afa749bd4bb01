"""The request of one look."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from capacity_guard.capacity.errors import InputError
from capacity_guard.handlers.handover import Loud
from capacity_guard.handlers.request import GateRequest
from capacity_guard.handlers.stack_names import StackNames
from tests.handlers.gate_world import INDEX, NOW, STACK_ID

EVENT: dict[str, Any] = {
    "StackId": STACK_ID,
    "StartedAt": (NOW - timedelta(minutes=3)).isoformat(),
    "ResourceProperties": {"Gate": "preflight"},
}


def test_request_of_a_preflight_has_nothing_handed_over() -> None:
    request = GateRequest.of(EVENT, NOW)
    assert request == GateRequest(STACK_ID, NOW - timedelta(minutes=3), NOW)
    assert request.elapsed == timedelta(minutes=3)


def test_request_of_a_bake_has_names_and_what_preflight_handed_over() -> None:
    loud = Loud(NOW, (INDEX,))
    properties = {
        "Judged": "relief",
        "Loud": loud.to_attribute(),
        "Names": {"Table": "orders", "Alarms": {"table": "a"}},
    }
    request = GateRequest.of({**EVENT, "ResourceProperties": properties}, NOW)
    assert (request.judged, request.loud) == ("relief", loud)
    assert request.names == StackNames("orders", {"table": "a"})
    updated = {**properties, "Judged": "not judged", "Loud": ""}
    assert GateRequest.of({**EVENT, "ResourceProperties": updated}, NOW).loud is None


@pytest.mark.parametrize(
    "event",
    [
        {"ResourceProperties": {}},
        {**EVENT, "StartedAt": "yesterday"},
        {**EVENT, "StartedAt": 5},
        {**EVENT, "StartedAt": NOW.replace(tzinfo=None).isoformat()},
        {**EVENT, "StartedAt": (NOW + timedelta(minutes=6)).isoformat()},
        {**EVENT, "ResourceProperties": {"Names": {"Table": "orders"}}},
        {**EVENT, "ResourceProperties": {"Names": "orders"}},
        {**EVENT, "ResourceProperties": {"Loud": "{}"}},
    ],
)
def test_request_when_it_cannot_be_read_is_one_clear_error(event: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        GateRequest.of(event, NOW)
