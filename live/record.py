"""The record of a run: a versioned JSON file, checked against its schema before it is written."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from capacity_guard import __version__
from capacity_guard.capacity.errors import InputError

VERSION = 1
SCHEMA = Path(__file__).with_name("record-1.schema.json")
_NUMBER = (int, float)


def new(
    run: str, account: str, region: str, endpoint: str | None, warm: bool, at: datetime
) -> dict[str, Any]:
    """The record of a run that starts now.

    The account's id is shortened to its last four digits: the record is meant for a public repository.
    """
    return {
        "version": VERSION,
        "run": run,
        "by": f"capacity-guard {__version__}",
        "system": "AWS" if endpoint is None else "emulator",
        "account": f"********{account[-4:]}",
        "region": region,
        "warm_raised": warm,
        "started": _text(at),
        "ended": None,
        "outcome": "running",
        "problems": [],
        "rounds": [],
        "alarms": None,
        "restored": None,
        "cleaned_up": None,
        "left": [],
    }


def moment(at: datetime | None) -> str | None:
    """A moment as the record writes it."""
    return None if at is None else _text(at)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def check(record: Any) -> None:
    """See that a record has the form that its version promises.

    Raises:
        InputError: naming the member at fault.
    """
    _check(record, json.loads(SCHEMA.read_text(encoding="utf-8")), "record")


def write(record: dict[str, Any], folder: Path) -> Path:
    """Write a record as ``<day>.json``, or ``<day>-<run>.json`` where that day has one.

    Raises:
        InputError: it has not the form that it must have.
    """
    check(record)
    folder.mkdir(parents=True, exist_ok=True)
    day = str(record["started"])[:10]
    path = folder / f"{day}.json"
    if path.exists():
        path = folder / f"{day}-{record['run']}.json"
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return path


def _check(value: Any, schema: dict[str, Any], where: str) -> None:
    """The part of JSON Schema that the record's schema uses; the library that knows all of it is not always there."""
    if "const" in schema and value != schema["const"]:
        raise InputError(where, f"is {value!r}, not {schema['const']!r}", "Write it with this version")
    if "enum" in schema and value not in schema["enum"]:
        raise InputError(where, f"is {value!r}", f"One of {', '.join(map(str, schema['enum']))}")
    kinds = schema.get("type", [])
    if kinds and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        raise InputError(where, f"is {value!r}, not {kinds}", "Write it with this version")
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            if name not in value:
                raise InputError(f"{where}.{name}", "is missing", "Write it with this version")
        for name, one in value.items():
            rest = schema.get("additionalProperties", {})
            part = schema.get("properties", {}).get(name, rest)
            if part is False:
                raise InputError(f"{where}.{name}", "is unknown", "Leave it out, or raise the version")
            _check(one, part if isinstance(part, dict) else {}, f"{where}.{name}")
    if isinstance(value, list):
        for position, one in enumerate(value):
            _check(one, schema.get("items", {}), f"{where}[{position}]")


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    types: dict[str, type | tuple[type, ...]] = {
        "object": dict,
        "array": list,
        "string": str,
        "number": _NUMBER,
        "integer": int,
        "null": type(None),
    }
    return kind in types and isinstance(value, types[kind])
