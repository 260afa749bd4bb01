"""The deployed capacity of a table as a template in a file states it, completed by answers of AWS where they are given."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..capacity.capacity import AutoScaling, Capacity, Provisioned, ResourceCapacity, Throughput
from ..capacity.deployed import Deployed
from ..capacity.dimension import Access, Dimension
from ..capacity.errors import InputError
from ..capacity.hold import PREFIX
from ..capacity.scheduled_action import ScheduledAction
from ..capacity.structure import Structure, TableKind
from ..cloudformation.branches import KnownStack, in_each_branch
from ..cloudformation.declared_capacity import read_declared_capacity
from ..cloudformation.intrinsics import Intrinsics
from ..cloudformation.open_change import find_open_change
from ..cloudformation.other_properties import read_other_properties
from ..cloudformation.replica_capacity import read_replica_capacity
from ..cloudformation.scaling import scaling_resources
from ..cloudformation.schedules import read_scheduled_actions
from ..cloudformation.structure import read_structure
from ..evidence.provenance import History, TableIdentity
from . import answers as answer_kinds
from .answers import ANSWERS, LiveAnswers
from .live_table import RecordedTable
from .stack_template import stated_scaling


@dataclass(frozen=True)
class TemplateSource:
    """A table in the template that is deployed.

    Attributes:
        file: file of the template.
        content: the template.
        name: the file as errors name it.
        identity: the table: its name, logical id, and what is known of account, Region and stack.
        parameters: values of the template's parameters.
    """

    file: Path
    content: Mapping[str, Any]
    name: str
    identity: TableIdentity
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class MissingAnswer:
    """An answer of AWS that was not given.

    Attributes:
        file: the file into which its command writes it.
        command: the command of the AWS CLI.
        states: what it would state, and what counts without it.
    """

    file: str
    command: str
    states: str


@dataclass(frozen=True)
class StatedDeployed:
    """The deployed capacity as files state it.

    Attributes:
        deployed: the capacity.
        history: last switch and decreases, of the live table.
        identity: the table, with account and Region of the live table.
        missing: answers that were not given.
        differs: whether the live table has another capacity than the template states.
        inputs: the files that were read, with the option that names them.
        stated_by: what states the live capacity, in words: the table of the template, or the live table of an answer.
    """

    deployed: Deployed
    history: History
    identity: TableIdentity
    missing: tuple[MissingAnswer, ...]
    differs: bool
    inputs: tuple[tuple[str, Path], ...]
    stated_by: str

    @property
    def note(self) -> str | None:
        """What a reader of the baseline should know."""
        if not self.missing:
            return None
        return (
            f"Taken from the template, not from AWS: {'; '.join(answer.states for answer in self.missing)}."
        )


def read_deployed(source: TemplateSource, answers: LiveAnswers) -> StatedDeployed:
    """Read the deployed capacity of a table.

    What only the live table has and no answer states (units that auto scaling has reached, warm throughput, history) stays
    empty, as in a baseline in which it was not recorded: the rules then take the minimum of auto scaling and the initial warm
    throughput. The live capacity is then that of the template.

    Args:
        source: the table in its template.
        answers: answers of AWS about it.

    Raises:
        InputError: the capacity cannot be read from the template or depends on a parameter without a value, the template has a
            change that can still be rolled back, or the answers are about a table in another account or Region.
    """
    logical_id = str(source.identity.logical_id)
    _refuse_open_change(source, logical_id)
    template, structure, schedules, scaling = _stated(source, logical_id)
    live = answers.table
    declared = _without_seeds(template)
    if live is None:
        deployed = Deployed(template, declared, {}, {}, None, structure, None, schedules, scaling)
        history, identity, current = History(), source.identity, declared
    else:
        identity = _identity(source.identity, live)
        current = live.capacity
        if answer_kinds.TARGETS not in answers.given:
            current = _with_scaling_of(declared, current)
        deployed = Deployed(
            template,
            current,
            live.units,
            live.warm,
            structure=live.structure(
                structure.kind, structure.guard, structure.properties or {}, structure.replica_capacity
            ),
            schedules=live.schedules if answer_kinds.ACTIONS in answers.given else schedules,
            scaling=scaling,
        )
        history = live.history
    return StatedDeployed(
        deployed,
        history,
        identity,
        tuple(_missing(template, current, answers, identity)),
        current != declared,
        (("--template", source.file), *(("--answers", file) for file in answers.files)),
        f"the table {logical_id} of the template" if live is None else f"the live table {live.name}",
    )


def _refuse_open_change(source: TemplateSource, logical_id: str) -> None:
    for parameter in source.content.get("Parameters", {}).values():
        default = parameter.get("Default") if isinstance(parameter, Mapping) else None
        ending = f"/{logical_id}"
        if isinstance(default, str) and default.startswith(PREFIX) and default.endswith(ending):
            stack = default.removeprefix(PREFIX).removesuffix(ending)
            change = find_open_change(source.content, stack, logical_id)
            if change is not None:
                raise InputError(
                    f"{source.name}: {logical_id}",
                    f"has a change that can still be rolled back ({change.fingerprint}): what is deployed is not decided",
                    "Give the template from before the change, or record from AWS (capacity-guard docs watch)",
                )


def _stated(
    source: TemplateSource, logical_id: str
) -> tuple[Capacity, Structure, tuple[ScheduledAction, ...], dict[str, dict[str, Any]]]:
    """Capacity, structure, scheduled actions and scaling resources that the template states."""
    stack: KnownStack = {
        "location": source.name,
        "account": source.identity.account,
        "region": source.identity.region,
        "parameters": source.parameters,
    }
    resource = source.content["Resources"].get(logical_id, {})

    def read_rest(
        read: Intrinsics,
    ) -> tuple[Structure, tuple[ScheduledAction, ...], dict[str, dict[str, Any]]]:
        structure = replace(
            read_structure(read, logical_id),
            properties=read_other_properties(resource),
            replica_capacity=read_replica_capacity(read, logical_id) or None,
        )
        scaled = scaling_resources(read, logical_id).targets
        schedules = read_scheduled_actions(read, logical_id) if scaled else ()
        own = stated_scaling(read, logical_id) if structure.kind is TableKind.TABLE else {}
        return structure, schedules, own

    try:
        declared = read_declared_capacity(source.content, logical_id, recorded=source.identity.name, **stack)
        capacity = declared.capacity(None, f"{source.name}: {logical_id}")
        branches = in_each_branch(
            source.content, read_rest, recorded={logical_id: source.identity.name}, **stack
        )
    except InputError as error:
        if "plain value in the table's code" not in error.remedy:
            raise
        raise InputError(
            error.location, error.problem, "Give what it depends on: --parameter NAME=VALUE, --region REGION"
        ) from None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{source.name}: {logical_id}", f"is malformed ({error})", "Correct the template"
        ) from None
    different = [words for words, rest in branches if rest != branches[0][1]]
    if different:
        raise InputError(
            f"{source.name}: {logical_id}",
            f"depends on what is known only at the deployment ({different[0]})",
            "Give what it depends on: --parameter NAME=VALUE, --region REGION",
        )
    return capacity, *branches[0][1]


def _identity(stated: TableIdentity, live: RecordedTable) -> TableIdentity:
    for word, given, found in (
        ("account", stated.account, live.account),
        ("Region", stated.region, live.region),
    ):
        if given is not None and given != found:
            raise InputError(
                "--answers",
                f"is about {live.name} in {word} {found}, and the template is deployed in {given}",
                "Give answers and template of the same table",
            )
    return replace(stated, account=live.account, region=live.region)


def _without_seeds(capacity: Capacity) -> Capacity:
    """A capacity as a live table shows it: seeds are in templates alone."""

    def bounds(throughput: Throughput) -> Throughput:
        return replace(throughput, seed=None) if isinstance(throughput, AutoScaling) else throughput

    def shown(resource: ResourceCapacity) -> ResourceCapacity:
        if not isinstance(resource, Provisioned):
            return resource
        return Provisioned(bounds(resource.read), bounds(resource.write))

    return replace(
        capacity,
        table=shown(capacity.table),
        indexes={name: shown(index) for name, index in capacity.indexes.items()},
    )


def _with_scaling_of(declared: Capacity, live: Capacity) -> Capacity:
    """A live capacity, whose auto scaling no answer states, with the auto scaling that the template declares."""
    if live.is_on_demand:
        return live
    if declared.is_on_demand:
        raise InputError(
            "--answers",
            "shows a table in provisioned mode, and the template states on-demand: its auto scaling is not known",
            f"Give the answers of aws {ANSWERS[answer_kinds.TARGETS]} and aws {ANSWERS[answer_kinds.POLICIES]} too",
        )

    def merged(index: str | None, resource: ResourceCapacity) -> ResourceCapacity:
        assert isinstance(resource, Provisioned)
        if index is not None and index not in declared.indexes:
            return resource

        def of(access: Access) -> Throughput:
            stated = declared.throughput(Dimension(index, access))
            return stated if isinstance(stated, AutoScaling) else resource.of(access)

        return Provisioned(of("read"), of("write"))

    return replace(
        live,
        table=merged(None, live.table),
        indexes={name: merged(name, index) for name, index in live.indexes.items()},
    )


def _missing(
    template: Capacity, live: Capacity, answers: LiveAnswers, identity: TableIdentity
) -> Iterator[MissingAnswer]:
    region = "" if identity.region is None else f" --region {shlex.quote(identity.region)}"
    if answer_kinds.TABLE not in answers.given:
        name, file = identity.name, f"{identity.name}.table.json"
        yield MissingAnswer(
            file,
            f"aws {ANSWERS[answer_kinds.TABLE]} --table-name {shlex.quote(name)}{region} > {shlex.quote(file)}",
            _of_live_table(template),
        )
    if template.is_on_demand and live.is_on_demand:
        return
    states = {
        answer_kinds.TARGETS: "minimum and maximum that auto scaling has now (those of the template count)",
        answer_kinds.POLICIES: "target utilization that auto scaling has now (that of the template counts)",
        answer_kinds.ACTIONS: "scheduled actions that no template states (none count)",
    }
    for kind, text in states.items():
        if kind not in answers.given:
            file = f"{ANSWERS[kind].partition(' describe-')[2]}.json"
            yield MissingAnswer(
                file, f"aws {ANSWERS[kind]} --service-namespace dynamodb{region} > {file}", text
            )


def _of_live_table(template: Capacity) -> str:
    texts = ["warm throughput (the initial one counts)", "the last switch to on-demand (none counts)"]
    if not template.is_on_demand:
        scaled = any(isinstance(template.throughput(each), AutoScaling) for each in template.dimensions())
        if scaled:
            texts.insert(0, "units that auto scaling has reached (its minimum counts)")
        texts.append("decreases of today (none count)")
    return ", ".join([*texts, "changes of the table that its template does not state"])


__all__ = ["MissingAnswer", "StatedDeployed", "TemplateSource", "read_deployed"]
