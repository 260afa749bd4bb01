"""Converts the 1998 World Cup trace to the traffic of a conversations table, a CSV file for ``record --from-csv``.

    python stacks/baselines/convert_worldcup.py SOURCE.csv OUT_DIR [--scale FACTOR]

SOURCE.csv holds requests per minute of the 1998 World Cup web site, columns ``period,count``, times in UTC: the file
of github nimamahmoudi/worldcup98-dataset, commit 8246021 (MIT, ``LICENSE.worldcup98.txt``). The script
writes ``traffic.csv`` to OUT_DIR. ``rebuild.sh`` in this folder makes every committed baseline with it.

All changes of the numbers:

- Days: 25 June to 8 July 1998, 14 days, 20,160 minutes. The script stops when one is missing.
- Dates: shifted by 28 years, which is 10,227 days or 1,461 whole weeks, so every day keeps its weekday.
- Scale: the busiest minute, 7 July 21:41 UTC with 229,426 requests, becomes 4,800 writes a second (288,000 write units
  in the minute), times FACTOR; every other minute in proportion, rounded to whole units.
- Write units: one update of a conversation of up to 2 KB is 2 write units on the table. Its entry in the index
  ``by_agent`` (up to 1 KB) changes with the time of the last activity: one delete and one put, 2 write units too. So table
  and index have the same write units. A request of the trace becomes 0.63 updates.
- Read units: 0.5 on the table and 0.75 on the index for each request of the trace (agents read lists more often than
  they open one conversation). At FACTOR 1 that is at most 1,912 and 2,868 units a second.
- Throttle events: none, because the trace has none.
"""

from __future__ import annotations

import argparse
import csv
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

FIRST = datetime(1998, 6, 25, tzinfo=UTC)
MINUTES = 14 * 1440
SHIFT = timedelta(days=10_227)
PEAK_REQUESTS = 229_426
PEAK_WRITE_UNITS = 4_800 * 60
READ_UNITS = {"table/read": 0.5, "index/by_agent/read": 0.75}
COLUMNS = ("minute", "table/read", "table/write", "index/by_agent/read", "index/by_agent/write")


def requests(source: Path) -> list[int]:
    """Requests of each of the 20,160 minutes.

    Args:
        source: the trace.

    Raises:
        ValueError: a minute is missing, or the busiest minute is not the one of the scale.
    """
    with source.open(newline="") as file:
        counts = {row["period"]: int(row["count"]) for row in csv.DictReader(file)}
    minutes = [FIRST + timedelta(minutes=number) for number in range(MINUTES)]
    missing = [minute for minute in minutes if f"{minute:%Y-%m-%d %H:%M:%S}" not in counts]
    if missing:
        raise ValueError(
            f"{source.name}: {len(missing)} minutes are missing, the first is {missing[0]:%Y-%m-%d %H:%M}"
        )
    result = [counts[f"{minute:%Y-%m-%d %H:%M:%S}"] for minute in minutes]
    if max(result) != PEAK_REQUESTS:
        raise ValueError(
            f"{source.name}: the busiest minute has {max(result):,} requests, not {PEAK_REQUESTS:,}"
        )
    return result


def rows(requests_by_minute: list[int], scale: float) -> list[tuple[str, int, int, int, int]]:
    """Minute and units per minute of each dimension, in the order of ``COLUMNS``.

    Args:
        requests_by_minute: requests per minute.
        scale: FACTOR, 1 for a busiest minute of 4,800 writes a second.
    """
    result = []
    for number, count in enumerate(requests_by_minute):
        write = round(count * scale * PEAK_WRITE_UNITS / PEAK_REQUESTS)
        read, index_read = (round(count * scale * units) for units in READ_UNITS.values())
        minute = FIRST + SHIFT + timedelta(minutes=number)
        result.append((f"{minute:%Y-%m-%dT%H:%MZ}", read, write, index_read, write))
    return result


def main(argv: list[str] | None = None) -> int:
    """Write OUT_DIR/traffic.csv; exit code 2 with one line for a source that is not the trace."""
    parser = argparse.ArgumentParser(
        description="Turn the 1998 World Cup trace into the traffic of a conversations table."
    )
    parser.add_argument("source", type=Path, metavar="SOURCE.csv", help="columns period,count")
    parser.add_argument("out", type=Path, metavar="OUT_DIR", help="folder for traffic.csv")
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="FACTOR", help="1 is a peak of 4,800 writes/s"
    )
    arguments = parser.parse_args(argv)
    try:
        if not 0 < arguments.scale <= 100:
            raise ValueError(f"--scale {arguments.scale} is not above 0 and at most 100")
        lines = rows(requests(arguments.source), arguments.scale)
        arguments.out.mkdir(parents=True, exist_ok=True)
        with (arguments.out / "traffic.csv").open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(lines)
    except (OSError, ValueError, KeyError) as error:
        print(f"convert_worldcup: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
