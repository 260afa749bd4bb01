"""Pastes the code that a finding prints as its fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from capacity_guard import GuardOptions, capacity
from capacity_guard.capacity import Capacity
from capacity_guard.evidence.baseline import Baseline, Deployed
from capacity_guard.rules import Case, Finding
from tests.builders.cases import deployed, findings

DEPLOY_FIRST = "deploy first, then record again: "


def pasted(code: str) -> dict[str, Any]:
    """The keyword arguments that the code gives; of ``options`` the settings that it names."""
    names = {name: getattr(capacity, name) for name in capacity.__all__} | {"GuardOptions": GuardOptions}
    arguments: dict[str, Any] = eval(f"dict({code})", names)
    options = arguments.pop("options", GuardOptions())
    settings = {name: getattr(options, name) for name in ("rollout", "margins")}
    default = GuardOptions()
    return arguments | {name: given for name, given in settings.items() if given != getattr(default, name)}


def with_arguments(before: Capacity, code: str) -> Capacity:
    """A capacity with the pasted arguments in place of its own."""
    arguments = pasted(code)
    indexes = {**before.indexes, **arguments.pop("indexes", {})}
    if before.is_on_demand:
        return Capacity.on_demand(**{**vars(before.table), **arguments}, indexes=indexes)
    return Capacity.provisioned(**{**vars(before.table), **arguments}, indexes=indexes)


def fix_lines(found: Iterable[Finding], prefix: str = "") -> list[str]:
    """The lines of all fixes that begin with a prefix, without it. There must be one."""
    lines = [line for finding in found for line in finding.fix.splitlines() if line.startswith(prefix)]
    assert lines
    return [line.removeprefix(prefix) for line in lines]


def for_guarded_table(judged: Case) -> Case:
    """The case with fixes for a GuardedTable, which can be pasted here; test_fix_code.py runs the other dialects."""
    return replace(judged, dialect="guarded")


def declare_fix(judged: Case, rule: str) -> list[Finding]:
    """Findings of the rule after the fix of its one finding is declared."""
    (finding,) = findings(judged, rule)
    return findings(replace(judged, declared=with_arguments(judged.declared, finding.fix)), rule)


def deploy_first(judged: Case, found: Iterable[Finding]) -> Case:
    """The case after the fixes that have to be deployed first were deployed and recorded."""
    assert isinstance(judged.baseline, Baseline)
    was = judged.baseline.deployed
    assert isinstance(was, Deployed)
    template = was.template
    for code in fix_lines(found, DEPLOY_FIRST):
        template = with_arguments(template, code)
    return replace(judged, baseline=replace(judged.baseline, deployed=deployed(template)))
