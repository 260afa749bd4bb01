"""Plans of many tables, spread over processes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from capacity_guard.capacity import InputError, Margins, Rollout
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.findings import Findings, JudgedTable, PlanInput
from capacity_guard.planning.build import build_plan
from capacity_guard.planning.spread import MINIMUM_FOR_PROCESSES, cores, spread
from tests.builders.cases import NOW, START, baseline, deployed, flat, on_demand, provisioned, spike, traffic


@pytest.mark.parametrize(("number", "parallel"), [(3, 1), (MINIMUM_FOR_PROCESSES, 2)])
def test_progress_is_reported_before_the_first_and_after_each(number: int, parallel: int) -> None:
    reported: list[tuple[int, int]] = []
    results = list(spread(abs, range(number), parallel, lambda done, total: reported.append((done, total))))
    assert results == list(range(number))
    assert reported == [(done, number) for done in range(number + 1)]


def fleet(folder: Path, tables: int, *, spoiled: Iterable[int] = ()) -> Path:
    """The file of a synthesis of some tables; the baseline of a spoiled table is not the one that the synthesis used."""
    judged = []
    for number in range(tables):
        file = folder / f"table{number}.json"
        series = spike(flat(500), START + timedelta(days=2), 60, 1_000 + 500 * number)
        baseline(deployed(provisioned(2_000)), traffic(series)).save(file)
        fingerprint = Baseline.load(file).transition_to(on_demand()).fingerprint
        planned = PlanInput(
            "Conversations", on_demand(), str(file), fingerprint, Rollout(), Margins(), "eu-west-1"
        )
        if number in spoiled:
            planned = replace(planned, fingerprint="another")
        judged.append(JudgedTable(f"Chat/Table{number}", None, (), planned))
    return Findings(NOW, tuple(judged)).write(folder)


@pytest.mark.slow
def test_plan_when_spread_over_processes_expects_the_same_document(tmp_path: Path) -> None:
    synthesized = fleet(tmp_path, MINIMUM_FOR_PROCESSES + 1)
    alone, together = build_plan(synthesized), build_plan(synthesized, parallel=2)
    assert list(together.json_lines()) == list(alone.json_lines())
    assert [table.path for table in together.tables] == [
        f"Chat/Table{number}" for number in range(MINIMUM_FOR_PROCESSES + 1)
    ]


@pytest.mark.slow
def test_plan_when_a_process_meets_bad_input_raises_what_a_single_process_raises(tmp_path: Path) -> None:
    synthesized = fleet(tmp_path, MINIMUM_FOR_PROCESSES, spoiled=[3, 5])
    found = []
    for parallel in (1, 2):
        with pytest.raises(InputError, match="was changed since the synthesis") as error:
            build_plan(synthesized, parallel=parallel)
        found.append((error.value.location, error.value.problem, error.value.remedy))
    assert found[0] == found[1]
    assert found[0][0].endswith("table3.json")


def test_spread_when_a_process_is_ended_names_the_option() -> None:
    with pytest.raises(InputError, match="Try again with --parallel 1") as error:
        list(spread(os._exit, [1] * MINIMUM_FOR_PROCESSES, 2))
    assert error.value.location == "--parallel"


def test_spread_over_more_processes_than_items_for_each_expects_every_result_in_order() -> None:
    items = range(-MINIMUM_FOR_PROCESSES, 0)
    assert list(spread(abs, items, 3)) == [abs(item) for item in items]


def test_spread_when_there_are_few_items_stays_in_this_process() -> None:
    assert set(spread(_process, range(MINIMUM_FOR_PROCESSES - 1), 2)) == {os.getpid()}
    assert os.getpid() not in set(spread(_process, range(MINIMUM_FOR_PROCESSES), 2))


@pytest.mark.parametrize("parallel", ["0", "-1", "65"])
def test_plan_when_parallel_is_out_of_range_exits_2(
    parallel: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan", str(fleet(tmp_path, 1)), "--parallel", parallel]) == 2
    assert "Choose 1 to 64" in capsys.readouterr().err


def test_cores_expects_at_least_one() -> None:
    assert cores() >= 1


def _process(_: int) -> int:
    return os.getpid()
