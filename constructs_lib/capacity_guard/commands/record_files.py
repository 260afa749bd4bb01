"""``capacity-guard record --from-csv``: record a table from files, without AWS."""

from __future__ import annotations

import argparse
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..capacity.hold import is_journals
from ..capacity.plain_data import shown
from ..capacity.safe_text import safe_line
from ..capacity.settings import CLOCK_SKEW
from ..evidence.provenance import TableIdentity
from .arguments import check_place, file_path, parse_parameters, parse_time
from .exit_codes import OK
from .record_summary import recording_summary

if TYPE_CHECKING:
    from ..checking.template_file import TemplateFile
    from ..recording.from_template import StatedDeployed

FILE_OPTIONS = ("capacity", "template", "logical_id", "parameter", "answers", "recorded_at")
"""Options that need ``--from-csv``."""
_OF_TEMPLATE = ("logical_id", "parameter", "answers")
_SHOWN_IDS = 10


def add_file_options(record: argparse.ArgumentParser) -> None:
    """Register the options.

    Args:
        record: the command.
    """
    files = record.add_argument_group("from files")
    files.add_argument(
        "--from-csv", type=file_path, metavar="TRAFFIC.csv", help="traffic, units per minute; no AWS is read"
    )
    files.add_argument(
        "--template",
        type=file_path,
        metavar="TEMPLATE",
        help="the template that is deployed, for its capacity",
    )
    files.add_argument("--logical-id", metavar="ID", help="the table in it (default: its only table)")
    files.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a parameter of the template",
    )
    files.add_argument(
        "--answers",
        nargs="+",
        action="extend",
        default=[],
        type=file_path,
        metavar="FILE.json",
        help="what the AWS CLI prints about the live table; the command lists what is missing, and how to get it",
    )
    files.add_argument(
        "--capacity",
        type=file_path,
        metavar="CAPACITY.json",
        help="the deployed capacity, without a template",
    )
    files.add_argument("--recorded-at", metavar="MOMENT", help="when the traffic was recorded (default: now)")


def record_files(arguments: argparse.Namespace) -> int:
    """Record a table from files, and print what was recorded and what the files do not state.

    Args:
        arguments: the parsed options of ``record``.

    Raises:
        InputError: an option or a file is wrong; nothing is written then.
    """
    from ..recording.from_csv import record_csv

    if not arguments.table:
        raise InputError("--table", "is missing", "Name the table that --from-csv is about")
    for name in ("days", "endpoint_url"):
        if getattr(arguments, name) is not None:
            option = f"--{name.replace('_', '-')}"
            raise InputError(option, "says nothing with --from-csv, which reads no AWS", "Leave it out")
    check_place(arguments.stack, None, arguments.region)
    stated = _stated(arguments)
    at = None if arguments.recorded_at is None else parse_time(arguments.recorded_at, "--recorded-at")
    if at is not None and at > datetime.now(UTC) + CLOCK_SKEW:
        raise InputError(
            f"--recorded-at {arguments.recorded_at}",
            "is still to come, and no rule uses a baseline of the future",
            "Give the moment of the recording",
        )
    baseline = record_csv(
        arguments.from_csv,
        arguments.capacity if stated is None else stated,
        TableIdentity(arguments.table, region=arguments.region, stack=arguments.stack)
        if stated is None
        else stated.identity,
        arguments.out,
        recorded_at=at,
        note=arguments.note,
        traffic_folder=arguments.traffic_folder,
    )
    print(recording_summary(baseline, arguments.out))
    if stated is not None:
        _print_missing(stated)
    return OK


def _stated(arguments: argparse.Namespace) -> StatedDeployed | None:
    """The capacity that a template states; ``None`` where ``--capacity`` states it."""
    if arguments.template is not None and arguments.capacity is not None:
        raise InputError("--template and --capacity", "both state the deployed capacity", "Give one of them")
    if arguments.template is None:
        for name in _OF_TEMPLATE:
            if getattr(arguments, name) not in (None, []):
                option = f"--{name.replace('_', '-')}"
                raise InputError(
                    option, "says nothing without --template", "Give the template, or leave it out"
                )
        if arguments.capacity is None:
            raise InputError(
                "--template",
                "is missing",
                "Name the template that is deployed, with --logical-id, or write its capacity into a file for --capacity",
            )
        return None
    from ..checking.stack_place import StackPlace, place_in_assembly
    from ..checking.template_file import TemplateFile
    from ..recording.answers import LiveAnswers
    from ..recording.from_template import TemplateSource, read_deployed

    template = TemplateFile.load(arguments.template)
    place = StackPlace(arguments.stack, None, arguments.region).or_else(place_in_assembly(arguments.template))
    identity = TableIdentity(
        arguments.table, place.account, place.region, place.stack, _logical_id(template, arguments.logical_id)
    )
    return read_deployed(
        TemplateSource(
            arguments.template,
            template.content,
            template.name,
            identity,
            parse_parameters(arguments.parameter),
        ),
        LiveAnswers.load(arguments.answers, arguments.table),
    )


def _logical_id(template: TemplateFile, given: str | None) -> str:
    tables = [id for id in template.tables if not is_journals(id)]
    if given in tables:
        return str(given)
    if given is None and len(tables) == 1:
        return tables[0]
    ids = ", ".join(tables[:_SHOWN_IDS]) + (", ..." if len(tables) > _SHOWN_IDS else "")
    if not ids:
        raise InputError(template.name, "declares no table", "Name the template that declares it")
    if given is None:
        raise InputError("--logical-id", "is missing: the template has several tables", f"Give one of {ids}")
    raise InputError(f"--logical-id {shown(given)}", "is not a table of the template", f"Give one of {ids}")


def _print_missing(stated: StatedDeployed) -> None:
    """What neither the template nor an answer states, what counts instead, and the command that states it."""
    lines = []
    if stated.differs:
        lines.append(
            "  warning: the live table has another capacity than the template states: is this the template that is deployed?"
        )
    if stated.missing:
        lines.append("  the template does not state, and this baseline does not know:")
        for answer in stated.missing:
            lines += [f"    {answer.states}", f"      {answer.command}"]
        files = " ".join(shlex.quote(answer.file) for answer in stated.missing)
        given = "".join(
            f" {shlex.quote(str(file))}" for option, file in stated.inputs if option == "--answers"
        )
        lines.append(f"  to record it, run these commands, then record again with --answers{given} {files}")
    print("\n".join(map(safe_line, lines)), end="\n" if lines else "")


__all__ = ["FILE_OPTIONS", "add_file_options", "record_files"]
