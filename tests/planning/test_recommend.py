"""Recommendations: a recommended capacity serves the traffic, no rule refuses it, and "keep" is recommended where due."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    InputError,
    Provisioned,
    Structure,
    TableKind,
    Units,
)
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.planning.recommend import Asked, Recommendation, recommend
from capacity_guard.planning.search import throttled_dimensions
from capacity_guard.report.recommendations import recommendation_text
from capacity_guard.rules import Case, Level, evaluate
from tests.builders import domain  # noqa: F401 - its profile
from tests.builders.cases import (
    INDEX,
    INDEX_WRITE,
    NOW,
    baseline,
    deployed,
    flat,
    on_demand,
    provisioned,
    spike,
    traffic,
)
from tests.planning.recordings import recorded

ASKED = Asked(NOW)
HIGH = traffic(flat(5_000), flat(5_000), flat(5_000))


def advice(**given: Any) -> Recommendation:
    return recommend(baseline(**given), replace(ASKED, threshold=0.5))


def refusing_rules(recommendation: Recommendation) -> list[str]:
    assert recommendation.chosen is not None
    judged = Case("Conversations", (INDEX,), recommendation.chosen.capacity, recommendation.baseline, NOW)
    return [
        finding.rule for finding in evaluate(judged) if finding.level is Level.ERROR or finding.rule == "CG6"
    ]


@pytest.mark.slow
@settings(max_examples=8)
@given(recorded())
def test_recommendation_of_any_recording_serves_it_at_the_margin_and_no_rule_refuses_it(
    recorded_baseline: Baseline,
) -> None:
    found = recommend(recorded_baseline, Asked(recorded_baseline.recording.at))
    for option in found.options:
        assert throttled_dimensions(recorded_baseline, option.capacity, 1.3) == ()
    if found.chosen is not None:
        assert throttled_dimensions(recorded_baseline, found.chosen.capacity, 1.3) == ()
        assert refusing_rules(found) == []
        assert found.code()
    json.dumps(found.to_json(), allow_nan=False)
    assert recommendation_text(found)


def test_recommend_when_provisioned_far_too_high_goes_half_way_first() -> None:
    found = advice()  # 1,000 units for a load of 100
    assert found.chosen is not None
    assert found.final is not None
    assert found.chosen.saving.low > 0
    assert found.final.saving.low > found.chosen.saving.low
    assert "first step" in recommendation_text(found)
    (today,) = [line for line in recommendation_text(found).splitlines() if line.startswith("  today")]
    assert re.fullmatch(
        r"  today +[\d.,]+ USD an hour, [\d.,]+ USD a month", today
    )  # fixed units: one figure


def test_recommend_when_already_the_cheapest_keeps_it() -> None:
    first = recommend(baseline(deployed(on_demand())), ASKED)
    assert first.chosen is not None
    again = recommend(baseline(deployed(first.chosen.capacity)), ASKED)
    assert again.chosen is None


def test_recommend_of_an_on_demand_table_that_does_not_serve_the_traffic_raises_its_warm_throughput() -> None:
    """The bounds stay the same: what changes is the warm throughput alone."""
    busy = spike(flat(1), datetime(2026, 7, 1, 9, tzinfo=UTC), 60, 8_000)
    found = advice(was=deployed(on_demand()), carried=traffic(busy, flat(1), flat(1)))
    assert found.throttled == ("index/by_agent/write",)
    assert found.chosen is not None
    assert found.chosen.capacity.warm(INDEX_WRITE) == 10_400
    assert throttled_dimensions(found.baseline, found.chosen.capacity, 1.3) == ()
    warm = {"table": Units(12_000, 4_000), f"index/{INDEX}": Units(12_000, 10_400)}
    raised = replace(found.baseline, deployed=deployed(on_demand(), warm=warm))
    assert recommend(raised, ASKED).chosen is None


def test_recommend_when_the_saving_is_below_the_threshold_keeps() -> None:
    found = recommend(baseline(), replace(ASKED, threshold=1e6))
    assert found.chosen is None
    assert "nothing saves" in found.why


def test_recommend_when_no_step_lowers_anything_names_what_refuses_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lowering 1,000 to 130 at once is too much (CG6); where each step throttles, the table stays as it is."""
    monkeypatch.setattr("capacity_guard.planning.recommend.half_way", lambda *_: provisioned())
    found = recommend(baseline(), replace(ASKED, threshold=0.5))
    (refused,) = [one for one in found.refused if not one.option.capacity.is_on_demand]
    assert {finding.rule for finding in refused.findings} == {"CG6"}


@pytest.mark.parametrize("days", [1, 3])
def test_recommend_when_the_evidence_is_short_keeps_and_quotes_the_rule(days: float) -> None:
    short = flat(100, days)
    found = advice(carried=traffic(short))
    assert found.chosen is None
    assert {finding.rule for finding in found.findings} == {"CG2"}


def test_recommend_when_the_baseline_is_old_keeps() -> None:
    found = recommend(baseline(), replace(ASKED, now=datetime(2027, 1, 1, tzinfo=UTC)))
    assert found.chosen is None
    assert {finding.rule for finding in found.findings} == {"CG2"}


def test_recommend_when_today_does_not_serve_the_traffic_raises_though_it_costs_more() -> None:
    busy = spike(flat(100), datetime(2026, 7, 1, 9, tzinfo=UTC), 300, 2_000)
    found = advice(
        was=deployed(provisioned(index_write=200, table_write=200, read=200)), carried=traffic(busy)
    )
    assert found.throttled == ("index/by_agent/write",)
    assert "  throttles    by_agent, write: with the margin" in recommendation_text(found)
    assert found.chosen is not None
    assert found.chosen.saving.high < 0
    assert (
        found.final is not None
    )  # a later step lowers the other dimensions: lowering them now has no safe rollback
    assert throttled_dimensions(found.baseline, found.chosen.capacity, 1.3) == ()


def test_recommend_of_an_auto_scaled_table_keeps_its_template_units() -> None:
    scaled = AutoScaling(1_000, 3_000, seed=1_200)
    structure = Structure(TableKind.TABLE, "id:S HASH", {INDEX: "agent:S HASH; ALL"})
    before = replace(deployed(provisioned(scaled, scaled, scaled)), structure=structure)
    found = advice(was=before)
    assert found.chosen is not None
    for _, resource in found.chosen.capacity.resources():
        assert isinstance(resource, Provisioned)
        assert isinstance(resource.write, AutoScaling)
        assert resource.write.seed == 1_200
    assert "auto_scale_write_capacity" in found.code()[0]


def test_recommend_of_a_tablev2_gives_code_for_both_constructs() -> None:
    structure = Structure(TableKind.GLOBAL_TABLE, "id:S HASH", {INDEX: "agent:S HASH; ALL"})
    found = advice(was=replace(deployed(provisioned()), structure=structure))
    library, cdk = found.code()
    assert library.startswith("Capacity.provisioned(")
    assert eval(library, {"Capacity": Capacity, "Provisioned": Provisioned, "AutoScaling": AutoScaling}) == (
        found.chosen and found.chosen.capacity
    )
    assert "billing=Billing.provisioned(" in cdk


@pytest.mark.sampled(every=4)
@pytest.mark.parametrize("kind", TableKind)
@pytest.mark.parametrize("was", [on_demand(), provisioned()], ids=["on-demand", "provisioned"])
def test_recommend_when_the_structure_is_known_gives_code_that_is_python(
    kind: TableKind, was: Capacity
) -> None:
    structure = Structure(kind, "id:S HASH", {INDEX: "agent:S HASH; ALL"})
    found = advice(was=replace(deployed(was), structure=structure))
    assert found.chosen is not None
    assert len(found.code()) == (1 if kind is TableKind.TABLE else 2)
    for code in found.code():
        ast.parse(code)
        assert "..." not in code
    assert 'partition_key=Attribute(name="agent", type=AttributeType.STRING)' in found.code()[-1]


@pytest.mark.slow
def test_recommend_when_today_throttles_and_rules_refuse_the_rest_calls_nothing_cheaper() -> None:
    found = recommend(baseline(carried=HIGH), replace(ASKED, now=datetime(2027, 1, 1, tzinfo=UTC)))
    assert (found.chosen, bool(found.throttled)) == (None, True)
    assert all(refused.option.saving.high < 0 for refused in found.refused)
    assert found.why == (
        "today's capacity does not carry the recorded traffic at the margin, and a rule refuses what does; its fix comes first"
    )


def test_recommend_when_the_recording_is_later_than_the_advice_is_an_input_error() -> None:
    with pytest.raises(InputError, match=r"recorded\.at: .* is after the moment of the advice") as raised:
        recommend(baseline(), replace(ASKED, now=datetime(2026, 7, 1, 1, tzinfo=UTC)))
    assert "--now" in raised.value.remedy
    at = baseline().recording.at
    assert recommend(baseline(), replace(ASKED, now=at))


def test_recommend_when_nothing_was_recorded_keeps() -> None:
    gap = flat(float("nan"))
    found = advice(carried=traffic(gap, gap, gap))
    assert found.chosen is None
    assert found.why.endswith("record the table again after some days")


@pytest.mark.parametrize("was", [on_demand(), provisioned()], ids=["on-demand", "provisioned"])
def test_recommend_when_no_capacity_carries_the_traffic_says_what_to_do(was: Capacity) -> None:
    """A burst of five minutes would carry the peak with fewer units, but a switch of the mode starts without it."""
    peak = 39_000 if was.is_on_demand else 200_000
    rare = spike(flat(1), datetime(2026, 7, 1, 9, tzinfo=UTC), 60, peak)
    found = advice(was=deployed(was), carried=traffic(rare, flat(1), flat(1)))
    assert found.chosen is None
    assert found.throttled
    assert "default quota of 40,000 units/s" in found.why
    assert "give a lower --margin" in found.why
    assert (", without burst" in found.why) is was.is_on_demand


def test_recommend_of_an_idle_table_says_that_on_demand_costs_nothing() -> None:
    idle = flat(0)
    text = recommendation_text(advice(carried=traffic(idle, idle, idle)))
    assert "  on-demand    about 0 USD an hour, about 0 USD a month" in text.splitlines()


def test_recommend_of_a_table_with_replicas_says_that_they_are_not_counted() -> None:
    """The rules refuse a change of such a table with a guard, but the advice is judged without a template."""
    structure = Structure(
        TableKind.GLOBAL_TABLE, "id:S HASH", {INDEX: "agent:S HASH; ALL"}, replicas=("eu-north-1",)
    )
    found = advice(was=replace(deployed(provisioned()), structure=structure))
    assert found.chosen is not None
    assert found.to_json()["replicas"] == ["eu-north-1"]
    assert "  replicas     eu-north-1: not counted" in recommendation_text(found)
    assert "replicas" not in advice().to_json()


@pytest.mark.parametrize("field", ["deployed", "traffic"])
def test_recommend_of_a_new_table_names_the_remedy(field: str) -> None:
    with pytest.raises(InputError, match="does not exist yet") as raised:
        recommend(replace(baseline(), **{field: None}), ASKED)
    assert raised.value.location == "baselines/conversations.json"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    baseline().save(tmp_path / "one.json")
    baseline(deployed(on_demand()), traffic(flat(1), flat(1), flat(1))).save(tmp_path / "deep" / "two.json")
    (tmp_path / "other.json").write_text("{}")
    return tmp_path


ARGUMENTS = ["--now", "2026-07-10T00:00:00Z"]


def test_command_of_a_folder_prints_each_table_and_exits_with_one(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["recommend", str(fleet), *ARGUMENTS, "--json", "-"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["version"]) == ("capacity-guard/recommendations", 1)
    assert [table["advice"] for table in document["tables"]] == ["keep", "change"]
    assert document["failed"] == []


def test_command_of_several_files_tells_a_table_in_two_files_apart(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["recommend", str(fleet), *ARGUMENTS])
    printed = capsys.readouterr().out
    assert f"conversations ({fleet / 'one.json'}): change" in printed
    assert f"conversations ({fleet / 'deep' / 'two.json'}): keep" in printed
    cli.main(["recommend", str(fleet / "one.json"), *ARGUMENTS])
    assert capsys.readouterr().out.startswith("conversations: change")


def test_command_of_a_fleet_in_processes_prints_what_one_process_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = traffic(flat(100, 1))
    for number in range(9):
        baseline(deployed(provisioned(1_000 + number)), short).save(tmp_path / f"{number}.json")
    documents = []
    for parallel in ("1", "3"):
        assert cli.main(["recommend", str(tmp_path), *ARGUMENTS, "--parallel", parallel, "--json", "-"]) == 0
        documents.append(json.loads(capsys.readouterr().out))
    assert documents[0] == documents[1]
    assert [table["file"] for table in documents[0]["tables"]] == [
        str(tmp_path / f"{number}.json") for number in range(9)
    ]
    assert cli.main(["recommend", str(tmp_path), *ARGUMENTS, "--parallel", "0"]) == 2


def test_command_when_all_are_kept_exits_with_zero(fleet: Path) -> None:
    assert cli.main(["recommend", str(fleet / "deep" / "two.json"), *ARGUMENTS]) == 0


def test_command_when_a_baseline_of_a_fleet_is_bad_reports_it_and_exits_with_three(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fleet / "bad.json").write_text('{"schema": "capacity-guard/baseline"')
    assert cli.main(["recommend", str(fleet), *ARGUMENTS]) == 3
    printed = capsys.readouterr()
    assert "bad.json: is not JSON" in printed.err
    assert printed.out.count("conversations (") == 2


BAD: dict[str, tuple[list[str], str]] = {
    "missing file": (["none.json"], "is missing"),
    "folder without baselines": (["."], "holds no baseline"),
    "margin below one": (["none.json", "--margin", "0.9"], "--margin: 0.9"),
    "margin no number": (["none.json", "--margin", "nan"], "--margin: nan"),
    "threshold negative": (["none.json", "--threshold", "-1"], "--threshold: -1"),
    "moment": (["none.json", "--now", "today"], "--now: 'today' is not a moment"),
    "prices missing": (["none.json", "--prices", "p.json"], "--prices p.json: cannot be read"),
}


@pytest.mark.parametrize("case", BAD)
def test_command_when_input_is_bad_says_one_line_and_exits_with_two(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, expected = BAD[case]
    assert cli.main(["recommend", *arguments]) == 2
    printed = capsys.readouterr()
    assert expected in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""
