"""CG18: a shape of table for which a rollback by the guard is not tested."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Units
from capacity_guard.capacity.limits import PROJECTED_ATTRIBUTES_OF_INDEX, TABLE_NAME_CHARACTERS, Excess
from capacity_guard.rules import Case, Level, TemplateFacts, evaluate
from tests.builders.cases import (
    INDEX_WRITE,
    STRUCTURE,
    TUESDAY_EVENING,
    as_table,
    baseline,
    case,
    deployed,
    findings,
    flat,
    on_demand,
    provisioned,
    spike,
    switch_with_structures,
    table_to_provisioned,
    traffic,
)
from tests.rules.examples import compliant, other, refused, silent


def table_with_scaled_index(units: int, *, fixed: bool = False) -> Case:
    """A Table whose index has 200 units and auto scaling; the table itself is lowered, so this is not a relief."""
    becomes = units if fixed else AutoScaling(200, 3_000, seed=units)
    was = deployed(provisioned(AutoScaling(200, 2_000, seed=200)))
    return as_table(case(provisioned(becomes, 900), baseline(was)))


def switch_with_two_branches(other: Capacity) -> Case:
    """A switch to on-demand whose template states the declared capacity in one branch, and another in the other."""
    branches = (("Flip = none", on_demand()), ("Flip is not none", other))
    return case(
        on_demand(),
        template=tuple(TemplateFacts(branch=branch, capacity=capacity) for branch, capacity in branches),
    )


def stated_otherwise(code: Capacity) -> Case:
    return case(provisioned(900), code=code)


def two_vector_indexes() -> Case:
    stated = replace(STRUCTURE, vector_indexes={"by_sound": "sound of 128 by COSINE; ALL"})
    judged = with_vector_index(case(provisioned(), baseline(deployed(on_demand()))))
    return replace(judged, template=(TemplateFacts(), TemplateFacts(structure=stated)))


def moved_units() -> Case:
    """Auto scaling has raised the index to 650 write units, and nobody recorded its read units."""
    judged = table_with_scaled_index(300)
    assert judged.recorded is not None
    assert judged.recorded.deployed is not None
    was = replace(judged.recorded.deployed, units={"index/by_agent": Units(write=650)})
    return replace(judged, baseline=replace(judged.recorded, deployed=was))


def with_left_units(*left: tuple[str, str], declared: Capacity | None = None) -> Case:
    """A switch to on-demand, or another declared capacity, whose template still states units."""
    facts = TemplateFacts(left_units=left)
    was = baseline(deployed(provisioned() if declared is None else declared))
    return case(on_demand(), was, template=(facts,))


def above(*excesses: Excess, changes: bool = True) -> Case:
    """A table above limits of DynamoDB, in a change or without one."""
    facts = TemplateFacts(exceeded=excesses)
    declared = on_demand() if changes else provisioned()
    return replace(case(declared, baseline(deployed(provisioned()))), template=(facts,))


MANY_ATTRIBUTES = Excess(
    "GlobalSecondaryIndexes.0.Projection",
    21,
    PROJECTED_ATTRIBUTES_OF_INDEX,
    "Project fewer attributes, or ALL",
)
LONG_NAME = Excess("TableName", 256, TABLE_NAME_CHARACTERS, "Give a shorter one")
OF_TABLE = ("table", "ProvisionedThroughput")
OF_INDEX = ("index/by_agent", "GlobalSecondaryIndexes.0.ProvisionedThroughput")


EXAMPLES = (
    compliant("one Region", lambda: switch_with_structures(STRUCTURE)),
    refused("replicas", lambda: switch_with_structures(replace(STRUCTURE, replicas=("us-east-1",)))),
    refused(
        "replicas of a Table",
        lambda: case(on_demand(), template=(TemplateFacts(replicated_by="ReplicaUsEast1"),)),
    ),
    refused(
        "a value that cannot be read",
        lambda: case(
            on_demand(), template=(TemplateFacts(unreadable="Orders.StreamSpecification: Fn::GetAtt"),)
        ),
    ),
    refused("units of a Table edited while scaled", lambda: table_with_scaled_index(300)),
    refused(
        "a Table's auto scaling replaced by other units", lambda: table_with_scaled_index(300, fixed=True)
    ),
    refused("an override of the capacity", lambda: switch_with_two_branches(provisioned(700))),
    refused("units left in an on-demand template", lambda: with_left_units(OF_TABLE, OF_INDEX)),
    refused("more projected attributes than an index may have", lambda: above(MANY_ATTRIBUTES, LONG_NAME)),
    silent("limits of a Table moved, its units left", lambda: table_with_scaled_index(200)),
    silent(
        "a Table's auto scaling removed, its units left", lambda: table_with_scaled_index(200, fixed=True)
    ),
    silent("a Table of one Region to provisioned", lambda: table_to_provisioned(2_000)),
    silent("the way back behind a condition", lambda: switch_with_two_branches(provisioned())),
    silent(
        "replicas without a change of capacity",
        lambda: replace(
            switch_with_structures(*(replace(STRUCTURE, replicas=("us-east-1",)) for _ in range(2))),
            declared=provisioned(),
        ),
    ),
)


def with_indexes(count: int) -> Case:
    """A table that is on-demand and stays so."""
    indexes = {f"by_{number}": OnDemand() for number in range(count)}
    declared = Capacity.on_demand(indexes=indexes)
    return case(declared, baseline(deployed(declared)), indexes=tuple(indexes))


OTHERS = (
    other("a name that is too long of a table that stays", lambda: above(LONG_NAME, changes=False)),
    other("more indexes than a table may have", lambda: with_indexes(21)),
    other("units left in a table that is on-demand", lambda: with_left_units(OF_INDEX, declared=on_demand())),
    other(
        "a template that states another capacity than the code",
        lambda: stated_otherwise(provisioned(700, 800)),
    ),
    other("a template that states another mode than the code", lambda: stated_otherwise(on_demand())),
    other("a template with another index than the code", lambda: stated_otherwise(Capacity.on_demand())),
    other("to provisioned with vector indexes in template and baseline", lambda: two_vector_indexes()),
    other("units of a Table that auto scaling has moved", lambda: moved_units()),
    other(
        "an index that is deleted beside a Table's scaled units",
        lambda: replace(moved_units(), declared=Capacity.provisioned(read=300, write=900)),
    ),
)


@pytest.mark.parametrize("fixed", [False, True])
def test_units_of_a_table_when_left_as_deployed_as_the_fix_says_expects_silence(fixed: bool) -> None:
    (finding,) = findings(table_with_scaled_index(300, fixed=fixed), "CG18")
    assert finding.fix.startswith("keep its deployed units")
    assert findings(table_with_scaled_index(200, fixed=fixed), "CG18") == []


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("reads", [1_000, AutoScaling(100, 4_000)], ids=["reads fixed", "reads scaled"])
@pytest.mark.parametrize("units", [{}, {"index/by_agent": Units(1_000, 700)}], ids=["unknown", "moved"])
def test_raise_that_other_rules_print_to_be_deployed_first_expects_a_warning_to_keep_it(
    reads: int | AutoScaling, units: dict[str, Units]
) -> None:
    busy = spike(flat(500), TUESDAY_EVENING, 60, 2_000)
    was = provisioned(AutoScaling(400, 4_000), read=reads)
    judged = as_table(case(on_demand(), baseline(deployed(was, units=units), traffic(busy))))
    asking = [finding for finding in evaluate(judged) if len(finding.deployments) == 2]
    assert {"CG7", "CG14", "CG15"} <= {finding.rule for finding in asking}
    first = {finding.deployments[0].throughput(INDEX_WRITE) for finding in asking}
    assert len(first) == 1
    found = findings(replace(judged, declared=asking[0].deployments[0]), "CG18")
    assert found
    for finding in found:
        assert finding.level is Level.WARN
        assert finding.fix.startswith(
            "keep this value if CG7, CG14 or CG15 printed it for the first deployment"
        )
        assert "keep its deployed units" not in finding.fix


def test_override_when_in_one_branch_expects_a_finding_that_names_the_branch() -> None:
    (finding,) = findings(switch_with_two_branches(provisioned(700)), "CG18")
    assert "Flip is not none" in finding.text()


def with_vector_index(judged: Case) -> Case:
    """A case whose baseline knows a vector index."""
    recorded = judged.recorded
    assert recorded is not None
    assert recorded.deployed is not None
    structure = replace(STRUCTURE, vector_indexes={"by_meaning": "embedding of 1536 by COSINE; ALL"})
    return replace(
        judged, baseline=replace(recorded, deployed=replace(recorded.deployed, structure=structure))
    )


def test_table_with_a_vector_index_that_becomes_provisioned_is_refused() -> None:
    to_provisioned = case(provisioned(), baseline(deployed(on_demand())))
    found = [f for f in findings(with_vector_index(to_provisioned), "CG18") if "vector" in f.title]
    (finding,) = found
    assert "which exist in on-demand mode only" in finding.title
    assert findings(to_provisioned, "CG18") == []


def test_table_with_a_vector_index_that_stays_on_demand_is_not() -> None:
    stays = case(on_demand(), baseline(deployed(on_demand())))
    assert findings(with_vector_index(stays), "CG18") == []


@pytest.mark.parametrize("declared", [provisioned(), on_demand()])
def test_auto_scaling_elsewhere_is_one_warning_with_or_without_a_transition(declared: Capacity) -> None:
    texts = ("Foreign of O.template.json names it", "Other of P.template.json may name it")
    facts = TemplateFacts(structure=STRUCTURE, scaled_elsewhere=texts)
    judged = case(declared, template=(facts, replace(facts, branch="A = b")))
    found = [
        each
        for each in findings(judged, "CG18")
        if "a scaling target outside its stack may scale it" in each.title
    ]
    ((figures, level),) = [(each.figures, each.level) for each in found]
    assert level is Level.WARN
    assert [figure.value for figure in figures] == list(texts)


@pytest.mark.parametrize("declared", [provisioned(), on_demand()])
def test_macro_of_the_template_is_one_warning_with_or_without_a_transition(declared: Capacity) -> None:
    facts = TemplateFacts(structure=STRUCTURE, macros=("Company (Transform)",))
    judged = case(declared, template=(facts, replace(facts, branch="A = b")))
    (found,) = [each for each in findings(judged, "CG18") if "a macro may change" in each.title]
    assert (found.level, found.figures[0].value) == (Level.WARN, "Company (Transform)")


def test_units_that_are_left_warn_where_the_capacity_stays_and_name_the_overrides_that_take_them_out() -> (
    None
):
    (finding,) = [
        found
        for found in findings(with_left_units(OF_TABLE, OF_INDEX, declared=on_demand()), "CG18")
        if "still states" in found.title
    ]
    assert finding.level is Level.WARN
    assert finding.fix.endswith(
        'resource.add_property_deletion_override("ProvisionedThroughput"); '
        'resource.add_property_deletion_override("GlobalSecondaryIndexes.0.ProvisionedThroughput")'
    )


def test_scaling_that_the_live_table_lost_is_a_warning_without_a_transition() -> None:
    """RestoreTableFromBackup leaves auto scaling to be set up by hand."""
    template = provisioned(AutoScaling(200, 2_000, seed=200), read=AutoScaling(100, 900, seed=100))
    live = provisioned(320, read=AutoScaling(100, 900))
    units = {"table": Units(100, 1_000), f"index/{INDEX_WRITE.index}": Units(100, 320)}
    judged = case(template, baseline(deployed(template, live=live, units=units)))
    (finding,) = findings(judged, "CG18")
    assert finding.level is Level.WARN
    assert [(figure.label, figure.value, figure.note) for figure in finding.figures] == [
        ("by_agent, write", "fixed", "live, at 320 writes/s")
    ]
    assert "capacity-guard docs life-of-a-table" in finding.fix
    for no_loss in (
        deployed(template, live=provisioned(AutoScaling(200, 2_000), read=AutoScaling(100, 900))),
        deployed(template, live=on_demand()),
        deployed(on_demand(), live=template),
        deployed(live, live=live),
    ):
        assert not findings(case(no_loss.template, baseline(no_loss)), "CG18")


@pytest.mark.parametrize(("count", "is_told"), [(20, False), (21, True)])
def test_indexes_beyond_the_quota_of_a_table_are_a_warning(count: int, is_told: bool) -> None:
    found = findings(with_indexes(count), "CG18")
    assert [(each.level, each.figures[0].value) for each in found] == (
        [(Level.WARN, "21")] if is_told else []
    )


def unchanged_with_replicas(recorded: dict[str, str] | None, stated: dict[str, str] | None) -> Case:
    """A table with replicas whose own capacity stays."""
    regions = ("eu-central-1", "us-east-1")
    before, after = (
        replace(STRUCTURE, replicas=regions, replica_capacity=capacity) for capacity in (recorded, stated)
    )
    return replace(switch_with_structures(after, before), declared=provisioned())


def test_capacity_of_a_replica_that_changes_alone_is_a_warning_that_names_its_region() -> None:
    recorded = {"eu-central-1": "0f12aa", "us-east-1": "1a"}
    judged = unchanged_with_replicas(recorded, {**recorded, "eu-central-1": "77"})
    assert not judged.in_transition
    (finding,) = findings(judged, "CG18")
    assert finding.level is Level.WARN
    assert "the capacity of its replicas in other Regions changes" in finding.title
    assert finding.figures[0].value == "eu-central-1"


@pytest.mark.parametrize(
    ("recorded", "stated"),
    [
        ({"us-east-1": "1a"}, {"us-east-1": "1a"}),
        (None, {"us-east-1": "1a"}),
        ({"us-east-1": "1a"}, {}),
        ({"us-east-1": "1a"}, {"us-east-1": "1a", "eu-central-1": "77"}),
    ],
    ids=["unchanged", "not recorded", "a replica that goes", "a replica that comes"],
)
def test_capacity_of_replicas_that_is_not_known_to_change_is_silent(
    recorded: dict[str, str] | None, stated: dict[str, str] | None
) -> None:
    assert findings(unchanged_with_replicas(recorded, stated), "CG18") == []


@pytest.mark.parametrize(
    ("before", "after", "figures"),
    [
        ((), ("us-east-1",), [("added", "us-east-1")]),
        (("us-east-1",), (), [("removed", "us-east-1")]),
        (("us-east-1",), ("eu-central-1",), [("added", "eu-central-1"), ("removed", "us-east-1")]),
        (("us-east-1",), ("us-east-1",), []),
    ],
    ids=["comes", "goes", "both", "stays"],
)
def test_replica_that_comes_or_goes_alone_is_a_warning(
    before: tuple[str, ...], after: tuple[str, ...], figures: list[tuple[str, str]]
) -> None:
    was, becomes = (replace(STRUCTURE, replicas=regions) for regions in (before, after))
    judged = replace(switch_with_structures(becomes, was), declared=provisioned())
    assert not judged.in_transition
    found = findings(judged, "CG18")
    assert [[(each.label, each.value) for each in finding.figures] for finding in found] == (
        [figures] if figures else []
    )
    assert all(finding.level is Level.WARN for finding in found)


def test_switch_of_a_table_with_replicas_is_refused_once_whatever_else_its_replicas_change() -> None:
    recorded = {"us-east-1": "1a"}
    judged = replace(unchanged_with_replicas(recorded, {"us-east-1": "77"}), declared=on_demand())
    (finding,) = findings(judged, "CG18")
    assert finding.level is Level.ERROR
    assert "it has replicas in other Regions" in finding.title
