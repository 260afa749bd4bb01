"""What an example of a rule is. Each ``test_cgNN.py`` states those of its rule as ``EXAMPLES``.

``test_every_rule.py`` finds them there and checks on each of them what holds for every rule. ``python -m
tests.rules.examples CG1`` prints the findings of the refused examples of a rule, with ``--shown`` as a synthesis prints them,
to copy one to its page; with ``--write`` they are kept in ``printed/CG1.txt``, which ``test_printed.py`` compares letter by
letter.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from capacity_guard.findings.answer_text import section_lines
from capacity_guard.rules import ALL_RULES, Case, judge
from capacity_guard.rules.answers import find_answers

PRINTED = Path(__file__).parent / "printed"
"""What the rules print of their refused examples, a file for each rule."""

Kind = Literal["compliant", "refused", "silent", "other"]


@dataclass(frozen=True)
class Example:
    """A case, and what the rule must make of it.

    Attributes:
        kind: ``compliant``: the rule applies and is met. ``refused``: it is violated. ``silent``: documented behavior
            that looks like a violation and is none; a false alarm is a defect like a missed one. ``other``: a finding of
            another level than the rule's, or of a special case; only its text is kept (``variations.py``).
        name: what is special about the case.
        make: makes the case.
    """

    kind: Kind
    name: str
    make: Callable[[], Case]


def compliant(name: str, make: Callable[[], Case]) -> Example:
    """An example that meets the rule."""
    return Example("compliant", name, make)


def refused(name: str, make: Callable[[], Case]) -> Example:
    """An example that violates the rule."""
    return Example("refused", name, make)


def silent(name: str, make: Callable[[], Case]) -> Example:
    """An example that only looks like a violation."""
    return Example("silent", name, make)


def other(name: str, make: Callable[[], Case]) -> Example:
    """An example of which only the text is kept."""
    return Example("other", name, make)


def module_name_of(rule: str) -> str:
    """Name of the test module of a rule: of CG1 ``test_cg01``."""
    return f"test_cg{int(rule.removeprefix('CG')):02}"


def examples_of(rule: str) -> tuple[Example, ...]:
    """The examples of a rule; none if it has no test module, or the module has no ``EXAMPLES``."""
    return _listed(rule, "EXAMPLES")


def others_of(rule: str) -> tuple[Example, ...]:
    """The examples of a rule of which only the text is kept: ``OTHERS`` of its test module."""
    return _listed(rule, "OTHERS")


def _listed(rule: str, attribute: str) -> tuple[Example, ...]:
    name = f"tests.rules.{module_name_of(rule)}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return ()
    found: tuple[Example, ...] = getattr(module, attribute, ())
    return found


def refused_of(examples: Iterable[Example], *names: str) -> list[Example]:
    """The examples that violate their rule: all of them, or those with the names."""
    found = [
        example for example in examples if example.kind == "refused" and (not names or example.name in names)
    ]
    assert found
    assert not names or len(found) == len(names)
    return found


def example_name(example: Example) -> str:
    """Its name in a test report."""
    return example.name


def printed(rule: str) -> str:
    """What a rule finds in its refused examples, each under the example's name."""
    judging = [one for one in ALL_RULES if one.id == rule]
    lines = []
    for example in refused_of(examples_of(rule)):
        lines.append(f"# {example.name}")
        lines += [finding.text() for finding in judge(example.make(), judging)]
    return "\n".join(lines) + "\n"


def shown(rule: str) -> list[str]:
    """Each finding of a rule in its refused examples as a synthesis prints it, with the one fix below it."""
    judging = [one for one in ALL_RULES if one.id == rule]
    texts = []
    for example in refused_of(examples_of(rule)):
        case = example.make()
        for finding in judge(case, judging):
            (answer,) = find_answers(case, [finding], lambda judged: judge(judged, judging))
            texts.append("\n\n".join(section_lines([finding], answer)))
    return texts


def main(rule: str, *options: str) -> None:
    """Print what a rule finds in its refused examples, or keep it."""
    if "--shown" in options:
        print("\n\n".join(shown(rule)))
    elif "--write" in options:
        PRINTED.mkdir(exist_ok=True)
        (PRINTED / f"{rule}.txt").write_text(printed(rule), encoding="utf-8")
    else:
        print(printed(rule), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
