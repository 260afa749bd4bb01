"""One answer for the findings of a table that have one fix: the deployments that resolve them, and what they cost.

A finding holds the deployments that resolve it alone. Here they are followed as a reader would follow them: each capacity is
judged by all rules before the next one, so that the sequence ends with a capacity that no rule refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ..capacity.capacity import Capacity
from ..capacity.settings import ChangeWindow
from ..pricing.prices import Prices, prices_of
from .after_deployment import after
from .answer import Alternative, Answer, Step
from .answer_code import commands_before, whole_code
from .answer_cost import priced, step_costs
from .model import Case, Finding, Level
from .record_fix import baseline_file, record_fix
from .switch_freeze import advised_windows

Evaluate = Callable[[Case], Iterable[Finding]]
_MOST_JUDGMENTS = 12
"""Capacities that are judged at most to find a sequence of deployments."""


def find_answers(case: Case, findings: Sequence[Finding], evaluate: Evaluate) -> tuple[Answer, ...]:
    """The answers to the findings of a table; each finding is in one of them.

    Args:
        case: what was judged.
        findings: its findings, and others on the same table.
        evaluate: judges a case by all rules.
    """
    case = _without_ranges(case)
    errors = [n for n, finding in enumerate(findings) if _is_refused(finding)]
    found: list[Answer] = []
    base = case
    if errors and case.recorded is not None:
        alternatives = _alternatives(case, evaluate)
        if alternatives:
            found.append(priced(errors, alternatives, _prices(case)))
            base = replace(case, declared=found[0].alternatives[0].steps[-1].capacity)
    if base.declared != case.declared:
        findings, resolved = _still_found(findings, errors, evaluate(base))
        found = [replace(found[0], findings=tuple(sorted((*errors, *resolved))))]
    taken = {number for answer in found for number in answer.findings}
    found += _by_fix(case, [(n, finding) for n, finding in enumerate(findings) if n not in taken])
    return tuple(sorted(found, key=lambda answer: answer.findings))


def _without_ranges(case: Case) -> Case:
    """The same case without ranges in figures: of what is judged here, only levels and deployments are read."""
    same = replace(case, has_ranges=False)
    same.results.update(case.results)
    return same


def _is_refused(finding: Finding) -> bool:
    """Whether a finding stops a synthesis, and capacities resolve it."""
    return finding.level is Level.ERROR and bool(finding.deployments)


def _still_found(
    findings: Sequence[Finding], errors: Sequence[int], left: Iterable[Finding]
) -> tuple[list[Finding], list[int]]:
    """The findings, warnings with the deployments that they have beside the errors' fix; and those that it resolves too."""
    by_place = {(finding.rule, finding.dimension): finding for finding in left if finding.deployments}
    updated, resolved = list(findings), []
    for number, finding in enumerate(findings):
        if finding.deployments and number not in errors:
            now = by_place.get((finding.rule, finding.dimension))
            if now is None:
                resolved.append(number)
            else:
                updated[number] = replace(finding, deployments=now.deployments)
    return updated, resolved


def _by_fix(case: Case, findings: Iterable[tuple[int, Finding]]) -> list[Answer]:
    """One answer for each different fix."""
    groups: list[tuple[tuple[Capacity, ...], str, list[int]]] = []
    for number, finding in findings:
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


def _alternatives(case: Case, evaluate: Evaluate) -> list[Alternative]:
    """The ways to resolve what rules refuse; empty where following the fixes leads to none."""
    anytime = _followed(case, evaluate)
    found = [] if anytime is None else [_alternative(case, "", anytime)]
    for window, name in _windows(case):
        quiet = replace(case, rollout=replace(case.rollout, change_window=ChangeWindow(window)))
        steps = _followed(quiet, evaluate)
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


def _followed(case: Case, evaluate: Evaluate) -> tuple[Capacity, ...] | None:
    """The capacities to deploy, in their order, so that no rule refuses one of them for what capacities resolve.

    ``None`` where fixes lead to no end.
    """
    goals: tuple[Capacity, ...] = (case.declared,)
    judged, deployed = case, list[Capacity]()
    for _ in range(_MOST_JUDGMENTS):
        if judged.declared != goals[0]:
            judged = replace(judged, declared=goals[0])
        # What a Table's template sends comes first: a fix that sends nothing needs no capacity for what would have been sent.
        refused = min(
            filter(_is_refused, evaluate(judged)), key=lambda finding: finding.rule != "CG18", default=None
        )
        if refused is not None:
            goals = (*refused.deployments, *goals[1:])
            continue
        deployed.append(goals[0])
        goals = goals[1:]
        if not goals:
            return tuple(deployed)
        assert judged.recorded is not None
        judged = replace(judged, baseline=after(judged.recorded, deployed[-1], judged.resource_kind))
    return None


def _alternative(
    case: Case, name: str, capacities: Sequence[Capacity], window: str | None = None
) -> Alternative:
    assert case.recorded is not None
    file = baseline_file(case)
    costs = step_costs(case, capacities, _prices(case))
    steps = []
    for number, (capacity, cost) in enumerate(zip(capacities, costs, strict=True), start=1):
        # The window is for the last deployment: those before it must not wait for it.
        code, language = whole_code(case, capacity, window if number == len(capacities) else None, file)
        steps.append(Step(capacity, code, language, cost, commands_before(case, capacity)))
    return Alternative(name, tuple(steps), record_fix(case, file, case.recorded.table.name), window)


def _prices(case: Case) -> Prices:
    assert case.recorded is not None
    return prices_of(case.region or case.recorded.table.region)


__all__ = ["Evaluate", "find_answers"]
