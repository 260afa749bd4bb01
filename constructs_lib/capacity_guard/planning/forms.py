"""The construct, or the template, for which a recommendation prints code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..capacity import Capacity, InputError
from ..capacity.structure import TableKind
from ..evidence.baseline import Baseline
from ..rules import Dialect
from ..rules.answer_code import commands_before, whole_code
from ..rules.code_names import CodeNames
from .judging import Asked, case_of

FORMS: Mapping[str, tuple[Dialect, TableKind | None]] = {
    "guarded-table": ("guarded", TableKind.GLOBAL_TABLE),
    "table-v2": ("table-v2", TableKind.GLOBAL_TABLE),
    "table": ("table", TableKind.TABLE),
    "cfn-table": ("l1", TableKind.TABLE),
    "cfn-global-table": ("l1", TableKind.GLOBAL_TABLE),
    "template": ("template", None),
}
"""What ``--form`` names: the construct, and the resource type that it makes; a template may have either type."""


def form_code(baseline: Baseline, capacity: Capacity, form: str, asked: Asked) -> tuple[str, ...]:
    """The code that declares a capacity in one form: blocks in their order, commands to run before a template first.

    Args:
        baseline: deployed capacity and recording.
        capacity: the capacity.
        form: a key of ``FORMS``.
        asked: conditions of the recommendation.

    Raises:
        InputError: the recorded table has another resource type, which no deployment changes.
    """
    dialect, kind = FORMS[form]
    structure = None if baseline.deployed is None else baseline.deployed.structure
    if structure is not None and kind is not None and structure.kind is not kind:
        fitting = [name for name, (_, made) in FORMS.items() if made in (None, structure.kind)]
        raise InputError(
            f"--form {form}",
            f"makes {kind.value}, and {baseline.table.name} is {structure.kind.value}",
            f"Choose {', '.join(fitting)}",
        )
    known = None if structure is None else structure.kind
    case = replace(case_of(baseline, capacity, asked), dialect=dialect, kind=kind or known or TableKind.TABLE)
    if dialect != "template":
        names = CodeNames.of_recorded(baseline.table.logical_id, baseline.table.name)
        case = replace(case, names=lambda: names)
    code, _ = whole_code(case, capacity, baseline=baseline.file)
    return (*commands_before(case, capacity), code)


__all__ = ["FORMS", "form_code"]
