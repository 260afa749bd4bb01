"""``capacity-guard runbook``: the page of a reason that the guard gave, or the list of reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..capacity.plain_data import shown
from ..capacity.reasons import Reason
from .exit_codes import OK

if TYPE_CHECKING:
    import argparse

    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    runbook = commands.add_parser(
        "runbook",
        help="print what to do for a reason that the guard gave",
        description=(
            "Print the runbooks of reasons in Markdown: what happened, what the guard did, what is restored, what to look at and "
            "what to do next. Each message of the gates and of the watch ends with the codes. Without a code, list the reasons."
        ),
    )
    codes = runbook.add_argument(
        "codes", nargs="*", metavar="CODE", help="codes that a message ends with: bake-throttled"
    )
    codes.completer = _codes  # type: ignore[attr-defined] # of argcomplete
    runbook.set_defaults(run=_run)


def _codes(**_: object) -> list[str]:
    """What a shell completes."""
    return [reason.code for reason in Reason]


def runbook_page(code: str) -> str:
    """The page of a reason, in Markdown.

    Args:
        code: its code, in upper or lower case.

    Raises:
        InputError: no reason has this code.
    """
    reason = Reason.of(code.lower())
    if reason is None:
        raise InputError(shown(code), "is not a reason of the guard", "Run capacity-guard runbook for a list")
    from ..rules.pages import installed_page

    return installed_page(f"runbooks/{reason.code}")


def _run(arguments: argparse.Namespace) -> int:
    if arguments.codes:
        print("\n".join(runbook_page(code) for code in dict.fromkeys(arguments.codes)), end="")
        return OK
    width = max(len(reason.code) for reason in Reason)
    for reason in Reason:
        print(f"{reason.code:{width}}  {reason.urgency:4}  {reason.title}")
    return OK


__all__ = ["add", "runbook_page"]
