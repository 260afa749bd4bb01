"""What a transition says of itself: each change, the units that are sent either way, and the way back, kept line by line.

``python -m tests.capacity.scenarios`` prints it; with ``--write`` it is kept in ``kept/``, and the difference is reviewed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from itertools import product
from pathlib import Path

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    Deployed,
    Margins,
    OnDemand,
    Provisioned,
    Rollout,
    Transition,
    Units,
    limits,
)
from capacity_guard.capacity.bounds import same_bounds
from capacity_guard.capacity.ceilings import ceiling_after, ceiling_without_maximum
from capacity_guard.capacity.relief import return_obstacles
from capacity_guard.capacity.structure import TableKind
from tests.builders.cases import INDEX, NOW, STRUCTURE, deployed, on_demand, provisioned
from tests.builders.kept_texts import KeptTexts

SCALED = AutoScaling(100, 2_000, 70, seed=300)
WITHOUT_SEED = AutoScaling(100, 2_000, 60)
CAPACITIES: Mapping[str, Capacity] = {
    "on-demand": on_demand(),
    "on-demand with maxima": on_demand(
        maximum=Units(900, 800), indexes={INDEX: OnDemand(Units(write=5_000), Units(write=700))}
    ),
    "on-demand, warmed": on_demand(
        warm=Units(13_000, 4_001), indexes={INDEX: OnDemand(warm=Units(write=9_000))}
    ),
    "on-demand without the index": Capacity.on_demand(),
    "fixed": provisioned(700, 800, 900),
    "fixed, other writes": provisioned(600, 801, 900),
    "scaled": provisioned(SCALED, SCALED, WITHOUT_SEED),
    "scaled, other seed": provisioned(replace(SCALED, seed=350), replace(SCALED, target=60), WITHOUT_SEED),
    "scaled, other bounds": provisioned(
        replace(SCALED, minimum=150), replace(SCALED, maximum=1_900), AutoScaling(100, 2_500, 60)
    ),
    "equal bounds": provisioned(AutoScaling(500, 500, seed=500), AutoScaling(500, 500, 60), 900),
    "fixed without the index, warmed": Capacity.provisioned(read=900, write=800, warm=Units(write=6_000)),
    "fixed with another index": Capacity.provisioned(
        read=900, write=800, indexes={INDEX: Provisioned(900, 700), "by_day": Provisioned(5, SCALED)}
    ),
}


def _was(template: Capacity) -> Deployed:
    """Deployed, with units that auto scaling has moved and some warm throughput; the live table was not changed by hand."""
    return deployed(
        template,
        units={}
        if template.is_on_demand
        else {"table": Units(950, 850), f"index/{INDEX}": Units(write=1_300)},
        warm={"table": Units(12_000, 4_000), f"index/{INDEX}": Units(write=7_000)},
    )


def _described(transition: Transition) -> Iterator[str]:
    facts = [
        name
        for name in (
            "is_empty",
            "is_creation",
            "switches_to_on_demand",
            "switches_to_provisioned",
            "switches",
            "only_raises",
        )
        if getattr(transition, name)
    ]
    yield f"  {', '.join(facts) or 'nothing of note'}; kind {transition.kind and transition.kind.value}"
    for change in transition.changes:
        dimension = change.dimension
        declared = dimension in transition.declared.dimensions()
        yield (
            f"  {dimension.label}: {change.change.value}; sent {transition.units_sent(dimension)}, back"
            f" {transition.units_sent_back(dimension) if dimension.index in (None, INDEX) else '-'},"
            f" resent {transition.resent_units(dimension)}; keeps {transition.keeps_scaling_target(dimension)};"
            f" serves {ceiling_after(transition, dimension) if declared else '-'}"
            f" of {ceiling_without_maximum(transition, dimension) if declared else '-'}"
        )
    raises = {dimension.label: raised for dimension, raised in transition.warm_raises.items()}
    yield f"  warm raises {raises}"


def transitions() -> Iterator[str]:
    """Every pair of capacities, of either type of table and of an unknown one."""
    for (before, was), (after, declared) in product(CAPACITIES.items(), CAPACITIES.items()):
        seen: dict[str, str] = {}
        for kind in (TableKind.TABLE, TableKind.GLOBAL_TABLE, None):
            structure = None if kind is None else replace(STRUCTURE, kind=kind)
            transition = Transition("orders", replace(_was(was), structure=structure), declared)
            try:
                text = "\n".join(_described(transition))
            except KeyError as error:
                text = f"  no such index: {error}"
            body = text.partition("\n")[2]
            name = "unknown" if kind is None else kind.value
            yield f"# {before} to {after}, {name}" + (f": as {seen[body]}" if body in seen else "")
            if body not in seen:
                yield text
            seen.setdefault(body, name)


def ways_back() -> Iterator[str]:
    """The reverse of some transitions, fingerprints, and a live table that was changed by hand."""
    for (before, was), (after, declared) in product(CAPACITIES.items(), list(CAPACITIES.items())[1::3]):
        transition = Transition("orders", _was(was), declared, 2, TableKind.TABLE)
        yield f"# {before} to {after}: {transition.fingerprint}, same bounds {same_bounds(was, declared)}"
        try:
            back = transition.reverse()
        except KeyError as error:
            yield f"  no such index: {error}"
            continue
        assert back.deployed is not None
        yield f"  units {dict(back.deployed.units)} warm {dict(back.deployed.warm)} attempt {back.attempt}"
        yield f"  {[change.change.value for change in back.changes]} to {back.declared.to_json()}"
    for name, live in CAPACITIES.items():
        for after in ("scaled", "on-demand with maxima", "fixed"):
            changed = replace(
                _was(CAPACITIES["scaled" if after != "on-demand with maxima" else "on-demand"]), live=live
            )
            transition = Transition(
                "orders", changed, CAPACITIES[after], declared_kind=TableKind.GLOBAL_TABLE
            )
            yield (
                f"# live {name}, to {after}: {[change.change.value for change in transition.changes]},"
                f" only raises {transition.only_raises}, empty {transition.is_empty}"
            )
    for name in CAPACITIES:
        new = Transition("orders", None, CAPACITIES[name])
        yield f"# {name}, created: {[change.change.value for change in new.changes]} {new.fingerprint}"
        yield f"  sent {[new.units_sent(dimension) for dimension in new.declared.dimensions()]}"


def reliefs() -> Iterator[str]:
    """What stands in the way of a return, for each hour around its end and for several loads."""
    for name, previous in CAPACITIES.items():
        was = replace(_was(CAPACITIES["on-demand"]), previous=previous, replaced_at=NOW)
        transition = Transition("orders", was, previous)
        yield f"# {name}: return {transition.is_return}"
        for hours, load in product((-25, -24, 0, 168, 168.1), (None, 299.0, 300.0, 300.5, 4_000.0, 90_000.0)):
            if load != 300.0 and hours:
                continue
            found = list(
                return_obstacles(
                    transition, Margins(), NOW + timedelta(hours=hours), lambda _, load=load: load
                )
            )
            yield f"  {hours} hours, {load}: {found}"
        measured = list(
            return_obstacles(transition, Margins(return_days=0), NOW, lambda _: 1_000, lambda _: 1_500)
        )
        yield f"  provisioned 1500: {measured}"
    undated = Transition(
        "orders", replace(_was(CAPACITIES["fixed"]), previous=CAPACITIES["scaled"]), CAPACITIES["scaled"]
    )
    yield f"# undated: {list(return_obstacles(undated, Margins(), NOW, lambda _: 1.0))}"


def defaults() -> Iterator[str]:
    """Every default of the settings, and every limit of a service."""
    for settings in (Rollout(), Margins(), OnDemand(), Units(), AutoScaling(1, 2)):
        yield type(settings).__name__
        for name in (field.name for field in fields(settings)):
            yield f"  {name}: {getattr(settings, name)!r}"
    for name, limit in sorted(vars(limits).items()):
        if isinstance(limit, limits.Limit):
            yield f"{name}: {limit.value} {limit.unit}; {limit.source}; {limit.mark}"


GROUPS: Mapping[str, Callable[[], Iterator[str]]] = {
    "transitions": transitions,
    "ways_back": ways_back,
    "reliefs": reliefs,
    "defaults": defaults,
}
"""Functions that print, by the name of the file that keeps it."""


TEXTS = KeptTexts(Path(__file__).parent / "kept", GROUPS)
made, kept, main = TEXTS.made, TEXTS.kept, TEXTS.main


if __name__ == "__main__":
    main(*sys.argv[1:])
