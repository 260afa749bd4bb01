"""Variations of the examples of a rule: the same case of the table, of reads, of another construct, with other margins, ...

An example states one dimension of one construct. What a rule prints of its examples and of each variation is kept in
``printed/variations/CG1.txt``, and ``test_printed.py`` compares it letter by letter: a rule that takes reads for writes, the
table for an index, or another bound of a margin prints another text. ``python -m tests.rules.variations CG1`` prints it, with
``--write`` it is kept; the difference is reviewed. Variations without a finding are left out, equal findings are printed once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from capacity_guard.capacity import (
    AutoScaling,
    Capacity,
    ChangeWindow,
    Deployed,
    Dimension,
    InputError,
    Margins,
    OnDemand,
    Provisioned,
    Units,
)
from capacity_guard.capacity.structure import TableKind
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.traffic import Traffic
from capacity_guard.rules import ALL_RULES, Case, Dialect, TemplateFacts, judge
from tests.builders.cases import INDEX, NOW, STRUCTURE
from tests.rules.examples import PRINTED, Example, examples_of, others_of

KEPT = PRINTED / "variations"
"""What the rules print of the variations of their examples, a file for each rule."""

Variation = Callable[[Case], Case | None]
"""Makes another case of one; ``None`` where it has nothing to vary."""
Value = TypeVar("Value")


def _swapped(units: Units) -> Units:
    return Units(read=units.write, write=units.read)


def _reads(capacity: Capacity) -> Capacity:
    """Reads and writes exchanged."""

    def of(part: Provisioned | OnDemand) -> Provisioned | OnDemand:
        if isinstance(part, Provisioned):
            return Provisioned(read=part.write, write=part.read, warm=part.warm and _swapped(part.warm))
        return OnDemand(
            warm=part.warm and _swapped(part.warm), maximum=part.maximum and _swapped(part.maximum)
        )

    indexes = {name: of(part) for name, part in capacity.indexes.items()}
    return replace(capacity, table=of(capacity.table), indexes=indexes)


def _table(capacity: Capacity) -> Capacity:
    """The table and its index ``INDEX`` exchanged."""
    if INDEX not in capacity.indexes:
        return capacity
    return replace(
        capacity, table=capacity.indexes[INDEX], indexes={**capacity.indexes, INDEX: capacity.table}
    )


def _of_other_resource(dimension: Dimension) -> Dimension:
    index = {None: INDEX, INDEX: None}.get(dimension.index, dimension.index)
    return Dimension(index, dimension.access)


def _of_other_access(dimension: Dimension) -> Dimension:
    return Dimension(dimension.index, "read" if dimension.access == "write" else "write")


def _key(key: str) -> str:
    return {"table": f"index/{INDEX}", f"index/{INDEX}": "table"}.get(key, key)


def _keyed(values: Mapping[str, Value]) -> dict[str, Value]:
    return {_key(key): value for key, value in values.items()}


def _with_recorded(judged: Case, change: Callable[[Baseline], Baseline | None]) -> Case | None:
    if judged.recorded is None:
        return None
    changed = change(judged.recorded)
    return None if changed is None else replace(judged, baseline=changed)


def _with_deployed(judged: Case, change: Callable[[Deployed], Deployed | None]) -> Case | None:
    def changed(recorded: Baseline) -> Baseline | None:
        deployed = None if recorded.deployed is None else change(recorded.deployed)
        return None if deployed is None else replace(recorded, deployed=deployed)

    return _with_recorded(judged, changed)


def _moved(traffic: Traffic | None, other: Callable[[Dimension], Dimension]) -> Traffic | None:
    if traffic is None:
        return None
    return Traffic(
        traffic.start,
        {d: traffic.consumed[other(d)] for d in traffic.consumed},
        {d: traffic.throttled[other(d)] for d in traffic.throttled},
    )


def _in_reads(judged: Case) -> Case | None:
    def changed(recorded: Baseline) -> Baseline:
        was = recorded.deployed
        if was is not None:
            was = replace(
                was,
                template=_reads(was.template),
                live=_reads(was.live),
                units={key: _swapped(units) for key, units in was.units.items()},
                warm={key: _swapped(units) for key, units in was.warm.items()},
                previous=was.previous and _reads(was.previous),
            )
        return replace(recorded, deployed=was, traffic=_moved(recorded.traffic, _of_other_access))

    made = _with_recorded(judged, changed)
    return None if made is None else replace(made, declared=_reads(judged.declared))


def _of_table(judged: Case) -> Case | None:
    def changed(recorded: Baseline) -> Baseline:
        was = recorded.deployed
        if was is not None:
            was = replace(
                was,
                template=_table(was.template),
                live=_table(was.live),
                units=_keyed(was.units),
                warm=_keyed(was.warm),
                previous=was.previous and _table(was.previous),
            )
        history = replace(recorded.history, decreases_today=_keyed(recorded.history.decreases_today))
        return replace(
            recorded, deployed=was, traffic=_moved(recorded.traffic, _of_other_resource), history=history
        )

    def facts(stated: TemplateFacts) -> TemplateFacts:
        return replace(
            stated,
            capacity=stated.capacity and _table(stated.capacity),
            watched=tuple(map(_key, stated.watched)),
            warm_throughput=tuple(map(_key, stated.warm_throughput)),
            thresholds=_keyed(stated.thresholds),
            alarm_counts=_keyed(stated.alarm_counts),
            alarm_faults=_keyed(stated.alarm_faults),
            alarm_muting=_keyed(stated.alarm_muting),
        )

    made = _with_recorded(judged, changed)
    if made is None:
        return None
    return replace(made, declared=_table(judged.declared), template=tuple(map(facts, judged.template)))


def _times(factor: float) -> Variation:
    def made(judged: Case) -> Case | None:
        return _with_recorded(
            judged,
            lambda recorded: (
                None
                if recorded.traffic is None
                else replace(
                    recorded,
                    traffic=Traffic(
                        recorded.traffic.start, recorded.traffic.times(factor), recorded.traffic.throttled
                    ),
                )
            ),
        )

    return made


def _with_margins(**given: Any) -> Variation:
    return lambda judged: replace(judged, margins=Margins(**given))


def _in_dialect(dialect: Dialect) -> Variation:
    return lambda judged: replace(judged, dialect=dialect)


def _of_kind(kind: TableKind) -> Variation:
    def made(judged: Case) -> Case | None:
        recorded = _with_deployed(judged, lambda was: replace(was, structure=replace(STRUCTURE, kind=kind)))
        return None if recorded is None else replace(recorded, kind=kind)

    return made


def _scaled(throughput: int | AutoScaling, minimum: int, seed: int | None) -> AutoScaling:
    if isinstance(throughput, AutoScaling):
        return replace(throughput, target=60, seed=seed)
    return AutoScaling(minimum, throughput, 60, seed)


def _auto_scaled(capacity: Capacity, seed: int | None) -> Capacity:
    def of(part: Provisioned | OnDemand) -> Provisioned | OnDemand:
        if isinstance(part, OnDemand):
            return part
        return Provisioned(_scaled(part.read, 40, seed), _scaled(part.write, 50, seed), part.warm)

    indexes = {name: of(part) for name, part in capacity.indexes.items()}
    return replace(capacity, table=of(capacity.table), indexes=indexes)


def _declared_scaled(seed: int | None) -> Variation:
    def made(judged: Case) -> Case | None:
        declared = _auto_scaled(judged.declared, seed)
        return None if declared == judged.declared else replace(judged, declared=declared)

    return made


def _deployed_scaled(seed: int | None) -> Variation:
    def made(judged: Case) -> Case | None:
        return _with_deployed(
            judged,
            lambda was: (
                None
                if was.template.is_on_demand
                else replace(
                    was, template=_auto_scaled(was.template, seed), live=_auto_scaled(was.template, seed)
                )
            ),
        )

    return made


def _returning(judged: Case) -> Case | None:
    replaced_at = NOW - timedelta(days=2)
    return _with_deployed(judged, lambda was: replace(was, previous=judged.declared, replaced_at=replaced_at))


def _as_deployed(judged: Case) -> Case | None:
    recorded = judged.recorded
    if recorded is None or recorded.deployed is None:
        return None
    return replace(judged, declared=recorded.deployed.template)


def _in_branch(judged: Case) -> Case | None:
    facts = tuple(replace(stated, branch="Small is not none") for stated in judged.template)
    return replace(judged, template=facts) if facts else None


VARIATIONS: Mapping[str, Variation] = {
    "as it is": lambda judged: judged,
    "of reads": _in_reads,
    "of the table": _of_table,
    "a TableV2": _in_dialect("table-v2"),
    "a Table": _in_dialect("table"),
    "an L1": _in_dialect("l1"),
    "recorded as a Table": _of_kind(TableKind.TABLE),
    "half the traffic": _times(0.5),
    "a fifth more traffic": _times(1.2),
    "three times the traffic": _times(3),
    "declared with auto scaling": _declared_scaled(None),
    "declared with a seed": _declared_scaled(70),
    "deployed with auto scaling": _deployed_scaled(None),
    "deployed with a seed": _deployed_scaled(300),
    "a small quota": _with_margins(table_quota=1_400, account_quota=1_700),
    "more headroom": _with_margins(headroom=2.25),
    "a slow switch": _with_margins(switch_minutes=25),
    "fast auto scaling": _with_margins(scaling_reaction_minutes=3),
    "a hot key": _with_margins(hottest_share=0.9),
    "Sunday morning": lambda judged: replace(
        judged, rollout=replace(judged.rollout, change_window=ChangeWindow("Sun 06-10"))
    ),
    "Tuesday evening": lambda judged: replace(
        judged, rollout=replace(judged.rollout, change_window=ChangeWindow("Tue 21-23"))
    ),
    "a return": _returning,
    "nothing changes": _as_deployed,
    "created": lambda judged: _with_recorded(judged, lambda recorded: replace(recorded, deployed=None)),
    "without traffic": lambda judged: _with_recorded(
        judged, lambda recorded: replace(recorded, traffic=None)
    ),
    "without a baseline": lambda judged: replace(
        judged, baseline=InputError("conversations.json", "is missing", "Record it")
    ),
    "behind a condition": _in_branch,
    "in an app": lambda judged: replace(
        judged,
        account="111122223333",
        region="eu-west-1",
        stack="Chat",
        logical_id="Conversations",
        table_name="orders",
    ),
}


_OF_OTHERS = ("as it is", "of reads", "of the table", "a Table", "an L1")
"""Variations of the examples of which only the text is kept."""


def printed(rule_id: str) -> str:
    """Each different finding of a rule in the variations of its examples, under the cases that have it."""
    (rule,) = (rule for rule in ALL_RULES if rule.id == rule_id)
    found: dict[str, dict[str, list[str]]] = {}
    for example, name, judged in cases((*examples_of(rule_id), *others_of(rule_id))):
        for finding in judge(judged, [rule]):
            text = finding.text().rpartition("\n")[0]  # the last line is the same for all
            found.setdefault(text, {}).setdefault(example.name, []).append(name)
    lines: list[str] = []
    for text, names in found.items():
        lines += [f"# {example}: {', '.join(variations)}" for example, variations in names.items()]
        lines.append(text)
    return "\n".join(lines) + "\n"


def cut(judged: Case) -> Case:
    """With three days of the recording at most, those around its busiest minute: a replay of all takes long."""
    recorded = judged.recorded
    if recorded is None or recorded.traffic is None or recorded.traffic.minutes <= _KEPT_MINUTES:
        return judged
    traffic = recorded.traffic
    busiest = max(traffic.busiest.values(), key=lambda minute: _load(traffic, minute))
    first = max(0, min(busiest // 1440 * 1440 - 1440, traffic.minutes - _KEPT_MINUTES))
    kept = slice(first, first + _KEPT_MINUTES)
    cut = Traffic(
        traffic.minute(first),
        {d: series[kept] for d, series in traffic.consumed.items()},
        {d: series[kept] for d, series in traffic.throttled.items()},
    )
    return replace(judged, baseline=replace(recorded, traffic=cut))


def _load(traffic: Traffic, minute: int) -> float:
    return max(series[minute] for series in traffic.consumed.values() if series[minute] == series[minute])


_KEPT_MINUTES = 3 * 1440


def cases(examples: Iterable[Example]) -> Iterable[tuple[Example, str, Case]]:
    """Each variation of each example, with its name."""
    for example in examples:
        made = cut(example.make())
        for name, variation in VARIATIONS.items():
            varied = variation(made) if example.kind != "other" or name in _OF_OTHERS else None
            if varied is not None:
                yield example, name, varied


def main(rule: str, *options: str) -> None:
    """Print what a rule finds, or keep it."""
    if "--write" in options:
        KEPT.mkdir(exist_ok=True)
        (KEPT / f"{rule}.txt").write_text(printed(rule), encoding="utf-8")
    else:
        print(printed(rule), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
