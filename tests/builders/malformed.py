"""Documents with one field changed: left out, of another type, or out of range."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from capacity_guard.capacity import InputError

VALUES: tuple[Any, ...] = (None, True, -1, 0, 1.5, "x", "", [], {})


def paths(document: Any, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of each field of a document, the outer ones first."""
    if prefix:
        yield prefix
    pairs = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    for name, value in pairs:
        yield from paths(value, (*prefix, name))


def changed(document: Any) -> Iterator[tuple[str, str, Any]]:
    """Each changed field, the change in words, and the changed document."""
    for path in paths(document):
        for change in ("left out", "one more", *VALUES):
            made = copy.deepcopy(document)
            here = made
            for name in path[:-1]:
                here = here[name]
            if change == "left out":
                del here[path[-1]]
            elif change == "one more":
                if not isinstance(here[path[-1]], dict):
                    continue
                here[path[-1]]["else"] = 1
            elif type(change) is type(here[path[-1]]) and change == here[path[-1]]:
                continue
            else:
                here[path[-1]] = change
            in_words = isinstance(change, str) and " " in change
            yield ".".join(map(str, path)), change if in_words else repr(change), made


def refusals(document: Any, read: Callable[[Any], object]) -> Iterator[str]:
    """What a reader says of each changed document: the error, or that it is accepted. Any other exception is raised."""
    said: dict[tuple[str, str], list[str]] = {}
    for path, change, made in changed(document):
        try:
            read(made)
        except InputError as error:
            # The value itself stands in many messages.
            answer = str(error).replace(f"{change} is", "VALUE is").replace(f"is {change}", "is VALUE")
        else:
            answer = "accepted"
        said.setdefault((path, answer), []).append(change)
    yield from (f"{path}: {', '.join(changes)} -> {answer}" for (path, answer), changes in said.items())
