"""Cells of a fleet for the tests of waves: copies of the table of ``cases``, each with a baseline of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from capacity_guard.capacity import Capacity, Change, InputError, Transition
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.evidence.rollout_state import Outcome, RolloutState
from capacity_guard.evidence.waves import Waves
from tests.builders.cases import END, baseline, deployed, on_demand, provisioned

FINGERPRINT = "0123456789"
WAVES = (("cell-1",), ("cell-2", "cell-3"), ("cell-4",))


def state(
    outcome: Outcome = Outcome.SETTLED,
    before: Capacity | None = None,
    after: Capacity | None = None,
    at: datetime = END - timedelta(hours=1),
    **given: Any,
) -> RolloutState:
    """What became of a change; by default of a switch to on-demand that settled an hour before the recordings."""
    transition = Transition(
        "conversations", deployed(before or provisioned()), after or on_demand(), declared_kind=None
    )
    changes = {one.dimension: one.change for one in transition.changes if one.change is not Change.NONE}
    reason = "no traffic in this cell" if outcome is Outcome.ACCEPTED else None
    return RolloutState(outcome, FINGERPRINT, changes, at, at - timedelta(hours=14), reason=reason, **given)


def cell_baseline(
    name: str, rollout: RolloutState | None, capacity: Capacity | None = None, **given: Any
) -> Baseline:
    """The baseline of a cell; by default on-demand, with what became of its last change."""
    recorded = baseline(
        deployed(capacity or on_demand()),
        table=TableIdentity(f"conversations-{name}", "111122223333", "eu-west-1"),
        file=f"baselines/{name}/conversations.json",
        **given,
    )
    return replace(recorded, rollout=rollout)


def waves(baselines: Mapping[str, Baseline | InputError | str], **given: Any) -> Waves:
    """Three waves of four cells; a cell without a baseline here has settled its switch to on-demand."""
    cells = given.pop("waves", WAVES)
    names = [name for wave in cells for name in wave]
    return Waves(
        cells, baselines={name: baselines.get(name, cell_baseline(name, state())) for name in names}, **given
    )
