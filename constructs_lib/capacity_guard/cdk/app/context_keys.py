"""The context keys of the guard: a misspelt one would be ignored without a message."""

from __future__ import annotations

import re

from constructs import IConstruct

from .break_glass_reason import CONTEXT
from .judgment_time import NOW_CONTEXT

KEYS = (CONTEXT, NOW_CONTEXT)
_OURS = "capacityguard"


def unknown_keys(app: IConstruct) -> list[str]:
    """Keys in the context of an app that look like ours and are not: ``capacity-guard:break-glas``.

    Args:
        app: the app.
    """
    context = app.node.get_all_context() or {}
    return sorted(
        key for key in context if key not in KEYS and re.sub("[^a-z]", "", key.lower()).startswith(_OURS)
    )


__all__ = ["KEYS", "unknown_keys"]
