"""One answer for the findings of a table that have one fix: the deployments that resolve them, and what they cost.

A finding holds the deployments that resolve it alone. Here they are followed as a reader would follow them: each capacity is
judged by all rules before the next one, so that no rule refuses a deployment of the sequence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ..capacity.capacity import Capacity
from ..capacity.settings import ChangeWindow
from ..pricing.prices import Prices, prices_of
from .answer import Alternative, Answer, Step
from .answer_code import commands_before, whole_code
from .answer_constructs import override_comment
from .answer_cost import priced, step_costs
from .code_layout import comment
from .model import Case, Finding, Level
from .record_fix import baseline_file, record_fix
from .separate_changes import (
    changes_capacity,
    declaring_apart,
    deployment_note,
    indexes_note,
    late_indexes,
    recorded_after,
    with_late_indexes,
)
from .switch_freeze import advised_windows

Evaluate = Callable[[Case], Iterable[Finding]]
Resolves = Callable[[Case, Finding], bool]
_AFTER_OTHERS = (
    "first the fix of CG10, one change in a deployment; synthesize with each, which shows what is left to do"
)
_MOST_JUDGMENTS = 12
"""Capacities that are judged at most to find a sequence of deployments."""


def find_answers(case: Case, findings: Sequence[Finding], evaluate: Evaluate) -> tuple[Answer, ...]:
    """The answers to the findings of a table; each finding is in one of them.

    The findings that capacities resolve have one answer where there are deployments of which no rule refuses one and no rule
    warns of one. Otherwise the errors have one, and a warning has its own.

    Args:
        case: what was judged.
        findings: its findings, and others on the same table.
        evaluate: judges a case by all rules.
    """
    case = _without_ranges(case)
    found: list[Answer] = []
    for resolves in (_is_advised, _is_refused):
        merged = [n for n, finding in enumerate(findings) if resolves(case, finding)]
        if not merged or case.recorded is None:
            continue
        # No change window makes a step down smaller.
        windows = _windows(case) if any(findings[n].level is Level.ERROR for n in merged) else ()
        alternatives = _alternatives(case, evaluate, resolves, windows)
        if alternatives:
            found.append(priced(merged, alternatives, _prices(case)))
            break
    if found and any(finding.deployments and n not in merged for n, finding in enumerate(findings)):
        base = replace(case, declared=found[0].alternatives[0].steps[-1].capacity)
        if base.declared != case.declared:
            findings, resolved = _still_found(findings, merged, evaluate(base))
            found = [replace(found[0], findings=tuple(sorted((*merged, *resolved))))]
    taken = {number for answer in found for number in answer.findings}
    found += _by_fix(case, [(n, finding) for n, finding in enumerate(findings) if n not in taken])
    return tuple(sorted(found, key=lambda answer: answer.findings))


def _without_ranges(case: Case) -> Case:
    """The same case without ranges in figures: of what is judged here, only levels and deployments are read."""
    same = replace(case, has_ranges=False)
    same.results.update(case.results)
    return same


def _is_refused(_: Case, finding: Finding) -> bool:
    """Whether a finding stops a synthesis, and capacities resolve it."""
    return finding.level is Level.ERROR and bool(finding.deployments)


def _is_advised(case: Case, finding: Finding) -> bool:
    """Whether capacities resolve a finding that nobody acknowledged; of a relief, none: it must not wait for anything."""
    return bool(finding.deployments) and case.keeps_levels and not finding.acknowledged


def _still_found(
    findings: Sequence[Finding], merged: Sequence[int], left: Iterable[Finding]
) -> tuple[list[Finding], list[int]]:
    """The findings, others with the deployments that they have beside the merged ones' fix; and those that it resolves too."""
    by_place = {(finding.rule, finding.dimension): finding for finding in left if finding.deployments}
    updated, resolved = list(findings), []
    for number, finding in enumerate(findings):
        if finding.deployments and number not in merged:
            now = by_place.get((finding.rule, finding.dimension))
            if now is None:
                resolved.append(number)
            else:
                updated[number] = replace(finding, deployments=now.deployments)
    return updated, resolved


def _by_fix(case: Case, findings: Iterable[tuple[int, Finding]]) -> list[Answer]:
    """One answer for each different fix; beside changes that go first, other deployments are found once these are made."""
    findings = list(findings)
    apart = [finding for _, finding in findings if finding.rule == "CG10" and _is_refused(case, finding)]
    waits = case.recorded is not None and bool(apart)
    groups: list[tuple[tuple[Capacity, ...], str, list[int]]] = []
    for number, finding in findings:
        if waits and finding.deployments and finding.rule != "CG10":
            finding = replace(finding, fix=_AFTER_OTHERS, deployments=())
        text = "" if finding.deployments else finding.fix
        for deployments, known, numbers in groups:
            if (deployments, known) == (finding.deployments, text):
                numbers.append(number)
                break
        else:
            groups.append((finding.deployments, text, [number]))
    return [
        priced(numbers, [_alternative(case, "", deployments)], _prices(case))
        if deployments and case.recorded is not None
        else Answer(tuple(numbers), text=text)
        for deployments, text, numbers in groups
    ]


def _alternatives(
    case: Case, evaluate: Evaluate, resolves: Resolves, windows: Iterable[tuple[str, str]]
) -> list[Alternative]:
    """The ways to resolve what rules find, at once and in change windows; empty where following the fixes leads to none."""
    anytime = _followed(case, evaluate, resolves)
    found = [] if anytime is None else [_alternative(case, "", anytime)]
    for window, name in windows:
        quiet = replace(case, rollout=replace(case.rollout, change_window=ChangeWindow(window)))
        steps = _followed(quiet, evaluate, resolves)
        if steps is None:
            continue
        if steps != anytime:
            allowed = "at any hour" if case.rollout.change_window is None else "in the declared change window"
            found = [replace(alternative, name=allowed) for alternative in found]
            found.append(_alternative(case, name, steps, window))
        break
    return found


def _windows(case: Case) -> Iterator[tuple[str, str]]:
    """The change windows to propose, each with its name: that with people at work, and if it leads to no end the quietest."""
    quiet = None if case.dialect == "template" else advised_windows(case)
    if quiet is None or quiet.any is None:
        return
    if quiet.staffed is not None:
        of_all = "" if quiet.any == quiet.staffed else f"; the quietest of all: {quiet.any}"
        yield quiet.staffed, f"in the quietest staffed hours ({quiet.staffed}{of_all})"
    if quiet.any != quiet.staffed:
        yield quiet.any, f"in the quietest hours of all ({quiet.any}; no staffed hour is quiet enough)"


def _followed(case: Case, evaluate: Evaluate, resolves: Resolves) -> tuple[Capacity, ...] | None:
    """The capacities to deploy, in their order, so that no rule finds in one of them what is to be resolved.

    ``None`` where fixes lead to no end.
    """
    goals: tuple[Capacity, ...] = (case.declared,)
    judged, deployed = case, list[Capacity]()
    for _ in range(_MOST_JUDGMENTS):
        if judged.declared != goals[0]:
            judged = declaring_apart(replace(case, baseline=judged.baseline), goals[0])
        found = [finding for finding in evaluate(judged) if resolves(judged, finding)]
        first = min(found, key=_order, default=None)
        if first is not None:
            goals = (*first.deployments, *goals[1:])
            continue
        deployed.append(goals[0])
        goals = goals[1:]
        if not goals:
            return tuple(deployed)
        if late_indexes(case):
            goals = (with_late_indexes(deployed[-1], goals[0]), *goals[1:])
        judged = replace(judged, baseline=recorded_after(judged))
    return None


def _order(finding: Finding) -> tuple[bool, bool, bool]:
    """Errors come before warnings. First of all a change is made alone: what else there is to resolve depends on the deployment.
    Then what a Table's template sends: a fix that sends nothing needs no capacity for what would have been sent."""
    return finding.level is not Level.ERROR, finding.rule != "CG10", finding.rule != "CG18"


def _alternative(
    case: Case, name: str, capacities: Sequence[Capacity], window: str | None = None
) -> Alternative:
    assert case.recorded is not None
    file = baseline_file(case)
    costs = step_costs(case, capacities, _prices(case))
    cases = list(_cases(case, capacities))
    # The window is for the change itself: a deployment before it must not wait for it, and none creates an index in it.
    held = [step for step in cases if changes_capacity(step)][-1:] or cases[-1:]
    steps = []
    overrides = override_comment(case)
    # An override states what the code does not.
    before = case.declared if case.code is None and not overrides else None
    for step, cost in zip(cases, costs, strict=True):
        capacity = step.declared
        code, language = whole_code(case, capacity, window if step is held[0] else None, file, before)
        has_other_indexes = indexes_note(case, capacity)
        if has_other_indexes and language == "python":
            own = ", in global_secondary_indexes too" if case.dialect == "guarded" else ""
            code = f"# In this deployment {comment(has_other_indexes)}{own}.\n{code}"
        if step is cases[0] and language == "python":
            code = "\n".join([*overrides, code])
        note = deployment_note(case, step)
        steps.append(Step(capacity, code, language, cost, commands_before(case, capacity), note))
        before = capacity
    return Alternative(name, tuple(steps), record_fix(case, file, case.recorded.table.name), window)


def _cases(case: Case, capacities: Iterable[Capacity]) -> Iterator[Case]:
    """The case of each deployment, each recorded before the next one."""
    step: Case | None = None
    for capacity in capacities:
        baseline = case.baseline if step is None else recorded_after(step)
        step = declaring_apart(replace(case, baseline=baseline), capacity)
        yield step


def _prices(case: Case) -> Prices:
    assert case.recorded is not None
    return prices_of(case.region or case.recorded.table.region)


__all__ = ["Evaluate", "find_answers"]
