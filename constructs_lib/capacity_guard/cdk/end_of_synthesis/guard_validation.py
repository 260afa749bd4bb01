"""``GuardValidation``: the checks of every app with a guard, also of an app without the rule pack."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

import aws_cdk as cdk

from ...capacity.errors import InputError
from ...capacity.limits import TEMPLATE_BYTES
from ...capacity.safe_text import safe_line
from ...cloudformation.service_limits import template_excesses
from ..app.break_glass_reason import CONTEXT
from ..app.context_keys import KEYS, unknown_keys
from ..app.dependencies import Resources, dependency_path
from ..app.judgment_time import frozen_time
from ..fleet.registry import tables_of
from .break_glass_names import names_nothing, unknown_names
from .gate_chain import broken_chain, doubts_about_chain, needs_gate
from .late_reading import contradiction
from .plan_limits import plan_problem
from .templates import Templates
from .validation_names import CYCLE_CHECK
from .validation_plugin import ValidationPlugin, add_once
from .violations import violation

if TYPE_CHECKING:
    from ..guards.guard import Guard


def circular_dependency(table: Guard, resources: Resources) -> InputError | None:
    """The error for a table that depends on its Preflight while Preflight depends on it; ``None`` if there is none.

    Args:
        table: the guard.
        resources: resources of its stack.
    """
    if table.gates is None:
        return None
    start = table.logical_id(table.gates.preflight)
    path = dependency_path(resources, start, table.logical_id(table.resource))
    if path is None:
        return None
    return InputError(
        table.path,
        f"its gate would wait for the table that waits for the gate ({' -> '.join([*path, start])})",
        "Refer to the table by its name in what the gate depends on",
    )


def held_unwatched(guard: Guard) -> InputError | None:
    """The error for a change that its baseline states as held, in a template that does not read its hold; ``None`` otherwise.

    Args:
        guard: the guard, when it has read its table.
    """
    # Under break-glass there are no gates, and where the capacity cannot be read the gate is none of a transition.
    if guard.gates is None or not guard.gates.in_transition:
        return None
    if guard.way_back is not None and not isinstance(guard.way_back, InputError):
        return None
    transition = guard.transition
    assert transition is not None
    rollout = None if isinstance(guard.baseline, InputError) else guard.baseline.rollout
    if rollout is None or not rollout.holds(transition) or guard.case.is_relief:
        return None
    if guard.way_back is not None:
        why = f"the way back does not stay in the template: {guard.way_back}"
    else:
        why = "its options have no watch"
    return InputError(
        guard.path,
        f"declares change {transition.fingerprint}, which was taken back and is held, and nothing would keep the capacity of "
        f"before, since {why}",
        "Give it watch=Watch(), or declare the capacity of before. To try the change again: capacity-guard retry BASELINE.json",
    )


class GuardValidation(ValidationPlugin):
    """The checks of every app with a guard.

    - A guard could not read the declared capacity of its table: a warning, since its gate lets no edit of it through. Where it
      could make no such gate, the synthesis fails.
    - The final template lacks a gate or a dependency on it, or has a gate with other properties: the synthesis fails.
    - What runs behind the gates was changed so that they cannot work: the synthesis fails. So that they may not: a warning.
    - A gate and its table depend on each other: the synthesis fails. CloudFormation refuses such a template, but the CDK
      only warns.
    - The tables in transition of a stack do not fit into one deployment: the synthesis fails, and says in which order they do.
    - A stack with a guard is above a limit of CloudFormation, or of a service whose resources the guard makes: the synthesis of a
      transition fails, and it is a warning of any other one and where an account may have a higher quota.
    - The plan of a table's gates is too long to be carried to them: the synthesis fails.
    - Break-glass names a table that the app does not have: the synthesis fails, since the table that was meant is not let
      through.
    - Break-glass is a mapping without an entry: a warning, and a line on standard error. Nothing is in force.
    - A context key looks like one of the guard and is none: the synthesis fails, since it would have no effect.
    - The baseline states the declared change as held, and the template has no way back that reads the hold: the synthesis fails,
      since the deployment would send the held capacity again. Neither a relief nor break-glass fails.
    - The options ask for a watch, and the way back of a change cannot stay in the template: a warning.
    - Break-glass is in force: a warning, and a line on standard error.
    - The judgment time is given once and for all, or is not that of the clock: a warning, and a line on standard error.
    """

    NAME = CYCLE_CHECK

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check the templates of a synthesis."""
        templates, app = Templates(context), context.app_construct
        guards = tables_of(app)
        violations = [found for guard in guards for found in _violations(guard, templates)]
        violations += _doubts(guards, templates)
        violations += _above_limits(guards, templates)
        unknown, known = unknown_names(app, guards)
        if unknown:
            text = (
                f"context {CONTEXT} names {', '.join(map(repr, unknown))}, which is not a table of this app, so it lets nothing "
                f"through. Tables: {', '.join(known)}."
            )
            violations.append(violation(guards[0], "break-glass-unknown", safe_line(text), "fatal"))
        if guards and names_nothing(app):
            text = (
                f"context {CONTEXT} is an empty mapping: break-glass is in force for no table. "
                "Name tables with a reason each, or take the context out."
            )
            print(f"capacity-guard: {text}", file=sys.stderr, flush=True)
            violations.append(violation(guards[0], "break-glass-empty", text, "warning"))
        misspelt = unknown_keys(app)
        if misspelt:
            text = f"context {', '.join(map(repr, misspelt))} is unknown, so it has no effect. Known: {', '.join(KEYS)}."
            violations.append(violation(guards[0], "context-unknown", safe_line(text), "fatal"))
        frozen = frozen_time(guards[0].place.now) if guards else None
        if frozen is not None:
            print(safe_line(f"capacity-guard: {frozen}"), file=sys.stderr, flush=True)
            violations.append(violation(guards[0], "judgment-time", safe_line(frozen), "warning"))
        fails = any(found.severity == "fatal" for found in violations)
        return cdk.PolicyValidationPluginReport(success=not fails, violations=violations)


def _violations(guard: Guard, templates: Templates) -> Iterator[cdk.PolicyViolation]:
    problem = contradiction(guard, templates.of(guard))
    if problem is not None:
        fails = guard.must_be_readable and guard.break_glass.reason is None
        severity: Literal["fatal", "warning"] = "fatal" if fails else "warning"
        text = str(problem)
        if guard.reading.declaration is not None:
            text += " Until then its gate lets no edit of the capacity through; it does not see another value of a parameter."
        yield violation(guard, "capacity-unread", text, severity)
    if problem is None or guard.reading.declaration is not None:
        resources = templates.resources_of(guard)
        circle = circular_dependency(guard, resources)
        if circle is not None:
            yield violation(guard, "circular-dependency", str(circle), "fatal")
        if guard.gates is not None:
            too_many = guard.travelling.contradiction(guard, templates.of(guard), templates.bytes_of(guard))
            if too_many is not None:
                yield violation(guard, "too-much-at-once", str(too_many), "fatal")
            too_long = plan_problem(guard, templates.of(guard))
            if too_long is not None:
                yield violation(guard, "plan-too-long", str(too_long), "fatal")
        broken = broken_chain(guard, templates.of(guard))
        if broken is not None:
            yield violation(guard, "gates-changed", str(broken), "fatal")
    held = held_unwatched(guard)
    if held is not None:
        yield violation(guard, "held-unwatched", safe_line(str(held)), "fatal")
    elif isinstance(guard.way_back, InputError):
        text = (
            "the way back of this change does not stay in the template, so the watch only reports a veto: "
            f"{guard.way_back}"
        )
        yield violation(guard, "no-way-back", safe_line(text), "warning")
    if guard.break_glass.reason is not None:
        text = (
            f"break-glass is in force for {guard.path}: {guard.break_glass.reason}. The guard refuses nothing. "
            f"Take context {CONTEXT} out when the emergency is over."
        )
        # Plugins' warnings are a part of a long report. This line is for everyone who reads a terminal or a log.
        print(safe_line(f"capacity-guard: {text}"), file=sys.stderr, flush=True)
        yield violation(guard, "break-glass", safe_line(text), "warning")


def _doubts(guards: Iterable[Guard], templates: Templates) -> Iterator[cdk.PolicyViolation]:
    """A warning for each stack whose gates may not work, in the name of the first table that needs them."""
    by_stack: dict[int, list[Guard]] = {}
    for guard in guards:
        if needs_gate(guard):
            by_stack.setdefault(id(guard.provider), []).append(guard)
    for group in by_stack.values():
        text = doubts_about_chain(group, templates.of(group[0]))
        if text is not None:
            yield violation(group[0], "gates-in-doubt", safe_line(f"{group[0].path}: {text}."), "warning")


def _above_limits(guards: Iterable[Guard], templates: Templates) -> Iterator[cdk.PolicyViolation]:
    """What in the stack of a guard is above a limit, in the name of its first table. A relief or break-glass fails for none."""
    by_stack: dict[int, list[Guard]] = {}
    for guard in guards:
        by_stack.setdefault(id(guard.provider), []).append(guard)
    for group in by_stack.values():
        first = group[0]
        changes = any(
            guard.break_glass.reason is None
            and guard.gates is not None
            and guard.gates.in_transition
            and not guard.case.is_relief
            for guard in group
        )
        judged_as_a_whole = any(guard.gates is not None and guard.gates.in_transition for guard in group)
        for excess in template_excesses(templates.of(first), templates.bytes_of(first)):
            if excess.limit is TEMPLATE_BYTES and judged_as_a_whole:
                continue  # ``Travelling`` names the deployments that fit
            text = (
                f"{first.provider.identity.name}: {excess.place} is {excess.number:,}, and AWS takes {excess.limit.value:,} "
                f"{excess.limit.unit} ({excess.limit.source}). {excess.remedy}."
            )
            severity: Literal["fatal", "warning"] = (
                "fatal" if changes and not excess.adjustable else "warning"
            )
            yield violation(first, "service-limit", safe_line(text), severity)


def add_guard_validation(table: Guard) -> None:
    """Add ``GuardValidation`` to the app of a guard, once for each app."""
    add_once(table.place.root, GuardValidation)


__all__ = ["GuardValidation", "add_guard_validation", "circular_dependency", "held_unwatched"]
