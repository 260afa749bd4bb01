"""The documentation pages of the rules, as an installation holds them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ..capacity.errors import InputError
from ..capacity.plain_data import shown
from . import ALL_RULES

_CHECKOUT = Path(__file__).resolve().parents[3] / "docs" / "rules"
"""Where the pages are in a checkout; a wheel holds a copy of them (``setup.py``)."""


def rule_page(name: str) -> str:
    """The documentation page of a rule, in Markdown.

    Args:
        name: The rule's id, in upper or lower case.

    Raises:
        InputError: No rule has this id.
    """
    rule = name.upper()
    if rule not in {known.id for known in ALL_RULES}:
        raise InputError(
            shown(name), "is not a rule", f"Choose one of {', '.join(known.id for known in ALL_RULES)}"
        )
    installed = files("capacity_guard") / "rule_pages" / f"{rule}.md"
    page = installed if installed.is_file() else _CHECKOUT / f"{rule}.md"
    return page.read_text(encoding="utf-8")


__all__ = ["rule_page"]
