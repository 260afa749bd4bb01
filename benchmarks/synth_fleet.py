"""Measures ``cdk synth`` of many tables with the guard and without: in one stack and with a stack each.

Each table has an index and a baseline of its own with 14 days of four dimensions. A synthesis has three variants:
``unchanged``; ``raised``, in which every table raises its minimum; ``switching``, in which two thirds of the tables
switch to on-demand mode. Both sides load cdk-nag. ``floor`` is the unchanged synthesis of the same tables with bare resources
like those that the guard adds.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.assembly import GATES, tables_of, templates_of
from benchmarks.measure import BenchmarkApp, BenchmarkError, measure_in_pairs
from benchmarks.summary import summary
from capacity_guard.capacity.capacity import AutoScaling, Capacity, Provisioned, Units, minimum_of
from capacity_guard.capacity.dimension import ACCESSES
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.files import write_whole
from capacity_guard.simulator import compiled
from stacks.settings import BASELINES, CHANGES, INDEX

TABLES = 50
LAYOUTS = ("one_stack", "stack_each")
VARIANTS = ("unchanged", "raised", "switching")

_BASELINE_FILE = BASELINES / "production" / "cell-1" / "conversations.json"
_DEPLOYED = CHANGES["fixed"]
_RAISED = Capacity.provisioned(
    read=3_000,
    write=AutoScaling(6_400, 8_000, seed=6_400),
    indexes={INDEX: Provisioned(read=4_000, write=AutoScaling(5_000, 8_000, seed=5_000))},
)


def measure(out: Path, *, tables: int = TABLES, pairs: int = 3, budget: float = 1_200) -> dict[str, Any]:
    """The figures under the key ``synth_fleet`` of the result.

    Args:
        out: folder for inputs and cloud assemblies.
        tables: number of tables.
        pairs: counted runs of each side, for each layout and variant.
        budget: seconds after which no further pair of a variant begins.

    Returns:
        The ratios by layout and variant, ``None`` for a synthesis that failed (a template above CloudFormation's size), with the
        reason in ``seconds``.
    """
    baselines = write_baselines(out / "fleet-baselines", tables)
    now = Baseline.load(_BASELINE_FILE).recording.at + timedelta(hours=15)
    context = (f"capacity-guard:now={now:%Y-%m-%dT%H:%M:%SZ}",)
    result: dict[str, Any] = {
        "tables": tables,
        "engine": "compiled" if compiled.available() else "plain",
        **{layout: {} for layout in LAYOUTS},
        "floor": {},
        "seconds": {layout: {} for layout in LAYOUTS},
    }
    for layout in LAYOUTS:
        for variant in VARIANTS:
            name = f"fleet-{layout}-{variant}"
            stacks = out / f"{name}.json"
            write_whole(stacks, json.dumps(stacks_of(layout, variant, baselines)))
            sides = ("guarded", "plain", "floor") if variant == "unchanged" else ("guarded", "plain")
            apps = tuple(
                BenchmarkApp(
                    side, ("-m", f"benchmarks.{side}_fleet_app", str(stacks)), context, out / name / side
                )
                for side in sides
            )
            try:
                seconds = measure_in_pairs(apps, pairs, min(pairs, 2), budget)
                check_sides(*(app.output for app in apps[:2]), variant=variant)
            except BenchmarkError as error:
                result[layout][variant] = None
                result["seconds"][layout][variant] = {"not_measured": str(error)}
                print(f"{layout} {variant}: not measured\n{error}", file=sys.stderr)
                continue
            figures = summary(seconds["guarded"], seconds["plain"])
            result[layout][variant] = figures["ratio"]
            if "floor" in seconds:
                result["floor"][layout] = summary(seconds["floor"], seconds["plain"])["ratio"]
            result["seconds"][layout][variant] = figures
    result["floor"]["five_stacks"] = _floor_of_five(out, baselines, context, pairs, budget)
    return result


def _floor_of_five(
    out: Path, baselines: list[Path], context: tuple[str, ...], pairs: int, budget: float
) -> float | None:
    """The floor of as many stacks as the example app has: what is loaded once an app weighs most there."""
    stacks = out / "fleet-five.json"
    write_whole(stacks, json.dumps(stacks_of("stack_each", "unchanged", baselines[:5])))
    apps = tuple(
        BenchmarkApp(
            side, ("-m", f"benchmarks.{side}_fleet_app", str(stacks)), context, out / "fleet-five" / side
        )
        for side in ("floor", "plain")
    )
    try:
        seconds = measure_in_pairs(apps, pairs, min(pairs, 2), budget)
    except BenchmarkError as error:
        print(f"five stacks, floor: not measured\n{error}", file=sys.stderr)
        return None
    ratio: float = summary(seconds["floor"], seconds["plain"])["ratio"]
    return ratio


def summary_line(result: dict[str, Any]) -> str:
    """The ratios in one line."""
    ratios = "; ".join(
        f"{layout.replace('_', ' ')} {', '.join(map(_ratio_text, result[layout].items()))}"
        for layout in LAYOUTS
    )
    floor = ", ".join(
        f"{layout.replace('_', ' ')} {ratio:.2f}"
        for layout, ratio in result["floor"].items()
        if ratio is not None
    )
    added = f"; the added resources alone: {floor}" if floor else ""
    return f"cdk synth of {result['tables']} tables, guarded over plain: {ratios}{added}"


def _ratio_text(variant_and_ratio: tuple[str, float | None]) -> str:
    variant, ratio = variant_and_ratio
    return f"{variant} {'not measured' if ratio is None else format(ratio, '.2f')}"


def _declared(variant: str, number: int) -> Capacity:
    """The declared capacity of a table of the fleet, by its number."""
    if variant == "raised":
        return _RAISED
    if variant == "switching" and number % 3 != 0:
        return CHANGES["switch"]
    return _DEPLOYED


def stacks_of(layout: str, variant: str, baselines: list[Path]) -> list[dict[str, Any]]:
    """The input of both apps.

    Args:
        layout: one of ``LAYOUTS``.
        variant: one of ``VARIANTS``.
        baselines: a baseline file for each table.
    """
    tables = [
        {
            "id": f"Table{number}",
            "capacity": _declared(variant, number).for_indexes([INDEX], "capacity").to_json(),
            "baseline": str(file),
        }
        for number, file in enumerate(baselines)
    ]
    if layout == "one_stack":
        return [{"stack": "Fleet", "tables": tables}]
    return [{"stack": f"Fleet{number}", "tables": [table]} for number, table in enumerate(tables)]


def write_baselines(folder: Path, tables: int) -> list[Path]:
    """A baseline file for each table: traffic and time of the sample baseline, the deployed capacity of this benchmark."""
    baseline = Baseline.load(_BASELINE_FILE)
    assert baseline.deployed is not None
    capacity = _DEPLOYED.for_indexes([INDEX], "capacity")
    units = {
        key: Units(*(minimum_of(resource.of(access)) for access in ACCESSES))
        for key, resource in capacity.resources()
        if isinstance(resource, Provisioned)
    }
    deployed = replace(baseline.deployed, template=capacity, live=capacity, units=units)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(tables):
        file = folder / f"table-{number}.json"
        identity = replace(baseline.table, name=f"Table{number}", stack=None, logical_id=None)
        replace(baseline, table=identity, deployed=deployed, file="").save(file)
        files.append(file)
    return files


def check_sides(guarded: Path, plain: Path, *, variant: str) -> None:
    """Check that the two sides have the same tables, and gates where the variant has them.

    Args:
        guarded: folder of the cloud assembly with the guard.
        plain: folder of the cloud assembly without it.
        variant: one of ``VARIANTS``.

    Raises:
        BenchmarkError: they differ.
    """
    sides = {name: templates_of(output) for name, output in (("guarded", guarded), ("plain", plain))}
    tables = {
        name: {stack: tables_of(resources) for stack, resources in templates.items()}
        for name, templates in sides.items()
    }
    if tables["guarded"] != tables["plain"] or not any(tables["plain"].values()):
        raise BenchmarkError(f"{variant}: the tables of the two sides differ")
    gates = {
        name: sum(
            resource["Type"] in GATES for resources in templates.values() for resource in resources.values()
        )
        for name, templates in sides.items()
    }
    if gates["plain"] or bool(gates["guarded"]) != (variant != "unchanged"):
        raise BenchmarkError(f"{variant}: {gates} gates")


__all__ = ["check_sides", "measure", "stacks_of", "summary_line", "write_baselines"]
