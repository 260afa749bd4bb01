"""The record of a run: a versioned JSON file that is checked against its schema before it is written."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from capacity_guard import __version__
from capacity_guard.capacity import plain_data
from capacity_guard.capacity.errors import InputError
from capacity_guard.evidence.files import write_whole

VERSION = 1
SCHEMA = Path(__file__).with_name("record-1.schema.json")


def new_record(
    run: str, account: str, region: str, endpoint: str | None, warm: bool, started: datetime
) -> dict[str, Any]:
    """The record of a run that starts now.

    It holds only the last four digits of the account id, because the record is for a public repository.
    """
    return {
        "version": VERSION,
        "run": run,
        "by": f"capacity-guard {__version__}",
        "system": "AWS" if endpoint is None else "emulator",
        "account": f"********{account[-4:]}",
        "region": region,
        "warm_raised": warm,
        "started": time_text(started),
        "ended": None,
        "outcome": "running",
        "problems": [],
        "rounds": [],
        "alarms": None,
        "restored": {},
        "hypotheses": [],
        "cleaned_up": None,
        "left": [],
    }


def time_text(time: datetime | None) -> str | None:
    """A time as ISO 8601 text in UTC, to the second; ``None`` stays ``None``."""
    return None if time is None else plain_data.time_text(time.replace(microsecond=0))


def check(record: Any) -> None:
    """Check a record against its schema.

    Raises:
        InputError: names the member that is wrong.
    """
    _check(record, json.loads(SCHEMA.read_text(encoding="utf-8")), "record")


def write(record: dict[str, Any], folder: Path) -> Path:
    """Write a record as ``<day>.json``, or ``<day>-<run>.json`` where that day has one.

    Raises:
        InputError: it does not match its schema.
    """
    check(record)
    folder.mkdir(parents=True, exist_ok=True)
    day = str(record["started"])[:10]
    path = folder / f"{day}.json"
    if path.exists():
        path = folder / f"{day}-{record['run']}.json"
    write_whole(path, json.dumps(record, indent=2) + "\n")
    return path


def _check(value: Any, schema: dict[str, Any], where: str) -> None:
    """Check a value against the part of JSON Schema that the record's schema uses: ``jsonschema`` is only a test dependency."""
    if "const" in schema and value != schema["const"]:
        raise InputError(where, f"is {value!r}, not {schema['const']!r}", "Write it with this version")
    if "enum" in schema and value not in schema["enum"]:
        raise InputError(where, f"is {value!r}", f"One of {', '.join(map(str, schema['enum']))}")
    types = schema.get("type", [])
    if types and not any(_has_type(value, name) for name in ([types] if isinstance(types, str) else types)):
        raise InputError(where, f"is {value!r}, not {types}", "Write it with this version")
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            if name not in value:
                raise InputError(f"{where}.{name}", "is missing", "Write it with this version")
        for name, member in value.items():
            additional = schema.get("additionalProperties", {})
            member_schema = schema.get("properties", {}).get(name, additional)
            if member_schema is False:
                raise InputError(f"{where}.{name}", "is unknown", "Leave it out, or raise the version")
            _check(member, member_schema if isinstance(member_schema, dict) else {}, f"{where}.{name}")
    if isinstance(value, list):
        for position, item in enumerate(value):
            _check(item, schema.get("items", {}), f"{where}[{position}]")


def _has_type(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    types: dict[str, type | tuple[type, ...]] = {
        "object": dict,
        "array": list,
        "string": str,
        "number": (int, float),
        "integer": int,
        "null": type(None),
    }
    return name in types and isinstance(value, types[name])
