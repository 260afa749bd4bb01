"""Answers in words: what a fix resolves, its deployments in their order, and what each costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..capacity.safe_text import safe_line
from ..pricing.cost import Between
from ..rules import Alternative, Answer, Finding, Level, Step, StepCost

_OF_A_TEMPLATE = (
    "change these properties, remove others of its capacity; keys, projections and all other properties stay"
)
"""What to do with the JSON of a fix, which has only the properties of the capacity."""
RECORD = "record"
"""Label of the recording between two deployments."""


def sections(
    findings: Sequence[Finding], answers: Sequence[Answer]
) -> Iterator[tuple[list[Finding], Answer | None]]:
    """The findings of a table with the answer that resolves them, those with an error first.

    Args:
        findings: the findings.
        answers: their answers; a finding without one is a section of its own.
    """
    answered = {number for answer in answers for number in answer.findings}
    groups: list[tuple[list[Finding], Answer | None]] = [
        (errors_first(findings[number] for number in answer.findings), answer) for answer in answers
    ]
    groups += [([finding], None) for number, finding in enumerate(findings) if number not in answered]
    first = {id(finding): number for number, finding in enumerate(findings)}
    yield from sorted(groups, key=lambda group: (_rank(group[0][0]), first[id(group[0][0])]))


def errors_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by level, errors first. Findings of one level keep their order."""
    return sorted(findings, key=_rank)


def _rank(finding: Finding) -> int:
    return list(Level).index(finding.level)


def section_lines(findings: Sequence[Finding], answer: Answer | None) -> Iterator[str]:
    """The blocks of a section for a terminal: its findings, then their fix once.

    Args:
        findings: findings of one section.
        answer: their answer.
    """
    if answer is None or (len(findings) == 1 and not answer.alternatives):
        yield from (finding.text() for finding in findings)
        return
    yield from (finding.text(with_fix=False) for finding in findings)
    yield "\n".join(map(safe_line, answer_lines(findings, answer)))


def answer_lines(findings: Sequence[Finding], answer: Answer) -> Iterator[str]:
    """The fix as a block of lines.

    Args:
        findings: the findings that it resolves.
        answer: the fix.
    """
    if not answer.alternatives:
        yield f"fix for {rules_text(findings)}:"
        yield from (f"  {line}" for line in answer.text.split("\n"))
        return
    yield f"{heading(findings, answer)}:"
    for name, alternative in zip(labels(answer), answer.alternatives, strict=True):
        margin = "  "
        if name:
            yield f"  {name}, {alternative.name}"
            margin = "    "
        for label, text, step in steps(alternative):
            yield f"{margin}{label}: {text}"
            if step is not None:
                yield from (f"{margin}  {line}" for line in step.code.split("\n"))
    yield f"  ({answer.prices})"


def heading(findings: Sequence[Finding], answer: Answer) -> str:
    """What a fix by deployments resolves, and how many ways and deployments it has."""
    text = f"fix for {rules_text(findings)}"
    if len(answer.alternatives) > 1:
        return f"{text}, one of {len(answer.alternatives)} ways, the cheapest first"
    (alternative,) = answer.alternatives
    if len(alternative.steps) == 1:
        return text
    # A warning may be left as it is: the fix above, or what is declared, is then one deployment.
    instead = " instead of one" if all(finding.level is Level.WARN for finding in findings) else ""
    return f"{text}, {len(alternative.steps)} deployments{instead}"


def rules_text(findings: Sequence[Finding]) -> str:
    """The rules of findings, each once: ``CG4, CG7 and CG14``."""
    rules = list(dict.fromkeys(finding.rule for finding in findings))
    return rules[0] if len(rules) == 1 else f"{', '.join(rules[:-1])} and {rules[-1]}"


def labels(answer: Answer) -> list[str]:
    """A letter for each alternative; an empty text for the only one."""
    several = len(answer.alternatives) > 1
    return [chr(ord("A") + number) if several else "" for number in range(len(answer.alternatives))]


def steps(alternative: Alternative) -> Iterator[tuple[str, str, Step | None]]:
    """Label, text and code of each step: a deployment with its cost, or a recording between two."""
    for number, step in enumerate(alternative.steps, start=1):
        if number > 1:
            yield RECORD, alternative.record, None
        for command in step.before:
            yield "run", command, None
        if step.before:
            yield RECORD, alternative.record, None
        label = f"deploy {number}" if len(alternative.steps) > 1 else "deploy"
        text = f"{step.note}; {cost_text(step.cost)}" if step.note else cost_text(step.cost)
        yield label, f"{text}; {_OF_A_TEMPLATE}" if step.language == "json" else text, step


def cost_text(cost: StepCost) -> str:
    """The cost of a month and the difference from today, in words. What no source prices is unknown."""
    if cost.month is None:
        text = "cost a month unknown (no traffic recorded)"
    else:
        text = f"{'about ' if cost.is_estimate else ''}{_amounts(cost.month)} {cost.currency} a month"
    if cost.difference is not None:
        text += f", {_difference(cost.difference)}"
    if cost.warm_units:
        charge = (
            "unknown (no source has its price)"
            if cost.warm_charge is None
            else f"{cost.warm_charge:,.2f} {cost.currency}"
        )
        text += f"; warm throughput raised by {cost.warm_units:,} units/s, charged once: {charge}"
    return text


def _amounts(amount: Between) -> str:
    low, high = round(amount.low, 2), round(amount.high, 2)
    return f"{high:,.2f}" if low == high else f"{low:,.2f} to {high:,.2f}"


def _difference(difference: Between) -> str:
    low, high = round(difference.low, 2), round(difference.high, 2)
    if low == high == 0:
        return "as today"
    if low >= 0:
        return f"{_amounts(difference)} more than today"
    if high <= 0:
        return f"{_amounts(Between(-difference.high, -difference.low))} less than today"
    return f"{-low:,.2f} less to {high:,.2f} more than today"


__all__ = [
    "RECORD",
    "answer_lines",
    "cost_text",
    "errors_first",
    "heading",
    "labels",
    "rules_text",
    "section_lines",
    "sections",
    "steps",
]
