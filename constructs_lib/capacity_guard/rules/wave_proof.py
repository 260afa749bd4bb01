"""Whether the cells of earlier waves have proved a change, by what their baselines say. CG19 and ``promote`` ask it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..capacity.capacity import Capacity
from ..capacity.dimension import Dimension, resource_label
from ..capacity.errors import InputError
from ..capacity.transition import Change, Transition
from ..evidence.baseline import Baseline
from ..evidence.rollout_state import Outcome, RolloutState
from ..evidence.waves import WaveCell
from .formatting import utc_text

_HARMLESS = (Change.NONE, Change.RAISE)
"""What a dimension of a transition may do without proof."""


@dataclass(frozen=True)
class CellProof:
    """What the baseline of one earlier cell says about a change.

    Attributes:
        cell: name of the cell.
        problem: why it does not prove the change, as a clause; ``None`` if it does, or has nothing to prove.
        detail: more about it.
        remedy: what to do about it.
        proves: whether it has made and proved the change.
        is_unreadable: whether its baseline cannot be read.
    """

    cell: str
    problem: str | None
    detail: str = ""
    remedy: str = ""
    proves: bool = False
    is_unreadable: bool = False


def needs_proof(transition: Transition) -> bool:
    """Whether a change of a later wave waits for the earlier ones.

    A creation changes nothing that carries traffic, a return leads to what this cell had before, and a change that only raises
    may be the cure of an incident.
    """
    return not (
        transition.is_empty or transition.is_creation or transition.is_return or transition.only_raises
    )


def is_unproven(transition: Transition) -> bool:
    """Whether a cell of an earlier wave that is in this transition proves nothing: it does more than raise capacity."""
    return not (transition.is_empty or transition.only_raises)


def proofs(
    cell: WaveCell,
    transition: Transition,
    last: RolloutState | None,
    changing: Collection[str] = (),
) -> Iterator[CellProof]:
    """What the baselines of all earlier cells say about a change of a cell.

    A cell proves a change if its own last change is settled or accepted (or, with ``Waves.quiet_hours``, quiet for so long), is
    recorded after the last change of the cell in question, and did the same to each dimension: another mode, less throughput, or
    another index. Units are not compared: cells differ in size. A cell that has been in the new mode, or has had the index, all
    the time has nothing to prove. Raises need no proof.

    Args:
        cell: the cell that changes.
        transition: its change.
        last: what became of its own last change.
        changing: names of the cells that are in a transition of their own (``is_unproven``) in the same synthesis.
    """
    needed = {
        change.dimension: change.change for change in transition.changes if change.change not in _HARMLESS
    }
    since = None if last is None else last.baked_at or last.at
    for name in cell.earlier:
        yield _proof(cell, name, needed, transition.declared, since, name in changing)


def _proof(
    cell: WaveCell,
    name: str,
    needed: Mapping[Dimension, Change],
    declared: Capacity,
    since: datetime | None,
    is_changing: bool,
) -> CellProof:
    baseline = cell.waves.baseline(name)
    file = cell.waves.baseline_file(name)
    if isinstance(baseline, InputError):
        text = f"{baseline.location} {baseline.problem}"
        return CellProof(name, "cannot be read", text, baseline.remedy, is_unreadable=True)
    if baseline.deployed is None:
        return CellProof(
            name,
            "is declared as new",
            file,
            f"record {name}, or take it out of the waves",
        )
    once_settled = f"once {name} has settled: {settle(baseline, file)}"
    change_first = f"change {name} first, and {once_settled}"
    rollout = baseline.rollout
    if rollout is not None and rollout.outcome is Outcome.HELD:
        return CellProof(
            name,
            "held",
            f"change {rollout.fingerprint} was rolled back, recorded {utc_text(rollout.at)}",
            f"find out why {name} was rolled back; it has to settle first",
        )
    if is_changing:
        detail = "its declared capacity is not the recorded one"
        return CellProof(name, "is changing itself", detail, once_settled)
    if rollout is not None and not _suffices(rollout, cell.waves.quiet_hours):
        detail = f"change {rollout.fingerprint} has baked; quiet hours since: {rollout.quiet_minutes // 60}"
        return CellProof(name, "unproven", detail, once_settled)
    missing = [
        dimension
        for dimension, change in needed.items()
        if not (_made(rollout, dimension, change, since) or _is_there(baseline, dimension, change, declared))
    ]
    if not missing:
        proves = any(_made(rollout, dimension, change, since) for dimension, change in needed.items())
        return CellProof(name, None, file, proves=proves)
    sought = _changes_text({dimension: needed[dimension] for dimension in missing})
    if rollout is None:
        return CellProof(name, "has not made this change", sought, change_first)
    is_older = since is not None and rollout.at <= since
    what = "before the last change of this cell" if is_older else f"not {sought}"
    detail = f"{rollout.outcome.value} {utc_text(rollout.at)}, {what}"
    return CellProof(name, "has proved another change", detail, change_first)


def _changes_text(changes: Mapping[Dimension, Change]) -> str:
    """The changes with what they change: ``to on-demand: table, by_agent``."""
    resources: dict[str, dict[str, None]] = {}
    for dimension, change in changes.items():
        resources.setdefault(change.value, {})[resource_label(dimension.index)] = None
    return "; ".join(f"{change}: {', '.join(labels)}" for change, labels in resources.items())


def _suffices(rollout: RolloutState, quiet_hours: float | None) -> bool:
    return rollout.is_proven or (quiet_hours is not None and rollout.quiet_minutes >= quiet_hours * 60)


def _made(rollout: RolloutState | None, dimension: Dimension, change: Change, since: datetime | None) -> bool:
    return (
        rollout is not None
        and rollout.changes.get(dimension) is change
        and (since is None or rollout.at > since)
    )


def _is_there(baseline: Baseline, dimension: Dimension, change: Change, declared: Capacity) -> bool:
    """Whether the cell had all the time what the change leads to."""
    assert baseline.deployed is not None
    deployed = baseline.deployed.template
    if change in (Change.TO_ON_DEMAND, Change.TO_PROVISIONED):
        return deployed.billing_mode is declared.billing_mode
    if change is Change.INDEX_CHANGE:
        return (dimension.index in deployed.indexes) == (dimension.index in declared.indexes)
    return False


def settle(baseline: Baseline, file: str) -> str:
    """The command that records a cell's change once it has settled, quoted for a shell."""
    words = ["capacity-guard", "record", "--table", baseline.table.name, "--out", file or "FILE", "--settled"]
    return shlex.join(words)


__all__ = ["CellProof", "is_unproven", "needs_proof", "proofs", "settle"]
