"""The fix that a finding prints, pasted, makes the finding go away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from constructs_lib import capacity
from constructs_lib.capacity import Baseline, Capacity, ChangeWindow, Rollout
from constructs_lib.capacity.baseline import Deployed
from constructs_lib.capacity.rules import Case, Finding
from tests.rules.builders import INDEX, deployed, findings
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
    judged = example.make()
    found = findings(judged, "CG5")
    codes = everything(found)
    assert len(set(codes)) == 1  # two findings on one dimension must not ask for two things
    assert findings(replace(judged, declared=with_arguments(judged.declared, codes[0])), "CG5") == []


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
    + of("CG15"),
    ids=named,
)
def test_way_back_and_floor_when_deployed_first_expects_silence(example: Example) -> None:
    judged = example.make()
    assert findings(deployed_first(judged, findings(judged, example.rule)), example.rule) == []


@pytest.mark.parametrize("example", of("CG15"), ids=named)
def test_switch_when_moved_to_the_proposed_window_expects_silence(example: Example) -> None:
    judged = example.make()
    (code,) = everything(findings(judged, "CG15"), OR_QUIET)
    window = pasted(code)["rollout"].change_window
    assert isinstance(window, ChangeWindow)
    assert findings(replace(judged, rollout=Rollout(change_window=window)), "CG15") == []


def test_frozen_and_way_back_when_both_are_refused_expects_one_fix_for_both() -> None:
    """Two deployments before the change, one after the other, would be one too many."""
    judged = of("CG15", "a minute above, at any hour")[0].make()
    fixes = {everything(findings(judged, rule), DEPLOY_FIRST)[0] for rule in ("CG7", "CG15")}
    assert len(fixes) == 1
    assert INDEX in fixes.pop()
