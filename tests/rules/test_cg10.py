"""CG10: a capacity change together with another change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard.capacity import AutoScaling, Capacity, Provisioned, TableKind
from capacity_guard.capacity.structure import Structure
from capacity_guard.evidence.provenance import FROM_FILE
from capacity_guard.rules import Case, Dialect, Level, TemplateFacts
from tests.builders.cases import (
    INDEX,
    STRUCTURE,
    baseline,
    case,
    deployed,
    findings,
    flat,
    on_demand,
    provisioned,
    structure_with_indexes,
    switch_with_structures,
    traffic,
)
from tests.rules.examples import Example, compliant, example_name, other, refused, refused_of, silent

TWO_INDEXES = "two indexes at once"
NO_TYPE = "a table whose resource type nobody knows"


def with_new_indexes(*names: str) -> Case:
    """The same throughput, with indexes added."""
    keys = dict.fromkeys(("by_agent", *names), "agent_id:S HASH; ALL")
    was = replace(deployed(provisioned()), structure=STRUCTURE)
    declared = Capacity.provisioned(
        read=1_000, write=1_000, indexes={name: Provisioned(read=1_000, write=1_000) for name in keys}
    )
    facts = TemplateFacts(
        structure=structure_with_indexes(**keys), watched=("table", *(f"index/{name}" for name in keys))
    )
    return case(declared, baseline(was), indexes=tuple(keys), template=(facts,))


def switch_with_two_structures(first: Structure, second: Structure) -> Case:
    """A switch whose template states two structures behind a condition, after a branch that cannot be read."""
    judged = switch_with_structures(first)
    stated = (TemplateFacts(), *judged.template, replace(judged.template[0], structure=second))
    return replace(judged, template=stated)


def without_recorded_structure(judged: Case) -> Case:
    return replace(judged, baseline=baseline(deployed(provisioned())))


def from_files(judged: Case) -> Case:
    """With a baseline of ``record --from-csv``."""
    recorded = judged.recorded
    assert recorded is not None
    recording = replace(recorded.recording, source=f"{FROM_FILE}traffic.csv")
    return replace(judged, baseline=replace(recorded, recording=recording))


def switch_with_indexes(*names: str, **structure: Any) -> Case:
    """A switch to on-demand of a table with a peak, whose code has other indexes."""
    stated = replace(STRUCTURE, indexes=dict.fromkeys(names, "agent_id:S HASH; ALL"), **structure)
    scaled = AutoScaling(500, 500)
    was = replace(deployed(provisioned(scaled, scaled)), structure=STRUCTURE)
    return case(
        Capacity.on_demand().for_indexes(names, "capacity"),
        baseline(was, traffic(flat(400), flat(400))),
        indexes=names,
        template=(TemplateFacts(structure=stated, watched=("table", *(f"index/{name}" for name in names))),),
    )


def switch_back_with_indexes(*names: str) -> Case:
    """A switch to provisioned of a table whose code has other indexes."""
    part = Provisioned(read=200, write=AutoScaling(10, 500, seed=10))
    stated = structure_with_indexes(**dict.fromkeys(names, "agent_id:S HASH; ALL"))
    was = replace(deployed(on_demand()), structure=STRUCTURE)
    return case(
        Capacity.provisioned(read=200, write=200, indexes=dict.fromkeys(names, part)),
        baseline(was),
        indexes=names,
        template=(TemplateFacts(structure=stated, watched=("table", *(f"index/{name}" for name in names))),),
    )


def raised(capacity: Capacity) -> Capacity:
    assert isinstance(capacity.table, Provisioned)
    return replace(capacity, table=replace(capacity.table, write=1_100))


EXAMPLES = (
    compliant("capacity alone", lambda: switch_with_structures(STRUCTURE)),
    refused(
        "another key of an index",
        lambda: switch_with_structures(structure_with_indexes(by_agent="agent_id:N HASH; ALL")),
    ),
    refused("a stream", lambda: switch_with_structures(replace(STRUCTURE, stream="NEW_IMAGE"))),
    refused("a replica", lambda: switch_with_structures(replace(STRUCTURE, replicas=("us-east-1",)))),
    refused("a newer guard", lambda: switch_with_structures(replace(STRUCTURE, guard="9f2c.zip"))),
    refused(
        NO_TYPE,
        lambda: replace(switch_with_structures(STRUCTURE, None), dialect="l1"),
    ),
    refused(TWO_INDEXES, lambda: with_new_indexes("by_day", "by_hour")),
    silent("an index alone", lambda: with_new_indexes("by_day")),
    silent(
        "a stream without a change of capacity",
        lambda: replace(
            switch_with_structures(replace(STRUCTURE, stream="NEW_IMAGE")), declared=provisioned()
        ),
    ),
    refused(
        "a time to live",
        lambda: switch_with_structures(
            replace(STRUCTURE, properties={"TableClass": "0f12aa", "TimeToLiveSpecification": "77aa"})
        ),
    ),
)

OTHERS = (
    other("a baseline that does not tell the structure", lambda: switch_with_structures(STRUCTURE, None)),
    other(
        "a low-level table whose resource type its code says",
        lambda: replace(switch_with_structures(STRUCTURE, None), dialect="l1", kind=TableKind.TABLE),
    ),
    other(
        "a baseline that does not tell other properties",
        lambda: switch_with_structures(STRUCTURE, replace(STRUCTURE, properties=None)),
    ),
    other("a recording from files", lambda: from_files(switch_with_structures(STRUCTURE, None))),
    other(
        "a recording from files of a table whose resource type nobody knows",
        lambda: replace(from_files(switch_with_structures(STRUCTURE, None)), dialect="l1"),
    ),
    other(
        "other properties that change",
        lambda: switch_with_structures(
            replace(STRUCTURE, properties={"TableClass": "1", "SSESpecification": "2"}),
            replace(STRUCTURE, properties={"TableClass": "0", "ResourcePolicy": "3"}),
        ),
    ),
    other(
        "a stream, a replica and a newer guard in two branches",
        lambda: switch_with_two_structures(
            replace(STRUCTURE, stream="NEW_IMAGE", guard="9f2c.zip"),
            replace(STRUCTURE, stream="NEW_IMAGE", replicas=("us-east-1",), guard="77aa.zip"),
        ),
    ),
    other(
        "tables of its stack",
        lambda: replace(
            switch_with_structures(STRUCTURE), travels_with=("Carts", "Users", "Items", "Offers")
        ),
    ),
    other(
        "more tables of its stack",
        lambda: replace(switch_with_structures(STRUCTURE), travels_with=tuple("ABCDEFG")),
    ),
    other(
        "two indexes without a recorded structure",
        lambda: without_recorded_structure(with_new_indexes("by_day", "by_hour")),
    ),
    other(
        "an index without a recorded structure",
        lambda: without_recorded_structure(with_new_indexes("by_day")),
    ),
    other(
        "an index and another capacity",
        lambda: replace(with_new_indexes("by_day"), declared=raised(with_new_indexes("by_day").declared)),
    ),
    other("an index deleted in a switch", lambda: switch_with_indexes()),
    other("an index created in a switch", lambda: switch_with_indexes(INDEX, "by_day")),
    other("an index created in a switch back", lambda: switch_back_with_indexes(INDEX, "by_day")),
    other(
        "an index created, one deleted, a stream and a newer guard in a switch",
        lambda: switch_with_indexes("by_day", stream="NEW_IMAGE", guard="9f2c.zip"),
    ),
    other(
        "a baseline without a file of a table that nobody knows",
        lambda: replace(
            switch_with_structures(STRUCTURE, None),
            dialect="l1",
            baseline=baseline(deployed(provisioned()), file=""),
        ),
    ),
)


@pytest.mark.parametrize(
    "example",
    [example for example in refused_of(EXAMPLES) if example.name not in (TWO_INDEXES, NO_TYPE)],
    ids=example_name,
)
def test_capacity_when_the_rest_is_deployed_first_as_the_fix_says_expects_silence(example: Example) -> None:
    judged = example.make()
    (finding,) = findings(judged, "CG10")
    assert "first" in finding.fix
    (facts,) = judged.template
    assert facts.structure is not None
    assert findings(switch_with_structures(facts.structure, facts.structure), "CG10") == []


@pytest.mark.parametrize(
    "recorded", [None, replace(STRUCTURE, properties=None)], ids=["structure", "properties"]
)
def test_change_when_the_baseline_does_not_tell_what_else_changes_is_a_warning(
    recorded: Structure | None,
) -> None:
    judged = switch_with_structures(STRUCTURE, recorded)
    (finding,) = findings(judged, "CG10")
    assert finding.level is Level.WARN
    assert "time to live, table class, encryption" in finding.text()
    assert ("keys, stream, replicas" in finding.text()) is (recorded is None)
    assert findings(replace(judged, declared=provisioned()), "CG10") == []
    assert findings(replace(judged, template=()), "CG10") == []  # advice, which no template states


def test_fix_when_nothing_but_indexes_changes_does_not_speak_of_a_capacity() -> None:
    (finding,) = findings(with_new_indexes("by_day", "by_hour"), "CG10")
    assert (
        finding.title
        == "it creates or deletes 2 indexes in one operation, and CloudFormation refuses more than one"
    )
    assert [figure.value.partition(":")[0] for figure in finding.figures] == ["index by_day", "index by_hour"]
    assert finding.fix == "create or delete one index in a deployment, and record again before the next one"


def test_other_properties_of_another_resource_type_are_not_compared() -> None:
    table = replace(STRUCTURE, kind=TableKind.TABLE, properties={"KinesisStreamSpecification": "1"})
    (finding,) = findings(switch_with_structures(STRUCTURE, table), "CG10")
    assert [figure.value for figure in finding.figures] == [
        "resource type: AWS::DynamoDB::Table becomes AWS::DynamoDB::GlobalTable"
    ]


def test_fix_of_an_unknown_resource_type_expects_a_new_recording() -> None:
    (example,) = refused_of(EXAMPLES, NO_TYPE)
    (finding,) = findings(example.make(), "CG10")
    assert finding.fix == "capacity-guard record --table conversations --out baselines/conversations.json"
    assert findings(switch_with_structures(STRUCTURE), "CG10") == []


def test_finding_when_other_tables_of_the_stack_change_too_warns_and_names_four() -> None:
    others = ("Carts", "Users", "Items", "Offers", "Prices", "Stock")
    judged = replace(switch_with_structures(STRUCTURE), travels_with=others)
    (finding,) = findings(judged, "CG10")
    assert finding.level is Level.WARN
    assert "one veto takes all of them back" in finding.title
    assert [figure.value for figure in finding.figures] == ["Carts", "Users", "Items", "Offers", "2 more"]
    assert "a stack of its own" in finding.fix
    (alone,) = findings(replace(judged, travels_with=("Carts",)), "CG10")
    assert [figure.value for figure in alone.figures] == ["Carts"]


def test_finding_when_only_others_change_is_none() -> None:
    judged = replace(switch_with_structures(STRUCTURE), declared=provisioned(), travels_with=("Carts",))
    assert findings(judged, "CG10") == []


def test_keys_that_change_without_a_capacity_are_told_since_the_table_would_be_replaced() -> None:
    other_keys = replace(STRUCTURE, keys="other:S HASH")
    judged = replace(switch_with_structures(other_keys, STRUCTURE), declared=provisioned())
    assert not judged.in_transition
    (finding,) = findings(judged, "CG10")
    assert finding.level is Level.WARN
    assert "CloudFormation replaces it with an empty table" in finding.title
    assert [figure.value for figure in finding.figures] == [f"keys: {STRUCTURE.keys} becomes other:S HASH"]


def named(name: str | None) -> Structure:
    """The structure of the table, with a table name in its template or without one."""
    return replace(STRUCTURE, properties={} if name is None else {"TableName": name})


def with_import(name: str = "0f12aa") -> Structure:
    return replace(STRUCTURE, properties={"ImportSourceSpecification": name})


@pytest.mark.parametrize(
    ("recorded", "stated", "table_name", "change"),
    [
        (named("0f12aa"), named(None), None, "TableName: is taken out"),
        (named(None), named("0f12aa"), None, "TableName: is set"),
        (named(None), named("0f12aa"), "conversations", "TableName: is set"),
        (named(None), with_import(), None, "ImportSourceSpecification: is set"),
        (with_import(), named(None), None, "ImportSourceSpecification: is taken out"),
        (with_import(), with_import("77"), None, "ImportSourceSpecification: changes"),
    ],
)
def test_property_that_no_update_changes_is_told_without_a_change_of_the_capacity(
    recorded: Structure, stated: Structure, table_name: str | None, change: str
) -> None:
    judged = replace(switch_with_structures(stated, recorded), declared=provisioned(), table_name=table_name)
    (finding,) = findings(judged, "CG10")
    assert finding.level is Level.WARN
    assert "CloudFormation replaces it with an empty table" in finding.title
    assert [figure.value for figure in finding.figures] == [change]


@pytest.mark.parametrize(
    ("recorded", "stated", "table_name"),
    [
        (named(None), named("0f12aa"), "other"),  # CG2 compares the names
        (named("0f12aa"), named("77"), None),
        (replace(STRUCTURE, properties=None), named("0f12aa"), None),
    ],
    ids=["another name", "a name that the deployment knows", "properties that were not recorded"],
)
def test_name_of_which_it_is_not_known_that_it_replaces_the_table_is_silent(
    recorded: Structure, stated: Structure, table_name: str | None
) -> None:
    judged = replace(switch_with_structures(stated, recorded), declared=provisioned(), table_name=table_name)
    assert findings(judged, "CG10") == []


@pytest.mark.parametrize(
    "stated",
    [STRUCTURE, replace(STRUCTURE, stream="KEYS_ONLY"), replace(STRUCTURE, properties={"TableClass": "9"})],
    ids=["the same", "a stream", "another property"],
)
def test_other_changes_without_a_capacity_are_not_told(stated: Structure) -> None:
    judged = replace(switch_with_structures(stated, STRUCTURE), declared=provisioned())
    assert findings(judged, "CG10") == []
    assert findings(without_recorded_structure(judged), "CG10") == []


@pytest.mark.parametrize("dialect", ["guarded", "table", "template"])
def test_finding_on_a_recording_from_files_says_what_ends_it(dialect: Dialect) -> None:
    """Recording from files again, which may be all that a team can do, would not."""
    judged = replace(from_files(switch_with_structures(STRUCTURE, None)), dialect=dialect)
    (finding,) = findings(judged, "CG10")
    first, second = finding.fix.split("\n")
    assert first.startswith("a recording from AWS ends this: capacity-guard record --table conversations ")
    assert "in the file of --capacity" in second
    assert ("acknowledge(" in second) == (dialect != "template")


def test_table_of_a_report_has_no_guard_that_changes() -> None:
    judged = switch_with_structures(STRUCTURE, replace(STRUCTURE, guard="9f2c.zip"))
    assert "the guard itself changes" in findings(judged, "CG10")[0].title
    assert findings(replace(judged, report_file="baselines/Orders.json"), "CG10") == []
