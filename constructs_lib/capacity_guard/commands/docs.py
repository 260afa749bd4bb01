"""``capacity-guard docs``: a documentation page, or the list of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..capacity.plain_data import shown
from .exit_codes import OK

if TYPE_CHECKING:
    import argparse

    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    docs = commands.add_parser(
        "docs",
        help="print a documentation page",
        description=(
            "Print a documentation page in Markdown; without a name, list the pages. Messages name the command of a page."
        ),
    )
    page = docs.add_argument(
        "page",
        nargs="?",
        metavar="PAGE",
        help="the page: recording, or the path of its file in the repository",
    )
    page.completer = _names  # type: ignore[attr-defined] # of argcomplete
    docs.set_defaults(run=_run)


def _names(**_: object) -> list[str]:
    """What a shell completes."""
    from ..rules.pages import page_titles

    return list(page_titles())


def _run(arguments: argparse.Namespace) -> int:
    from ..rules.pages import installed_page, page_titles

    titles = page_titles()
    if arguments.page is not None:
        name = arguments.page.removeprefix("docs/").removesuffix(".md")
        if name not in titles:
            raise InputError(shown(arguments.page), "is not a page", "Run capacity-guard docs for a list")
        print(installed_page(name), end="")
        return OK
    width = max(map(len, titles))
    for name, title in titles.items():
        print(f"{name:{width}}  {title}")
    return OK


__all__ = ["add"]
