"""Which baseline is of which table of a template."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..capacity.errors import InputError
from ..evidence.baseline import Baseline
from ..evidence.files import displayed_path
from .stack_place import StackPlace

_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")
"""A logical id (CloudFormation Guide: resources-section-structure, alphanumeric)."""
_OPTION = "--baseline"


@dataclass(frozen=True)
class GivenBaseline:
    """A baseline on the command line.

    Attributes:
        file: its file.
        logical_id: the table that it is given for, ``None`` to find it by what was recorded.
    """

    file: Path
    logical_id: str | None = None

    @staticmethod
    def parse(text: str) -> GivenBaseline:
        """Read ``FILE`` or ``LOGICALID=FILE``; a file whose name begins as the second is given as ``./FILE``.

        Args:
            text: value of the option.
        """
        id, equals, file = text.partition("=")
        if equals and _LOGICAL_ID.fullmatch(id):
            return GivenBaseline(Path(file), id)
        return GivenBaseline(Path(text))


def match_baselines(
    given: Sequence[GivenBaseline], tables: Mapping[str, str | None], place: StackPlace
) -> dict[str, Baseline]:
    """The baseline of each table that has one, by logical id.

    A recorded logical id or name decides, or the name that CloudFormation gives: ``<stack>-<logical id>-<random>``
    (CloudFormation User Guide, aws-properties-name). Stack, account and Region must agree where both sides know them.

    Args:
        given: the baselines.
        tables: the stated name of each table by logical id, ``None`` where CloudFormation names it.
        place: where the template is deployed.

    Raises:
        InputError: a file cannot be read, is of no table or of several, or two files are of one table.
    """
    found: dict[str, Baseline] = {}
    for each in given:
        baseline = Baseline.load(each.file)
        id = each.logical_id
        if id is None:
            id = _table_of(baseline, each.file, tables, place)
        elif id not in tables:
            raise InputError(
                f"{_OPTION} {id}={each.file}",
                f"names {id}, which is not a table of the template",
                f"Name one of its tables: {', '.join(tables)}",
            )
        if id in found:
            raise InputError(
                f"{_OPTION} {displayed_path(each.file)}",
                f"is of {id}, and so is {found[id].file}",
                "Give one baseline for each table",
            )
        found[id] = baseline
    return found


def _table_of(baseline: Baseline, file: Path, tables: Mapping[str, str | None], place: StackPlace) -> str:
    identity = baseline.table
    known = (
        ("stack", identity.stack, place.stack),
        ("account", identity.account, place.account),
        ("Region", identity.region, place.region),
    )
    other = [f"{what} {recorded}" for what, recorded, here in known if recorded and here and recorded != here]
    found = [] if other else [id for id, name in tables.items() if _is_of(baseline, id, name, place.stack)]
    if len(found) == 1:
        return found[0]
    recorded = f"table {identity.name}" + (
        f", logical id {identity.logical_id}" if identity.logical_id is not None else ""
    )
    problem = f"may be of any of {', '.join(found)}" if found else "is of no table of the template"
    if other:
        problem = f"was recorded in {' and '.join(other)}, which is not where the template is deployed"
    raise InputError(
        f"{_OPTION} {displayed_path(file)}",
        f"{problem} ({recorded})",
        "Leave it out, or say which table it is of: --baseline LOGICALID=FILE",
    )


def _is_of(baseline: Baseline, id: str, stated: str | None, stack: str | None) -> bool:
    identity = baseline.table
    if stated is not None and stated != identity.name:
        return False
    if identity.logical_id is not None:
        return identity.logical_id == id
    if stated is not None:
        return True
    stack_part = "[A-Za-z0-9-]+" if stack is None else re.escape(stack)
    return re.fullmatch(rf"{stack_part}-{re.escape(id)}-[A-Z0-9]+", identity.name) is not None


__all__ = ["GivenBaseline", "match_baselines"]
