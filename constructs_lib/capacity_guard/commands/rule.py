"""``capacity-guard rule``: the documentation page of a rule, or the list of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exit_codes import OK

if TYPE_CHECKING:
    import argparse

    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    rule = commands.add_parser(
        "rule",
        help="print the documentation page of a rule",
        description="Print the documentation page of a rule in Markdown; without an id, list the rules.",
    )
    id = rule.add_argument("id", nargs="?", metavar="ID", help="the id that a finding begins with: CG4")
    id.completer = _ids  # type: ignore[attr-defined] # of argcomplete
    rule.set_defaults(run=_run)


def _ids(**_: object) -> list[str]:
    """What a shell completes."""
    from ..rules import ALL_RULES

    return [rule.id for rule in ALL_RULES]


def _run(arguments: argparse.Namespace) -> int:
    from ..rules import ALL_RULES
    from ..rules.pages import rule_page

    if arguments.id is not None:
        print(rule_page(arguments.id), end="")
        return OK
    width = max(len(rule.id) for rule in ALL_RULES)
    for rule in ALL_RULES:
        print(f"{rule.id:{width}}  {rule.level.value:5}  {rule.title}")
    return OK


__all__ = ["add"]
