"""CG10: a capacity change together with another change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from ..capacity.limits import INDEX_CHANGES_AT_ONCE
from ..capacity.structure import Structure
from ..evidence.baseline import Baseline
from .fix_code import acknowledge_code
from .model import Case, Figure, Finding, Level, Rule
from .record_fix import baseline_file, record_fix
from .separate_changes import (
    changed_indexes,
    changes_capacity,
    guard_changes,
    late_indexes,
    new_replicas,
    other_changes,
    separate,
)


def _condition(case: Case) -> Iterator[Finding]:
    transition = case.transition
    if transition is None or transition.deployed is None:
        return
    if not case.in_transition:
        yield from _replacement(case, transition.deployed.structure)
        return
    capacity_changes = changes_capacity(case)
    index_changes = changed_indexes(case)
    recorded = transition.deployed.structure
    also = other_changes(case)
    baseline = case.recorded
    if recorded is None and transition.kind is None and baseline is not None:
        file = baseline_file(case) or "FILE"
        yield case.finding(
            RULE,
            "its resource type is unknown, so it is judged as the stricter of the two types",
            figures=[
                Figure("resource type", "unknown", "GlobalTable and Table are sent different units"),
                Figure("baseline", file, "has no deployed.structure"),
            ],
            fix=_record(case, baseline, "the resource type as structure.kind"),
        )
    elif case.template and capacity_changes and (recorded is None or recorded.properties is None):
        yield _unknown_changes(case, recorded)
    if len(index_changes) > INDEX_CHANGES_AT_ONCE.value:
        yield _several_indexes(case, index_changes, also)
    if also and capacity_changes:
        yield case.finding(
            RULE,
            "it changes more than its capacity in one operation, and a rollback would undo all of it",
            figures=[Figure("also changes", change) for change in also],
            fix=_one_by_one(case),
            deployments=separate(case),
        )
    if guard := guard_changes(case):
        yield case.finding(
            RULE,
            "the guard itself changes in the same operation, so its new functions are not deployed when the change starts",
            figures=[Figure("also changes", change) for change in guard],
            fix=_RELIEF
            if case.is_relief
            else "deploy the guard first without a change of capacity, unless it is deployed already; record again, "
            "then change the capacity",
            deployments=separate(case),
        )

    if case.travels_with:
        others = list(case.travels_with[:_NAMED])
        if len(case.travels_with) > _NAMED:
            others.append(f"{len(case.travels_with) - _NAMED} more")
        yield case.finding(
            RULE,
            "other tables of its stack change in the same operation, and one veto takes all of them back",
            figures=[Figure("also changes", other) for other in others],
            fix="deploy one change after the other\n"
            "or move the table into a stack of its own, by retain and import: capacity-guard docs table-to-tablev2",
            level=Level.WARN,
        )


def _several_indexes(case: Case, names: Collection[str], changes: Sequence[str]) -> Finding:
    """Two indexes that are created, deleted, or one of each: *Cannot perform more than one GSI creation or deletion in a single
    update* (coverage-roadmap issue 229; Template Reference, GlobalSecondaryIndexes)."""
    of_indexes = [
        next((change for change in changes if change.startswith(f"index {name}: ")), f"index {name}")
        for name in sorted(names)
    ]
    return case.finding(
        RULE,
        f"it creates or deletes {len(names)} indexes in one operation, and CloudFormation refuses more than one",
        figures=[Figure("changes", change) for change in of_indexes],
        fix="create or delete one index in a deployment, and record again before the next one",
        deployments=separate(case),
    )


def _one_by_one(case: Case) -> str:
    if case.is_relief:
        return _RELIEF
    replicas = new_replicas(case)
    if replicas:
        others = "make the other changes and " if len(other_changes(case)) > 1 else ""
        return f"change only the capacity first; record again, then {others}add the replica in {', '.join(replicas)}"
    first = "deploy the other changes first, record again, then change only the capacity"
    late = late_indexes(case)
    if not late:
        return first
    names = ", ".join(late)
    if set(late) == set(changed_indexes(case)) and len(other_changes(case)) == len(late):
        return f"change the capacity first, without index {names}; record again, then create it"
    return f"{first}; create index {names} last, in on-demand mode"


def _replacement(case: Case, recorded: Structure | None) -> Iterator[Finding]:
    """A change that replaces the table, without a change of capacity (Template Reference, Replacement): keys, local secondary
    indexes, the import, and a name that the code no longer states. Another name is CG2's."""
    if recorded is None:
        return
    recorded_name = None if case.recorded is None else case.recorded.table.name
    stated = [facts.structure for facts in case.template if facts.structure is not None]
    changes = dict.fromkeys(
        f"keys: {recorded.keys} becomes {structure.keys}"
        for structure in stated
        if structure.keys != recorded.keys
    )
    if changes:
        yield _replaced(case, "its keys change", changes, "undo the change of the keys")
    replacing = dict.fromkeys(
        change
        for structure in stated
        for change in recorded.property_differences(structure)
        if change in _REPLACING or (change == _NAMED_NOW and case.table_name in (None, recorded_name))
    )
    if replacing:
        yield _replaced(case, "a property changes that no update can change", replacing, "undo the change")


def _replaced(case: Case, what: str, changes: Iterable[str], undo: str) -> Finding:
    return case.finding(
        RULE,
        f"{what}, so CloudFormation replaces it with an empty table, and no gate can stop that",
        figures=[Figure("also changes", change) for change in changes],
        fix=f"{undo}, or make a second table and copy the items",
        level=Level.WARN,
    )


def _unknown_changes(case: Case, recorded: Structure | None) -> Finding:
    """What else may change without a finding here, since the baseline does not hold it. Preflight reads the change set."""
    baseline = case.recorded
    unknown = "time to live, table class, encryption and other properties of the table"
    if recorded is None:
        unknown = f"keys, stream, replicas, the guard's version, {unknown}"
    missing = "structure" if recorded is None else "structure.properties"
    return case.finding(
        RULE,
        "its baseline does not show whether anything else of the table changes in the same operation",
        figures=[
            Figure(
                "not known",
                unknown,
                "--previous TEMPLATE shows them"
                if case.dialect == "template"
                else "Preflight judges them in the change set",
            ),
            Figure("baseline", baseline_file(case) or "FILE", f"has no deployed.{missing}"),
        ],
        fix=record_fix(case, baseline_file(case))
        if baseline is None
        else _record(case, baseline, "keys, indexes and stream as structure") + _rest(case, baseline),
        level=Level.WARN,
    )


def _record(case: Case, baseline: Baseline, given: str) -> str:
    """What ends a finding that lasts as long as the baseline does not hold the structure.

    Args:
        case: the judged case.
        baseline: its baseline.
        given: what the file of capacities can state, for a recording from files.
    """
    command = record_fix(case, baseline_file(case), baseline.table.name)
    if not baseline.recording.is_from_files:
        return command
    return (
        f"a recording from AWS ends this: {command}\n"
        f"without access to AWS: record from the deployed template with --template, or state {given} in the file of --capacity "
        "(capacity-guard docs recording: From files)"
    )


def _rest(case: Case, baseline: Baseline) -> str:
    """What becomes of the properties that no file of capacities can state."""
    if not baseline.recording.is_from_files or case.dialect == "template":
        return ""
    return f", and accept what no file states: {acknowledge_code('CG10', case)}"


_NAMED_NOW = "TableName: is set"
_REPLACING = (
    "TableName: is taken out",
    "ImportSourceSpecification: is set",
    "ImportSourceSpecification: is taken out",
    "ImportSourceSpecification: changes",
)
"""Differences of properties for which CloudFormation makes a new table. CG2 compares a name that the code states."""

_RELIEF = (
    "deploy the capacity alone first, so that nothing delays it; record again, then deploy the other changes"
)

_NAMED = 4
"""Other tables that a finding names."""

RULE = Rule(
    id="CG10",
    level=Level.ERROR,
    title="A capacity change that does not travel alone",
    refuses="a capacity change together with another: key, index, stream, replica, or the guard itself",
    needs="the recorded structure, the template",
    condition=_condition,
)
