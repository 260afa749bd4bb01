"""The rows: read from the JSON files beside this module, and checked so that a typing error does not pass as a fact."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
MARKS = ("documented", "observed")
MESSAGES = ("message", "message_starts", "message_matches")
STEPS = frozenset(
    {
        "call",
        "table",
        "stack",
        "points",
        "after",
        "settled",
        "minute",
        "utc",
        "alarms",
        "change_set",
        "stack_update",
        "evaluation",
    }
)
EXPECTATIONS = ({"answer"}, {"error"}, {"seconds", "answer"})
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SOURCE = re.compile(
    r"(DDB-[A-Z]+-\d{3}|docs/api-quirks/\S+|(CloudWatch |CloudFormation |Scaling )?Guide: \S.*|API: \S.*|Issue: \S+#\d+"
    r"|Test: \S+/\S+ \S+)"
)


class RowFormError(ValueError):
    """A row does not have the documented form; the message names the file, the row and the remedy."""


@dataclass(frozen=True)
class Row:
    """One fact. See README.md for the members."""

    id: str
    source: str
    mark: str
    about: str
    state: tuple[dict[str, Any], ...]
    call: dict[str, Any]
    expect: dict[str, Any]
    file: str

    @property
    def is_refusal(self) -> bool:
        """Whether the service refuses the call."""
        return "error" in self.expect


def check(raw: Any, file: str) -> Row:
    """A row of a file. Raises RowFormError."""
    name = raw.get("id", "?") if isinstance(raw, dict) else "?"

    def demand(holds: bool, remedy: str) -> None:
        if not holds:
            raise RowFormError(f"{file}: row {name}: {remedy}")

    demand(isinstance(raw, dict), "must be an object")
    members = {"id", "source", "mark", "about", "state", "call", "expect"}
    demand(set(raw) == members, f"must have the members {', '.join(sorted(members))} and no others")
    demand(bool(_NAME.fullmatch(name)), "id must be lower-case words joined by hyphens")
    sources = str(raw["source"]).split("; ")
    demand(
        all(_SOURCE.fullmatch(source) for source in sources),
        "source must name a quirk or a page, see README.md",
    )
    demand(raw["mark"] in MARKS, f"mark must be one of {', '.join(MARKS)}")
    demand(len(str(raw["about"])) >= 20, "about must say the fact in one sentence")
    demand(isinstance(raw["state"], list), "state must be a list of steps")
    for step in raw["state"]:
        demand(len(step) == 1 and set(step) <= STEPS, f"each step is one of {', '.join(sorted(STEPS))}")
        if "call" in step:
            _check_call(step["call"], demand)
    _check_call(raw["call"], demand)
    expect = raw["expect"]
    demand(set(expect) in EXPECTATIONS, "expect must be an answer, an error, or seconds with an answer")
    if "error" in expect:
        demand(
            any(set(expect["error"]) == {"code", how} for how in MESSAGES),
            f"an error has a code and one of {', '.join(MESSAGES)}",
        )
    else:
        demand(bool(expect["answer"]), "an expected answer that is empty agrees with everything")
    if "seconds" in expect:
        begin, end = expect["seconds"]
        demand(0 <= begin < end, "seconds are [from, to]")
    return Row(name, raw["source"], raw["mark"], raw["about"], tuple(raw["state"]), raw["call"], expect, file)


def _check_call(call: Any, demand: Any) -> None:
    demand(
        isinstance(call, dict) and set(call) == {"service", "operation", "parameters"},
        "a call has service, operation and parameters",
    )


@cache
def load() -> tuple[Row, ...]:
    """All rows of all files. Raises RowFormError, also for an id that is used twice."""
    rows: dict[str, Row] = {}
    for path in sorted(FOLDER.glob("*.json")):
        if path.name == INEXPRESSIBLE.name:
            continue
        for raw in json.loads(path.read_text()):
            row = check(raw, path.name)
            if row.id in rows:
                raise RowFormError(f"{path.name}: row {row.id}: {rows[row.id].file} has that id too")
            rows[row.id] = row
    return tuple(rows.values())


INEXPRESSIBLE = FOLDER / "inexpressible.json"


@cache
def inexpressible(system: str) -> dict[str, str]:
    """Rows that a system ("emulator" or "fake") cannot express, with the reason."""
    reasons: dict[str, str] = json.loads(INEXPRESSIBLE.read_text())[system]
    return reasons


def rows_for(system: str) -> list[Row]:
    """The rows that a system has to pass."""
    return [row for row in load() if row.id not in inexpressible(system)]
