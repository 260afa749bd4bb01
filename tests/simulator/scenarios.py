"""Transitions and recordings whose replays are kept figure by figure, in ``kept/``.

What a replay is by definition is checked elsewhere (``simulate_change`` of every start, equations by hand, the compiled twin,
public traces). These figures hold what no definition covers, such as which minute is named and what one start of many counts: a
change of one of them shows here. ``python -m tests.simulator.scenarios worst_start`` prints them; with ``--write`` they are kept,
and the difference is reviewed.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from random import Random

from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Units
from capacity_guard.capacity.settings import Margins
from capacity_guard.capacity.structure import TableKind
from capacity_guard.capacity.transition import Transition
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.simulator import engine, worst_hour
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.start_replay import Start, StartReplay
from capacity_guard.simulator.table_replay import Outcome, simulate
from capacity_guard.simulator.transition_replay import pre_warm_minutes, simulate_change
from capacity_guard.simulator.worst_start import Starts
from tests.builders.cases import INDEX, INDEX_WRITE, TABLE_READ, TABLE_WRITE, deployed
from tests.builders.cases import on_demand as on_demand_capacity
from tests.builders.cases import provisioned as provisioned_capacity
from tests.builders.kept_texts import KeptTexts
from tests.simulator.builders import EVEN

START = datetime(2026, 6, 28, 20, 37, tzinfo=UTC)
"""A Sunday evening that begins within an hour: the hours of the week start again in the recording."""
SCALED = AutoScaling(150, 2_400, 70, seed=500)
LATE = AutoScaling(300, 900, 50, seed=800)


def _traffic(make: Callable[[int, Random], float], minutes: int) -> Traffic:
    random = Random(7)
    writes = array("d", [60 * make(at, random) for at in range(minutes)])
    reads = array("d", [units * 3 if at % 97 else math.nan for at, units in enumerate(writes)])
    consumed = {TABLE_READ: reads, TABLE_WRITE: writes, INDEX_WRITE: writes[:]}
    return Traffic(START, consumed, {d: array("d", [0.0]) * minutes for d in consumed})


def _morning(at: int, _random: Random) -> float:
    """From 100 to 900 units per second and back within eight hours, with a gap."""
    return math.nan if 200 <= at < 212 else 500 - 400 * math.cos(at / 240 * math.pi)


def _bursts(at: int, random: Random) -> float:
    """400 units per second, with bursts of up to fifteen minutes."""
    return random.uniform(350, 450) * (3.5 if at % 131 < at // 131 % 4 * 5 else 1.0)


def _heavy(at: int, random: Random) -> float:
    """Beyond what one on-demand table starts with for an hour and a half."""
    return random.uniform(0.95, 1.05) * (5_500 if 300 <= at < 390 else 1_200 if at > 290 else 300)


def _waves(at: int, _random: Random) -> float:
    """Twenty minutes high and twenty low, over midnight: auto scaling would lower more often than a day allows."""
    return 1_300.0 if at % 40 < 20 else 120.0


TRAFFICS: Mapping[str, Traffic] = {
    "morning": _traffic(_morning, 700),
    "bursts": _traffic(_bursts, 900),
    "heavy": _traffic(_heavy, 480),
    "waves": _traffic(_waves, 420),
}


def _to(declared: Capacity, was: Capacity, kind: TableKind | None = None, **given: object) -> Transition:
    return Transition("conversations", deployed(was, **given), declared, declared_kind=kind)  # type: ignore[arg-type]


ON_DEMAND = on_demand_capacity()
_SCALED_UNITS = {"table": Units(1_000, 700), f"index/{INDEX}": Units(700, 650)}
TRANSITIONS: Mapping[str, Transition] = {
    "fixed to on-demand": _to(ON_DEMAND, provisioned_capacity(700, 800, 2_000)),
    "scaled to on-demand": _to(
        on_demand_capacity(maximum=Units(write=3_000)),
        provisioned_capacity(SCALED, SCALED, AutoScaling(500, 9_000, 80, seed=1_500)),
        units=_SCALED_UNITS,
    ),
    "to on-demand, warmed": _to(
        on_demand_capacity(indexes={INDEX: OnDemand(warm=Units(write=5_000))}),
        provisioned_capacity(900, SCALED, 3_000),
    ),
    "on-demand to fixed": _to(
        provisioned_capacity(600, 700, 1_500),
        ON_DEMAND,
        live=on_demand_capacity(indexes={INDEX: OnDemand(maximum=Units(write=4_500))}),
        warm={"table": Units(15_000, 4_200)},
    ),
    "on-demand to scaled": _to(provisioned_capacity(SCALED, LATE, 2_000), ON_DEMAND),
    "scaled to other bounds": _to(
        provisioned_capacity(replace(LATE, seed=600), LATE, 2_000), provisioned_capacity(SCALED, LATE, 2_000)
    ),
    "a Table's scaled units": _to(
        provisioned_capacity(replace(SCALED, seed=350), LATE, 2_000),
        provisioned_capacity(SCALED, LATE, 2_000),
        TableKind.TABLE,
        units=_SCALED_UNITS,
    ),
    "a Table's scaled to fixed": _to(
        provisioned_capacity(450, LATE, 2_000), provisioned_capacity(SCALED, LATE, 2_000), TableKind.TABLE
    ),
    "fixed lowered": _to(provisioned_capacity(300, 400, 900), provisioned_capacity(700, 800, 2_000)),
    "a lower maximum": _to(
        on_demand_capacity(maximum=Units(600, 500), indexes={INDEX: OnDemand(maximum=Units(write=450))}),
        ON_DEMAND,
    ),
    "the index deleted": _to(Capacity.on_demand(), provisioned_capacity(700, 800, 2_000)),
}
PARAMETERS: Mapping[str, Parameters] = {
    "even": EVEN,
    "default": Parameters(),
    "harsh": Parameters().range()[1],
    "a hot key": Parameters(hottest_share=0.5, growth_minutes=5),
}
PAIRS = tuple(
    (name, carried)
    for name, carried in product(TRANSITIONS, TRAFFICS)
    if carried != "waves"
    or name in ("scaled to on-demand", "scaled to other bounds", "a Table's scaled units")
)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _start(hour: int, start: Start) -> str:
    return (
        f"{hour}: at {start.at} asked {_number(start.asked)} throttled {_number(start.throttled)} in {start.minutes}"
        f" worst {start.worst} limit {_number(start.limit)} before {_number(start.before)} hottest {_number(start.hottest)}"
    )


def worst_start() -> Iterator[str]:
    """The worst starts of each transition: their number, sums, and the first, the worst and the last in full."""
    for (name, carried), (conditions, parameters) in product(PAIRS, PARAMETERS.items()):
        starts = Starts(
            TRANSITIONS[name],
            TRAFFICS[carried],
            factor=1.1 if conditions == "even" else 1.0,
            switch_minutes=7 if conditions == "harsh" else 10,
            budget=0.01,
            runner=engine.runner(),
        )
        found = starts.worst(parameters, range(168) if conditions != "a hot key" else range(160))
        yield f"# {name}, {carried}, {conditions}"
        for dimension, by_hour in found.items():
            known = [(hour, start) for hour, start in enumerate(by_hour) if start is not None]
            share = math.fsum(start.share for _, start in known)
            at, worst = (sum(getattr(start, field) for _, start in known) for field in ("at", "worst"))
            most = starts.most(parameters, range(168), [dimension])[dimension]
            replay = StartReplay(starts, dimension, parameters)
            sampled = replay.sampled(frozenset(range(168)), 40)
            yield (
                f"{dimension.label}: {len(known)} starts at {at} worst {worst} share {share:.6f} most {_number(most)}"
                f" sampled {len(sampled)} at {sum(start.at for start in sampled.values())}"
            )
            if any(start.throttled for _, start in known):
                heaviest = max(known, key=lambda pair: pair[1].added)
                yield from dict.fromkeys(_start(*pair) for pair in (known[0], heaviest, known[-1]))


def worst_hours() -> Iterator[str]:
    """The worst hour of each transition on the declared capacity, and of its starts."""
    margins = Margins(switch_minutes=8, table_quota=5_000, scaling_reaction_minutes=6)
    for name, carried in PAIRS:
        transition, traffic = TRANSITIONS[name], TRAFFICS[carried]
        hot = worst_hour.Trial(1.0, Parameters(hottest_share=0.4))
        for trial in (worst_hour.recorded_trial(margins), worst_hour.headroom_trial(margins), hot):
            yield f"# {name}, {carried}, {trial.factor} times, hottest {trial.parameters.hottest_share}"
            hours = worst_hour.worst_hours(transition, traffic, trial, margins, engine.runner())
            starts = worst_hour.possible_starts(transition, traffic, margins, engine.runner(), trial.factor)
            by_start = {} if starts is None else starts.worst(trial.parameters)
            for dimension, hour in hours.items():
                started = worst_hour.worst_start(transition, margins, dimension, by_start.get(dimension, ()))
                for which, found in (("declared", hour), ("start", started)):
                    if found is not None:
                        cause = "none" if found.cause is None else found.cause.value
                        yield (
                            f"{dimension.label}, {which}: asked {_number(found.asked)} throttled {_number(found.throttled)}"
                            f" in {found.minutes} worst {found.worst} limit {_number(found.limit)} cause {cause}"
                            f" started {found.started} share {found.share:.6f}"
                        )


def _outcome(outcome: Outcome) -> Iterator[str]:
    for dimension, found in outcome.dimensions.items():
        sums = " ".join(
            f"{field} {_number(math.fsum(units for units in getattr(found, field) if units == units))}"
            for field in ("recorded", "demand", "served", "throttled", "limit")
        )
        causes = ", ".join(f"{cause.value} {_number(units)}" for cause, units in found.causes.items())
        minutes = sum(1 for units in found.throttled if units)
        worst = max(range(len(found.throttled)), key=lambda at: found.throttled[at])
        state = outcome.states[dimension]
        yield (
            f"{dimension.label}: {sums}; {causes or 'nothing'}; {minutes} minutes, worst {worst};"
            f" then {state.units} units, bucket {_number(state.bucket)}, ceiling {_number(state.ceiling)},"
            f" returned {_number(state.returned)}"
        )


def transition_replay() -> Iterator[str]:
    """The replay of each transition, alone and with a rollback at several minutes."""
    for (name, carried), (conditions, parameters) in product(PAIRS, PARAMETERS.items()):
        if conditions == "even" or (conditions == "a hot key" and carried == "morning"):
            continue
        transition, traffic = TRANSITIONS[name], TRAFFICS[carried]
        for back_at in {"default": (None, 305, 360), "harsh": (312,)}.get(conditions, (340,)):
            yield f"# {name}, {carried}, {conditions}, back {back_at}, pre-warm {pre_warm_minutes(transition)}"
            try:
                change = simulate_change(
                    transition,
                    traffic,
                    300,
                    back_at=back_at,
                    parameters=parameters,
                    factor=0.9,
                    switch_minutes=9,
                    quota=5_000,
                    runner=engine.runner(),
                )
            except ValueError as error:
                yield f"refused: {error}"
                continue
            phases = ", ".join(f"{phase.name} {phase.first}-{phase.stop}" for phase in change.phases)
            frozen = ", ".join(f"{dimension.label} {units}" for dimension, units in change.frozen.items())
            yield f"{phases}; frozen {frozen or 'nothing'}"
            yield from _outcome(change.outcome)


def table_replay() -> Iterator[str]:
    """The replay of each declared capacity, on its own."""
    capacities = {name: transition.declared for name, transition in TRANSITIONS.items()}
    for (name, carried), (conditions, parameters) in product(PAIRS, PARAMETERS.items()):
        if conditions == "even" and carried == "morning":
            continue
        yield f"# {name}, {carried}, {conditions}"
        outcome = simulate(
            capacities[name],
            TRAFFICS[carried],
            parameters=parameters,
            factor=1.3 if conditions == "harsh" else 1.0,
            ceilings={TABLE_READ: 2_000.0} if conditions == "default" else None,
            quota=4_800 if conditions == "even" else 40_000,
            runner=engine.runner(),
        )
        yield f"throttled {_number(outcome.throttled_units)}, minute 61 is {outcome.minute(61):%a %H:%M}"
        yield from _outcome(outcome)


FIGURES: Mapping[str, Callable[[], Iterator[str]]] = {
    "worst_start": worst_start,
    "worst_hour": worst_hours,
    "transition_replay": transition_replay,
    "table_replay": table_replay,
}


TEXTS = KeptTexts(Path(__file__).parent / "kept", FIGURES)
figures, kept, main = TEXTS.made, TEXTS.kept, TEXTS.main


if __name__ == "__main__":
    main(*sys.argv[1:])
