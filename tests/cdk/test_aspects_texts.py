"""The aspects: their warnings to the letter, and which constructs they visit."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import aws_cdk as cdk
import pytest

from capacity_guard import (
    CapacityGuard,
    GuardEveryTable,
    GuardOptions,
    InputError,
    Margins,
    ReportEveryTable,
    Rollout,
)
from capacity_guard.cdk.aspects import NO_BASELINE, NOT_GUARDED
from capacity_guard.cdk.fleet.registry import reports_of, tables_of
from capacity_guard.cdk.gate_times import GateTimes
from capacity_guard.rules.fix_code import name_command, record_command
from tests.builders.adopted import PROVISIONED, recorded, table
from tests.builders.guarded import app


def warnings(construct: Any) -> list[str]:
    """Texts of the warnings on the resource of a table."""
    return [str(entry.data) for entry in construct.node.default_child.node.metadata if "warn" in entry.type]


def save(folder: Path, stack: str, name: str) -> Path:
    (folder / stack).mkdir(parents=True, exist_ok=True)
    recorded().save(folder / stack / f"{name}.json")
    return folder / stack / f"{name}.json"


def test_tables_are_guarded_or_warned_of_to_the_letter(tmp_path: Path) -> None:
    folder = tmp_path / "base lines"
    made = app()
    stack, other = cdk.Stack(made, "S"), cdk.Stack(made, "T")
    known = table(stack, PROVISIONED, None, "Known")
    beside = table(stack, PROVISIONED, None, "Beside")
    never = table(other, PROVISIONED, None, "Never")
    nested = table(cdk.NestedStack(other, "N"), PROVISIONED, None, "Nested")
    of_beside, of_never = (
        name_command(where.stack_name, str(where.resolve(made_table.node.default_child.logical_id)))  # type: ignore[union-attr]
        for where, made_table in ((stack, beside), (other, never))
    )
    file = save(folder, "S", "Known")
    aspect = GuardEveryTable(
        baselines=str(folder),
        options=GuardOptions(
            rollout=Rollout(bake_minutes=33),
            margins=Margins(headroom=1.5),
            gate_times=GateTimes(query_seconds=30),
        ),
    )
    for node in (made, stack, known, never):
        aspect.visit(node)
    guards = {guard.label: guard for guard in tables_of(made)}
    assert list(guards) == ["Known", "Beside"]
    guard = guards["Known"]
    assert guard.path == "S/KnownCapacityGuard"
    assert (guard.options.rollout, guard.options.margins) == (Rollout(bake_minutes=33), Margins(headroom=1.5))
    assert guard.provider.times == GateTimes(query_seconds=30)
    assert guard.must_be_readable
    assert not isinstance(guard.baseline, InputError)
    assert guard.baseline.file == str(file)
    assert guard.caller is not None
    assert guard.caller[0] == "tests/cdk/test_aspects_texts.py"
    closed = guards["Beside"]
    assert not closed.must_be_readable
    assert isinstance(closed.baseline, InputError)
    assert closed.baseline.location == str(folder / "S" / "Beside.json")
    assert warnings(known) == []
    assert warnings(beside) == [
        f"Beside has no baseline, but there are other files in {folder}/S: its gate lets no change of its capacity through. "
        f"Record it: {record_command(of_beside, f'{folder}/S/Beside.json')} "
        "[ack: capacity-guard:no-baseline]"
    ]
    assert warnings(never) == [
        "Never is not guarded: it has no baseline. Record it: "
        f"{record_command(of_never, f'{folder}/T/Never.json')} [ack: capacity-guard:no-baseline]"
    ]
    assert warnings(nested) == [
        "T/N/Nested: is in a nested stack, whose rollback belongs to the parent stack. "
        "Move the table into a stack of its own, by retain and import (capacity-guard docs table-to-tablev2). "
        "[ack: capacity-guard:not-guarded]"
    ]
    assert (NO_BASELINE, NOT_GUARDED) == ("capacity-guard:no-baseline", "capacity-guard:not-guarded")


def guarded_by(*visited: str, folder: Path) -> list[str]:
    """Tables that are guarded when an aspect visits constructs, by their paths."""
    made = app()
    stage = cdk.Stage(made, "Stage")
    by_path: dict[str, Any] = {"": made, "Stage": stage}
    for scope, name in ((made, "S"), (made, "SToo"), (stage, "S")):
        stack = cdk.Stack(scope, name)
        by_path[stack.node.path] = stack
        table(stack, PROVISIONED)
        save(folder, stack.stack_name, "Orders")
    aspect = GuardEveryTable(baselines=folder)
    for path in visited:
        aspect.visit(by_path[path])
    return [guard.resource.node.path.removesuffix("/Orders/Resource") for guard in tables_of(made)]


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize(
    ("visited", "guarded"),
    [
        ((), []),
        (("",), ["S", "SToo"]),
        (("", "S", "SToo"), ["S", "SToo"]),
        (("S",), ["S"]),
        (("S", "SToo"), ["S", "SToo"]),
        (("S", "S"), ["S"]),
        (("Stage",), ["Stage/S"]),
        (("Stage/S",), ["Stage/S"]),
        (("S", ""), ["S", "SToo"]),
    ],
)
def test_tables_below_what_is_visited_are_guarded_once(
    visited: tuple[str, ...], guarded: list[str], tmp_path: Path
) -> None:
    assert guarded_by(*visited, folder=tmp_path) == guarded


def test_report_has_what_it_is_given_and_every_table_that_it_visits() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    first, second = table(stack, PROVISIONED, None, "A"), table(stack, PROVISIONED, None, "B")
    report = ReportEveryTable(
        baselines="folder",
        warn_until=date(2026, 7, 9),
        options=GuardOptions(rollout=Rollout(bake_minutes=33), margins=Margins(headroom=1.5)),
    )
    report.visit(made)
    assert reports_of(made) == []
    for node in (first, first.node.default_child, second):
        report.visit(node)  # type: ignore[arg-type]
    (found,) = reports_of(made)
    assert found.paths == {"S/A/Resource", "S/B/Resource"}
    assert (found.baselines, found.warn_until) == (Path("folder"), date(2026, 7, 9))
    assert found.options == GuardOptions(rollout=Rollout(bake_minutes=33), margins=Margins(headroom=1.5))
    assert found.caller is not None
    assert found.caller[0] == "tests/cdk/test_aspects_texts.py"
    plain = ReportEveryTable(baselines="folder", warn_until=date(2026, 7, 9))
    plain.visit(first)
    assert reports_of(made)[1].options == GuardOptions()


@pytest.mark.parametrize("until", ["2026-07-09", None, datetime(2026, 7, 9, tzinfo=UTC)])
def test_day_of_a_report_that_is_none_is_refused_to_the_letter(until: Any) -> None:
    with pytest.raises(InputError) as raised:
        ReportEveryTable(baselines="folder", warn_until=until)
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (
        "ReportEveryTable: warn_until",
        f"{until!r} is not a date",
        "Write date(2027, 1, 31)",
    )


@pytest.mark.parametrize("scope", ["stage", "app", "stack"])
def test_stage_is_guarded_by_its_own_aspect_and_left_alone_by_that_of_the_app(
    scope: str, tmp_path: Path
) -> None:
    made = app()
    stage = cdk.Stage(made, "Production")
    stack = cdk.Stack(stage, "S")
    table(stack, PROVISIONED)
    save(tmp_path, stack.stack_name, "Orders")
    scopes = {"stage": stage, "app": made, "stack": stack}
    cdk.Aspects.of(scopes[scope]).add(GuardEveryTable(baselines=tmp_path))
    (found,) = made.synth().get_nested_assembly("assembly-Production").stacks
    types = [resource["Type"] for resource in found.template["Resources"].values()]
    assert types.count("AWS::CloudWatch::Alarm") == (0 if scope == "app" else 2)


def test_tree_is_searched_once_for_what_is_visited_and_all_below_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    construct = table(stack, PROVISIONED)
    searched: list[str] = []
    monkeypatch.setattr(
        "capacity_guard.cdk.aspects.tables_below", lambda node: searched.append(node.node.path) or ()
    )
    aspect = GuardEveryTable(baselines=tmp_path)
    for node in (made, stack, construct):
        aspect.visit(node)
    assert searched == [""]
    other = GuardEveryTable(baselines=tmp_path)
    for node in (stack, construct, made):
        other.visit(node)
    assert searched == ["", "S", ""]


def app_with_table(**given: Any) -> tuple[cdk.App, cdk.Stack]:
    made = app(**given)
    stack = cdk.Stack(made, "S")
    table(stack, PROVISIONED)
    return made, stack


@pytest.mark.parametrize("interleaved", [True, False])
def test_one_aspect_guards_and_reports_the_tables_of_every_app(interleaved: bool, tmp_path: Path) -> None:
    save(tmp_path, "S", "Orders")
    every = GuardEveryTable(baselines=tmp_path)
    report = ReportEveryTable(baselines=tmp_path, warn_until=date(2026, 7, 9))
    (first, _), (second, second_stack) = apps = app_with_table(), app_with_table()
    cdk.Aspects.of(first).add(every)
    if not interleaved:
        first.synth()
    # a stack of this app, whose path begins like everything below the other app
    cdk.Aspects.of(second_stack).add(every)
    for made, stack in apps:
        cdk.Aspects.of(stack).add(report)
        template = made.synth(force=True).get_stack_by_name("S").template["Resources"]
        assert [guard.path for guard in tables_of(made)] == ["S/OrdersCapacityGuard"]
        assert sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in template.values()) == 2
    for made, _ in apps:
        (found,) = reports_of(made)
        assert found.paths == {"S/Orders/Resource"}
    assert reports_of(first)[0] is not reports_of(second)[0]


def test_aspect_keeps_no_app_alive() -> None:
    every = GuardEveryTable(baselines="none")
    report = ReportEveryTable(baselines="none", warn_until=date(2026, 7, 9))
    made, stack = app_with_table()
    for node in (made, stack.node.find_child("Orders")):
        every.visit(node)  # type: ignore[arg-type]
        report.visit(node)  # type: ignore[arg-type]
    assert (len(every._visited), len(report._of_app)) == (1, 1)
    assert isinstance(every._visited, WeakKeyDictionary)
    assert isinstance(report._of_app, WeakKeyDictionary)


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if "GuardEveryTable" in line]


def test_tables_in_stages_that_no_aspect_reaches_are_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, _ = app_with_table()
    stages = [cdk.Stage(made, name) for name in ("Beta", "Production", "Guarded", "Explicit")]
    stacks = [cdk.Stack(stage, "S") for stage in stages]
    tables = [table(stack, PROVISIONED) for stack in stacks]
    every = GuardEveryTable(baselines=tmp_path)
    for scope in (made, stages[2]):
        cdk.Aspects.of(scope).add(every)
    CapacityGuard(stacks[3], "Guard", table=tables[3], baseline=recorded())
    made.synth()
    assert told(capsys) == [
        "capacity-guard: GuardEveryTable does not reach the tables of stages below what it was added to (Beta, Production): "
        "the CDK applies no aspect of an app to its stages. Add it to each Stage."
    ]
    other = app_with_table()[0]
    cdk.Aspects.of(other).add(GuardEveryTable(baselines=tmp_path))
    other.synth()
    assert told(capsys) == []


@pytest.mark.parametrize("recorded_before", [True, False])
def test_table_of_a_stack_that_publishes_no_assets_is_a_warning(
    recorded_before: bool, tmp_path: Path
) -> None:
    made = app()
    stack = cdk.Stack(made, "S", synthesizer=cdk.BootstraplessSynthesizer())
    orders = table(stack, PROVISIONED)
    if recorded_before:
        save(tmp_path, "S", "Orders")
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=tmp_path))
    made.synth()
    assert warnings(orders) == [
        "S/Orders: is in a stack with a BootstraplessSynthesizer, which publishes no assets; the code of the gates is an asset. "
        "Bootstrap the account, and give the stack another synthesizer, for example DefaultStackSynthesizer(). "
        "[ack: capacity-guard:not-guarded]"
    ]
    assert tables_of(made) == []
