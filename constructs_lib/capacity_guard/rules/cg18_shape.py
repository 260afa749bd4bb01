"""CG18: a shape of table for which a rollback by the guard is not tested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..capacity.bounds import same_bounds
from ..capacity.capacity import AutoScaling, Capacity, Provisioned, Throughput
from ..capacity.deployed import Deployed
from ..capacity.dimension import TABLE, Dimension, index_of, resource_label
from ..capacity.limits import INDEXES
from ..capacity.structure import Structure, TableKind
from ..capacity.transition import Transition
from .fix_code import capacity_code
from .formatting import rate_text
from .model import Case, Figure, Finding, Level, Rule
from .physical_name import physical_name
from .replays import with_resource
from .separate_changes import new_replicas, recorded_structure, stated_structures

_MIGRATE = (
    "move the table to TableV2, where one resource holds all of it: capacity-guard docs table-to-tablev2"
)


def _condition(case: Case) -> Iterator[Finding]:
    if case.code is not None:
        yield _stated_otherwise(case, case.code)
    yield from _scaled_elsewhere(case)
    yield from _macros(case)
    yield from _left_units(case)
    yield from _too_many_indexes(case)
    yield from _above_limits(case)
    yield from _lost_scaling(case)
    yield from _replicas_alone(case)
    if not case.in_transition or case.transition is None:
        return
    for facts in case.template:
        location = [] if facts.branch is None else [Figure("where", facts.branch)]
        if facts.unreadable is not None:
            yield case.finding(
                RULE,
                "its template holds a value that cannot be read, so the deployed capacity may differ from the judged one",
                figures=[Figure("unreadable", facts.unreadable), *location],
                fix="state it as a plain value",
            )
        if facts.capacity is not None and not _is_judged(case.transition, facts.capacity):
            yield case.finding(
                RULE,
                "its template states another capacity than the judged one",
                figures=[
                    Figure(
                        "template", facts.capacity.billing_mode.value, "with other bounds, or another mode"
                    ),
                    *location,
                ],
                fix="remove the override, and declare the capacity in one place",
            )
        replicas = () if facts.structure is None else facts.structure.replicas
        if replicas or facts.replicated_by is not None:
            regions = ", ".join(replicas) or f"made by {facts.replicated_by}"
            yield case.finding(
                RULE,
                "it has replicas in other Regions, which share its billing mode and write capacity, and no gate watches them",
                figures=[
                    Figure("replicas", regions),
                    Figure(
                        "not judged", "their reads, read capacity and throttling", "recorded is one Region"
                    ),
                    *location,
                ],
                fix="deploy the change without the guard, for all Regions at once, and watch every Region yourself: "
                "capacity-guard docs adopting (Replicas)",
            )
    yield from _vector_indexes(case, case.transition)
    if case.transition.may_be(TableKind.TABLE):
        yield from _edited_while_scaled(case, case.transition)


def _replicas_alone(case: Case) -> Iterator[Finding]:
    """Changes of replicas without a transition. A warning at most, as there is no gate: the finding of a transition with replicas
    refuses it, and CG10 what changes with it."""
    recorded = recorded_structure(case)
    if recorded is None or case.in_transition:
        return
    stated = stated_structures(case)
    yield from _changed_replicas(case, recorded, stated)
    yield from _other_replicas(case, recorded, stated)


def _changed_replicas(case: Case, recorded: Structure, stated: Sequence[Structure]) -> Iterator[Finding]:
    """Read capacity of other Regions, of which the baseline has a digest and no traffic."""
    regions = dict.fromkeys(region for each in stated for region in recorded.changed_replicas(each))
    if regions:
        yield case.finding(
            RULE,
            "the capacity of its replicas in other Regions changes, which no rule judges and no gate watches",
            figures=[
                Figure("replicas", ", ".join(regions)),
                Figure("not judged", "their read capacity", "recorded is the traffic of one Region"),
            ],
            fix="compare it with the traffic of that Region, watch its alarms, then record again: "
            "capacity-guard docs adopting (Replicas)",
            level=Level.WARN,
        )


def _other_replicas(case: Case, recorded: Structure, stated: Sequence[Structure]) -> Iterator[Finding]:
    """Replicas that come or go."""
    added = new_replicas(case)
    removed = sorted({region for each in stated for region in set(recorded.replicas) - set(each.replicas)})
    figures = [
        Figure(what, ", ".join(regions), note)
        for what, regions, note in (
            ("added", added, "its reads come with no recorded traffic, and every write reaches it"),
            ("removed", removed, "its clients lose their table"),
        )
        if regions
    ]
    if figures:
        yield case.finding(
            RULE,
            "replicas in other Regions are added or removed, which no rule judges and no gate watches",
            figures=figures,
            fix="check that the write capacity carries the writes of all Regions, watch the alarms of each, then record again; a "
            "later change of capacity is refused while the table has replicas: capacity-guard docs adopting (Replicas)"
            if added
            else "check that no client uses the Region any more, then record again: capacity-guard docs adopting (Replicas)",
            level=Level.WARN,
        )


def _vector_indexes(case: Case, transition: Transition) -> Iterator[Finding]:
    """Vector indexes exist in on-demand mode only (API: VectorSearch, requirements), and are metered by themselves."""
    if transition.declared.is_on_demand:
        return
    structures = [facts.structure for facts in case.template]
    if transition.deployed is not None:
        structures.append(transition.deployed.structure)
    names = sorted({name for structure in structures if structure for name in structure.vector_indexes})
    if names:
        yield case.finding(
            RULE,
            "it has vector indexes, which exist in on-demand mode only, so the service refuses the change",
            figures=[Figure("vector indexes", ", ".join(names))],
            fix="keep the table on-demand, or delete the vector indexes first and record again",
        )


def _stated_otherwise(case: Case, code: Capacity) -> Finding:
    """A warning at most: the template is what is judged and gated, and an override may be the cure of an incident."""
    stated = case.declared
    names = [None, *dict.fromkeys((*code.indexes, *stated.indexes))]
    differing = [
        resource_label(name)
        for name in names
        if (name is None or (name in code.indexes and name in stated.indexes))
        and code.of(name) != stated.of(name)
    ]
    differing += sorted(set(code.indexes) ^ set(stated.indexes))
    return case.finding(
        RULE,
        "its template states another capacity than its code declares; the template is judged",
        figures=[
            Figure("code", code.billing_mode.value),
            Figure("template", stated.billing_mode.value, f"differs in {', '.join(differing)}"),
        ],
        fix="declare in capacity= what the template states, or take out the override, aspect or scaling target that changes it",
        level=Level.WARN,
    )


def _scaled_elsewhere(case: Case) -> Iterator[Finding]:
    """A warning at most: no gate can wait for what another stack does at its own time, and what may name the table may not."""
    found = dict.fromkeys(text for facts in case.template for text in facts.scaled_elsewhere)
    if found:
        yield case.finding(
            RULE,
            "a scaling target outside its stack may scale it: it is not judged and waits for no gate",
            figures=[Figure("auto scaling", text) for text in found],
            fix="scale the table in its own stack, by a reference to it",
            level=Level.WARN,
        )


def _lost_scaling(case: Case) -> Iterator[Finding]:
    """A table that was restored from a backup and imported has no auto scaling (API: RestoreTableFromBackup), nor has one whose
    scaling was removed outside CloudFormation. A warning at most: the template that is deployed is not a change."""
    deployed = None if case.recorded is None else case.recorded.deployed
    if deployed is None or deployed.template.is_on_demand or deployed.live.is_on_demand:
        return
    lost = [
        dimension
        for dimension in deployed.template.dimensions()
        if dimension in deployed.live.dimensions()
        and isinstance(deployed.template.throughput(dimension), AutoScaling)
        and not isinstance(deployed.live.throughput(dimension), AutoScaling)
    ]
    if lost:
        yield case.finding(
            RULE,
            "its template states auto scaling that the live table did not have when it was recorded, as after a restore",
            figures=[
                Figure(
                    dimension.label,
                    "fixed",
                    f"live, at {rate_text(deployed.provisioned_now(dimension) or 0, dimension)}",
                )
                for dimension in lost
            ],
            fix="let CloudFormation create it again, then record again: "
            "capacity-guard docs life-of-a-table (Restored from a backup)",
            level=Level.WARN,
        )


def _macros(case: Case) -> Iterator[Finding]:
    """A warning at most: many macros only add tags. Preflight judges the change set, which holds what they return."""
    found = dict.fromkeys(text for facts in case.template for text in facts.macros)
    if found:
        yield case.finding(
            RULE,
            "a macro may change its template at the deployment, and the rules judge the template before that",
            figures=[Figure("macro", text) for text in found],
            fix="put the table into a stack without macros",
            level=Level.WARN,
        )


def _too_many_indexes(case: Case) -> Iterator[Finding]:
    """A warning at most: an account may have a higher quota."""
    if len(case.declared.indexes) > INDEXES.value:
        yield case.finding(
            RULE,
            "it declares more indexes than a table may have, unless the quota of the account was raised",
            figures=[Figure("indexes", str(len(case.declared.indexes)), f"quota {INDEXES.value}")],
            fix="remove indexes, or raise the quota *Global Secondary Indexes per table* first",
            level=Level.WARN,
        )


def _above_limits(case: Case) -> Iterator[Finding]:
    """What DynamoDB refuses. An error only where the capacity changes: an unchanged table fails no synthesis."""
    found = dict.fromkeys(excess for facts in case.template for excess in facts.exceeded)
    if found:
        yield case.finding(
            RULE,
            "it is above a limit of DynamoDB, which refuses the deployment",
            figures=[
                Figure(
                    excess.place, f"{excess.number:,}", f"at most {excess.limit.value:,} {excess.limit.unit}"
                )
                for excess in found
            ],
            fix="\n".join(dict.fromkeys(f"{excess.place}: {excess.remedy}" for excess in found)),
            level=None if case.in_transition else Level.WARN,
        )


def _left_units(case: Case) -> Iterator[Finding]:
    """Units in an on-demand table, which DynamoDB refuses: the deployment fails, whatever else it changes.

    An error only where the capacity changes: an unchanged table fails no synthesis.
    """
    found = dict.fromkeys(entry for facts in case.template for entry in facts.left_units)
    if not found:
        return
    remedies = [f'resource.add_property_deletion_override("{path}")' for _, path in found]
    yield case.finding(
        RULE,
        "its template is on-demand and still states provisioned units, so DynamoDB refuses the deployment",
        figures=[
            Figure("states", path, "of the table" if key == TABLE else f"of {index_of(key)}")
            for key, path in found
        ],
        fix="give billing_mode=BillingMode.PAY_PER_REQUEST to the construct and no units, instead of an override of BillingMode\n"
        f"or remove the units as well: {'; '.join(remedies)}",
        level=None if case.in_transition else Level.WARN,
    )


def _is_judged(transition: Transition, stated: Capacity) -> bool:
    """Whether a template states the declared capacity, or keeps the deployed one behind a condition."""
    judged = [transition.declared]
    if transition.deployed is not None:
        judged.append(transition.deployed.template)
    return any(same_bounds(stated, capacity) for capacity in judged)


def _edited_while_scaled(case: Case, transition: Transition) -> Iterator[Finding]:
    """ProvisionedThroughput of a Table that CloudFormation sends while auto scaling changes it.

    It replaces what auto scaling has reached. If both are equal, the service refuses the call and the operation fails
    (aws-cdk issues 15318 and 16302).
    """
    if transition.deployed is None or transition.deployed.template.is_on_demand:
        return
    for dimension in transition.declared.dimensions():
        if dimension not in transition.deployed.template.dimensions():
            continue
        # Deployed auto scaling is still active when the units are sent, also if the change removes it.
        is_scaled = isinstance(transition.deployed.template.throughput(dimension), AutoScaling)
        sent = transition.units_sent(dimension) if is_scaled else None
        if sent is not None:
            if transition.only_raises and sent > (transition.deployed.most_provisioned(dimension) or 0):
                yield case.finding(
                    RULE,
                    "its ProvisionedThroughput is raised while auto scaling moves it",
                    dimension=dimension,
                    figures=_figures(transition, dimension, sent),
                    fix="keep this value if CG7, CG14 or CG15 printed it for the first deployment; record right before the "
                    "deployment, and check that the sent units are above the current ones",
                )
                continue
            kept = _with_deployed_units(transition, transition.deployed)
            code = capacity_code(dimension.index, kept.of(dimension.index), case.dialect, physical_name(case))
            yield case.finding(
                RULE,
                "its ProvisionedThroughput is edited while auto scaling moves it",
                dimension=dimension,
                figures=_figures(transition, dimension, sent),
                fix=f"keep its deployed units and change only the limits of auto scaling: {code}\nor {_MIGRATE}",
                deployments=(kept,),
            )


def _with_deployed_units(transition: Transition, deployed: Deployed) -> Capacity:
    """The declared capacity with the units of the deployed template, which leaves what auto scaling has reached."""
    found = transition.declared
    for key, resource in transition.declared.resources():
        index = index_of(key)
        if not isinstance(resource, Provisioned) or index not in (None, *deployed.template.indexes):
            continue
        before = deployed.template.of(index)
        assert isinstance(before, Provisioned)
        if any(isinstance(throughput, AutoScaling) for throughput in (before.read, before.write)):
            read = _with_units_of(before.read, resource.read)
            write = _with_units_of(before.write, resource.write)
            found = with_resource(found, index, replace(resource, read=read, write=write))
    return found


def _with_units_of(before: Throughput, declared: Throughput) -> Throughput:
    """A declared throughput with the units that the template before states; the bounds of auto scaling carry the rest."""
    units = before if isinstance(before, int) else before.seed or before.minimum
    if isinstance(declared, AutoScaling):
        return replace(declared, seed=units, maximum=max(declared.maximum, units))
    if isinstance(before, int) and before == declared:
        return declared
    target = before.target if isinstance(before, AutoScaling) else AutoScaling.target
    return AutoScaling(declared, max(declared, units), target, seed=units)


def _figures(transition: Transition, dimension: Dimension, sent: int) -> list[Figure]:
    assert transition.deployed is not None
    when_recorded = transition.deployed.provisioned_now(dimension)
    figures = [
        Figure("sent", rate_text(sent, dimension), "replaces what auto scaling has reached; refused if equal")
    ]
    declared = transition.declared.throughput(dimension)
    if isinstance(declared, int) and not transition.only_raises:
        # The code of the fix has auto scaling where the user has declared none.
        note = "fixed; the fix keeps auto scaling, with this as its minimum, so that no units are sent"
        figures.append(Figure("declared", rate_text(declared, dimension), note))
    if when_recorded is not None:
        figures.append(Figure("when recorded", rate_text(when_recorded, dimension)))
    return figures


RULE = Rule(
    id="CG18",
    level=Level.ERROR,
    title="A shape that the guard cannot bring back",
    refuses="a table whose rollback has not been tested: replicas, unreadable values, vector indexes in provisioned mode, "
    "a `Table` whose units are edited while scaled",
    needs="the template, the deployed template",
    condition=_condition,
)
