"""GuardOptions: one value wherever settings are taken, and where the former keywords went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from capacity_guard import (
    Acknowledgment,
    CapacityGuard,
    GateTimes,
    GuardEveryTable,
    GuardOptions,
    InputError,
    Margins,
    ReportEveryTable,
    Rollout,
    Watch,
    Waves,
)
from capacity_guard.cdk.fleet.registry import reports_of, tables_of
from capacity_guard.cdk.guard_options import OPTION_NAMES
from capacity_guard.watch.options import WatchOptions
from tests.builders import adopted
from tests.builders.guarded import LOWERED, app, synthesize, table

ALL = GuardOptions(
    rollout=Rollout(bake_minutes=33),
    margins=Margins(headroom=1.5),
    gate_times=GateTimes(query_seconds=30, longest_seconds=1_800),
    acknowledgments=[Acknowledgment("CG4", "measured by hand")],
)


def guarded(stack: cdk.Stack, **given: Any) -> None:
    table(stack, "Orders", **given)


def beside(stack: cdk.Stack, **given: Any) -> None:
    declared = adopted.table(stack, adopted.PROVISIONED)
    CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded(), **given)


def everywhere(stack: cdk.Stack, **given: Any) -> None:
    declared = adopted.table(stack, adopted.PROVISIONED)
    folder = Path(cdk.App.of(stack).outdir) / "baselines"  # type: ignore[union-attr]
    (folder / "S").mkdir(parents=True)
    adopted.recorded().save(folder / "S" / "Orders.json")
    GuardEveryTable(baselines=folder, **given).visit(declared)


TAKERS: list[Callable[..., None]] = [guarded, beside, everywhere]


@pytest.mark.parametrize("take", TAKERS)
def test_every_setting_reaches_the_guard(take: Callable[..., None]) -> None:
    made = app()
    take(cdk.Stack(made, "S"), options=ALL)
    (guard,) = tables_of(made)
    assert guard.options is ALL
    assert guard.provider.times == ALL.gate_times
    assert guard.acknowledgments == [*ALL.acknowledgments]
    made.synth()
    assert (guard.case.rollout, guard.case.margins) == (ALL.rollout, ALL.margins)
    assert guard.case.acknowledgments == ALL.acknowledgments


def test_settings_reach_the_gates() -> None:
    made = app()
    table(cdk.Stack(made, "S"), capacity=LOWERED, options=ALL)
    plan = synthesize(made).plan()
    assert (plan.rollout, plan.margins, plan.acknowledgments) == (
        ALL.rollout,
        ALL.margins,
        ALL.acknowledgments,
    )


def test_settings_reach_a_report() -> None:
    made = app()
    declared = adopted.table(cdk.Stack(made, "S"), adopted.PROVISIONED)
    report = ReportEveryTable(baselines="none", warn_until=date(2026, 7, 9), options=ALL)
    report.visit(declared)
    assert [found.options for found in reports_of(made)] == [ALL]


def test_defaults_are_those_of_each_setting() -> None:
    assert GuardOptions() == GuardOptions(
        rollout=Rollout(), margins=Margins(), gate_times=GateTimes(), acknowledgments=()
    )
    assert replace(ALL, margins=Margins()).rollout == ALL.rollout


def test_further_setting_would_change_no_signature() -> None:
    assert all(field.kw_only for field in fields(GuardOptions))
    assert {field.name for field in fields(GuardOptions)} == {*OPTION_NAMES}


@pytest.mark.parametrize(
    ("given", "location", "problem", "remedy"),
    [
        ({"rollout": {}}, "GuardOptions.rollout", "is dict", "Give Rollout(...)"),
        ({"margins": Rollout()}, "GuardOptions.margins", "is Rollout", "Give Margins(...)"),
        ({"gate_times": 15}, "GuardOptions.gate_times", "is int", "Give GateTimes(...)"),
        (
            {"acknowledgments": 7},
            "GuardOptions.acknowledgments",
            "is int",
            'Give a list of Acknowledgment("CG4", "the reason")',
        ),
        (
            {"acknowledgments": ["CG4"]},
            "GuardOptions.acknowledgments",
            "has str in it",
            'Give a list of Acknowledgment("CG4", "the reason")',
        ),
        (
            {"acknowledgments": Acknowledgment("CG4", "measured")},
            "GuardOptions.acknowledgments",
            "is Acknowledgment",
            'Give a list of Acknowledgment("CG4", "the reason")',
        ),
    ],
)
def test_setting_of_another_type_is_refused(
    given: dict[str, Any], location: str, problem: str, remedy: str
) -> None:
    with pytest.raises(InputError) as raised:
        GuardOptions(**given)
    assert (raised.value.location, raised.value.problem, raised.value.remedy) == (location, problem, remedy)


def refused(take: Callable[..., object], **given: Any) -> InputError:
    with pytest.raises(InputError) as raised:
        take(**given)
    return raised.value


def constructs() -> Sequence[tuple[str, Callable[..., object]]]:
    stack = cdk.Stack(app(), "S")
    declared = adopted.table(stack, adopted.PROVISIONED)

    def guarded_table(**given: Any) -> object:
        from capacity_guard import GuardedTable
        from tests.builders.guarded import PROVISIONED, baseline, index

        key = cdk.aws_dynamodb.Attribute(name="id", type=cdk.aws_dynamodb.AttributeType.STRING)
        known = {"global_secondary_indexes": [index("by_agent")], "capacity": PROVISIONED}
        return GuardedTable(stack, "T", partition_key=key, baseline=baseline(), **{**known, **given})

    return (
        ("GuardedTable T", guarded_table),
        (
            "CapacityGuard G",
            lambda **given: CapacityGuard(stack, "G", table=declared, baseline=adopted.recorded(), **given),
        ),
        ("GuardEveryTable", lambda **given: GuardEveryTable(baselines="none", **given)),
        (
            "ReportEveryTable",
            lambda **given: ReportEveryTable(baselines="none", warn_until=date(2026, 7, 9), **given),
        ),
    )


@pytest.mark.parametrize("number", range(4))
def test_former_keywords_are_refused_by_one_error_that_says_where_they_went(number: int) -> None:
    location, take = constructs()[number]
    error = refused(take, rollout=Rollout())
    assert (error.location, error.problem, error.remedy) == (
        f"{location}: rollout",
        "belongs into options",
        "Write options=GuardOptions(rollout=...)",
    )
    error = refused(take, acknowledgments=(), gate_times=GateTimes(), margins=Margins())
    assert (error.location, error.problem, error.remedy) == (
        f"{location}: margins, gate_times, acknowledgments",
        "belong into options",
        "Write options=GuardOptions(margins=..., gate_times=..., acknowledgments=...)",
    )


@pytest.mark.parametrize("number", range(4))
def test_options_of_another_type_are_refused(number: int) -> None:
    location, take = constructs()[number]
    error = refused(take, options=Margins())
    assert (error.location, error.problem, error.remedy) == (
        f"{location}: options",
        "is Margins",
        "Give GuardOptions(margins=...)",
    )


@pytest.mark.parametrize("number", range(1, 4))
def test_unknown_keyword_is_refused(number: int) -> None:
    location, take = constructs()[number]
    error = refused(take, rolout=Rollout())
    assert (error.location, error.problem) == (f"{location}: rolout", "is not a property of it")


@pytest.mark.parametrize(
    ("watch", "cell", "is_later"),
    [
        (Watch(), None, False),
        (Watch(), "a", False),
        (Watch(), "b", True),
        (Watch(later_wave=True), "a", True),
    ],
)
def test_watch_of_a_cell_of_a_later_wave_knows_that_another_has_settled(
    watch: Watch, cell: str | None, is_later: bool
) -> None:
    waves = Waves([["a"], ["b"]], baselines="baselines/{cell}.json")
    options = GuardOptions(watch=watch, wave=None if cell is None else waves.cell(cell))
    assert WatchOptions.from_property(options.watch_property).later_wave is is_later


def test_watch_property_without_a_watch_is_none() -> None:
    assert GuardOptions().watch_property is None
