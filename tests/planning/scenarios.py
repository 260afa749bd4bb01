"""Plans and recommendations of the transitions and recordings of ``tests/simulator/scenarios.py``, kept field by field.

``python -m tests.planning.scenarios`` prints them; with ``--write`` they are kept in ``kept/``, and the difference is reviewed.
"""

from __future__ import annotations

import sys
import tempfile
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from capacity_guard.capacity import AutoScaling, ChangeWindow, Margins, Rollout, Units
from capacity_guard.capacity.structure import TableKind
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.provenance import Recording
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.findings import JudgedTable, PlanInput, SourceLocation
from capacity_guard.planning.build import plan_table
from capacity_guard.planning.plan import TablePlan
from capacity_guard.planning.recommend import Asked, recommend
from capacity_guard.planning.search import (
    cheapest_on_demand,
    cheapest_provisioned,
    half_way,
    only_raised,
    throttled_dimensions,
)
from capacity_guard.pricing.prices import prices_of
from capacity_guard.pricing.recorded_cost import costs
from tests.builders.cases import (
    INDEX_READ,
    STRUCTURE,
    TABLE_READ,
    TABLE_WRITE,
    baseline,
    deployed,
    on_demand,
    provisioned,
)
from tests.builders.findings import ACCEPTED
from tests.simulator.scenarios import START, TRAFFICS, TRANSITIONS

KEPT = Path(__file__).parent / "kept"
NOW = START + timedelta(days=1)


def recorded(transition: str, traffic: str, *, repeated: int = 1) -> Baseline:
    """The baseline of a transition, with the reads of the index too."""
    carried = TRAFFICS[traffic]
    consumed = {d: array("d", series) * repeated for d, series in carried.consumed.items()}
    consumed[INDEX_READ] = array("d", [units / 3 for units in consumed[TABLE_READ]])
    minutes = len(consumed[TABLE_WRITE])
    whole = Traffic(START, consumed, {d: array("d", [0.0]) * minutes for d in consumed})
    return baseline(TRANSITIONS[transition].deployed, whole, recording=Recording(whole.end, "test", "test"))


PLANS: Mapping[str, tuple[str, str, Rollout, Margins]] = {
    "fixed to on-demand, bursts": ("fixed to on-demand", "bursts", Rollout(), Margins()),
    "fixed to on-demand, in a window, harsh": (
        "fixed to on-demand",
        "heavy",
        Rollout(change_window=ChangeWindow("Mon 00-04"), bake_minutes=15),
        Margins(headroom=1.6, throttle_budget=0.02),
    ),
    "scaled to on-demand, a slow switch": (
        "scaled to on-demand",
        "heavy",
        Rollout(alarm_periods=8, alarm_datapoints=3),
        Margins(switch_minutes=20, table_quota=6_000),
    ),
    "to on-demand, warmed": ("to on-demand, warmed", "bursts", Rollout(), Margins(hottest_share=0.8)),
    "on-demand to fixed": ("on-demand to fixed", "morning", Rollout(), Margins()),
    "on-demand to scaled": ("on-demand to scaled", "bursts", Rollout(), Margins(scaling_reaction_minutes=4)),
    "scaled to other bounds": ("scaled to other bounds", "morning", Rollout(), Margins()),
    "a Table's scaled units": ("a Table's scaled units", "bursts", Rollout(), Margins()),
    "fixed lowered": ("fixed lowered", "bursts", Rollout(), Margins()),
    "a lower maximum": ("a lower maximum", "morning", Rollout(), Margins()),
    "the index deleted": ("the index deleted", "heavy", Rollout(), Margins()),
}


def _folded(value: object) -> object:
    """Long lists of numbers as their length, sum and first entries."""
    if isinstance(value, dict):
        return {name: _folded(part) for name, part in value.items()}
    if not isinstance(value, list):
        return value
    numbers = [number for number in value if isinstance(number, int | float)]
    if len(value) <= 8 or not numbers:
        return [_folded(part) for part in value]
    return f"{len(value)}, {len(numbers)} of them numbers, sum {sum(numbers):.6g}, highest {max(numbers):.6g}, {value[:3]}"


def _lines(name: str, value: object, depth: int = 0) -> Iterator[str]:
    pairs = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    flat = f"{'  ' * depth}{name}: {value}"
    if pairs is None or len(flat) < 330:
        yield flat
        return
    yield f"{'  ' * depth}{name}:"
    for part, inner in pairs:
        yield from _lines(str(part), inner, depth + 1)


def table_plan(name: str) -> TablePlan:
    """The plan of one scenario."""
    transition_name, traffic, rollout, margins = PLANS[name]
    transition = TRANSITIONS[transition_name]
    found = recorded(transition_name, traffic)
    with tempfile.TemporaryDirectory() as folder:
        found.save(Path(folder) / "baseline.json")
        loaded = Baseline.load(Path(folder) / "baseline.json")
        kind = transition.declared_kind or TableKind.GLOBAL_TABLE
        fingerprint = loaded.transition_to(transition.declared, kind).fingerprint
        planned = PlanInput(
            "Conversations",
            transition.declared,
            "baseline.json",
            fingerprint,
            rollout,
            margins,
            "eu-west-1" if traffic == "bursts" else "sa-east-1",
            kind=kind,
            relief=traffic == "heavy",
        )
        judged = JudgedTable("Chat/Conversations", SourceLocation("stacks/chat.py", 12), (ACCEPTED,), planned)
        return plan_table(judged, planned, {}, Path(folder))


def plan(name: str) -> str:
    """The document of the plan of one scenario, as it is kept."""
    return "\n".join(_lines(name, _folded(table_plan(name).to_json()))) + "\n"


def _adviced(traffic: str, was: Any, repeated: int, kind: TableKind | None = None) -> Baseline:
    found = recorded("fixed to on-demand", traffic, repeated=repeated)
    structure = None if kind is None else replace(STRUCTURE, kind=kind)
    return replace(found, deployed=replace(was, structure=structure))


SCALED = AutoScaling(200, 9_000, 50, seed=900)
ADVICE: Mapping[str, Callable[[], tuple[Baseline, Asked]]] = {
    "on-demand, morning": lambda: (_adviced("morning", deployed(on_demand()), 15), Asked(NOW, threshold=0)),
    "fixed, morning": lambda: (
        _adviced("morning", deployed(provisioned(3_000, 3_000, 6_000)), 15),
        Asked(NOW),
    ),
    "fixed, half of it": lambda: (
        _adviced("morning", deployed(provisioned(9_000, 4_000, 6_000)), 15, TableKind.GLOBAL_TABLE),
        Asked(NOW, margin=1.1, threshold=1),
    ),
    "scaled, bursts": lambda: (
        _adviced("bursts", deployed(provisioned(SCALED, SCALED, 9_000)), 12, TableKind.TABLE),
        Asked(NOW, margin=1.5),
    ),
    "scaled GlobalTable, bursts": lambda: (
        _adviced("bursts", deployed(provisioned(SCALED, SCALED, 9_000)), 12, TableKind.GLOBAL_TABLE),
        Asked(NOW, margin=1.5),
    ),
    "too small, bursts": lambda: (
        _adviced("bursts", deployed(provisioned(500, 600, 1_500)), 12),
        Asked(NOW, 1.2),
    ),
    "too short": lambda: (_adviced("heavy", deployed(provisioned(9_000, 9_000, 20_000)), 1), Asked(NOW)),
    "on-demand with maxima, heavy": lambda: (
        _adviced(
            "heavy",
            deployed(on_demand(maximum=Units(9_000, 5_000)), warm={"table": Units(12_000, 8_000)}),
            22,
            TableKind.TABLE,
        ),
        Asked(NOW, 1.25, 0),
    ),
    "far too little": lambda: (_adviced("heavy", deployed(on_demand()), 22), Asked(NOW, 9.0)),
}


def advice(name: str) -> str:
    """The recommendation of one scenario, as it is kept."""
    found, asked = ADVICE[name]()
    assert found.traffic is not None
    at = replace(asked, now=found.recording.at)
    return "\n".join(_lines(name, recommend(found, at).to_json())) + "\n"


def search(name: str) -> str:
    """The cheapest capacities of one scenario, the steps towards them, and what throttles, as it is kept."""
    found, asked = ADVICE[name]()
    assert found.deployed is not None
    live, margin = found.deployed.live, asked.margin
    provisioned_, on_demand_ = cheapest_provisioned(found, margin), cheapest_on_demand(found, margin)
    result: dict[str, Any] = {
        "provisioned": provisioned_ and provisioned_.to_json(),
        "on-demand": on_demand_ and on_demand_.to_json(),
        "throttled": [dimension.key for dimension in throttled_dimensions(found, live, margin)],
    }
    if provisioned_ is not None and not live.is_on_demand:
        raised = only_raised(found, provisioned_, throttled_dimensions(found, live, margin), margin)
        result |= {"half way": half_way(found, provisioned_, margin).to_json(), "raised": raised.to_json()}
    assert found.traffic is not None
    for of, capacity in (("live", live), ("provisioned", provisioned_), ("on-demand", on_demand_)):
        if capacity is not None:
            result[f"costs of {of}"] = [
                [round(bound, 6) for bound in (cost.hour.low, cost.hour.high)]
                for cost in costs(capacity, found.traffic, prices_of("eu-west-1"))
            ]
    return "\n".join(_lines(name, result)) + "\n"


def kept(group: str) -> dict[str, str]:
    """What is kept of the scenarios of a group, by their names."""
    blocks = (KEPT / f"{group}.txt").read_text(encoding="utf-8").split("\n\n")
    return {block.partition(":")[0]: block.rstrip("\n") + "\n" for block in blocks}


def main(*options: str) -> None:
    """Print what is found of each scenario, or keep it."""
    groups = {"plan": map(plan, PLANS), "advice": map(advice, ADVICE), "search": map(search, ADVICE)}
    for group, made in groups.items():
        if "--write" in options:
            KEPT.mkdir(exist_ok=True)
            (KEPT / f"{group}.txt").write_text("\n".join(made), encoding="utf-8")
        else:
            print("\n".join(made))


if __name__ == "__main__":
    main(*sys.argv[1:])
