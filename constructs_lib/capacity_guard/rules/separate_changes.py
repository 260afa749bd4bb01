"""A capacity change apart from the other changes of its table, each in a deployment of its own: the fix of CG10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..capacity.capacity import AutoScaling, Capacity, OnDemand, Provisioned, ResourceCapacity
from ..capacity.dimension import ACCESSES, resource_key
from ..capacity.limits import INDEXES
from ..capacity.structure import Structure
from ..capacity.transition import Change, Transition
from ..evidence.baseline import Baseline
from .after_deployment import after
from .code_layout import listed
from .fix_code import text_code
from .model import Case, once
from .scheduled import kept_schedules

_REPLACING = ("TableName: ", "ImportSourceSpecification: ")
"""Properties whose change replaces the table."""


@once
def other_changes(case: Case) -> tuple[str, ...]:
    """What of the table changes beside its capacity, in words; only its indexes where the baseline has no structure."""
    recorded = recorded_structure(case)
    if recorded is None:
        return tuple(f"index {name}: is created or deleted" for name in changed_indexes(case))
    stated = (
        difference
        for structure in stated_structures(case)
        for difference in recorded.table_differences(structure)
    )
    return tuple(dict.fromkeys(stated))


@once
def guard_changes(case: Case) -> tuple[str, ...]:
    """What of the guard's own functions changes, in words. A table that is only reported has none (CG1), whatever it was
    recorded with."""
    recorded = None if case.report_file is not None else recorded_structure(case)
    found = (
        []
        if recorded is None
        else [recorded.guard_differences(structure) for structure in stated_structures(case)]
    )
    return next(filter(None, found), ())


def changed_indexes(case: Case) -> list[str]:
    """Names of the indexes that the change creates or deletes."""
    found = () if case.transition is None else case.transition.having(Change.INDEX_CHANGE)
    return sorted({dimension.index for dimension in found if dimension.index is not None})


def late_indexes(case: Case) -> list[str]:
    """Names of new indexes that can be created only after a switch to on-demand: their code states no units to provision."""
    assert case.transition is not None
    if case.transition.deployed is None or case.transition.deployed.template.is_on_demand:
        return []
    if not case.declared.is_on_demand:
        return []
    return [name for name in changed_indexes(case) if name in case.declared.indexes]


def leaving_indexes(case: Case, capacity: Capacity) -> list[str]:
    """Indexes that the code of a deployment still has and the declared one deletes. How their auto scaling is declared is known
    only in the version that is deployed now.

    Args:
        case: the judged case.
        capacity: the capacity of the deployment.
    """
    deployed = None if case.transition is None else case.transition.deployed
    if deployed is None:
        return []
    deleted = set(deployed.template.indexes) - set(case.declared.indexes)
    return [name for name in capacity.indexes if name in deleted]


def new_replicas(case: Case) -> list[str]:
    """Other Regions in which the change adds a replica."""
    recorded = recorded_structure(case)
    if recorded is None:
        return []
    stated = {region for structure in stated_structures(case) for region in structure.replicas}
    return sorted(stated - set(recorded.replicas))


@once
def separate(case: Case) -> tuple[Capacity, ...]:
    """The capacities to deploy in place of the declared one, so that each deployment changes one thing.

    First everything but capacity and indexes, then one index at a time (API: UpdateTable, one index is created or deleted at
    once), then the capacity. Empty where that is no sequence of updates: keys and resource type change by a replacement, vector
    indexes exist in on-demand mode only, and a template may state several structures. Empty too where the capacity must not come
    last: nothing delays a relief, and a table with a new replica takes no change (CG18).
    """
    transition, recorded = case.transition, recorded_structure(case)
    if transition is None or transition.deployed is None or transition.is_empty:
        return ()
    if case.is_relief or new_replicas(case):
        return ()
    stated = stated_structures(case)
    if any(structure != stated[0] for structure in stated):
        return ()
    if recorded is not None and any(
        (structure.kind, structure.keys) != (recorded.kind, recorded.keys)
        or structure.vector_indexes != recorded.vector_indexes
        for structure in stated
    ):
        return ()
    if any(change.startswith(_REPLACING) for change in other_changes(case)):
        return ()
    declared, late = case.declared, late_indexes(case)
    current = _with_warm(transition, declared)
    steps = []
    changed = changed_indexes(case)
    of_indexes = tuple(f"index {name}: " for name in changed)
    if guard_changes(case) or any(not change.startswith(of_indexes) for change in other_changes(case)):
        steps.append(current)
    created = [name for name in changed if name in declared.indexes and name not in late]
    deleted = [name for name in changed if name not in declared.indexes]
    while created or deleted:
        # New indexes first: an application moves to them. The quota may leave no room for that.
        if created and (len(current.indexes) < INDEXES.value or not deleted):
            name = created.pop(0)
            part = OnDemand() if current.is_on_demand is not declared.is_on_demand else declared.of(name)
            current = replace(current, indexes={**current.indexes, name: replace(part, warm=None)})
        else:
            current = _without(current, [deleted.pop(0)])
        steps.append(current)
    steps += [_without(declared, late[:count]) for count in range(len(late), 0, -1)]
    if not steps or steps[-1] != declared:
        steps.append(declared)
    return tuple(steps)


def declaring_apart(case: Case, capacity: Capacity) -> Case:
    """The case of one deployment: its code declares a capacity, and has the indexes of that capacity. The scheduled actions that
    the change removes stay until the declared capacity is deployed.

    Args:
        case: the judged case; its baseline is that of the deployment.
        capacity: the capacity of the deployment.
    """
    kept = () if case.transition is None else kept_schedules(case.transition, capacity)
    if kept:
        with_kept = (replace(facts, schedules=(*facts.schedules, *kept)) for facts in case.template)
        case = replace(case, template=tuple(with_kept))
    if set(capacity.indexes) == set(case.declared.indexes):
        return replace(case, declared=capacity)
    recorded = recorded_structure(case)
    known = {} if recorded is None else recorded.indexes
    facts_of_step = []
    for facts in case.template:
        structure = facts.structure
        if structure is not None:
            texts = {**known, **structure.indexes}
            indexes = {name: text for name, text in texts.items() if name in capacity.indexes}
            structure = replace(structure, indexes=indexes)
        watched = (resource_key(index) for index in (None, *capacity.indexes))
        facts_of_step.append(replace(facts, structure=structure, watched=tuple(watched)))
    return replace(case, declared=capacity, indexes=tuple(capacity.indexes), template=tuple(facts_of_step))


def recorded_after(case: Case) -> Baseline:
    """The baseline that a new recording gives after the declared capacity of a case was deployed.

    Args:
        case: the judged case; its baseline can be read.
    """
    assert case.recorded is not None
    found = after(case.recorded, case.declared, case.resource_kind)
    stated = stated_structures(case)
    if recorded_structure(case) is None or not stated:
        return found
    assert found.deployed is not None
    return replace(found, deployed=replace(found.deployed, structure=stated[0]))


def deployment_note(case: Case, step: Case) -> str:
    """What a deployment changes beside the capacity, and which indexes its code has in place of the declared ones, in words.

    Args:
        case: the judged case.
        step: the case of the deployment.
    """
    words = []
    if not changes_capacity(step) and len(separate(case)) > 1:
        changed = changed_indexes(step)
        done = _each("creates", [name for name in changed if name in step.declared.indexes])
        done += _each("deletes", [name for name in changed if name not in step.declared.indexes])
        if done:
            words.append(f"only {listed(done)}, with the capacity as deployed")
        elif other_changes(step):
            words.append("the other changes alone, with the capacity as deployed")
        elif guard_changes(step):
            words.append(
                "the guard alone, with the capacity as deployed; if it is deployed already, only record"
            )
    return "; ".join([*words, *filter(None, [indexes_note(case, step.declared)])])


def indexes_note(case: Case, capacity: Capacity) -> str:
    """The indexes that the code of a deployment has in place of the declared ones, in words; empty where they are the same.

    Args:
        case: the judged case.
        capacity: the capacity of the deployment.
    """
    leaving = leaving_indexes(case, capacity)
    kept = _each("still with", leaving)
    if case.dialect == "template" and any(_is_scaled(capacity.of(name)) for name in leaving):
        # The JSON of the step cannot hold it: its logical ids are those of the deployed template.
        kept = [f"{text}, and the auto scaling of the deployed template" for text in kept]
    return "; ".join(
        kept
        + _each("still without", [name for name in case.declared.indexes if name not in capacity.indexes])
    )


def changes_capacity(case: Case) -> bool:
    """Whether the change is more than indexes that are created or deleted.

    Args:
        case: the judged case.
    """
    changes = () if case.transition is None else case.transition.changes
    return any(change.change not in (Change.NONE, Change.INDEX_CHANGE) for change in changes)


def with_late_indexes(deployed: Capacity, goal: Capacity) -> Capacity:
    """What to deploy last: new indexes beside the capacity that was deployed before them, as fixes have raised it.

    Args:
        deployed: the capacity before.
        goal: the capacity that is declared.
    """
    if not (deployed.is_on_demand and goal.is_on_demand and set(deployed.indexes) < set(goal.indexes)):
        return goal
    return replace(deployed, indexes={**goal.indexes, **deployed.indexes})


def _with_warm(transition: Transition, declared: Capacity) -> Capacity:
    """The capacity as deployed, with the declared warm throughput that the table has already: no template states it.

    Args:
        transition: the judged change, of a table that is deployed.
        declared: the declared capacity.
    """
    assert transition.deployed is not None
    current = transition.deployed.template
    raised = {dimension.index for dimension in transition.warm_raises}
    if current.is_on_demand is not declared.is_on_demand:
        return current
    table, *indexes = (
        part
        if name in raised or name not in (None, *declared.indexes)
        else replace(part, warm=declared.of(name).warm)
        for name, part in ((None, current.table), *current.indexes.items())
    )
    return replace(current, table=table, indexes=dict(zip(current.indexes, indexes, strict=True)))


def _each(what: str, indexes: Sequence[str]) -> list[str]:
    if not indexes:
        return []
    return [f"{what} index{'es' if len(indexes) > 1 else ''} {listed([text_code(name) for name in indexes])}"]


def _is_scaled(part: ResourceCapacity) -> bool:
    return isinstance(part, Provisioned) and any(isinstance(part.of(each), AutoScaling) for each in ACCESSES)


def _without(capacity: Capacity, names: Sequence[str]) -> Capacity:
    return replace(capacity, indexes={n: part for n, part in capacity.indexes.items() if n not in names})


def recorded_structure(case: Case) -> Structure | None:
    """The structure of the table when it was recorded, ``None`` where that is not known."""
    deployed = None if case.recorded is None else case.recorded.deployed
    return None if deployed is None else deployed.structure


def stated_structures(case: Case) -> list[Structure]:
    """The structures that the template states: one, or several behind conditions."""
    return [facts.structure for facts in case.template if facts.structure is not None]


__all__ = [
    "changed_indexes",
    "changes_capacity",
    "declaring_apart",
    "deployment_note",
    "guard_changes",
    "indexes_note",
    "late_indexes",
    "leaving_indexes",
    "new_replicas",
    "other_changes",
    "recorded_after",
    "recorded_structure",
    "separate",
    "stated_structures",
    "with_late_indexes",
]
