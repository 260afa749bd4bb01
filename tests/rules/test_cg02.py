"""CG2: a baseline that is missing, unreadable, stale, short, or of another table."""

from __future__ import annotations

import math
import shlex
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, InputError, OnDemand, Units
from capacity_guard.evidence.baseline import Baseline, NewTable
from capacity_guard.evidence.provenance import Recording, TableIdentity
from capacity_guard.recording.store import read_predecessor
from capacity_guard.rules import Case, Level, TemplateFacts, evaluate
from tests.builders.cases import (
    END,
    INDEX,
    NOW,
    START,
    TUESDAY_EVENING,
    baseline,
    case,
    findings,
    flat,
    gap,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.rules.examples import compliant, other, refused, silent


def recorded_until(end: datetime, days: float = 14) -> Case:
    carried = traffic(flat(100, days), start=end - timedelta(days=days))
    return case(on_demand(), baseline(carried=carried, recording=Recording(end, "test", "test")))


EXAMPLES = (
    compliant("recorded today", lambda: case(on_demand())),
    refused("older than 14 days", lambda: recorded_until(NOW - timedelta(days=14, minutes=1))),
    refused("shorter than 7 days", lambda: recorded_until(END, days=6)),
    refused(
        "of a table that was just created, without traffic",
        lambda: case(on_demand(), baseline(carried=traffic(*[flat(math.nan, 1 / 16)] * 3, start=END))),
    ),
    refused(
        "a week with two hours missing",
        lambda: case(on_demand(), baseline(carried=traffic(gap(flat(100, 7), START, 120)))),
    ),
    refused("of another account", lambda: case(on_demand(), account="999988887777")),
    refused("of another Region", lambda: case(on_demand(), region="us-east-1")),
    refused("of another table", lambda: case(on_demand(), table_name="orders")),
    refused("of another stack", lambda: case(on_demand(), stack="Chat-staging")),
    silent("exactly 14 days old", lambda: recorded_until(NOW - timedelta(days=14))),
    silent("exactly 7 days long", lambda: recorded_until(END, days=7)),
    silent(
        "a week with half an hour missing",
        lambda: case(on_demand(), baseline(carried=traffic(gap(flat(100, 7), START, 30)))),
    ),
    silent(
        "account unresolved at synthesis",
        lambda: case(on_demand(), baseline(table=TableIdentity("conversations", "1" * 12))),
    ),
)

OTHERS = (
    other(
        "of another account and Region, and stale",
        lambda: replace(recorded_until(NOW - timedelta(days=20)), account="999988887777", region="us-east-1"),
    ),
    other("recorded after the judgment", lambda: replace(case(on_demand()), now=END - timedelta(days=2))),
    other(
        "recorded a clock's error later", lambda: replace(case(on_demand()), now=END - timedelta(minutes=5))
    ),
    other(
        "a traffic that ends before the recording",
        lambda: case(
            on_demand(),
            baseline(carried=traffic(flat(100, 7)), recording=Recording(END, "test", "test")),
            now=START + timedelta(days=21, hours=3),
        ),
    ),
    other("a table that does not exist yet", lambda: case(on_demand(), NewTable("conversations"))),
    other(
        "a week with an hour missing",
        lambda: case(on_demand(), baseline(carried=traffic(gap(flat(100, 7), START, 60)))),
    ),
    other(
        "a week with an hour and a minute missing",
        lambda: case(on_demand(), baseline(carried=traffic(gap(flat(100, 7), START, 61)))),
    ),
)


def test_fix_when_the_baseline_is_of_another_table_records_the_declared_one() -> None:
    (finding,) = findings(case(on_demand(), table_name="orders"), "CG2")
    assert finding.fix.startswith("capacity-guard record --table orders --out ")


def test_baseline_without_traffic_warns_of_a_raise_and_refuses_every_other_change() -> None:
    """Nothing is known of the load, so nothing is judged by it: CG2 alone must say so."""
    unrecorded = baseline(carried=traffic(*[flat(math.nan, 1 / 16)] * 3, start=END))
    for declared, level in (
        (provisioned(2_000, 2_000, 2_000), Level.WARN),
        (provisioned(999), Level.ERROR),
        (on_demand(), Level.ERROR),
        (provisioned(), Level.WARN),
    ):
        (finding,) = findings(case(declared, unrecorded), "CG2")
        assert finding.level is level
        assert "holds no traffic" in finding.title


@pytest.mark.parametrize(
    ("change", "overwrites"),
    [
        ({"table_name": "orders"}, False),
        ({"account": "999988887777"}, False),
        ({"region": "us-east-1"}, False),
        ({"stack": "Chat-staging"}, True),
    ],
    ids=str,
)
def test_fix_of_a_baseline_of_another_table_names_a_file_that_the_command_would_write(
    change: dict[str, Any], overwrites: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = case(on_demand(), **change)
    (finding,) = findings(judged, "CG2")
    assert judged.recorded is not None
    monkeypatch.chdir(tmp_path)
    judged.recorded.save("baselines/conversations.json")
    words = shlex.split(finding.fix.splitlines()[0])
    old = judged.recorded.table
    # A table that CloudFormation names may have been moved, and kept its name.
    name = old.name if words[3] == "NAME" or words[3].startswith("$(") else words[3]
    declared = TableIdentity(name, judged.account or old.account, judged.region or old.region)
    out = Path(words[words.index("--out") + 1])
    read_predecessor(out, declared)  # raises where the command would refuse to write
    assert (out == Path("baselines/conversations.json")) is overwrites
    assert (f'then baseline="{out.as_posix()}"' in finding.fix) is not overwrites


def test_fix_of_a_baseline_of_another_environment_does_not_record_the_table_of_that_one() -> None:
    judged = case(on_demand(), stack="Chat-dev", account="999988887777", logical_id="Conversations")
    (finding,) = findings(judged, "CG2")
    assert judged.recorded is not None
    assert f"--table {judged.recorded.table.name} " not in finding.fix
    assert "--stack-name Chat-dev --logical-resource-id Conversations" in finding.fix


def test_fix_of_another_logical_id_does_not_record_the_recorded_table_over_the_file() -> None:
    (finding,) = findings(case(on_demand(), stack="Chat", logical_id="Other"), "CG2")
    moved, command, otherwise = finding.fix.splitlines()
    assert moved == (
        "if its construct was renamed or moved, undo that: CloudFormation would make a new, empty table Other and remove or "
        "leave Conversations; else record the table:"
    )
    assert "--stack-name Chat --logical-resource-id Other" in command
    assert otherwise == "if that is not conversations, --out baselines/Conversations-Chat.json"


def test_fix_of_a_missing_baseline_is_the_complete_command_with_the_file_that_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as raised:
        Baseline.load(tmp_path / "my baselines" / "orders.json")
    missing = case(on_demand(), stack="Chat", logical_id="Orders", region="eu-west-1")
    (finding,) = findings(replace(missing, baseline=raised.value), "CG2")
    command, new = finding.fix.split("\n")
    assert new == 'or, until the table is deployed: baseline=NewTable("Conversations")'
    words = shlex.split(command)
    assert words[:3] == ["capacity-guard", "record", "--table"]
    assert "--stack-name Chat --logical-resource-id Orders --region eu-west-1" in words[3]
    assert words[4:] == ["--out", "my baselines/orders.json", "--region", "eu-west-1"]
    (named,) = findings(replace(missing, baseline=raised.value, table_name="orders"), "CG2")
    record = "capacity-guard record --table orders --out 'my baselines/orders.json' --region eu-west-1"
    assert named.fix.split("\n") == [record, new]
    # The aspects find a baseline in their folder, and a table that is guarded beside its construct has been deployed.
    (beside,) = findings(replace(missing, baseline=raised.value, table_name="orders", dialect="table"), "CG2")
    assert beside.fix == record


def test_fix_of_a_mistyped_path_names_the_file_that_exists_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    judged = case(on_demand(), table_name="orders")
    assert judged.recorded is not None
    judged.recorded.save("baselines/Orders.json")
    for wrong, near in (
        ("baselines/orders.json", "baselines/Orders.json"),
        ("baseline/Orders.json", "baselines"),
    ):
        with pytest.raises(InputError) as raised:
            Baseline.load(wrong)
        (finding,) = findings(replace(judged, baseline=raised.value), "CG2")
        correct, record, *_ = finding.fix.split("\n")
        assert correct == f"correct the path, if it is mistyped: there is {near}"
        assert record == f"or: capacity-guard record --table orders --out {wrong}"


def test_missing_baseline_says_what_the_deployment_will_do_and_names_the_file_of_another_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("Orders.json").touch()
    with pytest.raises(InputError) as raised:
        Baseline.load("orders.json")
    missing = replace(case(on_demand()), baseline=raised.value)
    (finding,) = findings(missing, "CG2")
    assert finding.level is Level.WARN
    assert (
        "the deployment is refused unless the live table already has the declared capacity" in finding.title
    )
    assert [figure.label for figure in finding.figures] == ["baseline", "deployment"]
    assert finding.figures[0].note == "is missing; there is Orders.json"
    # Under break-glass, and in a template without a guard, there is no gate.
    for without_gate in (replace(missing, break_glass="INC-7"), replace(missing, dialect="template")):
        (finding,) = findings(without_gate, "CG2")
        assert "refused" not in finding.text()


def judged_by_name(name: str, **changes: Any) -> Case:
    """A change of a table that CloudFormation names, by a baseline that knows no more than a name."""
    given = {"stack": "Chat", "logical_id": "Conversations", "table_name": None, **changes}
    return case(on_demand(), baseline(table=TableIdentity(name)), **given)


@pytest.mark.parametrize(
    "name", ["Completely-Other", "Chat-Other-1ABCDEF", "Chat-Conversations", "chat-Conversations-1AB"]
)
def test_baseline_when_its_name_cannot_be_that_of_the_table_is_a_warning(name: str) -> None:
    (finding,) = findings(judged_by_name(name), "CG2")
    assert finding.level is Level.WARN
    assert "may be of another table" in finding.title
    assert "Chat-Conversations-..." in finding.text()


@pytest.mark.parametrize(
    "judged",
    [
        judged_by_name("Chat-Conversations-1ABCDEFGHIJK"),
        judged_by_name("Completely-Other", logical_id=None),
        judged_by_name("Completely-Other", stack=None),
        replace(judged_by_name("Completely-Other"), declared=provisioned()),
        replace(judged_by_name("x"), baseline=baseline(table=TableIdentity("x", stack="Chat"))),
        judged_by_name(f"{'S' * 128}-{'L' * 100}-1ABCDEFG", stack="S" * 128, logical_id="L" * 255),
        judged_by_name("shop-orders-prod", template=(TemplateFacts(is_named=True),)),
    ],
    ids=[
        "its name",
        "no logical id",
        "no stack",
        "no change",
        "its stack",
        "a name that was cut",
        "a name that only the deployment knows",
    ],
)
def test_baseline_when_its_name_may_be_that_of_the_table_or_something_else_tells_is_taken(
    judged: Case,
) -> None:
    assert findings(judged, "CG2") == []


def test_fix_when_the_baseline_cannot_be_read_is_the_remedy_of_the_error() -> None:
    (finding,) = findings(case(on_demand(), InputError("orders.json", "is missing", "Record it")), "CG2")
    assert finding.fix == "Record it"
    assert "orders.json  is missing" in finding.text()


def test_baseline_when_recorded_after_the_judgment_is_refused_as_one_of_unknown_age() -> None:
    judged = case(on_demand())
    (finding,) = findings(replace(judged, now=END - timedelta(days=2)), "CG2")
    assert "recorded after the time of judgment" in finding.title
    assert finding.level is Level.ERROR


def test_table_that_does_not_exist_yet_is_a_warning_to_record_it() -> None:
    (finding,) = findings(case(on_demand(), NewTable("conversations"), table_name="chat"), "CG2")
    assert finding.level is Level.WARN
    assert "its capacity can change only when it is recorded" in finding.title
    assert finding.fix.splitlines() == [
        "after the first deployment: capacity-guard record --table chat --out baselines/Conversations.json",
        'then baseline="baselines/Conversations.json" in place of NewTable(...)',
    ]
    (unnamed,) = findings(case(on_demand(), NewTable("conversations")), "CG2")
    assert "--table NAME" in unnamed.fix


def test_new_name_for_a_recorded_table_is_told_as_a_replacement() -> None:
    given = {"stack": "Chat", "logical_id": "Conversations"}
    (finding,) = findings(case(on_demand(), table_name="talks", **given), "CG2")
    assert "CloudFormation replaces it with a new, empty table" in finding.title
    assert finding.fix.splitlines() == [
        'keep the old name: table_name="conversations"',
        "or make a second table and copy the items: capacity-guard docs life-of-a-table",
        "or, where it was replaced already: capacity-guard record --table talks --out baselines/conversations.json",
    ]
    # and that command writes into the file: stack and logical id are those of the table
    (other_place,) = findings(
        case(on_demand(), table_name="talks", **{**given, "logical_id": "Other"}), "CG2"
    )
    assert "is of another table" in other_place.title


def test_warm_throughput_of_a_new_table_says_when_it_takes_effect() -> None:
    declared = Capacity.on_demand(warm=Units(read=13_000), indexes={INDEX: OnDemand(warm=Units(write=6_240))})
    new, late = findings(case(declared, NewTable("conversations")), "CG2")
    assert "it is declared as new" in new.title
    assert (late.level, late.title) == (
        Level.WARN,
        "a new table starts without the warm throughput that it declares",
    )
    assert [(figure.label, figure.value) for figure in late.figures] == [
        ("table, read", "13,000 reads/s"),
        ("by_agent, write", "6,240 writes/s"),
    ]
    assert late.fix.startswith("it takes effect with the first deployment after the table was recorded")
    small = Capacity.on_demand(warm=Units(read=12_000, write=4_000), indexes={INDEX: OnDemand()})
    assert len(findings(case(small, NewTable("conversations")), "CG2")) == 1


def test_creation_is_judged_by_the_traffic_of_the_table_that_it_replaces() -> None:
    old = baseline(carried=traffic(spike(flat(100, 14), TUESDAY_EVENING, 10, 4_800)))
    judged = case(on_demand(), NewTable(like=old))
    (finding,) = findings(judged, "CG4")
    assert finding.level is Level.ERROR
    assert finding.title == "once created it serves less than its recorded peak"
    assert any("4,800" in figure.value for figure in finding.figures)
    assert [finding.title for finding in findings(judged, "CG2")] == [
        "it is declared as new: once it is deployed, its capacity can change only when it is recorded"
    ]
    lower = case(provisioned(1_000), NewTable(like=old))
    assert {"CG5", "CG14"} <= {finding.rule for finding in evaluate(lower) if finding.level is Level.ERROR}


def test_old_traffic_of_a_predecessor_is_a_warning_of_the_new_table() -> None:
    old = replace(baseline(), recording=replace(baseline().recording, at=NOW - timedelta(days=40)))
    _, stale = findings(case(on_demand(), NewTable("talks", like=old)), "CG2")
    assert stale.level is Level.WARN
    assert stale.title == (
        "the traffic of conversations, which it is to carry, is too old to judge a change by"
    )
    assert stale.fix == "capacity-guard record --table conversations --out baselines/conversations.json"
