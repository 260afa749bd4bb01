"""Examples of each rule: what it lets through, what it refuses, and documented behaviour that must stay silent."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from capacity_guard.capacity import (
    Acknowledgment,
    AutoScaling,
    Capacity,
    ChangeWindow,
    Dimension,
    OnDemand,
    Provisioned,
    Rollout,
    Units,
)
from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.evidence.baseline import NewTable
from capacity_guard.evidence.provenance import History, Recording, TableIdentity
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.rules import Case, TemplateFacts
from tests.builders.cases import (
    END,
    NOW,
    START,
    baseline,
    case,
    deployed,
    flat,
    gap,
    on_demand,
    provisioned,
    spike,
    traffic,
)

Kind = Literal["compliant", "refused", "silent"]
TUESDAY = datetime(2026, 7, 7, 21, 41, tzinfo=UTC)
SUNDAY = datetime(2026, 6, 28, 7, 0, tzinfo=UTC)
SEEDED = AutoScaling(5_000, 5_000, seed=5_000)


@dataclass(frozen=True)
class Example:
    """One case and what its rule should make of it."""

    rule: str
    kind: Kind
    name: str
    make: Callable[[], Case]

    @property
    def label(self) -> str:
        """Its name in a test report."""
        return f"{self.rule}-{self.kind}-{self.name}"


def peak_of(units: float, minutes: int = 1, on: float = 1_000) -> Case:
    """To on-demand, the index carried ``units`` per second on a Tuesday; frozen and way back are armed for it."""
    series = spike(flat(on), TUESDAY, minutes, units)
    was = deployed(provisioned(AutoScaling(10_000, 10_000, seed=10_000), SEEDED))
    return case(on_demand(), baseline(was, traffic(series)))


def _table_peak(units: float, **declared: Units) -> Case:
    series = spike(flat(1_000), TUESDAY, 1, units)
    was = deployed(provisioned(SEEDED, SEEDED), units={"table": Units(1_000, 3_000)})
    return case(on_demand(**declared), baseline(was, traffic(table_write=series)))


def _index_peak(units: float, to: OnDemand | Units | None = None, warm: int = 0) -> Case:
    series = spike(flat(1_000), TUESDAY, 1, units)
    was = deployed(
        provisioned(AutoScaling(3_840, 8_000, seed=8_000), SEEDED),
        warm={"index/by_agent": Units(12_000, warm)} if warm else {},
    )
    return case(on_demand(indexes={"by_agent": to or OnDemand()}), baseline(was, traffic(series)))


def _new(declared_units: float) -> Case:
    expected = baseline(carried=traffic(spike(flat(100), TUESDAY, 1, declared_units)))
    new = NewTable("conversations")
    return case(on_demand(), type(new)(new.table, new.recording, None, expected.traffic))


def _to_provisioned(throughput: int | AutoScaling, minutes: int = 10, peak: float = 2_000) -> Case:
    series = spike(flat(500), TUESDAY, minutes, peak)
    return case(provisioned(throughput), baseline(deployed(on_demand()), traffic(series)))


def _lowered(throughput: int | AutoScaling) -> Case:
    series = spike(flat(500), TUESDAY, 5, 2_000)
    return case(
        provisioned(throughput), baseline(deployed(provisioned(AutoScaling(3_000, 3_000))), traffic(series))
    )


def _frozen(
    throughput: int | AutoScaling,
    peak: float,
    window: str | None = None,
    minutes: int = 1,
    at: datetime = TUESDAY,
) -> Case:
    series = spike(flat(500), at, minutes, peak)
    rollout = Rollout(change_window=None if window is None else ChangeWindow(window))
    return case(on_demand(), baseline(deployed(provisioned(throughput)), traffic(series)), rollout=rollout)


def _way_back(index_write: int | AutoScaling, peak: float = 900) -> Case:
    series = spike(flat(500), TUESDAY, 1, peak)
    return case(on_demand(), baseline(deployed(provisioned(index_write)), traffic(series)))


def _lost_maximum(stated: OnDemand) -> Case:
    was = deployed(
        on_demand(indexes={"by_agent": stated}),
        live=on_demand(indexes={"by_agent": OnDemand(maximum=Units(write=900))}),
    )
    return case(provisioned(), baseline(was))


def _within_provisioned(index_was: int | AutoScaling, index_is: int | AutoScaling) -> Case:
    """The table is lowered beside it, so this is no relief."""
    series = spike(flat(500), TUESDAY, 30, 2_000)
    return case(
        provisioned(index_is, 900), baseline(deployed(provisioned(index_was, 1_000)), traffic(series))
    )


def _decreases(today: int, at: datetime = NOW) -> Case:
    recorded = baseline(
        recording=Recording(at, "test", "test"), history=History(decreases_today={"index/by_agent": today})
    )
    return case(provisioned(900), recorded)


def _switched(hours_ago: float) -> Case:
    history = History(last_switch_to_on_demand=NOW - timedelta(hours=hours_ago))
    return case(provisioned(), baseline(deployed(on_demand()), history=history))


def _recorded(until: datetime, days: float = 14) -> Case:
    carried = traffic(flat(100, days), start=until - timedelta(days=days))
    return case(on_demand(), baseline(carried=carried, recording=Recording(until, "test", "test")))


def _baking(minutes: int, periods: int = 3) -> Case:
    return case(on_demand(), rollout=Rollout(bake_minutes=minutes, alarm_periods=periods))


def _e(rule: str, kind: Kind, name: str, make: Callable[[], Case]) -> Example:
    return Example(rule, kind, name, make)


EXAMPLES = (
    _e("CG2", "compliant", "recorded today", lambda: case(on_demand())),
    _e("CG2", "refused", "older than 14 days", lambda: _recorded(NOW - timedelta(days=14, minutes=1))),
    _e("CG2", "refused", "shorter than 7 days", lambda: _recorded(END, days=6)),
    _e(
        "CG2",
        "refused",
        "a week with two hours missing",
        lambda: case(on_demand(), baseline(carried=traffic(gap(flat(100, 7), START, 120)))),
    ),
    _e("CG2", "refused", "of another account", lambda: case(on_demand(), account="999988887777")),
    _e("CG2", "refused", "of another Region", lambda: case(on_demand(), region="us-east-1")),
    _e("CG2", "refused", "of another table", lambda: case(on_demand(), table_name="orders")),
    _e("CG2", "refused", "of another stack", lambda: case(on_demand(), stack="Chat-staging")),
    _e("CG2", "silent", "exactly 14 days old", lambda: _recorded(NOW - timedelta(days=14))),
    _e("CG2", "silent", "exactly 7 days long", lambda: _recorded(END, days=7)),
    _e(
        "CG2",
        "silent",
        "a week with half an hour missing",
        lambda: case(on_demand(), baseline(carried=traffic(gap(flat(100, 7), START, 30)))),
    ),
    _e(
        "CG2",
        "silent",
        "a table that does not exist yet",
        lambda: case(on_demand(), NewTable("conversations")),
    ),
    _e(
        "CG2",
        "silent",
        "account unresolved at synthesis",
        lambda: case(on_demand(), baseline(table=TableIdentity("conversations", "1" * 12))),
    ),
    _e(
        "CG3",
        "compliant",
        "declared warm throughput reaches",
        lambda: _table_peak(4_000, warm=Units(write=5_200)),
    ),
    _e("CG3", "refused", "a peak above what it starts with", lambda: _table_peak(4_800)),
    _e("CG3", "refused", "a peak below, its margin above", lambda: _table_peak(3_900)),
    _e(
        "CG3", "refused", "an on-demand maximum below", lambda: _table_peak(1_000, maximum=Units(write=1_200))
    ),
    _e("CG3", "silent", "a small table to on-demand", lambda: case(on_demand())),
    _e("CG3", "silent", "a peak whose margin is just met", lambda: _table_peak(4_000 / 1.3)),
    _e("CG3", "silent", "only the index is too busy", lambda: peak_of(9_000)),
    _e(
        "CG4", "compliant", "declared warm throughput reaches", lambda: _index_peak(4_800, Units(write=6_240))
    ),
    _e("CG4", "refused", "a peak above what it starts with", lambda: _index_peak(4_800)),
    _e("CG4", "refused", "warm throughput a unit too low", lambda: _index_peak(4_800, Units(write=6_239))),
    _e(
        "CG4",
        "refused",
        "an on-demand maximum below",
        lambda: _index_peak(1_000, OnDemand(maximum=Units(write=1_299))),
    ),
    _e("CG4", "refused", "a new table that shall carry it", lambda: _new(4_000)),
    _e("CG4", "silent", "a new small table", lambda: _new(3_000)),
    _e("CG4", "silent", "live warm throughput reaches", lambda: _index_peak(4_800, warm=6_240)),
    _e("CG4", "silent", "provisioned throughput is inherited", lambda: peak_of(7_600)),
    _e("CG4", "silent", "a small index to on-demand", lambda: case(on_demand())),
    _e("CG5", "compliant", "fixed at the peak", lambda: _to_provisioned(2_000)),
    _e("CG5", "refused", "fixed below an hour of load", lambda: _to_provisioned(1_500, minutes=60)),
    _e("CG5", "refused", "lowered below the load", lambda: _lowered(600)),
    _e(
        "CG5",
        "refused",
        "auto scaling comes too late",
        lambda: _to_provisioned(AutoScaling(100, 4_000, seed=2_000), minutes=60),
    ),
    _e(
        "CG5",
        "refused",
        "auto scaling does not reach",
        lambda: _to_provisioned(AutoScaling(1_000, 1_500, seed=1_500), minutes=60),
    ),
    _e("CG5", "refused", "auto-scaled without a seed", lambda: _to_provisioned(AutoScaling(2_000, 4_000))),
    _e(
        "CG5",
        "refused",
        "a seed below the traffic",
        lambda: _to_provisioned(AutoScaling(1_000, 4_000, seed=1_000)),
    ),
    _e("CG5", "refused", "above the quota of an index", lambda: _to_provisioned(40_001)),
    _e(
        "CG5",
        "refused",
        "above the quota of the account",
        lambda: case(provisioned(39_000, 42_000), baseline(deployed(on_demand()))),
    ),
    _e("CG5", "silent", "a burst that the bucket carries", lambda: _to_provisioned(1_900, minutes=5)),
    _e(
        "CG5",
        "silent",
        "auto scaling follows a slow rise",
        lambda: _slow_rise(AutoScaling(150, 4_000, seed=2_000)),
    ),
    _e(
        "CG5",
        "silent",
        "a quota that the account has already",
        lambda: case(
            provisioned(45_000),
            baseline(deployed(provisioned(50_000), units={"index/by_agent": Units(1, 50_000)})),
        ),
    ),
    _e("CG5", "refused", "a Table's fixed units below the load", lambda: _table_to_provisioned(1_500)),
    _e("CG5", "silent", "a Table's fixed units, reads and writes", lambda: _table_to_provisioned(2_000)),
    _e("CG5", "silent", "lowered, and burst still carries it", lambda: _lowered(1_700)),
    _e(
        "CG7",
        "compliant",
        "seeds in the deployed template",
        lambda: _way_back(AutoScaling(1_000, 2_000, seed=1_000)),
    ),
    _e("CG7", "refused", "no seed in the deployed template", lambda: _way_back(AutoScaling(1_000, 2_000))),
    _e("CG7", "refused", "a seed below the peak", lambda: _way_back(AutoScaling(100, 2_000, seed=899))),
    _e("CG7", "refused", "fixed units below the peak", lambda: _way_back(899)),
    _e("CG7", "refused", "an index's maximum in no template", lambda: _lost_maximum(OnDemand())),
    _e("CG7", "refused", "no decrease left today", lambda: _decreases(27)),
    _e(
        "CG7",
        "refused",
        "a raise beside a reduction, back to too little",
        lambda: _within_provisioned(1_000, 2_000),
    ),
    _e("CG7", "refused", "a Table's units below the peak", lambda: _of_table(_way_back(_scaled(899)))),
    _e("CG7", "silent", "a Table's units at the peak", lambda: _of_table(_way_back(_scaled(900)))),
    _e("CG7", "silent", "fixed units at the peak", lambda: _way_back(900)),
    _e(
        "CG7",
        "silent",
        "an index's maximum in the template",
        lambda: _lost_maximum(OnDemand(maximum=Units(write=900))),
    ),
    _e("CG7", "silent", "decreases of the day before", lambda: _decreases(27, NOW - timedelta(days=1))),
    _e("CG7", "silent", "three decreases today", lambda: _decreases(3)),
    _e("CG7", "silent", "a switch to on-demand a day ago", lambda: _switched(24)),
    _e(
        "CG7",
        "silent",
        "auto scaling far above a low minimum",
        lambda: _within_provisioned(AutoScaling(500, 4_000, target=20), AutoScaling(500, 3_900, target=20)),
    ),
    _e("CG7", "silent", "a table that does not exist yet", lambda: _new(900)),
    _e("CG9", "compliant", "as it is set by default", lambda: _baking(10)),
    _e("CG9", "refused", "ends before an alarm can speak", lambda: _baking(6)),
    _e("CG9", "refused", "many periods", lambda: _baking(10, periods=15)),
    _e("CG9", "refused", "longer than a gate lasts", lambda: _baking(51)),
    _e("CG9", "silent", "as short as the alarm allows", lambda: _baking(7)),
    _e("CG9", "silent", "as long as the gate lasts", lambda: _baking(50)),
    _e(
        "CG9",
        "silent",
        "a table that does not exist yet",
        lambda: case(on_demand(), NewTable("conversations"), rollout=Rollout(bake_minutes=1)),
    ),
    _e("CG14", "compliant", "a ceiling above the peak", lambda: case(on_demand())),
    _e("CG14", "refused", "an index's ceiling, switched", lambda: peak_of(8_000, minutes=10)),
    _e(
        "CG14",
        "refused",
        "auto scaling frozen on a rising morning",
        lambda: _frozen(AutoScaling(100, 5_000, seed=2_000), 2_000, minutes=30),
    ),
    _e("CG14", "refused", "an on-demand maximum lowered", lambda: _maximum(400, was=2_000)),
    _e(
        "CG14",
        "refused",
        "fixed units that carry today, but not 1.3 times of it",
        lambda: _long_evening(1_000),
    ),
    _e(
        "CG14",
        "refused",
        "auto scaling that comes too late",
        lambda: _long_evening(AutoScaling(400, 4_000)),
    ),
    _e("CG14", "silent", "a minute that burst carries", lambda: _frozen(1_000, 1_500)),
    _e("CG14", "silent", "what today's capacity throttles as well", lambda: _long_evening(800, was=800)),
    _e("CG14", "silent", "a switch that cannot start, which CG5 refuses", lambda: _seedless()),
    _e("CG14", "silent", "a table that carried nothing yet", lambda: case(on_demand(), NewTable("x"))),
    _e("CG15", "compliant", "provisioned for the peak", lambda: _frozen(1_000, 1_000)),
    _e("CG15", "refused", "a minute above, at any hour", lambda: _frozen(1_000, 1_001)),
    _e("CG15", "refused", "inside the window", lambda: _frozen(1_000, 1_500, "Sun 06-10", at=SUNDAY)),
    _e(
        "CG15",
        "refused",
        "after the window, while the mode still switches",
        lambda: _frozen(1_000, 1_500, "Sun 04-07", at=SUNDAY + timedelta(minutes=9)),
    ),
    _e(
        "CG15",
        "refused",
        "a rise that auto scaling cannot follow",
        lambda: _frozen(AutoScaling(100, 5_000, seed=2_000), 2_000, minutes=30),
    ),
    _e("CG15", "refused", "a Table a minute above", lambda: _of_table(_frozen(_scaled(1_000), 1_900))),
    _e("CG15", "silent", "a Table provisioned for the peak", lambda: _of_table(_frozen(1_000, 1_000))),
    _e("CG15", "silent", "a quiet window beside a busy week", lambda: _frozen(1_000, 3_000, "Sun 06-10")),
    _e(
        "CG15",
        "silent",
        "after the longest switch",
        lambda: _frozen(1_000, 1_500, "Sun 04-07", at=SUNDAY + timedelta(minutes=10)),
    ),
    _e("CG15", "silent", "auto scaling follows a slow rise", lambda: _slow_rise_frozen()),
    _e("CG15", "silent", "to provisioned", lambda: _to_provisioned(2_000)),
    _e("CG17", "compliant", "none in the template", lambda: case(on_demand(warm=Units(write=5_000)))),
    _e(
        "CG17",
        "refused",
        "the table's",
        lambda: case(on_demand(), template=(TemplateFacts(warm=("table",)),)),
    ),
    _e(
        "CG17",
        "refused",
        "an index's",
        lambda: case(on_demand(), template=(TemplateFacts(warm=("table", "index/by_agent")),)),
    ),
    _e(
        "CG17",
        "silent",
        "declared to the guard",
        lambda: case(on_demand(indexes={"by_agent": Units(write=9_000)})),
    ),
    _e("CG1", "compliant", "a guarded table", lambda: case(on_demand())),
    _e("CG1", "refused", "a table without a guard", lambda: _unguarded()),
    _e("CG1", "silent", "a guarded table that does not exist yet", lambda: case(on_demand(), NewTable("x"))),
    _e("CG6", "compliant", "down by half", lambda: case(provisioned(500))),
    _e("CG6", "refused", "down by more than half", lambda: case(provisioned(499))),
    _e(
        "CG6",
        "refused",
        "the most that auto scaling may reach",
        lambda: case(
            provisioned(AutoScaling(500, 2_000, seed=500)),
            baseline(deployed(provisioned(AutoScaling(500, 8_000, seed=500)))),
        ),
    ),
    _e("CG6", "silent", "a switch of the billing mode", lambda: case(on_demand())),
    _e(
        "CG6",
        "silent",
        "back to what was deployed before",
        lambda: case(provisioned(100), baseline(deployed(provisioned(), previous=provisioned(100)))),
    ),
    _e("CG8", "compliant", "an alarm on each", lambda: _vetoes("table", "index/by_agent")),
    _e("CG8", "refused", "an index without an alarm", lambda: _vetoes("table")),
    _e("CG8", "refused", "an alarm that cannot speak", lambda: _threshold(12_000)),
    _e("CG8", "refused", "an index past the guard", lambda: _past_the_guard()),
    _e("CG8", "refused", "an alarm that cannot speak, by an override", lambda: _overridden(12_000)),
    _e(
        "CG8",
        "silent",
        "an alarm that cannot speak beside one that somebody named",
        lambda: replace(
            _threshold(12_000), rollout=Rollout(alarm_threshold=12_000, alarms=("orders-writes",))
        ),
    ),
    _e("CG8", "silent", "a high threshold that traffic can reach", lambda: _threshold(11_999)),
    _e("CG8", "silent", "a low threshold by an override", lambda: _overridden(40)),
    _e(
        "CG8",
        "silent",
        "at the noise of clients that retry",
        lambda: replace(_noisy(403, 13_000), rollout=Rollout(alarm_threshold=13_000)),
    ),
    _e(
        "CG8",
        "silent",
        "no transition",
        lambda: replace(_vetoes("table"), declared=provisioned()),
    ),
    _e("CG10", "compliant", "capacity alone", lambda: _structures(STRUCTURE)),
    _e(
        "CG10",
        "refused",
        "another key of an index",
        lambda: _structures(_indexed(by_agent="agent_id:N HASH; ALL")),
    ),
    _e("CG10", "refused", "a stream", lambda: _structures(replace(STRUCTURE, stream="NEW_IMAGE"))),
    _e("CG10", "refused", "a replica", lambda: _structures(replace(STRUCTURE, replicas=("us-east-1",)))),
    _e("CG10", "refused", "a newer guard", lambda: _structures(replace(STRUCTURE, guard="9f2c.zip"))),
    _e("CG10", "refused", "two indexes at once", lambda: _two_indexes()),
    _e("CG10", "silent", "an index alone", lambda: _one_index()),
    _e(
        "CG10",
        "silent",
        "a stream without a change of capacity",
        lambda: replace(_structures(replace(STRUCTURE, stream="NEW_IMAGE")), declared=provisioned()),
    ),
    _e("CG10", "silent", "a baseline that does not tell the structure", lambda: _structures(STRUCTURE, None)),
    _e("CG11", "compliant", "above the peak with margin", lambda: _maximum(1_300)),
    _e("CG11", "refused", "below the peak", lambda: _maximum(999)),
    _e("CG11", "refused", "below the margin", lambda: _maximum(1_299)),
    _e("CG11", "silent", "raised, and still below the peak", lambda: _maximum(800, was=500)),
    _e(
        "CG11",
        "silent",
        "no maximum",
        lambda: case(on_demand(warm=Units(write=5_000)), baseline(deployed(on_demand()))),
    ),
    _e("CG12", "compliant", "protected", lambda: case(on_demand(), template=(TemplateFacts(),))),
    _e(
        "CG12",
        "refused",
        "nothing protects it",
        lambda: case(
            on_demand(),
            template=(
                TemplateFacts(deletion_protection=False, point_in_time_recovery=False, retained=False),
            ),
        ),
    ),
    _e("CG12", "silent", "nothing synthesized", lambda: case(on_demand())),
    _e("CG13", "compliant", "it holds", lambda: _acknowledged(date(2026, 7, 9))),
    _e("CG13", "refused", "past its date", lambda: _acknowledged(date(2026, 7, 8))),
    _e(
        "CG13",
        "refused",
        "the CDK's own without a reason",
        lambda: case(on_demand(), without_reason=("CG12",)),
    ),
    _e("CG13", "silent", "without an end", lambda: _acknowledged(None)),
    _e("CG13", "silent", "renewed", lambda: _acknowledged(date(2026, 7, 8), date(2026, 8, 1))),
    _e("CG16", "compliant", "quiet", lambda: _noisy(0)),
    _e("CG16", "refused", "throttles in two minutes of a hundred", lambda: _noisy(403)),
    _e("CG16", "silent", "a few minutes of a fortnight", lambda: _noisy(200)),
    _e(
        "CG16",
        "silent",
        "a level that somebody decided",
        lambda: replace(_noisy(403), rollout=Rollout(alarm_threshold=25)),
    ),
    _e("CG18", "compliant", "one Region", lambda: _structures(STRUCTURE)),
    _e("CG18", "refused", "replicas", lambda: _structures(replace(STRUCTURE, replicas=("us-east-1",)))),
    _e(
        "CG18",
        "refused",
        "replicas of a Table",
        lambda: case(on_demand(), template=(TemplateFacts(replicated_by="ReplicaUsEast1"),)),
    ),
    _e(
        "CG18",
        "refused",
        "a value that cannot be read",
        lambda: case(
            on_demand(), template=(TemplateFacts(unreadable="Orders.StreamSpecification: Fn::GetAtt"),)
        ),
    ),
    _e("CG18", "refused", "units of a Table edited while scaled", lambda: _table(300)),
    _e("CG18", "refused", "a Table's auto scaling replaced by other units", lambda: _table(300, fixed=True)),
    _e("CG18", "refused", "an override of the capacity", lambda: _stated(provisioned(700))),
    _e("CG18", "silent", "limits of a Table moved, its units left", lambda: _table(200)),
    _e("CG18", "silent", "a Table's auto scaling removed, its units left", lambda: _table(200, fixed=True)),
    _e("CG18", "silent", "a Table of one Region to provisioned", lambda: _table_to_provisioned(2_000)),
    _e("CG18", "silent", "the way back behind a condition", lambda: _stated(provisioned())),
    _e(
        "CG18",
        "silent",
        "replicas without a change of capacity",
        lambda: replace(_structures(replace(STRUCTURE, replicas=("us-east-1",))), declared=provisioned()),
    ),
)


STRUCTURE = Structure(
    TableKind.GLOBAL_TABLE, "conversation_id:S HASH", {"by_agent": "agent_id:S HASH; ALL"}, guard="1a7b.zip"
)


def _unguarded() -> Case:
    return case(on_demand(), guarded=False, stack="Chat", logical_id="OrdersTable315BB997")


def _vetoes(*keys: str) -> Case:
    return case(on_demand(), template=(TemplateFacts(structure=STRUCTURE, vetoes=keys),))


def _threshold(events: float) -> Case:
    """Table and index carry 100 reads and 100 writes a second: 12,000 units a minute."""
    return case(on_demand(), rollout=Rollout(alarm_threshold=events))


def _structures(declared: Structure, recorded: Structure | None = STRUCTURE) -> Case:
    was = replace(deployed(provisioned()), structure=recorded)
    facts = TemplateFacts(structure=declared, vetoes=("table", "index/by_agent"))
    return case(on_demand(), baseline(was), template=(facts,))


def _indexed(**indexes: str) -> Structure:
    return replace(STRUCTURE, indexes=indexes)


def _with_indexes(*names: str) -> Case:
    texts = dict.fromkeys(("by_agent", *names), "agent_id:S HASH; ALL")
    was = replace(deployed(provisioned()), structure=STRUCTURE)
    declared = Capacity.provisioned(
        read=1_000, write=1_000, indexes={name: Provisioned(read=1_000, write=1_000) for name in texts}
    )
    facts = TemplateFacts(structure=_indexed(**texts), vetoes=("table", *(f"index/{name}" for name in texts)))
    return case(declared, baseline(was), indexes=tuple(texts), template=(facts,))


def _one_index() -> Case:
    return _with_indexes("by_day")


def _two_indexes() -> Case:
    return _with_indexes("by_day", "by_hour")


def _maximum(units: int, was: int | None = None) -> Case:
    """On-demand before and after; the index carried 1,000 writes a second at most."""
    before = (
        on_demand() if was is None else on_demand(indexes={"by_agent": OnDemand(maximum=Units(write=was))})
    )
    series = spike(flat(100), TUESDAY, 1, 1_000)
    return case(
        on_demand(indexes={"by_agent": OnDemand(maximum=Units(write=units))}),
        baseline(deployed(before), traffic(series)),
    )


def _long_evening(index_is: int | AutoScaling, was: int = 3_000) -> Case:
    """Four hours of 900 writes a second on the index; the table is lowered beside it, so this is no relief."""
    series = spike(flat(300), TUESDAY, 240, 900)
    return case(provisioned(index_is, 900), baseline(deployed(provisioned(was, 1_000)), traffic(series)))


def _seedless() -> Case:
    return _to_provisioned(AutoScaling(2_000, 2_000))


def _acknowledged(*until: date | None) -> Case:
    given = tuple(Acknowledgment("CG15", "writes are paused for the night", one) for one in until)
    return case(on_demand(), acknowledgments=given)


def _noisy(minutes: int, times: float = 25) -> Case:
    """The index's writes throttle so many times in so many minutes of 20,160."""
    carried = traffic()
    events = array("d", [times]) * minutes + array("d", [0.0]) * (carried.minutes - minutes)
    throttled = {**carried.throttled, Dimension("by_agent", "write"): events}
    return case(on_demand(), baseline(carried=Traffic(carried.start, carried.consumed, throttled)))


def _table(units: int, *, fixed: bool = False) -> Case:
    """A Table whose index scales its writes; the table itself is lowered, so this is no relief."""
    becomes = units if fixed else AutoScaling(200, 3_000, seed=units)
    was = deployed(provisioned(AutoScaling(200, 2_000, seed=200)))
    return _of_table(case(provisioned(becomes, 900), baseline(was)))


def _table_to_provisioned(throughput: int) -> Case:
    return _of_table(_to_provisioned(throughput, minutes=60))


def _of_table(judged: Case) -> Case:
    """The case, with a table of type AWS::DynamoDB::Table."""
    recorded = judged.recorded
    assert recorded is not None
    assert recorded.deployed is not None
    structure = replace(STRUCTURE, kind=TableKind.TABLE)
    return replace(
        judged,
        baseline=replace(recorded, deployed=replace(recorded.deployed, structure=structure)),
        dialect="table",
    )


def _scaled(units: int) -> AutoScaling:
    """What a Table's auto scaling is: its seed are the units of its ProvisionedThroughput."""
    return AutoScaling(100, 2_000, seed=units)


def _past_the_guard() -> Case:
    structure = _indexed(by_agent="agent_id:S HASH; ALL", by_day="day:S HASH; ALL")
    facts = TemplateFacts(structure=structure, vetoes=("table", "index/by_agent"))
    return case(on_demand(), template=(facts,))


def _overridden(threshold: float) -> Case:
    facts = TemplateFacts(vetoes=("table", "index/by_agent"), thresholds={"index/by_agent": threshold})
    return case(on_demand(), template=(facts,))


def _stated(by_template: Capacity) -> Case:
    """A template with two branches, one of which states the declared capacity."""
    facts = [
        TemplateFacts(branch=words, capacity=one)
        for words, one in (("Flip = none", on_demand()), ("Flip is not none", by_template))
    ]
    return case(on_demand(), template=tuple(facts))


def _rising() -> array[float]:
    """From 100 to 2,000 units per second within four hours, every day, and down again."""
    day = (
        [100.0] * 600
        + [100 + 1_900 * m / 240 for m in range(240)]
        + [2_000 - 1_900 * m / 600 for m in range(600)]
    )
    return array("d", [units * 60 for units in day]) * 14


def _slow_rise(throughput: AutoScaling) -> Case:
    return case(provisioned(throughput), baseline(deployed(on_demand()), traffic(_rising())))


def _slow_rise_frozen() -> Case:
    was = deployed(provisioned(AutoScaling(1_000, 4_000, seed=4_000, target=50)))
    return case(on_demand(), baseline(was, traffic(_rising())))
