"""The benchmark measures what it says, or refuses."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from benchmarks import measure
from benchmarks.assembly import Templates, check, templates_of
from benchmarks.measure import App, BenchmarkError, Seconds, in_pairs
from benchmarks.summary import summary

TABLE = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"BillingMode": "PROVISIONED"}}
GATE = {"Type": "Custom::CapacityGuardPreflight", "Properties": {}}


def guarded() -> Templates:
    return {"dev": {"A": TABLE}, "production": {"A": TABLE, "Gate": GATE}}


def plain() -> Templates:
    return copy.deepcopy({"dev": {"B": TABLE}, "production": {"B": TABLE}})


def runs(*wall: float) -> list[Seconds]:
    return [Seconds(seconds, seconds / 2) for seconds in wall]


def test_summary_when_one_run_is_slow_gives_medians_and_shows_the_slow_one() -> None:
    found = summary(runs(3.0, 9.0, 3.3), runs(2.0, 2.0, 2.2))
    assert (found["guarded_seconds"], found["plain_seconds"], found["ratio"]) == (3.3, 2.0, 1.65)
    assert found["guarded"]["max"] == 9.0
    assert found["ratio_of_pairs"]["median"] == 1.5
    assert (found["cpu"]["guarded_seconds"], found["cpu"]["ratio"]) == (1.65, 1.65)


def test_summary_when_the_sides_make_no_pairs_refuses() -> None:
    with pytest.raises(ValueError, match="3 guarded and 2 plain"):
        summary(runs(1, 2, 3), runs(1, 2))


def test_check_when_tables_are_the_same_counts_resources() -> None:
    assert check(guarded(), plain()) == {
        "dev": {"guarded": 1, "plain": 1},
        "production": {"guarded": 2, "plain": 1},
    }


def test_templates_when_an_assembly_is_read_are_named_like_the_stacks(tmp_path: Path) -> None:
    artifacts = {
        "Dev": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "a.json"}},
        "Id": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "a.json", "stackName": "Named"},
        },
        "Dev.assets": {"type": "cdk:asset-manifest", "properties": {}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (tmp_path / "a.json").write_text(json.dumps({"Resources": {"A": TABLE}}))
    assert templates_of(tmp_path) == {"Dev": {"A": TABLE}, "Named": {"A": TABLE}}


def test_check_when_a_table_differs_refuses() -> None:
    other = plain()
    other["dev"]["B"]["Properties"]["BillingMode"] = "PAY_PER_REQUEST"
    with pytest.raises(BenchmarkError, match="dev: tables differ"):
        check(guarded(), other)


def test_check_when_a_stack_is_missing_refuses() -> None:
    other = plain()
    del other["dev"]
    with pytest.raises(BenchmarkError, match="different stacks"):
        check(guarded(), other)


def test_check_when_no_stack_is_in_a_transition_refuses() -> None:
    still = guarded()
    del still["production"]["Gate"]
    with pytest.raises(BenchmarkError, match="stacks in a transition"):
        check(still, plain())


def test_in_pairs_when_run_changes_the_order_and_does_not_count_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order: list[str] = []

    def timed(app: App) -> Seconds:
        order.append(app.name)
        return Seconds(len(order), 0)

    monkeypatch.setattr(measure, "synth_seconds", timed)
    apps = [App(name, (), (), Path(name)) for name in ("guarded", "plain")]
    found = in_pairs(apps, pairs=2, least=2, budget=60)
    assert order == ["guarded", "plain", "guarded", "plain", "plain", "guarded"]
    assert found == {
        "guarded": [Seconds(3, 0), Seconds(6, 0)],
        "plain": [Seconds(4, 0), Seconds(5, 0)],
    }


def test_in_pairs_when_the_budget_is_over_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "synth_seconds", lambda app: Seconds(1, 1))
    with pytest.raises(BenchmarkError, match="0 of 9 pairs"):
        in_pairs([App("guarded", (), (), Path("x"))], pairs=11, least=9, budget=-1)


def test_in_pairs_when_the_budget_ends_after_enough_pairs_keeps_what_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measure, "synth_seconds", lambda app: Seconds(1, 1))
    ticks = iter(range(100))
    monkeypatch.setattr(measure.time, "perf_counter", lambda: next(ticks))
    found = in_pairs([App("guarded", (), (), Path("x"))], pairs=11, least=3, budget=3)
    assert len(found["guarded"]) == 3
