"""What a template states of one of its tables: the capacity that is judged, and the facts that the rules read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..cloudformation.branches import KnownStack, in_each_branch
from ..cloudformation.declared_capacity import read_declared_capacity
from ..cloudformation.scaling_elsewhere import ScalingElsewhere, find_scaling, table_mark
from ..cloudformation.scaling_names import scaling_names
from ..rules import TemplateFacts
from ..rules.code_names import CodeNames, ScalingName
from .facts import read_template_facts
from .stack_place import StackPlace
from .template_file import TemplateFile

_SCALING = "AWS::ApplicationAutoScaling::"


@dataclass(frozen=True)
class StatedTable:
    """A table of a template.

    Attributes:
        capacity: its capacity.
        facts: what else is stated of it, once for each combination of the template's conditions.
    """

    capacity: Capacity
    facts: tuple[TemplateFacts, ...]


@dataclass(frozen=True)
class TemplateReader:
    """Reads the tables of a template.

    Attributes:
        template: the template.
        place: where it is deployed.
        parameters: values of its parameters.
    """

    template: TemplateFile
    place: StackPlace
    parameters: Mapping[str, str]

    @property
    def location(self) -> str:
        """The template as errors name it: the name of its stack, or of its file."""
        return self.place.stack or self.template.name

    @property
    def _stack(self) -> KnownStack:
        place = self.place
        return {
            "location": self.location,
            "account": place.account,
            "region": place.region,
            "parameters": self.parameters,
        }

    def table_name(self, logical_id: str) -> str | None:
        """The stated name of a table, ``None`` where CloudFormation names it or it is not known."""
        stated = self.template.resources[logical_id].get("Properties", {}).get("TableName")
        if isinstance(stated, Mapping) and set(stated) == {"Ref"}:
            stated = self.parameters.get(str(stated["Ref"]))
        return stated if isinstance(stated, str) else None

    def exists(self, logical_id: str) -> bool | None:
        """Whether the condition of a table is true; ``None`` where that depends on what is not known."""
        resource = self.template.resources[logical_id]
        try:
            branches = in_each_branch(
                self.template.content,
                lambda read: read.exists(resource, logical_id),
                **self._stack,
            )
        except InputError:
            return None
        outcomes = {exists for _, exists in branches}
        return outcomes.pop() if len(outcomes) == 1 else None

    def read(
        self, logical_id: str, recorded: str | None, deployed: Capacity | None
    ) -> StatedTable | InputError:
        """What is stated of a table; the error where that cannot be read.

        Args:
            logical_id: the table.
            recorded: its recorded name, ``None`` if it was not recorded.
            deployed: the capacity in the deployed template, which a condition may keep; ``None`` if it is not known.
        """
        content = self.template.content
        resource = self.template.resources[logical_id]
        if "Condition" in resource and self.exists(logical_id):
            always = {name: member for name, member in resource.items() if name != "Condition"}
            content = {**content, "Resources": {**self.template.resources, logical_id: always}}
        try:
            declared = read_declared_capacity(content, logical_id, recorded=recorded, **self._stack)
            capacity = declared.capacity(deployed, f"{self.location}: {logical_id}")
            facts = read_template_facts(content, logical_id, alarms={}, recorded=recorded, **self._stack)
        except InputError as error:
            return with_remedy(error)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return InputError(
                f"{self.location}: {logical_id}", f"is malformed ({error})", "Correct the template"
            )
        elsewhere = self._scaled_elsewhere(logical_id, recorded, declared.scaling)
        return StatedTable(capacity, tuple(replace(branch, scaled_elsewhere=elsewhere) for branch in facts))

    def names(self, logical_id: str, recorded: str | None) -> CodeNames:
        """The logical ids of the template, for the resources that a fix prints.

        Args:
            logical_id: the table.
            recorded: its recorded name, ``None`` if it was not recorded.
        """
        found = scaling_names(self.template.content, logical_id, recorded=recorded, **self._stack)
        scaling = {key: ScalingName(id, id, name) for key, (id, name) in found.items()}
        return CodeNames(logical_id, taken=frozenset(self.template.resources), scaling=scaling)

    @cached_property
    def _scaling(self) -> list[ScalingElsewhere]:
        """The scaling targets and policies of DynamoDB tables in the template, looked for once."""
        if not any(str(other.get("Type")).startswith(_SCALING) for other in self.template.resources.values()):
            return []
        return find_scaling({self.template.name: self.template.content})

    def _scaled_elsewhere(
        self, logical_id: str, recorded: str | None, read: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Scaling targets and policies of the template that name the table, or may, and were not read as part of it."""
        names = [
            table_mark(self.template.name, logical_id),
            *filter(None, (self.table_name(logical_id) or recorded,)),
        ]
        found = []
        for scaling in self._scaling:
            names_it = False if scaling.logical_id in read else scaling.names(names)
            if names_it is not False:
                said = "names it" if names_it else "may name it: its resource id is not known"
                found.append(f"{scaling.logical_id} {said}")
        return tuple(found)

    def same_in(self, other: TemplateFile, logical_id: str) -> bool:
        """Whether another template has the same text of all that may change a table's capacity.

        Args:
            other: the other template.
            logical_id: the table.
        """
        return _of_table(self.template, logical_id) == _of_table(other, logical_id)


def with_remedy(error: InputError) -> InputError:
    """An error of reading a template with what helps where there is no code: a parameter, or another value."""
    if "plain value in the table's code" not in error.remedy:
        return error
    return InputError(
        error.location,
        error.problem,
        "State it as a plain value, or give what it depends on: --parameter NAME=VALUE, --region REGION",
    )


def _of_table(template: TemplateFile, logical_id: str) -> str:
    scaling = {
        id: resource
        for id, resource in template.resources.items()
        if str(resource.get("Type")).startswith(_SCALING)
    }
    sections = [template.content.get(name) for name in ("Conditions", "Mappings", "Parameters", "Transform")]
    return json.dumps([template.resources[logical_id], scaling, *sections], sort_keys=True, default=str)


__all__ = ["StatedTable", "TemplateReader", "with_remedy"]
