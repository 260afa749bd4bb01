"""Conditions of Preflight on what changes in the operation: other resources, and other properties of the table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..capacity.structure import TableKind
from ..capacity.transition import Change
from ..capacity.travelling import id_hash
from ..dynamodb.table_properties import INDEXES, TRAVELS, refusal
from .already_deployed import is_scaling_of
from .live_state import LiveState
from .table_change import ChangedProperty, changed_properties

_GATES = ("Custom::CapacityGuardPreflight", "Custom::CapacityGuardBake")
_GATE_ID = re.compile(r"(preflight|bake|unread)-[0-9a-f]{6,64}")
"""Physical id of a gate, as ``gate.on_event`` answers it."""
_TABLES = tuple(kind.value for kind in TableKind)
_NESTED_STACK = "AWS::CloudFormation::Stack"
_DEPLOY_FIRST = "deploy that first, the capacity alone"


def check_alone(live: LiveState) -> Iterator[str]:
    """Only tables in transition, their gates and guards change: a veto would also roll back every other change."""
    others = [_text(change) for change in live.changes if not _may_change(live, change)]
    if others:
        yield f"{_listed(others)} would change in the same operation: {_DEPLOY_FIRST}"


def check_table_change(live: LiveState) -> Iterator[str]:
    """Of a table in transition nothing changes but capacity, and what can be taken back at any time."""
    for change in live.changes:
        if not _is_table(live, change):
            continue
        logical_id = change.get("LogicalResourceId")
        action, replacement = change.get("Action"), change.get("Replacement") or "False"
        if action != "Modify" or replacement != "False":
            what = f"action {action}" if action != "Modify" else f"replacement {replacement}"
            yield f"the change set does not keep the table {logical_id} ({what}): {_DEPLOY_FIRST}"
            continue
        if not change.get("Details"):
            yield f"the change set does not show what changes of {logical_id}: deploy with --method=change-set"
        refused = {
            found.text: reason
            for found in _properties(live, change)
            if (reason := _refusal(live, change, found)) is not None
        }
        if refused:
            texts = [f"{text} ({reason})" for text, reason in refused.items()]
            yield f"of {logical_id} there would change too: {_listed(texts)}: {_DEPLOY_FIRST}"


def check_travelling(live: LiveState) -> Iterator[str]:
    """What travels although a rollback takes it back, and what the change set does not show."""
    tags = [_text(change) for change in live.changes if _is_foreign(live, change) and _is_tags_only(change)]
    if tags:
        yield f"tags of {_listed(tags)} change too; a rollback takes them back"
    nested = [_text(change) for change in live.changes if _is_unchanged_stack(live, change)]
    if nested:
        yield f"{_listed(nested)} is listed without an edit: it changes only if its template changed at the same address"
    for change in live.changes:
        if not _is_table(live, change):
            continue
        found = list(_properties(live, change))
        travels = [changed.text for changed in found if changed.name in TRAVELS]
        if travels:
            yield f"{_listed(travels)} of {change.get('LogicalResourceId')} changes too; a rollback takes it back"
        hidden = [changed.text for changed in found if not changed.name and not changed.entry]
        if hidden:
            yield (
                f"the change set does not show which part of {_listed(hidden)} of {change.get('LogicalResourceId')} "
                "changes: whether it is capacity alone is not known"
            )


def _may_change(live: LiveState, change: Mapping[str, Any]) -> bool:
    resource_type = change.get("ResourceType")
    if resource_type == "AWS::CDK::Metadata":
        return True
    if _travels(live, change.get("LogicalResourceId")):
        return True
    if resource_type in _GATES:
        # a gate of an earlier transition leaves; the plan does not have its logical id
        return change.get("Action") == "Remove" and bool(
            _GATE_ID.fullmatch(str(change.get("PhysicalResourceId")))
        )
    return (
        _is_tags_only(change)
        or _is_unchanged_stack(live, change)
        or any(is_scaling_of(change, table) for table in _table_names(live))
        or _is_reference_only(live, change)
    )


def _travels(live: LiveState, logical_id: object) -> bool:
    """Whether a logical id belongs to a table in transition of this stack."""
    plan = live.plan
    return logical_id in plan.travels_with or id_hash(str(logical_id)) in plan.travels_in_stack


def _is_table(live: LiveState, change: Mapping[str, Any]) -> bool:
    is_own = change.get("LogicalResourceId") == live.plan.logical_id
    return is_own or (
        change.get("ResourceType") in _TABLES and _travels(live, change.get("LogicalResourceId"))
    )


def _is_foreign(live: LiveState, change: Mapping[str, Any]) -> bool:
    return not _travels(live, change.get("LogicalResourceId"))


def _properties(live: LiveState, change: Mapping[str, Any]) -> Iterator[ChangedProperty]:
    details = change.get("Details") or ()
    references = {position: _is_reference(live, detail) for position, detail in enumerate(details)}
    return changed_properties(change, references)


def _refusal(live: LiveState, change: Mapping[str, Any], found: ChangedProperty) -> str | None:
    """Why a property must not change now. An index that the transition itself creates or deletes may."""
    indexes = {dimension.index for dimension in live.plan.transition.having(Change.INDEX_CHANGE)}
    # the gate of another table judges its indexes: each of them has a capacity of its own
    is_own = change.get("LogicalResourceId") == live.plan.logical_id
    index_changes = bool(indexes) if is_own else True
    if found.entry:
        if INDEXES not in found.place:
            return refusal("Region")
        if index_changes and (not is_own or not found.index or found.index in indexes):
            return None
        return "an index is created or deleted alone"
    if not found.name:
        return None
    if found.name == "AttributeDefinitions" and index_changes:
        return None
    return refusal(found.name)


def _is_tags_only(change: Mapping[str, Any]) -> bool:
    """Whether nothing but tags changes. A change of the stack's tags lists every resource so (API: ResourceChange, Scope)."""
    if change.get("Action") != "Modify" or (change.get("Replacement") or "False") != "False":
        return False
    targets = [detail.get("Target") or {} for detail in change.get("Details") or ()]
    return list(change.get("Scope") or ()) == ["Tags"] and all(
        target.get("Attribute") == "Tags" for target in targets
    )


def _is_unchanged_stack(live: LiveState, change: Mapping[str, Any]) -> bool:
    """Whether a nested stack is only listed since its template might have changed: every change set lists it so
    (API: ResourceChangeDetail, ChangeSource, Automatic)."""
    details = change.get("Details") or ()
    return (
        change.get("ResourceType") == _NESTED_STACK
        and change.get("Action") == "Modify"
        and (change.get("Replacement") or "False") == "False"
        and bool(details)
        and any(detail.get("ChangeSource") == "Automatic" for detail in details)
        and all(
            detail.get("ChangeSource") == "Automatic" or _is_reference(live, detail) for detail in details
        )
    )


def _is_reference_only(
    live: LiveState, change: Mapping[str, Any], seen: frozenset[str] = frozenset()
) -> bool:
    details = change.get("Details") or ()
    return (
        change.get("Action") == "Modify"
        and any(_is_reference(live, detail, seen) for detail in details)
        and all(
            _is_reference(live, detail, seen) or (detail.get("Target") or {}).get("Attribute") == "Tags"
            for detail in details
        )
    )


def _is_reference(live: LiveState, detail: Mapping[str, Any], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a detail only refers to a resource that may change. Change sets list a resource that refers to the table
    although the table keeps its name and ARN (CloudFormation API: ResourceChangeDetail, Evaluation), and so on along a chain:
    a role that names the table, a function with that role."""
    cause = str(detail.get("CausingEntity", "")).split(".")[0]
    if detail.get("Evaluation") != "Dynamic" or not cause or cause in seen:
        return False
    return _travels(live, cause) or any(
        change.get("LogicalResourceId") == cause and _is_reference_only(live, change, seen | {cause})
        for change in live.changes
    )


def _table_names(live: LiveState) -> list[str]:
    """Names of the tables in transition: the physical ids of those in the change set, and the own table's."""
    tables = [change.get("PhysicalResourceId") for change in live.changes if _is_table(live, change)]
    return list(dict.fromkeys(str(name) for name in (live.names.table, *tables) if name))


def _text(change: Mapping[str, Any]) -> str:
    return f"{change.get('LogicalResourceId')} ({change.get('ResourceType')})"


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:4]) + (f" and {len(texts) - 4} more" if len(texts) > 4 else "")


__all__ = ["check_alone", "check_table_change", "check_travelling"]
