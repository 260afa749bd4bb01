"""The simulator's speed: plain Python beside two public simulators asked the same question, and its compiled twin.

The question of both peers: a fortnight of minutes of one dimension on auto-scaled provisioned throughput with 300 seconds of
burst, for delays of 0, 120 and 240 seconds. They stand in a folder that ``PEERS`` names, fetched by whoever measures
(docs/performance.md); without it the ratios are absent.
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
from functools import cache
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
PARTITION = 1_000.0
OPTIMA = Path("amazon-dynamodb-tools/tools/dynamodb-optima/src/dynamodb_optima/analysis/autoscaling_sim.py")
SCALING = Path("dynamodb-scaling-simulator")
TARGET = 0.7


def measure() -> dict[str, Any]:
    """Everything of the key ``simulate``."""
    traffic = Baseline.load(BASELINE).traffic
    assert traffic is not None
    # Whole units a second: one of the peers fails on fractions.
    rates = [round(units / 60) for units in traffic.consumed[DIMENSION]]
    load = array("d", [60.0 * rate for rate in rates])
    low, high = max(1, round(sum(rates) / len(rates) / 2)), 2 * max(rates)
    own = {
        str(delay): _median(lambda d=delay: run(*_question(low, high, load, d)))  # type: ignore[misc]
        for delay in DELAYS
    }
    result: dict[str, Any] = {
        "minutes": len(load),
        "throughput": {"minimum": low, "maximum": high, "target": TARGET},
        "python_seconds": own,
        "python_minutes_per_second": round(len(load) / max(own.values())),
        "full_model_seconds": {
            name: _median(lambda s=supply: run(s, load, PARTITION, Parameters(hottest_share=0.05)))  # type: ignore[misc]
            for name, supply in _supplies(low, high, rates).items()
        },
        "growth": {
            str(days): _median(lambda d=days: run(*_question(low, high, _days(load, d), 120)))  # type: ignore[misc]
            for days in (7, 14, 28, 56)
        },
    }
    if compiled.available():
        result |= _compiled(load, low, high, rates)
    peers = os.environ.get("PEERS")
    if peers is None:
        print(
            "PEERS names no folder: nothing is measured beside others, `ratios` is absent (docs/performance.md)"
        )
        return result
    return result | _beside(Path(peers), rates, traffic.start, load, low, high)


def _beside(
    peers: Path, rates: list[int], start: datetime, load: array[float], low: int, high: int
) -> dict[str, Any]:
    """Rounds of all in turn: the speed of a shared machine changes by the minute, the ratio inside a round does not."""
    optima, scaling = "dynamodb-optima", "dynamodb-scaling-simulator"
    own, theirs, ratios = [], [], []
    for _ in range(ROUNDS):
        first = {
            str(delay): _median(lambda d=delay: run(*_question(low, high, load, d)))  # type: ignore[misc]
            for delay in DELAYS
        }
        each = _scaling(peers / SCALING, rates, int(start.timestamp()), low, high)
        other = _optima(peers / OPTIMA, rates, start, low, high)
        own.append(first)
        theirs.append({**each, optima: other})
        ratios.append({d: each[d] / first[d] for d in first} | {optima: other / max(first.values())})
    by_delay = {str(d): statistics.median(one[str(d)] for one in ratios) for d in DELAYS}
    return {
        "python_seconds": {str(d): statistics.median(one[str(d)] for one in own) for d in DELAYS},
        "peers": {
            optima: statistics.median(one[optima] for one in theirs),
            scaling: {str(d): statistics.median(one[str(d)] for one in theirs) for d in DELAYS},
        },
        "ratios": {
            optima: round(statistics.median(one[optima] for one in ratios), 1),
            scaling: round(min(by_delay.values()), 1),
        },
        "ratios_by_delay": {delay: round(one, 1) for delay, one in by_delay.items()},
        "rounds": [{name: round(one, 2) for name, one in each.items()} for each in ratios],
    }


def line(result: dict[str, Any]) -> str:
    """The figures in one line."""
    parts = [f"{result['python_minutes_per_second'] / 1e6:.1f} million minutes/s in plain Python"]
    if "compiled_minutes_per_second" in result:
        parts.append(f"{result['compiled_minutes_per_second'] / 1e6:.0f} million compiled")
    parts += [f"{ratio} times as fast as {peer}" for peer, ratio in result.get("ratios", {}).items()]
    return f"simulator: {', '.join(parts)}"


def _question(
    low: int, high: int, load: array[float], delay: int
) -> tuple[Supply, array[float], float, Parameters]:
    """The peers' own: no seconds, no retries; two minutes above the target, then the delay."""
    unknown = Parameters(reaction_minutes=2 + delay // 60, peak_second=1.0, returning=0.0)
    return ProvisionedSupply(low, low, high, TARGET), load, PARTITION, unknown


def _supplies(low: int, high: int, rates: list[int]) -> dict[str, Supply]:
    fixed = round(0.8 * max(rates))
    return {
        "auto-scaled": ProvisionedSupply(low, low, high, TARGET),
        "fixed": ProvisionedSupply(fixed, fixed, fixed, 1.0),
        "on-demand": OnDemandSupply(0.6 * max(rates), 40_000.0),
    }


def _days(load: array[float], days: int) -> array[float]:
    wanted = days * 1440
    return (load * (wanted // len(load) + 1))[:wanted]


def _compiled(load: array[float], low: int, high: int, rates: list[int]) -> dict[str, Any]:
    unknown = Parameters(hottest_share=0.05)
    seconds = {
        name: _median(lambda s=supply: _often(s, load, unknown)) / _OFTEN  # type: ignore[misc]
        for name, supply in _supplies(low, high, rates).items()
    }
    slowest = max(seconds, key=lambda name: seconds[name])
    supply = _supplies(low, high, rates)[slowest]

    def together(threads: int) -> float:
        with ThreadPoolExecutor(threads) as pool:
            return _median(lambda: list(pool.map(lambda _: _often(supply, load, unknown), range(threads))))

    cores = {str(n): round(n * _OFTEN * len(load) / together(n)) for n in range(1, (os.cpu_count() or 1) + 1)}
    return {
        "compiled_minutes_per_second": round(len(load) / seconds[slowest]),
        "compiled_seconds": seconds,
        "compiled_by_cores": cores,
    }


_OFTEN = 50


def _often(supply: Supply, load: array[float], unknown: Parameters) -> None:
    for _ in range(_OFTEN):
        compiled.totals(supply, load, PARTITION, unknown)


def _median(work: Callable[[], object]) -> float:
    work()
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _optima(file: Path, rates: list[int], start: Any, low: int, high: int) -> float:
    """Half of its time, since it always replays two dimensions. The points are made anew each time: it changes them."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("optima_autoscaling_sim", file)
    if spec is None or spec.loader is None or not file.exists():
        raise FileNotFoundError(file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    simulator = module.AutoscalingSimulator(TARGET, min_capacity=low, max_capacity=high)
    stamps = [start + timedelta(minutes=at) for at in range(len(rates))]

    def points(name: str) -> list[Any]:
        return [
            module.MetricDataPoint(name, at, "t", 60.0 * rate, float(rate))
            for at, rate in zip(stamps, rates, strict=True)
        ]

    seconds = []
    for _ in range(RUNS):
        reads, writes = points("ConsumedReadCapacityUnits"), points("ConsumedWriteCapacityUnits")
        began = time.perf_counter()
        simulator.simulate(reads, writes)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) / 2


_NEEDED = ("dayjs@1.11.7", "ring-buffer-ts@1.2.0", "esbuild@0.25.0")
"""The packages that the class imports, as its lock file has them, and what makes one script of its TypeScript."""

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


def _scaling(folder: Path, rates: list[int], start: int, low: int, high: int) -> dict[str, float]:
    """Its class in Node; the first run of each delay is not counted."""
    asked = {
        "rates": rates, "start": start, "low": low, "high": high, "target": TARGET, "delays": DELAYS, "runs": RUNS
    }  # fmt: skip
    said = subprocess.run(
        ["node", str(_bundled(folder))],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found: dict[str, float] = json.loads(said.stdout)
    return found


@cache
def _bundled(folder: Path) -> Path:
    """Its two files and the driver as one script, made in a folder of ours: the checkout stays as it was fetched."""
    work = ROOT / "out" / "bench" / "peer"
    work.mkdir(parents=True, exist_ok=True)
    (work / "package.json").write_text('{"private": true}\n')
    for name in ("ddb-sim.ts", "burst-bucket.ts"):
        shutil.copy(folder / name, work)
    (work / "driver.ts").write_text(_DRIVER)
    subprocess.run(
        ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", *_NEEDED],
        cwd=work,
        check=True,
    )
    bundling = [
        "node_modules/.bin/esbuild",
        "driver.ts",
        "--bundle",
        "--platform=node",
        "--outfile=driver.cjs",
    ]
    subprocess.run([*bundling, "--log-level=error"], cwd=work, check=True)
    return work / "driver.cjs"


__all__ = ["line", "measure"]
