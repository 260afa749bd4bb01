"""``capacity-guard record``: record the deployed capacity and traffic of tables into baselines."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.errors import InputError, Refused
from ..evidence.baseline import Baseline
from ..evidence.files import LARGEST_TEXT, read_limited
from .arguments import file_or_dash, file_path, plain_text, whole_number
from .exit_codes import BAD_INPUT, FOUND, OK, SOME_FAILED
from .progress import Progress
from .record_files import FILE_OPTIONS, add_file_options, record_files
from .record_summary import recording_summary

if TYPE_CHECKING:
    from ..evidence.traffic import Traffic
    from ..recording.aws import RecordingAws
    from ..recording.fleet import TableResult
    from ..recording.rollout import Bake, Verdict
    from .arguments import Commands

_MOST_PARALLEL = 32


def add(commands: Commands) -> None:
    """Register the command."""
    record = commands.add_parser(
        "record",
        help="record the deployed capacity and traffic of tables into baselines",
        description="Record a table's deployed capacity and traffic into a baseline: a JSON file and, beside it, a "
        "compressed CSV, both for version control. Reads AWS, changes nothing there. Exit code 3: some of several tables "
        "could not be recorded, the others were. See `capacity-guard docs recording`.",
    )
    tables = record.add_argument_group("which tables")
    tables.add_argument("--table", metavar="NAME", help="name of one table")
    tables.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="every table with this tag; all tags must match",
    )
    tables.add_argument(
        "--stack",
        metavar="NAME",
        help="every table of this CloudFormation stack; with --table, the stack that owns it (default: ask CloudFormation)",
    )
    tables.add_argument(
        "--tables-from",
        type=file_or_dash,
        metavar="FILE",
        help="tables by name, one a line; - reads standard input",
    )
    record.add_argument(
        "--out",
        type=file_path,
        metavar="FILE.json",
        help="the baseline to write; for several tables the folder, in which each is NAME.json",
    )
    record.add_argument(
        "--traffic-folder",
        type=file_path,
        metavar="FOLDER",
        help="write the traffic there, under its checksum, instead of beside the baseline",
    )
    record.add_argument(
        "--note", type=plain_text, metavar="TEXT", help="what a reader of the file should know"
    )
    record.add_argument(
        "--settled",
        action="store_true",
        help="changes that can still be taken back have proved themselves: record their capacity as deployed "
        "(capacity-guard docs watch)",
    )
    record.add_argument(
        "--accepted",
        type=plain_text,
        metavar="REASON",
        help="as --settled, for a change that a person accepts without that proof; the reason stays in the baseline",
    )
    record.add_argument(
        "--later-wave",
        action="store_true",
        help="with --settled: another cell has settled before, so 2 hours are enough",
    )
    aws = record.add_argument_group("from AWS")
    aws.add_argument(
        "--days", type=whole_number, metavar="N", help="days of one-minute traffic, 1 to 14 (default 14)"
    )
    aws.add_argument(
        "--region",
        metavar="R",
        help="AWS Region (default: of profile or environment; with --from-csv: not known)",
    )
    aws.add_argument("--endpoint-url", metavar="URL", help="another endpoint than AWS, for all services")
    aws.add_argument(
        "--parallel",
        type=whole_number,
        default=4,
        metavar="N",
        help=f"tables at a time, 1 to {_MOST_PARALLEL} (default 4)",
    )
    aws.add_argument(
        "--print-iam-policy",
        action="store_true",
        help="print the least IAM policy that these options need; no call to AWS",
    )
    add_file_options(record)
    record.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    selections = [name for name in ("table", "tag", "tables_from") if getattr(arguments, name)]
    if len(selections) > 1:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in selections)
        raise InputError(options, "name tables in two ways", "Give one of them")
    if not selections and arguments.stack is None:
        raise InputError(
            "--table", "is missing", "Name a table, or several with --tag, --stack or --tables-from"
        )
    if arguments.stack == "":
        raise InputError("--stack ''", "does not exist", "Check name, Region and profile")
    if arguments.print_iam_policy:
        return _print_policy(arguments)
    if not (arguments.note or "").strip():
        arguments.note = None
    if arguments.out is None:
        raise InputError(
            "--out", "is missing", "Name the baseline to write, or the folder for several tables"
        )
    if arguments.traffic_folder is not None:
        from ..recording.store import check_folder

        check_folder(f"--traffic-folder {arguments.traffic_folder}", arguments.traffic_folder)
    if arguments.accepted is not None and not arguments.accepted.strip():
        raise InputError("--accepted", "has no reason", "Write why the change is accepted without proof")
    if arguments.later_wave and not arguments.settled:
        raise InputError("--later-wave", "says nothing without --settled", "Leave it out")
    if arguments.settled and arguments.accepted is not None:
        raise InputError("--settled and --accepted", "contradict each other", "Give one of them")
    if arguments.from_csv is not None:
        for option in ("settled", "accepted"):
            if getattr(arguments, option):
                raise InputError(
                    f"--{option}", "says nothing with --from-csv, which reads no AWS", "Leave it out"
                )
        return record_files(arguments)
    for name in FILE_OPTIONS:
        if getattr(arguments, name) not in (None, []):
            option = f"--{name.replace('_', '-')}"
            raise InputError(
                option, "says nothing when AWS is read", "Give it with --from-csv, or leave it out"
            )
    if not 1 <= arguments.parallel <= _MOST_PARALLEL:
        raise InputError(
            f"--parallel {arguments.parallel}", "is out of range", f"Choose 1 to {_MOST_PARALLEL}"
        )
    if selections == ["table"]:
        return _record_one(arguments)
    return _record_fleet(arguments)


def _verdict(arguments: argparse.Namespace) -> Verdict:
    from ..recording.rollout import Verdict

    def objection(bake: Bake, traffic: Traffic) -> str | None:
        from .settled import why_not_settled

        return why_not_settled(bake, traffic, is_later_wave=arguments.later_wave)

    return Verdict(arguments.settled, arguments.accepted, objection)


def _record_one(arguments: argparse.Namespace) -> int:
    from ..recording.record import record_table
    from ..recording.table_selection import check_name

    name, out = arguments.table, arguments.out
    check_name(name, "--table")
    days = _checked_days(arguments)
    aws = _connect(arguments)
    progress = Progress(sys.stderr)
    try:
        baseline = record_table(
            aws,
            name,
            out,
            stack=arguments.stack,
            days=days,
            note=arguments.note,
            on_progress=progress.of(name),
            verdict=_verdict(arguments),
            traffic_folder=arguments.traffic_folder,
        )
    finally:
        progress.end()
    print(recording_summary(baseline, out))
    return OK


def _checked_days(arguments: argparse.Namespace) -> int:
    from ..recording.record import DEFAULT_DAYS, check_days

    days = DEFAULT_DAYS if arguments.days is None else arguments.days
    check_days(days)
    return int(days)


def _connect(arguments: argparse.Namespace) -> RecordingAws:
    from ..recording.aws import RecordingAws

    url = arguments.endpoint_url
    if url is not None and not url.startswith(("http://", "https://")):
        raise InputError(f"--endpoint-url {url}", "is not an address", "Write it like http://localhost:8000")
    return RecordingAws.connect(arguments.region, url)


def _record_fleet(arguments: argparse.Namespace) -> int:
    from ..recording.aws import CallFailed
    from ..recording.fleet import record_fleet
    from ..recording.record import forget_recorded, record_table
    from ..recording.store import check_folder, fleet_files

    folder: Path = arguments.out
    if folder.suffix == ".json":
        raise InputError(f"--out {folder}", "is not a folder", "Name one: every table gets a file in it")
    check_folder(f"--out {folder}", folder)
    days = _checked_days(arguments)
    aws = _connect(arguments)
    names = _table_names(arguments, aws)
    files = fleet_files(folder, names)
    progress = Progress(sys.stderr)
    results: dict[str, Baseline | InputError] = {}

    def record(name: str) -> Baseline:
        return record_table(
            aws,
            name,
            files[name],
            stack=arguments.stack,
            days=days,
            note=arguments.note,
            on_progress=progress.of(name),
            fleet=True,
            verdict=_verdict(arguments),
            traffic_folder=arguments.traffic_folder,
        )

    def report(recorded: TableResult) -> None:
        results[recorded.name] = recorded.result
        if isinstance(recorded.result, InputError):
            progress.line(f"capacity-guard: {recorded.name}: {recorded.result}")
        else:
            progress.line(f"[{len(results)}/{len(names)}] {recorded.name}: recorded")

    ended_by: KeyboardInterrupt | InputError | None = None
    try:
        record_fleet(names, record, arguments.parallel, report, aws.stop)
    except (KeyboardInterrupt, InputError) as error:
        ended_by = error
    finally:
        progress.end()
    written = {name: results[name] for name in names if isinstance(results.get(name), Baseline)}
    if isinstance(ended_by, InputError) and not written:
        raise ended_by
    for name, baseline in written.items():
        assert isinstance(baseline, Baseline)
        print(recording_summary(baseline, files[name]))
    print(f"{len(written)} of {len(names)} tables recorded into {folder}")
    if isinstance(ended_by, KeyboardInterrupt):
        raise ended_by
    if ended_by is not None:
        print(f"capacity-guard: {ended_by}", file=sys.stderr)
    elif not any(isinstance(result, CallFailed) and result.retryable for result in results.values()):
        # Without a temporary failure no later run continues this recording.
        for name in written:
            forget_recorded(files[name])
    if len(written) == len(names):
        return OK
    if written:
        return SOME_FAILED
    errors = [result for result in results.values() if isinstance(result, InputError)]
    refused = ended_by is None and bool(errors) and all(isinstance(error, Refused) for error in errors)
    return FOUND if refused else BAD_INPUT


def _table_names(arguments: argparse.Namespace, aws: RecordingAws) -> list[str]:
    from ..recording.table_selection import tables_from, tables_of_stack, tables_of_tags

    if arguments.tables_from:
        return tables_from(_read_text(arguments.tables_from), arguments.tables_from)
    if arguments.tag:
        return tables_of_tags(aws, _parse_tags(arguments.tag))
    return tables_of_stack(aws, arguments.stack)


def _parse_tags(given: list[str]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for tag in given:
        key, equals, value = tag.partition("=")
        if not key or not equals:
            raise InputError(f"--tag {tag}", "is not KEY=VALUE", "Write it like --tag team=chat")
        if tags.setdefault(key, value) != value:
            raise InputError(
                f"--tag {tag}", f"contradicts {key}={tags[key]}: a table has one value a key", "Give one"
            )
    return tags


def _read_text(file: str) -> str:
    try:
        if file == "-":
            if sys.stdin is None:
                raise OSError("standard input is closed")
            text = sys.stdin.read(LARGEST_TEXT + 1)
            if len(text) > LARGEST_TEXT:
                raise OSError(f"holds more than {LARGEST_TEXT // 2**20} MiB")
            return text
        return read_limited(Path(file), LARGEST_TEXT).decode()
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"--tables-from {file}", f"cannot be read ({error})", "Name a text file") from None


def _print_policy(arguments: argparse.Namespace) -> int:
    from ..recording.iam_policy import recording_policy
    from ..recording.table_selection import check_name, tables_from

    tables: list[str] | None = None
    if arguments.table:
        check_name(arguments.table, "--table")
        tables = [arguments.table]
    elif arguments.tables_from:
        tables = tables_from(_read_text(arguments.tables_from), arguments.tables_from)
    _parse_tags(arguments.tag)
    document = recording_policy(
        tables,
        region=arguments.region,
        stack=arguments.stack,
        by_tag=bool(arguments.tag),
        by_stack=arguments.stack is not None,
    )
    print(json.dumps(document, indent=2))
    return OK


__all__ = ["add"]
