"""The command line: ``capacity-guard record``. Also runs as ``python -m constructs_lib.cli``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from constructs_lib.capacity.baseline import Baseline, TableIdentity
from constructs_lib.capacity.errors import InputError

OK = 0
BAD_INPUT = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: arguments without the program's name; ``None`` takes those of the process.

    Returns:
        0 when done, 2 for bad input or a refused call (one line on the error output, nothing written), 130 when
        interrupted. Unusable arguments end with argparse's own exit, code 2 too.
    """
    arguments = _parser().parse_args(argv)
    try:
        print(_record(arguments))
    except InputError as error:
        print(f"capacity-guard: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("capacity-guard: interrupted, nothing was written", file=sys.stderr)
        return INTERRUPTED
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="capacity-guard", description="Makes a DynamoDB capacity change as safe as a code deployment."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    record = commands.add_parser(
        "record",
        help="record a table's deployed capacity and traffic into a baseline",
        description="Record a table's deployed capacity and traffic into a baseline: a JSON file and, beside it, a "
        "compressed CSV, both for version control. Reads AWS, changes nothing there. docs/recording.md tells all.",
    )
    record.add_argument("--table", required=True, metavar="NAME", help="name of the table")
    record.add_argument("--out", required=True, type=Path, metavar="FILE.json", help="the baseline to write")
    record.add_argument(
        "--stack", metavar="NAME", help="its CloudFormation stack (default: ask CloudFormation)"
    )
    record.add_argument("--note", metavar="TEXT", help="what a reader of the file should know")
    aws = record.add_argument_group("from AWS")
    aws.add_argument("--days", type=int, metavar="N", help="days of one-minute traffic, 1 to 14 (default 14)")
    aws.add_argument("--region", metavar="R", help="AWS Region (default: of profile or environment)")
    aws.add_argument("--endpoint-url", metavar="URL", help="another endpoint than AWS, for all services")
    files = record.add_argument_group("from files")
    files.add_argument(
        "--from-csv", type=Path, metavar="TRAFFIC.csv", help="traffic, units per minute; no AWS is read"
    )
    files.add_argument("--capacity", type=Path, metavar="CAPACITY.json", help="the deployed capacity")
    files.add_argument("--recorded-at", metavar="MOMENT", help="when the traffic was recorded (default: now)")
    return parser


def _record(arguments: argparse.Namespace) -> str:
    if arguments.from_csv is not None:
        baseline = _record_files(arguments)
    else:
        for name in ("capacity", "recorded_at"):
            if getattr(arguments, name) is not None:
                option = f"--{name.replace('_', '-')}"
                raise InputError(
                    option, "says nothing when AWS is read", "Give it with --from-csv, or leave it out"
                )
        baseline = _record_live(arguments)
    return _summary(baseline, arguments.out)


def _record_live(arguments: argparse.Namespace) -> Baseline:
    from constructs_lib.recording.aws import Aws
    from constructs_lib.recording.record import DEFAULT_DAYS, record_table

    return record_table(
        Aws.connect(arguments.region, arguments.endpoint_url),
        arguments.table,
        arguments.out,
        stack=arguments.stack,
        days=DEFAULT_DAYS if arguments.days is None else arguments.days,
        note=arguments.note,
    )


def _record_files(arguments: argparse.Namespace) -> Baseline:
    from constructs_lib.recording.from_csv import record_csv

    for name in ("days", "region", "endpoint_url"):
        if getattr(arguments, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise InputError(option, "says nothing with --from-csv, which reads no AWS", "Leave it out")
    if arguments.capacity is None:
        raise InputError("--capacity", "is missing", "Name the JSON file with the deployed capacity")
    at = arguments.recorded_at
    return record_csv(
        arguments.from_csv,
        arguments.capacity,
        TableIdentity(arguments.table, stack=arguments.stack),
        arguments.out,
        recorded_at=None if at is None else _moment(at),
        note=arguments.note,
    )


def _moment(text: str) -> datetime:
    try:
        moment: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() != timedelta(0):
        raise InputError(
            "--recorded-at", f"{text!r} is no moment in UTC", "Write it like 2026-07-09T00:00:00Z"
        )
    return moment.replace(microsecond=0)


def _summary(baseline: Baseline, out: Path) -> str:
    traffic, evidence = baseline.traffic, baseline.evidence(switch_minutes=1)
    assert traffic is not None  # a recorded baseline always has both
    assert evidence is not None
    gaps = traffic.gaps()
    lines = [
        f"{out}: {baseline.table.name}, attempt {baseline.attempt}, {traffic.days:.1f} days "
        f"({traffic.minutes:,} minutes, {gaps:,} with a gap), {traffic.start:%Y-%m-%d %H:%M} to {traffic.end:%Y-%m-%d %H:%M} UTC"
    ]
    for dimension, one in evidence.dimensions.items():
        peak = (
            "nothing recorded"
            if one.peak is None
            else f"peak {one.peak.units:,.0f}/s  {one.peak.at:%a %d %b %Y %H:%M} UTC"
        )
        throttled = sum(traffic.throttled[dimension])
        events = f", {throttled:,.0f} throttle events" if throttled else ""
        lines.append(f"  {dimension.label:24} {peak}{events}")
    if baseline.recording.note:
        lines.append(f"  note: {baseline.recording.note}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
