"""Reads the tables of a stack from its template at the end of a synthesis, for all guards of the stack at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import jsii
from constructs import IConstruct, IValidation

from ..capacity.errors import InputError
from .place import id_in_arn, logical_id_token
from .provider import GuardProvider
from .registry import keep_once, tables_of
from .rendering import render_template
from .rules_validation import add_rules_validation, needs_rules

if TYPE_CHECKING:
    from .guard import Guard


@jsii.implements(IValidation)
class _LateReading:
    """Reads the guarded tables of one stack when the CDK validates the stack.

    The CDK validates after all aspects and before it renders the templates. So nothing but a lazy value can change a
    table afterwards, and the gates that are added here are rendered like everything else.
    """

    def __init__(self, root: IConstruct, provider: GuardProvider) -> None:
        self._root = root
        self.provider = provider

    def validate(self) -> list[str]:
        """Read the tables. The errors are reported by ``GuardValidation``, with the construct that they concern."""
        guards = [guard for guard in tables_of(self._root) if guard.provider is self.provider]
        read_tables(guards)
        if any(map(needs_rules, guards)):
            add_rules_validation(self._root, guards[0].stack)
        return []


def read_at_synthesis(guard: Guard) -> None:
    """Read the table of a guard at synthesis.

    Args:
        guard: the guard.
    """
    reader = _LateReading(guard.place.root, guard.provider)
    if keep_once(guard.place.root, (_LateReading, id(guard.provider)), reader):
        guard.stack.node.add_validation(reader)


def read_tables(guards: Iterable[Guard]) -> None:
    """Give each guard that has not read its table yet the template of its stack. Each stack is rendered once.

    Args:
        guards: guards of one app.
    """
    by_stack: dict[int, list[Guard]] = {}
    for guard in guards:
        if not guard.has_read:
            by_stack.setdefault(id(guard.provider), []).append(guard)
    for group in by_stack.values():
        _know_logical_ids(group)
        template = render_template(group[0].stack)
        for guard in group:
            guard.read(template)


def _know_logical_ids(guards: Sequence[Guard]) -> None:
    """Ask for the logical ids of the tables and alarms of a stack, which are final now, in one call to the CDK's process."""
    ids = guards[0].stack.resolve(
        [
            [
                logical_id_token(guard.resource),
                {key: alarm.alarm_arn for key, alarm in guard.rollback_alarms.items()},
            ]
            for guard in guards
        ]
    )
    for guard, (table, alarms) in zip(guards, ids, strict=True):
        guard.know_logical_ids(str(table), {key: id_in_arn(arn) for key, arn in alarms.items()})


def contradiction(guard: Guard, template: Mapping[str, Any]) -> InputError | None:
    """Why the final template of a stack is not the one that a guard judged, ``None`` if it is.

    Args:
        guard: the guard.
        template: the template that is deployed.
    """
    if guard.error is not None:
        return guard.error
    if guard.declared is None:
        return InputError(
            guard.path,
            "could not read its table: the guard was made too late in this synthesis, or the synthesis skips validation",
            "Make the guard before the app is synthesized, and do not skip validation",
        )
    try:
        if guard.read_declared(template) == guard.declared:
            return None
    except InputError as error:
        return error
    return InputError(
        guard.path,
        "read another capacity than the one the template ends with",
        "Let no lazy value and no synthesizer change the table after the guard has read it",
    )


__all__ = ["contradiction", "read_at_synthesis", "read_tables"]
