"""CG7: a transition without a way back, or whose way back does not carry the recorded traffic."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Structure, TableKind, Units
from capacity_guard.evidence.provenance import History, Recording
from capacity_guard.rules import Case, Level
from tests.builders.cases import (
    INDEX,
    NOW,
    STRUCTURE,
    TUESDAY_EVENING,
    as_table,
    baseline,
    case,
    creation_with_index_peak,
    deployed,
    findings,
    flat,
    on_demand,
    provisioned,
    spike,
    switch_with_structures,
    table_scaling,
    traffic,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent
from tests.rules.pasting import deploy_first, for_guarded_table


def switch_from(index_write: int | AutoScaling, peak: float = 900) -> Case:
    series = spike(flat(500), TUESDAY_EVENING, 30, peak)
    return case(on_demand(), baseline(deployed(provisioned(index_write)), traffic(series)))


def switch_with_live_maximum(in_template: OnDemand) -> Case:
    """A switch to provisioned of an index whose live table has an on-demand maximum."""
    was = deployed(
        on_demand(indexes={"by_agent": in_template}),
        live=on_demand(indexes={"by_agent": OnDemand(maximum=Units(write=900))}),
    )
    return case(provisioned(), baseline(was))


def within_provisioned(
    index_was: int | AutoScaling,
    index_becomes: int | AutoScaling,
    live: int | AutoScaling | None = None,
) -> Case:
    """Another provisioned capacity; the table is lowered as well, so this is not a relief.

    ``live`` is the throughput of the live index where somebody changed it by hand.
    """
    series = spike(flat(500), TUESDAY_EVENING, 30, 2_000)
    was = deployed(provisioned(index_was, 1_000), live=None if live is None else provisioned(live, 1_000))
    return case(provisioned(index_becomes, 900), baseline(was, traffic(series)))


def reduction_after_decreases(today: int, recorded_at: datetime = NOW) -> Case:
    recorded = baseline(
        recording=Recording(recorded_at, "test", "test"),
        history=History(decreases_today={"index/by_agent": today}),
    )
    return case(provisioned(900), recorded)


def to_provisioned_after_switch(hours_ago: float) -> Case:
    history = History(last_switch_to_on_demand=NOW - timedelta(hours=hours_ago))
    return case(provisioned(), baseline(deployed(on_demand()), history=history))


def reduction_of_both(today: int) -> Case:
    history = History(decreases_today={"index/by_agent": today, "table": 4})
    recorded = baseline(recording=Recording(NOW, "test", "test"), history=history)
    return case(provisioned(900, 900), recorded)


def switched_by_hand() -> Case:
    """A Table whose template has auto scaling without a seed, and whose live table is on-demand already."""
    scaled = AutoScaling(700, 1_500)
    was = deployed(provisioned(scaled, 1_000), live=on_demand())
    series = spike(flat(500), TUESDAY_EVENING, 1, 900)
    return as_table(case(on_demand(), baseline(was, traffic(series))))


def only_raised() -> Case:
    """A raise of an index that throttles today: it is a relief."""
    series = spike(flat(500), TUESDAY_EVENING, 30, 2_000)
    return case(provisioned(1_500), baseline(deployed(provisioned(1_000)), traffic(series)))


def switch_that_adds_vector_indexes() -> Case:
    known = {"by_sound": "sound of 128 by COSINE; ALL"}
    added = {**known, "by_meaning": "text of 1536 by COSINE; ALL", "by_look": "look of 64 by COSINE; ALL"}
    return switch_with_structures(
        replace(STRUCTURE, vector_indexes=added), replace(STRUCTURE, vector_indexes=known)
    )


EXAMPLES = (
    compliant("seeds in the deployed template", lambda: switch_from(AutoScaling(1_000, 2_000, seed=1_000))),
    refused("no seed in the deployed template", lambda: switch_from(AutoScaling(1_000, 2_000))),
    refused("a seed below the peak", lambda: switch_from(AutoScaling(100, 2_000, seed=850))),
    refused("fixed units below the peak", lambda: switch_from(850)),
    refused("an index's maximum in no template", lambda: switch_with_live_maximum(OnDemand())),
    refused("no decrease left today", lambda: reduction_after_decreases(27)),
    refused(
        "back to less than the live table has by hand", lambda: within_provisioned(1_000, 2_000, live=3_000)
    ),
    refused("a Table's units below the peak", lambda: as_table(switch_from(table_scaling(850)))),
    silent("a Table's units at the peak", lambda: as_table(switch_from(table_scaling(900)))),
    silent("fixed units at the peak", lambda: switch_from(900)),
    silent("fixed units below the peak, within the budget", lambda: switch_from(899)),
    silent("a raise beside a reduction, back to what serves today", lambda: within_provisioned(1_000, 2_000)),
    silent(
        "an index's maximum in the template",
        lambda: switch_with_live_maximum(OnDemand(maximum=Units(write=900))),
    ),
    silent("decreases of the day before", lambda: reduction_after_decreases(27, NOW - timedelta(days=1))),
    silent("three decreases today", lambda: reduction_after_decreases(3)),
    silent("a switch to on-demand a day ago", lambda: to_provisioned_after_switch(24)),
    silent(
        "auto scaling far above a low minimum",
        lambda: within_provisioned(AutoScaling(500, 4_000, target=20), AutoScaling(500, 3_900, target=20)),
    ),
    silent("a table that does not exist yet", lambda: creation_with_index_peak(900)),
)

OTHERS = (
    other("a Table that was switched to on-demand by hand", lambda: switched_by_hand()),
    other("a decrease left today", lambda: reduction_after_decreases(26)),
    other("four decreases today", lambda: reduction_after_decreases(4)),
    other("no decrease left of table and index", lambda: reduction_of_both(28)),
    other("a switch to on-demand within a day", lambda: to_provisioned_after_switch(23.5)),
    other(
        "a switch to on-demand a minute less than a day ago", lambda: to_provisioned_after_switch(24 - 1 / 60)
    ),
    other(
        "an index's other maximum in the template",
        lambda: switch_with_live_maximum(OnDemand(maximum=Units(5, 901))),
    ),
    other("warm throughput in the template", lambda: switch_with_live_maximum(OnDemand(Units(write=7_000)))),
    other(
        "back to auto scaling with a lower minimum than the live one",
        lambda: within_provisioned(
            AutoScaling(500, 4_000), AutoScaling(400, 3_900), live=AutoScaling(2_900, 4_000, 60)
        ),
    ),
    other("a raise that only raises", lambda: only_raised()),
    other("two vector indexes", lambda: switch_that_adds_vector_indexes()),
    other(
        "a Table with a lower minimum than its units",
        lambda: as_table(switch_from(AutoScaling(700, 1_500, seed=800))),
    ),
)


@pytest.mark.parametrize(
    "example",
    refused_of(
        EXAMPLES,
        "no seed in the deployed template",
        "a seed below the peak",
        "fixed units below the peak",
        "back to less than the live table has by hand",
    ),
    ids=example_name,
)
def test_way_back_when_its_fix_is_deployed_first_expects_silence(example: Example) -> None:
    judged = for_guarded_table(example.make())
    assert findings(deploy_first(judged, findings(judged, "CG7")), "CG7") == []


def test_fix_of_a_table_when_auto_scaling_has_raised_it_expects_a_seed_above_that() -> None:
    """CloudFormation sends a Table's seed at once: a lower one would cut its units, and an equal one would be refused."""
    (example,) = refused_of(EXAMPLES, "a Table's units below the peak")
    judged = example.make()
    recorded = judged.recorded
    assert recorded is not None
    assert recorded.deployed is not None
    units_now = {f"index/{INDEX}": Units(1_000, 1_300)}
    scaled_up = replace(recorded, deployed=replace(recorded.deployed, units=units_now))
    (finding,) = findings(replace(judged, baseline=scaled_up, dialect="guarded", kind=TableKind.TABLE), "CG7")
    assert "seed=1_301" in finding.fix


def test_switch_to_on_demand_that_adds_a_vector_index_has_no_way_back() -> None:
    declared = replace(STRUCTURE, vector_indexes={"by_meaning": "embedding of 1536 by COSINE; ALL"})
    texts = [f.title for f in findings(switch_with_structures(declared), "CG7")]
    assert any(
        text.startswith("no way back to provisioned: the change adds a vector index") for text in texts
    )
    assert not any("vector" in f.title for f in findings(switch_with_structures(STRUCTURE), "CG7"))
    known = switch_with_structures(declared, recorded=declared)
    assert not any("vector" in f.title for f in findings(known, "CG7"))


def stays_on_demand(stated: Structure, recorded: Structure | None, before: Capacity) -> Case:
    """A table that is, and stays, on-demand, with a structure in its template and one in its baseline."""
    judged = replace(switch_with_structures(stated, recorded), declared=on_demand())
    was = baseline(replace(deployed(before), structure=recorded), traffic(flat(500)))
    return replace(judged, baseline=was)


@pytest.mark.parametrize("maximum", [None, 2_000])
def test_vector_index_that_is_added_to_a_table_that_stays_on_demand_is_a_warning(maximum: int | None) -> None:
    """Also where no capacity changes, so that there is no gate."""
    declared = replace(STRUCTURE, vector_indexes={"by_meaning": "embedding of 1536 by COSINE; ALL"})
    before = on_demand() if maximum is None else on_demand(maximum=Units(write=maximum))
    for recorded, expected in ((STRUCTURE, [Level.WARN]), (None, [Level.WARN]), (declared, [])):
        judged = stays_on_demand(declared, recorded, before)
        assert judged.in_transition == (maximum is not None)
        found = [f for f in findings(judged, "CG7") if "vector" in f.title]
        assert [f.level for f in found] == expected
        assert not any("switch to on-demand alone" in f.fix for f in found)


def test_vector_index_of_a_table_that_stays_provisioned_is_left_to_cg18() -> None:
    declared = replace(STRUCTURE, vector_indexes={"by_meaning": "embedding of 1536 by COSINE; ALL"})
    judged = replace(switch_with_structures(declared), declared=provisioned())
    assert not any("vector" in f.title for f in findings(judged, "CG7"))
