"""``attach_guard``: the one way in which a construct gets its guard."""

from __future__ import annotations

from constructs import Construct

from ..capacity.errors import InputError
from ..evidence.baseline import Baseline
from .app.place import Place
from .arguments.code_capacity import CodeCapacity
from .end_of_synthesis.guard_validation import add_guard_validation
from .end_of_synthesis.late_reading import read_at_synthesis
from .fleet.registry import register_table
from .guard_options import GuardOptions
from .guards.guard import Guard, TableToGuard


def attach_guard(
    scope: Construct,
    table: TableToGuard,
    *,
    place: Place,
    id: str,
    baseline: Baseline | InputError,
    options: GuardOptions,
    code: CodeCapacity,
) -> Guard:
    """Give a construct the guard of a table: its alarms now; what is judged, and the gates, at the end of the synthesis.

    Args:
        scope: the construct.
        table: the table.
        place: the place of the construct.
        id: its id.
        baseline: the deployed capacity and recorded traffic, or the error met when it was loaded.
        options: the settings.
        code: what the code declares beside the template.

    Raises:
        InputError: the judgment time, break-glass or the provider of the stack forbid it.
    """
    guard = Guard(scope, table, place=place, id=id, baseline=baseline, options=options, code=code)
    read_at_synthesis(guard)
    add_guard_validation(guard)
    register_table(guard)
    return guard


__all__ = ["attach_guard"]
