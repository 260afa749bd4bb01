"""Reads the tables of a stack from its template at the end of a synthesis, for all guards of the stack at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii
from constructs import Construct, IConstruct, IValidation

from ...capacity.errors import InputError
from ..app.kept import kept_of
from ..app.place import id_in_arn, logical_id_token
from ..app.rendering import rendering
from ..guards.table_reading import read_table, refuse
from .rules_validation import add_rules_validation, needs_rules

if TYPE_CHECKING:
    from ..guards.guard import Guard


@jsii.implements(IValidation)
class _LateReading:
    """Reads the guarded tables of one stage when the CDK validates the stage; an app is one, too.

    The CDK validates after all aspects and before it renders the templates. So nothing but a lazy value can change a
    table afterwards, and the gates that are added here are rendered like everything else. The CDK synthesizes each stage of
    an app for itself (``Stage``).
    """

    def __init__(self, root: IConstruct) -> None:
        self._root = root
        self.guards: list[Guard] = []

    def validate(self) -> list[str]:
        """Read the tables. The errors are reported by ``GuardValidation``, with the construct that they concern."""
        read_tables(self.guards)
        _compare_cells(self.guards)
        changed = next(filter(needs_rules, self.guards), None)
        if changed is not None:
            add_rules_validation(self._root, changed.stack)
        return []


def read_at_synthesis(guard: Guard) -> None:
    """Read the table of a guard at synthesis.

    Args:
        guard: the guard.
    """
    _reader_of(guard).guards.append(guard)


def _reader_of(guard: Guard) -> _LateReading:
    """What reads the tables of a guard's stage. Tables of one stack have the same, so it is asked for once."""

    def of_stage() -> _LateReading:
        # A stack has an app in any case: the CDK makes one where the code gives none.
        scope = cdk.Stage.of(guard.stack) or guard.stack
        return kept_of(scope, _LateReading, lambda: _add_reader(scope))

    def _add_reader(scope: Construct) -> _LateReading:
        reader = _LateReading(guard.place.root)
        scope.node.add_validation(reader)
        return reader

    return kept_of(guard.stack, _LateReading, of_stage)


def read_tables(guards: Iterable[Guard]) -> None:
    """Give each guard that has not read its table yet the template of its stack. Each stack is rendered once.

    Args:
        guards: guards of one app.
    """
    by_stack: dict[int, list[Guard]] = {}
    for guard in guards:
        if not guard.reading.is_done:
            by_stack.setdefault(id(guard.provider), []).append(guard)
    if not by_stack:
        return
    with rendering() as render:
        for group in by_stack.values():
            _know_logical_ids(group)
            provider = group[0].provider
            template = render(group[0].stack, provider.identity.template_file)
            provider.confirm(template.get("Resources", {}))
            for guard in group:
                read_table(guard, template)


def _compare_cells(guards: Sequence[Guard]) -> None:
    """Name the unchanged cell of each watched change, where every guard has read its table (``control``)."""
    watched = [guard for guard in guards if guard.options.watch is not None and guard.gates is not None]
    if watched:
        # Loaded where a change is watched alone.
        from .control import add_controls

        for guard in watched:
            try:
                add_controls([guard])
            except InputError as error:
                refuse(guard, error)


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
    reading = guard.reading
    if reading.error is not None:
        return reading.error
    if reading.declared is None:
        return InputError(
            guard.path,
            "could not read its table: the guard was made too late in this synthesis, or the synthesis skips validation",
            "Make the guard before the app is synthesized, and do not skip validation",
        )
    try:
        if guard.read_declared(template) == reading.declared:
            return None
    except InputError as error:
        return error
    return InputError(
        guard.path,
        "read another capacity than the one the template ends with",
        "Let no lazy value and no synthesizer change the table after the guard has read it",
    )


__all__ = ["contradiction", "read_at_synthesis", "read_tables"]
