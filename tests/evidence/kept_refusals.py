"""What the readers of plain data say of each field that is left out, of another type or out of range.

``python -m tests.evidence.kept_refusals`` prints it; with ``--write`` it is kept in ``kept/``, and the difference is reviewed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from capacity_guard.capacity import (
    Acknowledgment,
    AutoScaling,
    ChangeWindow,
    InputError,
    Margins,
    OnDemand,
    Rollout,
    Units,
)
from capacity_guard.capacity.dimension import Dimension
from capacity_guard.capacity.gate_plan import GatePlan, UnreadPlan
from capacity_guard.capacity.plan_text import unpack_plan
from capacity_guard.capacity.scheduled_action import ScheduledAction
from capacity_guard.capacity.structure import TableKind
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.provenance import History, Recording, TableIdentity
from capacity_guard.pricing.prices import load_prices
from tests.builders.cases import END, STRUCTURE, baseline, deployed, gap, on_demand, provisioned, traffic
from tests.builders.cases import flat as flat_traffic
from tests.builders.kept_texts import KeptTexts
from tests.builders.malformed import refusals

_START = datetime(2026, 6, 25, tzinfo=UTC)


def _baseline() -> Baseline:
    """A baseline with every field that one can have, of two hours."""
    series = gap(flat_traffic(100, 1 / 12), _START + timedelta(minutes=7), 3)
    was = deployed(
        provisioned(AutoScaling(100, 2_000, seed=300)),
        live=provisioned(AutoScaling(100, 2_500, 60)),
        units={"table": Units(5, 6)},
        warm={"index/by_agent": Units(write=4_000)},
        previous=on_demand(indexes={"by_agent": OnDemand(Units(7), Units(8, 9))}),
    )
    action = ScheduledAction(
        Dimension("by_agent", "write"), "night", "rate(1 day)", "Europe/Berlin", 100, 200, _START, END
    )
    object.__setattr__(was, "structure", STRUCTURE)
    object.__setattr__(was, "schedules", (action,))
    return baseline(
        was,
        traffic(series, series, series),
        table=TableIdentity("conversations", "111122223333", "eu-west-1", "Chat", "Conversations"),
        recording=Recording(
            END, "test", "test", "a note", (_START, END), {"table/write": {"KeyRangeThroughput": 3}}
        ),
        history=History(_START, {"table": 3, "index/by_agent": 4}),
    )


def of_a_baseline() -> Iterator[str]:
    """A baseline file; its traffic file stays as it is."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        file = Path("orders.json")
        _baseline().save(file)
        document = json.loads(file.read_text())
        digest = hashlib.sha256(file.with_suffix(".csv.gz").read_bytes()).hexdigest()
        assert document["traffic"]["sha256"] == digest

        def load(changed: Any) -> None:
            file.write_text(json.dumps(changed))
            Baseline.load(file)

        for line in refusals(document, load):
            yield line.replace(digest, "SHA256")


def _plan() -> GatePlan:
    recorded = _baseline()
    evidence = recorded.evidence(10)
    assert evidence is not None
    return GatePlan(
        "Conversations",
        "ConversationsA1B2",
        "orders",
        recorded.transition_to(on_demand(), TableKind.TABLE),
        evidence,
        recorded.recording.at,
        recorded.table.account,
        recorded.table.region,
        Rollout(12, ChangeWindow("Sun 06-10"), 6, 3, 40, ("orders-errors",)),
        Margins(headroom=1.5),
        {"table": "AlarmA"},
        ("ConversationsA1B2", "AlarmA"),
        (Acknowledgment("CG4", "a load test", date(2026, 8, 1)),),
        "orders are lost",
    )


def of_a_gate_plan() -> Iterator[str]:
    """The property of a gate, without the numbers of its evidence."""
    document = json.loads(unpack_plan(_plan().to_property()))
    evidence = document.pop("evidence")

    def read(changed: Any) -> None:
        GatePlan.from_property(json.dumps({**changed, "evidence": evidence}))

    yield from refusals(document, read)
    yield f"written: {json.dumps(document)}"
    unread = UnreadPlan("Orders", "OrdersA", None, on_demand(), TableKind.GLOBAL_TABLE, "is missing")
    yield from refusals(
        json.loads(unpack_plan(unread.to_property())),
        lambda changed: UnreadPlan.from_property(json.dumps(changed)),
    )
    yield f"written: {unpack_plan(unread.to_property())}"


def of_prices() -> Iterator[str]:
    """A file of prices."""
    document = {
        "version": 1,
        "currency": "USD",
        "source": "our contract",
        "at": "2026-08-15",
        "regions": {
            "eu-west-1": {"on_demand": {"read": 0.1, "write": 0.5}},
            "sa-east-1": {
                "on_demand": {"read": 0.1, "write": 999_999.5},
                "provisioned": {"read": 0.0001, "write": 0.0005},
                "warm": {"read": 0, "write": 0.5},
            },
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "prices.json"

        def load(changed: Any) -> None:
            file.write_text(json.dumps(changed))
            load_prices(file)

        yield from refusals(document, load)
        load(document)
        for region, prices in load_prices(file).items():
            yield f"{region}: {prices}"
        for currency, content in (("EUR", document), ("USD", {**document, "regions": {"x": {}}})):
            try:
                load({**content, "currency": currency})
            except InputError as error:
                yield f"in {currency}: {error}"
        file.write_bytes(
            b"\xef\xbb\xbf" + json.dumps({"version": 1, "at": "2026-01-02", "regions": {}}).encode()
        )
        yield f"with a mark: {load_prices(file)}"


GROUPS: Mapping[str, Callable[[], Iterator[str]]] = {
    "baseline": of_a_baseline,
    "gate_plan": of_a_gate_plan,
    "prices": of_prices,
}


TEXTS = KeptTexts(Path(__file__).parent / "kept", GROUPS)
made, kept, main = TEXTS.made, TEXTS.kept, TEXTS.main


if __name__ == "__main__":
    main(*sys.argv[1:])
