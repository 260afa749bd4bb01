"""The settings of each environment. A capacity change is an edit of this file only; of a production cell, of its file in cells/.

Units are per second. One update of a conversation (up to 2 KB) consumes 2 write units on the table. It changes
``last_activity``, which is part of the index key: one delete and one put of up to 1 KB, 2 write units too. So the index
consumes as many write units as the table (Guide: GSI.ThroughputConsiderations.Writes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from capacity_guard import (
    AutoScaling,
    Baseline,
    Capacity,
    ChangeWindow,
    InputError,
    NewTable,
    OnDemand,
    Provisioned,
    Rollout,
    Units,
    Waves,
)

INDEX = "by_agent"
FOLDER = Path(__file__).parent
BASELINES = FOLDER / "baselines"
WAVES = Waves.load(FOLDER / "waves.json")
"""The production cells in the order in which they change (docs/waves.md). ``capacity-guard promote`` edits their settings."""


@dataclass(frozen=True)
class Settings:
    """One environment.

    Attributes:
        name: name of the environment, the last part of the stack's name.
        capacity: declared capacity of the table and of its index.
        baseline: baseline file, or ``NewTable(...)``.
        rollout: stages of a transition.
        account: AWS account id; ``None`` lets the deployment decide, so a synthesis needs no credentials.
        region: AWS Region; ``None`` likewise.
        protected: whether the table has deletion protection and stays when it is removed from the stack.
        accepted: acknowledged findings: the reason by rule.
        cell: its cell in ``WAVES``; ``None`` for an environment that changes by itself.
        watched: whether the guard watches a change after its deployment.
    """

    name: str
    capacity: Capacity
    baseline: Baseline | Path
    rollout: Rollout = field(default_factory=Rollout)
    account: str | None = None
    region: str | None = None
    protected: bool = True
    accepted: Mapping[str, str] = field(default_factory=dict)
    cell: str | None = None
    watched: bool = False

    @property
    def stack_name(self) -> str:
        """Name of the environment's stack."""
        return f"Conversations-{self.name}"


def _constant_scaling(units: int, seed: int | None = None) -> AutoScaling:
    """Auto scaling with equal minimum and maximum, as the production tables were created."""
    return AutoScaling(units, units, seed=seed)


CHANGES = {
    # The change of the incident: table and index to on-demand without preparation. The rules refuse it.
    "incident": Capacity.on_demand(),
    # The first deployment of the fix: a minimum that carries the peak during the switch, and seeds for the rollback.
    "fixed": Capacity.provisioned(
        read=3_000,
        write=_constant_scaling(6_400, seed=6_400),
        indexes={INDEX: Provisioned(read=4_000, write=_constant_scaling(4_800, seed=4_800))},
    ),
    # The second deployment of the fix, with the baseline recorded after the first: the switch, with warm throughput.
    "switch": Capacity.on_demand(warm=Units(write=6_400), indexes={INDEX: OnDemand(warm=Units(write=6_240))}),
    # Later, with the baseline recorded after the switch: back to provisioned, slightly above the recorded peak.
    "provisioned": Capacity.provisioned(
        read=3_000,
        write=_constant_scaling(6_400, seed=6_400),
        indexes={INDEX: Provisioned(read=4_000, write=_constant_scaling(5_000, seed=5_000))},
    ),
    # Or in quiet hours, with fewer units for the index: its burst carries the recorded peak.
    "quiet": Capacity.provisioned(
        read=3_000,
        write=_constant_scaling(6_400, seed=6_400),
        indexes={INDEX: Provisioned(read=4_000, write=_constant_scaling(4_000, seed=4_000))},
    ),
}
"""Declared capacity of the first production cell with ``-c change=<name>``. Without it the cell is as deployed: the index
has less than its recorded peak of 4,800 (burst carries it), and no seed for a rollback."""

_NO_GROWTH = {"CG14": "the season is over: nobody expects more than the recorded peak"}
ACCEPTED = {"provisioned": _NO_GROWTH, "quiet": _NO_GROWTH}
"""Acknowledged findings of a change: the reason by rule. The demo shows a rollback after more traffic than expected."""

ROLLOUTS = {"quiet": Rollout(change_window=ChangeWindow("Tue 05-09"))}
"""Stages of a change that needs others than the default."""

CHANGED = "production-cell-1"
"""The environment that ``-c change=`` and ``-c baseline=`` change."""


def _production(cell: str) -> Settings:
    return Settings(
        f"production-{cell}", WAVES.cell(cell).capacity, Path(WAVES.baseline_file(cell)), cell=cell
    )


ENVIRONMENTS = (
    Settings("dev", Capacity.on_demand(), NewTable("Conversations-dev"), protected=False),
    Settings("staging", Capacity.on_demand(), BASELINES / "staging" / "conversations.json"),
    # cell-3 is the smallest: its 1,200 writes a second are below the initial throughput of on-demand
    *map(_production, WAVES.cells),
)


def environments(
    *,
    change: str | None = None,
    baseline: str | None = None,
    only: str | None = None,
    watched: bool = False,
) -> tuple[Settings, ...]:
    """The environments of a synthesis.

    Args:
        change: name of a change of the first production cell (``-c change=``).
        baseline: baseline file of that cell instead of the committed one (``-c baseline=``).
        only: names of the environments to synthesize, separated by commas (``-c only=``); all by default.
        watched: whether that cell is watched after a deployment (``-c watch=yes``).

    Raises:
        InputError: there is no such change or environment.
    """
    if change is not None and change not in CHANGES:
        raise InputError("context change", f"{change!r} is not a change", f"Use one of {', '.join(CHANGES)}")
    known = [settings.name for settings in ENVIRONMENTS]
    wanted = known if only is None else [name.strip() for name in only.split(",")]
    for name in wanted:
        if name not in known:
            raise InputError(
                "context only", f"{name!r} is not an environment", f"Use some of {', '.join(known)}"
            )
    chosen = []
    for settings in ENVIRONMENTS:
        if settings.name == CHANGED:
            settings = replace(
                settings,
                capacity=settings.capacity if change is None else CHANGES[change],
                baseline=settings.baseline if baseline is None else Path(baseline),
                accepted=ACCEPTED.get(change or "", {}),
                rollout=ROLLOUTS.get(change or "", settings.rollout),
                watched=watched,
            )
        if settings.name in wanted:
            chosen.append(settings)
    return tuple(chosen)


__all__ = ["CHANGES", "ENVIRONMENTS", "INDEX", "Settings", "environments"]
