"""The documentation pages, as an installation holds them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ..capacity.errors import InputError
from ..capacity.plain_data import shown
from . import ALL_RULES

_CHECKOUT = Path(__file__).resolve().parents[3] / "docs"
"""Where the pages are in a checkout; a wheel holds a copy of them (``setup.py``)."""


def installed_page(name: str) -> str:
    """A documentation page, in Markdown.

    Args:
        name: its file below ``docs``, without ``.md``: ``rules/CG4``. The page exists.
    """
    return _folder().joinpath(f"{name}.md").read_text(encoding="utf-8")


def rule_page(name: str) -> str:
    """The documentation page of a rule, in Markdown.

    Args:
        name: the rule's id, in upper or lower case.

    Raises:
        InputError: no rule has this id.
    """
    rule = name.upper()
    if rule not in {known.id for known in ALL_RULES}:
        raise InputError(
            shown(name), "is not a rule", f"Choose one of {', '.join(known.id for known in ALL_RULES)}"
        )
    return installed_page(f"rules/{rule}")


def page_titles() -> Mapping[str, str]:
    """The title of each page that is no page of a rule, a reason or a decision, by its name (``recording``)."""
    found = {}
    for page in sorted(_folder().iterdir(), key=lambda page: page.name):
        if page.name.endswith(".md"):
            title, _, _ = page.read_text(encoding="utf-8").partition("\n")
            if title.startswith("# "):  # others are files outside the folder
                found[page.name.removesuffix(".md")] = title.removeprefix("# ")
    return found


def _folder() -> Traversable:
    installed = files("capacity_guard") / "pages"
    return installed if installed.is_dir() else _CHECKOUT


__all__ = ["installed_page", "page_titles", "rule_page"]
