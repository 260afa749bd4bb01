"""The file of settings of a check: margins, change window and acknowledgments, which the code of a guard would give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ..capacity.errors import InputError
from ..capacity.plain_data import read_object, read_text, shown
from ..capacity.settings import Acknowledgment, ChangeWindow, Margins, Rollout
from ..evidence.files import LARGEST_TEXT, displayed_path, read_limited, unreadable_text
from ..evidence.strict_json import json_from

_REMEDY = "Correct it, or leave it out (capacity-guard docs check)"


@dataclass(frozen=True)
class CheckSettings:
    """Settings of a check.

    Attributes:
        margins: margins and limits of the rules.
        rollout: change window and staffed hours; a check has no other stage.
        acknowledgments: accepted findings, by logical id.
    """

    margins: Margins = Margins()
    rollout: Rollout = Rollout()
    acknowledgments: Mapping[str, tuple[Acknowledgment, ...]] = field(default_factory=dict)

    @staticmethod
    def load(path: Path) -> CheckSettings:
        """Read the file.

        Args:
            path: a JSON file with ``margins`` (names and numbers of ``Margins``), ``change_window`` and ``staffed_hours`` (as
                ``ChangeWindow`` takes them) and ``acknowledgments``, a list of objects with ``table`` (logical id), ``rule``,
                ``reason`` and perhaps ``until``.

        Raises:
            InputError: it cannot be read, or a field is wrong.
        """
        name = displayed_path(path)
        try:
            content = read_limited(path, LARGEST_TEXT)
        except OSError as error:
            raise InputError(name, unreadable_text(path, error), "Name a file of settings") from None
        data = read_object(
            json_from(content, name, _REMEDY),
            name,
            "margins",
            "change_window",
            "staffed_hours",
            "acknowledgments",
            remedy=_REMEDY,
        )
        return CheckSettings(
            _margins(data.get("margins", {}), f"{name}: margins"),
            _rollout(data, name),
            _acknowledgments(data.get("acknowledgments", []), f"{name}: acknowledgments"),
        )


def _margins(value: object, location: str) -> Margins:
    given = read_object(value, location, *Margins.__dataclass_fields__, remedy=_REMEDY)
    try:
        return Margins(**given)
    except InputError as error:
        raise InputError(f"{location}: {error.location}", error.problem, error.remedy) from None


def _rollout(data: Mapping[str, Any], name: str) -> Rollout:
    staffed = _window(data, "staffed_hours", name)
    return Rollout(
        change_window=_window(data, "change_window", name),
        staffed_hours=Rollout.staffed_hours if staffed is None else staffed,
    )


def _window(data: Mapping[str, Any], field_name: str, name: str) -> ChangeWindow | None:
    if data.get(field_name) is None:
        return None
    try:
        return ChangeWindow(data[field_name])
    except InputError as error:
        raise InputError(f"{name}: {field_name}", error.problem, error.remedy) from None


def _acknowledgments(value: object, location: str) -> dict[str, tuple[Acknowledgment, ...]]:
    if not isinstance(value, list):
        raise InputError(location, "is not a list", _REMEDY)
    found: dict[str, tuple[Acknowledgment, ...]] = {}
    for number, item in enumerate(value):
        place = f"{location}[{number}]"
        entry = read_object(item, place, "table", "rule", "reason", "until", remedy=_REMEDY)
        table, rule, reason = (
            read_text(entry, field, place, remedy=_REMEDY) for field in ("table", "rule", "reason")
        )
        try:
            accepted = Acknowledgment(rule, reason, _date(entry, place))
        except InputError as error:
            raise InputError(f"{place}: {error.location}", error.problem, error.remedy) from None
        found[table] = (*found.get(table, ()), accepted)
    return found


def _date(entry: Mapping[str, Any], location: str) -> date | None:
    value = entry.get("until")
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise InputError(f"{location}.until", f"{shown(value)} is not a date", "Write 2026-12-31") from None


__all__ = ["CheckSettings"]
