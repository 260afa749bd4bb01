"""The fix that a finding prints, pasted, makes the finding go away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity_guard import capacity
from capacity_guard.capacity import Capacity, ChangeWindow, Rollout, Units
from capacity_guard.evidence.baseline import Baseline, Deployed
from capacity_guard.rules import Case, Finding
from tests.builders.cases import INDEX, deployed, findings
from tests.rules.examples import EXAMPLES, Example

DEPLOY_FIRST = "deploy first, then record again: "
OR_QUIET = "or change in a quiet hour: "


def pasted(code: str) -> dict[str, Any]:
    """The keyword arguments that the code gives."""
    names = {name: getattr(capacity, name) for name in capacity.__all__}
    given: dict[str, Any] = eval(f"dict({code})", names)
    return given


def with_arguments(before: Capacity, code: str) -> Capacity:
    """A capacity with the pasted arguments in place of its own."""
    given = pasted(code)
    indexes = {**before.indexes, **given.pop("indexes", {})}
    if before.is_on_demand:
        return Capacity.on_demand(**{**vars(before.table), **given}, indexes=indexes)
    return Capacity.provisioned(**{**vars(before.table), **given}, indexes=indexes)


def of(rule: str, *names: str) -> list[Example]:
    found = [e for e in EXAMPLES if e.rule == rule and e.kind == "refused" and (not names or e.name in names)]
    assert found
    return found


def named(example: Example) -> str:
    return example.label


def everything(found: list[Finding], prefix: str = "") -> list[str]:
    lines = [line for f in found for line in f.fix.splitlines() if line.startswith(prefix)]
    assert lines
    return [line.removeprefix(prefix) for line in lines]


def said_for_guarded(judged: Case) -> Case:
    """The case with fixes in the words that can be pasted here; tests/templates pastes the other dialects."""
    return replace(judged, dialect="guarded")


def deployed_first(judged: Case, found: list[Finding]) -> Case:
    """The case after the fix was deployed and recorded."""
    assert isinstance(judged.baseline, Baseline)
    was = judged.baseline.deployed
    assert isinstance(was, Deployed)
    template = was.template
    for code in everything(found, DEPLOY_FIRST):
        template = with_arguments(template, code)
    return replace(judged, baseline=replace(judged.baseline, deployed=deployed(template)))


CEILINGS = [e for e in of("CG3") + of("CG4") if "new table" not in e.name]


@pytest.mark.parametrize("example", CEILINGS, ids=named)
def test_ceiling_when_its_fix_is_declared_expects_silence(example: Example) -> None:
    judged = example.make()
    (found,) = findings(judged, example.rule)
    assert findings(replace(judged, declared=with_arguments(judged.declared, found.fix)), example.rule) == []


@pytest.mark.parametrize("example", [e for e in of("CG5") if "quota" not in e.name], ids=named)
def test_throughput_when_its_fix_is_declared_expects_silence(example: Example) -> None:
    judged = said_for_guarded(example.make())
    found = findings(judged, "CG5")
    codes = everything(found)
    assert len(set(codes)) == 1  # two findings on one dimension must not ask for two things
    assert findings(replace(judged, declared=with_arguments(judged.declared, codes[0])), "CG5") == []


FROZEN = "auto scaling frozen on a rising morning"


@pytest.mark.parametrize("example", [e for e in of("CG14") if e.name != FROZEN], ids=named)
def test_simulated_change_when_its_fix_is_declared_expects_silence(example: Example) -> None:
    judged = example.make()
    (found,) = findings(judged, "CG14")
    assert findings(replace(judged, declared=with_arguments(judged.declared, found.fix)), "CG14") == []


@pytest.mark.parametrize("example", of("CG9"), ids=named)
def test_bake_when_its_fix_is_set_expects_silence(example: Example) -> None:
    judged = example.make()
    (found,) = findings(judged, "CG9")
    settled = pasted(found.fix)["rollout"]
    fixed = replace(judged.rollout, bake_minutes=settled.bake_minutes)
    assert findings(replace(judged, rollout=fixed), "CG9") == []


@pytest.mark.parametrize(
    "example",
    of(
        "CG7",
        "no seed in the deployed template",
        "a seed below the peak",
        "fixed units below the peak",
        "a raise beside a reduction, back to too little",
    )
    + of("CG14", FROZEN)
    + of("CG15"),
    ids=named,
)
def test_way_back_and_floor_when_deployed_first_expects_silence(example: Example) -> None:
    judged = said_for_guarded(example.make())
    assert findings(deployed_first(judged, findings(judged, example.rule)), example.rule) == []


@pytest.mark.parametrize("example", of("CG15"), ids=named)
def test_switch_when_moved_to_the_proposed_window_expects_silence(example: Example) -> None:
    judged = example.make()
    (code,) = everything(findings(judged, "CG15"), OR_QUIET)
    window = pasted(code)["rollout"].change_window
    assert isinstance(window, ChangeWindow)
    assert findings(replace(judged, rollout=Rollout(change_window=window)), "CG15") == []


@pytest.mark.parametrize("example", of("CG11"), ids=named)
def test_maximum_when_its_fix_is_declared_expects_silence(example: Example) -> None:
    judged = example.make()
    (found,) = findings(judged, "CG11")
    assert findings(replace(judged, declared=with_arguments(judged.declared, found.fix)), "CG11") == []


HALF_FIRST = "go half of the way first, bake, record again: "


@pytest.mark.parametrize("example", of("CG6"), ids=named)
def test_step_when_half_of_it_is_deployed_first_expects_silence_twice(example: Example) -> None:
    judged = example.make()
    (code,) = everything(findings(judged, "CG6"), HALF_FIRST)
    half = with_arguments(judged.declared, code)
    assert findings(replace(judged, declared=half), "CG6") == []
    assert isinstance(judged.baseline, Baseline)
    assert half != judged.declared
    then = replace(judged, baseline=replace(judged.baseline, deployed=deployed(half)))
    assert findings(then, "CG6") == []


@pytest.mark.parametrize("example", of("CG16"), ids=named)
def test_noise_when_it_is_decided_to_be_normal_expects_silence(example: Example) -> None:
    judged = example.make()
    (code,) = everything(findings(judged, "CG16"), "or decide that this is normal: ")
    decided = replace(judged, rollout=pasted(code)["rollout"])
    assert findings(decided, "CG16") == []
    assert findings(decided, "CG8") == []


def test_seed_of_a_table_when_armed_expects_more_than_auto_scaling_has_reached() -> None:
    """A Table's seed is sent at once: less would cut, the same would be refused, and the other unit goes with it."""
    judged = of("CG7", "a Table's units below the peak")[0].make()
    recorded = judged.recorded
    assert recorded is not None
    assert recorded.deployed is not None
    now = {f"index/{INDEX}": Units(1_000, 1_300)}
    scaled_up = replace(recorded, deployed=replace(recorded.deployed, units=now))
    (found,) = findings(replace(judged, baseline=scaled_up, dialect="guarded"), "CG7")
    assert "seed=1_301" in found.fix


def test_frozen_and_way_back_when_both_are_refused_expects_one_fix_for_both() -> None:
    """Two deployments before the change, one after the other, would be one too many."""
    judged = of("CG15", "a minute above, at any hour")[0].make()
    fixes = {everything(findings(judged, rule), DEPLOY_FIRST)[0] for rule in ("CG7", "CG15")}
    assert len(fixes) == 1
    assert INDEX in fixes.pop()
