"""A plan as text: on a terminal, in Markdown and on a page."""

from __future__ import annotations

import re
from html import unescape
from io import StringIO

from rich.console import Console

from capacity_guard.planning.plan import Plan
from capacity_guard.report.plan_html import plan_html
from capacity_guard.report.plan_markdown import plan_markdown
from capacity_guard.report.plan_text import print_plan


def printed(plan: Plan, width: int = 160, *, colour: bool = False) -> str:
    out = StringIO()
    print_plan(plan, Console(file=out, width=width, force_terminal=colour, highlight=False))
    return out.getvalue()


def texts(plan: Plan) -> list[str]:
    """The text of a plan on a terminal, in Markdown and on a page, without markup."""
    outputs = (
        printed(plan),
        plan_markdown(plan).replace("\\_", "_"),
        unescape(re.sub("<[^>]+>", "", plan_html(plan))),
    )
    return [" ".join(text.split()) for text in outputs]
