"""``capacity-guard check``: judge the tables of a CloudFormation template without the CDK."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from .arguments import check_place, file_path, named_file, parse_parameters, parse_time
from .findings_outputs import add_outputs, outputs_of, show

if TYPE_CHECKING:
    import argparse

    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    check = commands.add_parser(
        "check",
        help="judge the tables of any CloudFormation template",
        description="Judge every table of a CloudFormation template, of the CDK in any language, of SAM or written by hand, by "
        "the rules of a synthesis. Reads files alone. The deployment has no gates. Exit code 0: nothing is refused, 1: "
        "something is refused, 2: bad input. See `capacity-guard docs check`.",
    )
    check.add_argument("template", type=file_path, metavar="TEMPLATE", help="the template, JSON or YAML")
    check.add_argument(
        "--baseline",
        nargs="+",
        action="extend",
        default=[],
        type=named_file,
        metavar="[LOGICALID=]FILE",
        help="baselines of its tables, which capacity-guard record wrote",
    )
    check.add_argument(
        "--previous",
        type=file_path,
        metavar="TEMPLATE",
        help="the template that is deployed: what else changes",
    )
    check.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="value of a parameter of the template; a default is not taken for one",
    )
    check.add_argument("--stack", metavar="NAME", help="name of the stack (default: of the cloud assembly)")
    check.add_argument("--account", metavar="ID", help="AWS account (default: of the cloud assembly)")
    check.add_argument("--region", metavar="REGION", help="AWS Region (default: of the cloud assembly)")
    check.add_argument(
        "--settings",
        type=file_path,
        metavar="FILE.json",
        help="margins, change window, and acknowledgments of findings",
    )
    check.add_argument(
        "--break-glass", metavar="REASON", help="an emergency: every finding is a warning with this reason"
    )
    check.add_argument(
        "--now", metavar="MOMENT", help="moment of the judgment, UTC (default: the midnight before now)"
    )
    add_outputs(check, "the lines of the template")
    check.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from ..checking.check import Check
    from ..checking.check_settings import CheckSettings
    from ..checking.matching import GivenBaseline
    from ..checking.stack_place import StackPlace, place_in_assembly
    from ..checking.template_file import TemplateFile

    outputs = outputs_of(arguments)
    reason = arguments.break_glass
    if reason is not None and not reason.strip():
        raise InputError("--break-glass", "is empty", "Say what the emergency is")
    check_place(arguments.stack, arguments.account, arguments.region)
    template = TemplateFile.load(arguments.template)
    given = StackPlace(arguments.stack, arguments.account, arguments.region)
    check = Check(
        template,
        given.or_else(place_in_assembly(arguments.template)),
        _moment(arguments.now),
        [GivenBaseline.parse(text) for text in arguments.baseline],
        None if arguments.previous is None else TemplateFile.load(arguments.previous),
        parse_parameters(arguments.parameter),
        CheckSettings() if arguments.settings is None else CheckSettings.load(arguments.settings),
        reason,
    )
    findings = check.findings()
    if template.has_gates:
        print(
            f"capacity-guard: {template.name}: has gates of a guard, and a check judges it as if it had none. The synthesis has "
            "judged it with them: capacity-guard findings prints that",
            file=sys.stderr,
        )
    return show(findings, arguments, outputs)


def _moment(text: str | None) -> datetime:
    """The moment of judgment; by default a midnight, as that of a synthesis: the same files give the same findings all day."""
    if text is not None:
        return parse_time(text, "--now")
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


__all__ = ["add"]
