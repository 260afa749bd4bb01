"""Measures the simulator: in plain Python, compiled, and in comparison with two public simulators.

All simulate the same: 14 days of minutes of one dimension on auto-scaled provisioned throughput with 300 seconds of burst,
for delays of 0, 120 and 240 seconds. The environment variable ``PEERS`` names a folder with the public simulators
(docs/performance.md); without it the result has no ratios.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from capacity_guard.capacity import Dimension
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.simulator import compiled
from capacity_guard.simulator.dimension_replay import run
from capacity_guard.simulator.parameters import Parameters
from capacity_guard.simulator.supply import OnDemandSupply, ProvisionedSupply, Supply

ROOT = Path(__file__).resolve().parents[1]
BASELINE = ROOT / "stacks" / "baselines" / "production" / "cell-1" / "conversations.json"
DIMENSION = Dimension("by_agent", "write")
DELAYS = (0, 120, 240)
RUNS = 11
ROUNDS = 7
_REPETITIONS = 50
"""Runs of the compiled simulator in one measurement."""
PARTITION_RATE = 1_000.0
"""Units per second of one partition."""
OPTIMA_FILE = Path(
    "amazon-dynamodb-tools/tools/dynamodb-optima/src/dynamodb_optima/analysis/autoscaling_sim.py"
)
SCALING_SIMULATOR_FOLDER = Path("dynamodb-scaling-simulator")
TARGET_UTILIZATION = 0.7


def measure() -> dict[str, Any]:
    """The figures under the key ``simulate`` of the result."""
    traffic = Baseline.load(BASELINE).traffic
    assert traffic is not None
    # Whole units per second: one of the public simulators fails on fractions.
    rates = [round(units / 60) for units in traffic.consumed[DIMENSION]]
    load = array("d", [60.0 * rate for rate in rates])
    minimum, maximum = max(1, round(sum(rates) / len(rates) / 2)), 2 * max(rates)
    own = {
        str(delay): _median_seconds(partial(run, *_scenario(minimum, maximum, load, delay)))
        for delay in DELAYS
    }
    result: dict[str, Any] = {
        "minutes": len(load),
        "throughput": {"minimum": minimum, "maximum": maximum, "target": TARGET_UTILIZATION},
        "python_seconds": own,
        "python_minutes_per_second": round(len(load) / max(own.values())),
        "full_model_seconds": {
            name: _median_seconds(partial(run, supply, load, PARTITION_RATE, Parameters(hottest_share=0.05)))
            for name, supply in _supplies(minimum, maximum, rates).items()
        },
        "growth": {
            str(days): _median_seconds(
                partial(run, *_scenario(minimum, maximum, _first_days(load, days), 120))
            )
            for days in (7, 14, 28, 56)
        },
    }
    if compiled.available():
        result |= _compiled(load, minimum, maximum, rates)
    peers = os.environ.get("PEERS")
    if peers is None:
        print(
            "PEERS names no folder: nothing is measured beside others, `ratios` is absent (docs/performance.md)"
        )
        return result
    return result | _compare(Path(peers), rates, traffic.start, load, minimum, maximum)


def _compare(
    peers: Path, rates: list[int], start: datetime, load: array[float], minimum: int, maximum: int
) -> dict[str, Any]:
    """Measure all simulators in rounds: the speed of a shared machine changes within minutes, the ratio in a round does not."""
    optima, scaling = "dynamodb-optima", "dynamodb-scaling-simulator"
    own_rounds, peer_rounds, ratios = [], [], []
    for _ in range(ROUNDS):
        own_seconds = {
            str(delay): _median_seconds(partial(run, *_scenario(minimum, maximum, load, delay)))
            for delay in DELAYS
        }
        scaling_seconds = _scaling(
            peers / SCALING_SIMULATOR_FOLDER, rates, int(start.timestamp()), minimum, maximum
        )
        optima_seconds = _optima(peers / OPTIMA_FILE, rates, start, minimum, maximum)
        own_rounds.append(own_seconds)
        peer_rounds.append({**scaling_seconds, optima: optima_seconds})
        ratios.append(
            {delay: scaling_seconds[delay] / own_seconds[delay] for delay in own_seconds}
            | {optima: optima_seconds / max(own_seconds.values())}
        )
    by_delay = _medians(ratios)
    return {
        "python_seconds": _medians(own_rounds),
        "peers": {
            optima: statistics.median(seconds[optima] for seconds in peer_rounds),
            scaling: _medians(peer_rounds),
        },
        "ratios": {
            optima: round(statistics.median(ratio[optima] for ratio in ratios), 1),
            scaling: round(min(by_delay.values()), 1),
        },
        "ratios_by_delay": {delay: round(ratio, 1) for delay, ratio in by_delay.items()},
        "rounds": [{name: round(ratio, 2) for name, ratio in by_name.items()} for by_name in ratios],
    }


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    """The median of the rounds for each delay."""
    return {str(delay): statistics.median(values[str(delay)] for values in rounds) for delay in DELAYS}


def summary_line(result: dict[str, Any]) -> str:
    """The figures in one line."""
    parts = [f"{result['python_minutes_per_second'] / 1e6:.1f} million minutes/s in plain Python"]
    if "compiled_minutes_per_second" in result:
        parts.append(f"{result['compiled_minutes_per_second'] / 1e6:.0f} million compiled")
    parts += [f"{ratio} times as fast as {peer}" for peer, ratio in result.get("ratios", {}).items()]
    return f"simulator: {', '.join(parts)}"


def _scenario(
    minimum: int, maximum: int, load: array[float], delay: int
) -> tuple[Supply, array[float], float, Parameters]:
    """What the public simulators model: no seconds, no retries; two minutes above the target, then the delay."""
    parameters = Parameters(reaction_minutes=2 + delay // 60, peak_second=1.0, returning=0.0)
    return ProvisionedSupply(minimum, minimum, maximum, TARGET_UTILIZATION), load, PARTITION_RATE, parameters


def _supplies(minimum: int, maximum: int, rates: list[int]) -> dict[str, Supply]:
    fixed = round(0.8 * max(rates))
    return {
        "auto-scaled": ProvisionedSupply(minimum, minimum, maximum, TARGET_UTILIZATION),
        "fixed": ProvisionedSupply(fixed, fixed, fixed, 1.0),
        "on-demand": OnDemandSupply(0.6 * max(rates), 40_000.0),
    }


def _first_days(load: array[float], days: int) -> array[float]:
    wanted = days * 1440
    return (load * (wanted // len(load) + 1))[:wanted]


def _compiled(load: array[float], minimum: int, maximum: int, rates: list[int]) -> dict[str, Any]:
    parameters = Parameters(hottest_share=0.05)
    seconds = {
        name: _median_seconds(partial(_repeat, supply, load, parameters)) / _REPETITIONS
        for name, supply in _supplies(minimum, maximum, rates).items()
    }
    slowest = max(seconds, key=lambda name: seconds[name])
    supply = _supplies(minimum, maximum, rates)[slowest]

    def seconds_in(threads: int) -> float:
        with ThreadPoolExecutor(threads) as pool:
            return _median_seconds(
                lambda: list(pool.map(lambda _: _repeat(supply, load, parameters), range(threads)))
            )

    cores = {
        str(n): round(n * _REPETITIONS * len(load) / seconds_in(n))
        for n in range(1, (os.cpu_count() or 1) + 1)
    }
    return {
        "compiled_minutes_per_second": round(len(load) / seconds[slowest]),
        "compiled_seconds": seconds,
        "compiled_by_cores": cores,
    }


def _repeat(supply: Supply, load: array[float], parameters: Parameters) -> None:
    for _ in range(_REPETITIONS):
        compiled.totals(supply, load, PARTITION_RATE, parameters)


def _median_seconds(work: Callable[[], object]) -> float:
    work()
    seconds = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _optima(file: Path, rates: list[int], start: Any, minimum: int, maximum: int) -> float:
    """Seconds of dynamodb-optima for one dimension: half of its time, because it always simulates two.

    Each run gets new points, because the simulator changes them.
    """
    import importlib.util

    spec = importlib.util.spec_from_file_location("optima_autoscaling_sim", file)
    if spec is None or spec.loader is None or not file.exists():
        raise FileNotFoundError(file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    simulator = module.AutoscalingSimulator(TARGET_UTILIZATION, min_capacity=minimum, max_capacity=maximum)
    minutes = [start + timedelta(minutes=number) for number in range(len(rates))]

    def points(name: str) -> list[Any]:
        return [
            module.MetricDataPoint(name, minute, "t", 60.0 * rate, float(rate))
            for minute, rate in zip(minutes, rates, strict=True)
        ]

    seconds = []
    for _ in range(RUNS):
        reads, writes = points("ConsumedReadCapacityUnits"), points("ConsumedWriteCapacityUnits")
        started = time.perf_counter()
        simulator.simulate(reads, writes)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) / 2


_PACKAGES = ("dayjs@1.11.7", "ring-buffer-ts@1.2.0", "esbuild@0.25.0")
"""The packages that the class imports, in the versions of its lock file, and the bundler of its TypeScript."""

_DRIVER = """
import { TableCapacity } from './ddb-sim';
const { rates, start, low, high, target, delays, runs } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const found: Record<string, number> = {};
for (const delay of delays) {
  const seconds: number[] = [];
  for (let n = 0; n <= runs; n++) {
    const table = new TableCapacity({ min: low, max: high, target, scaling_delay_in_seconds: delay });
    const began = process.hrtime.bigint();
    for (let at = 0; at < rates.length; at++) table.process((start + 60 * at) * 1000, rates[at]);
    if (n) seconds.push(Number(process.hrtime.bigint() - began) / 1e9);
  }
  seconds.sort((a, b) => a - b);
  found[delay] = seconds[Math.floor(seconds.length / 2)];
}
console.log(JSON.stringify(found));
"""


def _scaling(folder: Path, rates: list[int], start: int, minimum: int, maximum: int) -> dict[str, float]:
    """Seconds of dynamodb-scaling-simulator in Node for each delay; the first run of each delay is not counted."""
    request = {
        "rates": rates,
        "start": start,
        "low": minimum,
        "high": maximum,
        "target": TARGET_UTILIZATION,
        "delays": DELAYS,
        "runs": RUNS,
    }
    result = subprocess.run(
        ["node", str(_bundled(folder))],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    seconds: dict[str, float] = json.loads(result.stdout)
    return seconds


@cache
def _bundled(folder: Path) -> Path:
    """Bundle its two files and the driver into one script, in out/bench: its own folder is not changed."""
    work = ROOT / "out" / "bench" / "peer"
    work.mkdir(parents=True, exist_ok=True)
    (work / "package.json").write_text('{"private": true}\n')
    for name in ("ddb-sim.ts", "burst-bucket.ts"):
        shutil.copy(folder / name, work)
    (work / "driver.ts").write_text(_DRIVER)
    subprocess.run(
        ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", *_PACKAGES],
        cwd=work,
        check=True,
    )
    command = [
        "node_modules/.bin/esbuild",
        "driver.ts",
        "--bundle",
        "--platform=node",
        "--outfile=driver.cjs",
    ]
    subprocess.run([*command, "--log-level=error"], cwd=work, check=True)
    return work / "driver.cjs"


__all__ = ["measure", "summary_line"]
