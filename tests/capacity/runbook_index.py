"""The table of reasons in docs/runbooks/README.md, written from the code: ``python -m tests.capacity.runbook_index --write``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from capacity_guard.capacity.reasons import Reason
from tests.paths import ROOT

PAGE = ROOT / "docs" / "runbooks" / "README.md"
START, END = "<!-- reasons: made from the code -->\n", "<!-- end of reasons -->\n"


def rows() -> Iterator[str]:
    """The lines of the table."""
    yield "| code | reason | look |"
    yield "|---|---|---|"
    for reason in Reason:
        yield f"| [`{reason.code}`]({reason.code}.md) | {reason.title} | {reason.urgency} |"


def page() -> str:
    """The page with the table that the code makes."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(START)
    return f"{before}{START}\n" + "\n".join(rows()) + f"\n\n{END}{rest.split(END)[1]}"


def main(*arguments: str) -> None:
    """Print the page; with ``--write``, write it."""
    if "--write" in arguments:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")


if __name__ == "__main__":
    main(*sys.argv[1:])
