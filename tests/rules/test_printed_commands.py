"""Commands and code with names in them are quoted wherever they are made."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.paths import ROOT

PLACES = [
    path
    for folder in ("constructs_lib/capacity_guard", "demo", "live", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
OPTION = re.compile(r" --[a-z-]+ $")


def unquoted(path: Path) -> list[str]:
    """Values that an f-string puts after an option of a command without quoting them for a shell."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.JoinedStr):
            continue
        for before, value in zip(node.values, node.values[1:], strict=False):
            text = before.value if isinstance(before, ast.Constant) else ""
            if isinstance(value, ast.FormattedValue) and isinstance(text, str) and OPTION.search(text):
                code = ast.unparse(value.value)
                if not code.startswith(("shlex.", "scalable_dimension(")):
                    found.append(f"{path.name}:{node.lineno} {code}")
    return found


# Checked when they are read (live/account.py, live/scenario.py): digits, a Region's letters, eight hexadecimal digits.
CHECKED = {"account", "region", "run", "','.join((f'{member}={units}' for member, units in warm.items()))"}


@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_command_when_it_has_a_variable_part_quotes_it(path: Path) -> None:
    assert [found for found in unquoted(path) if found.split(" ", 1)[1] not in CHECKED] == []


def test_search_when_a_command_is_not_quoted_finds_it(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text('f"aws dynamodb update-table --table-name {table} --x {shlex.quote(y)}"\n')
    assert unquoted(file) == ["module.py:1 table"]
