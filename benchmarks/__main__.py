"""``python -m benchmarks``: ``cdk synth`` with the guard and without, and the simulator; into out/bench/result.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import fleet, simulate, synth_fleet
from benchmarks.assembly import check, templates_of
from benchmarks.measure import CDK, ROOT, BenchmarkApp, BenchmarkError, measure_in_pairs
from benchmarks.summary import summary
from capacity_guard.capacity.errors import InputError
from capacity_guard.evidence.files import exclusive, write_whole
from stacks.settings import environments

CHANGE = "fixed"
"""The change that puts one production cell into a transition and passes the rules."""

HIGHEST_RATIO = 1.5
"""Highest accepted ratio of the synthesis time with the guard to the time without it."""

PACKAGES = ("aws-cdk-lib", "cdk-nag", "constructs", "jsii")


def main(arguments: list[str] | None = None) -> int:
    """Measure and write the result.

    Returns:
        0; 1 when the ratio exceeds ``HIGHEST_RATIO``; 2 when nothing was measured or another run uses the folder.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--pairs", type=int, default=11, help="runs of each side that count (default 11)")
    parser.add_argument(
        "--least", type=int, default=9, help="runs without which there is no result (default 9)"
    )
    parser.add_argument(
        "--budget", type=float, default=270, help="seconds after which no pair begins (default 270)"
    )
    parser.add_argument(
        "--fleet-pairs",
        type=int,
        default=3,
        help="runs of each side of a synthesis of 50 tables, for each of six variants; 0 for none (default 3)",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "bench", help="folder of the result")
    options = parser.parse_args(arguments)
    if not 2 <= options.least <= options.pairs:
        parser.error("--least: at least 2, and at most --pairs")
    if options.fleet_pairs == 1 or options.fleet_pairs < 0:
        parser.error("--fleet-pairs: 0, or at least 2")
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    try:
        with exclusive(out, "--out"):
            return _measure(options, out)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2


def _measure(options: argparse.Namespace, out: Path) -> int:
    settings = out / "environments.json"
    write_whole(settings, json.dumps(_environments(), indent=2) + "\n")
    guarded = BenchmarkApp("guarded", ("app.py",), (f"change={CHANGE}",), out / "guarded")
    plain = BenchmarkApp("plain", ("-m", "benchmarks.plain_app", str(settings)), (), out / "plain")
    try:
        seconds = measure_in_pairs((guarded, plain), options.pairs, options.least, options.budget)
        resources = check(templates_of(guarded.output), templates_of(plain.output))
        synth_fleet_figures = (
            synth_fleet.measure(out, pairs=options.fleet_pairs) if options.fleet_pairs else None
        )
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 2
    figures = summary(seconds["guarded"], seconds["plain"])
    simulation_figures, fleet_figures = simulate.measure(), fleet.measure()
    result = {
        "simulate": simulation_figures,
        "fleet": fleet_figures,
        "synth": {**figures, "highest_ratio": HIGHEST_RATIO, "resources": resources},
        **({} if synth_fleet_figures is None else {"synth_fleet": synth_fleet_figures}),
        "commands": {app.name: " ".join(_without_root(app.command())) for app in (guarded, plain)},
        "versions": _versions(),
        "machine": {"cores": os.cpu_count(), "system": platform.system(), "architecture": platform.machine()},
    }
    target = out / "result.json"
    write_whole(target, json.dumps(result, indent=2) + "\n")
    print(
        f"cdk synth of {len(resources)} stacks: guarded {figures['guarded_seconds']:.2f} s, "
        f"plain {figures['plain_seconds']:.2f} s, ratio {figures['ratio']:.2f} (at most {HIGHEST_RATIO}); {target}"
    )
    print(simulate.summary_line(simulation_figures))
    print(fleet.summary_line(fleet_figures))
    if synth_fleet_figures is not None:
        print(synth_fleet.summary_line(synth_fleet_figures))
    return int(figures["ratio"] > HIGHEST_RATIO)


def _environments() -> list[dict[str, Any]]:
    """The input of the plain app: the values of ``stacks/settings.py``."""
    return [
        {
            "stack": settings.stack_name,
            "capacity": settings.capacity.to_json(),
            "account": settings.account,
            "region": settings.region,
            "protected": settings.protected,
        }
        for settings in environments(change=CHANGE)
    ]


def _without_root(command: list[str]) -> list[str]:
    """The command without the folder of this repository, so that results of two machines are alike."""
    return [word.replace(str(ROOT) + os.sep, "") for word in command]


def _versions() -> dict[str, Any]:
    def output_of(*command: str) -> str:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    return {
        "aws-cdk": output_of(str(CDK), "--version"),
        "node": output_of("node", "--version"),
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


if __name__ == "__main__":
    sys.exit(main())
