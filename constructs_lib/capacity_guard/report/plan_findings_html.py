"""The findings of a plan on a page: folded by what resolves them, with the pages of their rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..findings.answer_text import labels, rules_text, sections, steps
from ..rules import ALL_RULES, Answer, Finding, Level
from ..rules.pages import rule_page
from .html import escape, table
from .page_controls import code_block, fold

_LINK = re.compile(r"\[([^\]\n]+)\]\([^)\s]+\)")


def findings_html(
    findings: Sequence[Finding], answers: Sequence[Answer], *, planned: bool = True
) -> list[str]:
    """A fold for each group of findings that one fix resolves, those with an error first.

    Args:
        findings: findings of one table.
        answers: their fixes; a finding without one has a fold of its own.
        planned: whether the section shows what to deploy next; the fold of that fix then refers to it.
    """
    return [_group(found, answer, planned) for found, answer in sections(findings, answers)]


def _group(found: Sequence[Finding], answer: Answer | None, planned: bool) -> str:
    level = found[0].level
    style = "no" if level is Level.ERROR else "warned"
    number = f" and {len(found) - 1} more with the same fix" if len(found) > 1 else ""
    summary = (
        f'<span class="{style}">{level.value} {escape(rules_text(found))}</span> {escape(found[0].subject)}: '
        f"{escape(found[0].title)}{number}"
    )
    if answer is None:
        fix = "".join(f"<p><b>Fix</b></p>{code_block(finding.fix)}" for finding in found)
    elif planned and is_deployed_next(found, answer):
        fix = "<p><b>Fix</b>: what to deploy next, above.</p>"
    else:
        fix = answer_html(answer)
    body = [*(_finding(finding, titled=len(found) > 1) for finding in found), fix]
    return fold(summary, "".join(body), "fix")


def is_deployed_next(found: Sequence[Finding], answer: Answer) -> bool:
    """Whether a fix is the one that a section shows first, as what to deploy next.

    Args:
        found: the findings that it resolves, those with an error first.
        answer: the fix.
    """
    return bool(answer.alternatives) and found[0].level is Level.ERROR


def answer_html(answer: Answer) -> str:
    """A fix: its ways side by side, each with its deployments in their order."""
    if not answer.alternatives:
        return f"<p><b>Fix</b></p>{code_block(answer.text)}"
    ways = []
    for name, alternative in zip(labels(answer), answer.alternatives, strict=True):
        parts = [f"<p><b>{name}: {escape(alternative.name)}</b></p>"] if name else []
        for label, text, step in steps(alternative):
            if step is None:
                parts.append(f"<p><b>{label}</b></p>{code_block(text)}")
            else:
                parts.append(f"<p><b>{label}</b>: {escape(text)}</p>{code_block(step.code)}")
        ways.append(f"<div>{''.join(parts)}</div>")
    prices = f"{answer.prices[:1].upper()}{answer.prices[1:]}."
    return f'<div class="ways">{"".join(ways)}</div><p class="soft">{escape(prices)}</p>'


def _finding(finding: Finding, *, titled: bool) -> str:
    style = "no" if finding.level is Level.ERROR else "warned"
    head = f"Rule {rule_link(finding.rule)}"
    if titled:
        head = (
            f'<span class="{style}">{finding.level.value}</span> {rule_link(finding.rule)} {escape(finding.subject)}: '
            f"{escape(finding.title)}"
        )
    figures = [(escape(f.label), f"<b>{escape(f.value)}</b>", escape(f.note)) for f in finding.figures]
    accepted = f"<p>Acknowledged: {escape(finding.acknowledged)}</p>" if finding.acknowledged else ""
    rows = table(("", "", ""), figures) if figures else ""
    return f"<p>{head}</p>{rows}{accepted}"


def rule_link(rule: str) -> str:
    """A link to the page of a rule, which is at the end of the same page; the bare id of an unknown rule."""
    if rule not in {known.id for known in ALL_RULES}:
        return escape(rule)
    return f'<a href="#rule-{escape(rule)}">{escape(rule)}</a>'


def rule_pages(findings: Iterable[Finding]) -> list[str]:
    """The documentation page of each rule that has a finding, in a fold; nothing without findings."""
    titles = {rule.id: rule.title for rule in ALL_RULES}
    found = [rule for rule in titles if rule in {finding.rule for finding in findings}]
    folds = [
        fold(
            f"{rule}: {escape(titles[rule])}",
            f'<div class="page" id="rule-{rule}">{escape(_without_links(rule_page(rule)))}</div>',
        )
        for rule in found
    ]
    return ["<h2>Rules</h2>", *folds] if folds else []


def _without_links(page: str) -> str:
    """A page in Markdown without the targets of its links: they are files of the repository."""
    return _LINK.sub(r"\1", page)


__all__ = ["answer_html", "findings_html", "is_deployed_next", "rule_link", "rule_pages"]
