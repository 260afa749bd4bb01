"""Findings as a file, as workflow commands, as Markdown, on the command line."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from capacity_guard.capacity import Capacity, ChangeWindow, Dimension, InputError, Margins, Rollout, Units
from capacity_guard.commands import main as cli
from capacity_guard.findings import (
    FILE_NAME,
    Findings,
    JudgedTable,
    PlanInput,
    SourceLocation,
    markdown,
    text,
    workflow_commands,
)
from capacity_guard.rules import Figure, Finding, Level

NOW = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
INDEX = Finding(
    "CG4",
    Level.ERROR,
    "Conversations",
    Dimension("by_agent", "write"),
    "after the switch it serves less than it has carried",
    (
        Figure("recorded peak", "4,800 writes/s", "Sat 4 Jul 1998 16:31 UTC"),
        Figure("with margin", "6,240 writes/s"),
    ),
    'indexes={"by_agent": Units(write=6_300)}',
)
STALE = Finding("CG2", Level.WARN, "Conversations", None, "is 100% stale", (), "record it again\nor wait")
ACCEPTED = Finding("CG4", Level.WARN, "Orders", None, "is accepted", (), "nothing", "load test of 8 July")
FOUND = Findings(
    NOW,
    (
        JudgedTable("Stack/Conversations", SourceLocation("stacks/conversations.py", 12), (STALE, INDEX)),
        JudgedTable("Stack/Calm", SourceLocation("stacks/calm.py", 3), ()),
        JudgedTable("Stack/Orders", None, (ACCEPTED,)),
    ),
)
CALM = Findings(NOW, (JudgedTable("Stack/Calm", SourceLocation("stacks/calm.py", 3), ()),))


def test_file_when_written_and_read_expects_the_same_findings_and_the_same_bytes(tmp_path: Path) -> None:
    path = FOUND.write(tmp_path)
    assert path.name == FILE_NAME
    assert Findings.read(tmp_path) == Findings.read(path) == FOUND
    first = path.read_bytes()
    assert Findings.read(tmp_path).write(tmp_path).read_bytes() == first
    assert CALM.write(tmp_path) == path
    assert Findings.read(path) == CALM
    assert Findings(None, ()).to_json() == Findings.read(Findings(None, ()).write(tmp_path)).to_json()


def test_file_when_read_by_another_tool_expects_each_finding_with_all_that_a_reader_needs() -> None:
    data = json.loads(FOUND.to_json())
    assert (data["schema"], data["version"], data["judged_at"]) == (
        "capacity-guard/findings",
        1,
        "2026-07-09T15:40:00Z",
    )
    assert [table["path"] for table in data["tables"]] == [
        "Stack/Conversations",
        "Stack/Calm",
        "Stack/Orders",
    ]
    assert data["findings"][1] == {
        "rule": "CG4",
        "level": "ERROR",
        "path": "Stack/Conversations",
        "file": "stacks/conversations.py",
        "line": 12,
        "table": "Conversations",
        "dimension": "index/by_agent/write",
        "subject": "Conversations / by_agent, write",
        "title": "after the switch it serves less than it has carried",
        "figures": [
            {"label": "recorded peak", "value": "4,800 writes/s", "note": "Sat 4 Jul 1998 16:31 UTC"},
            {"label": "with margin", "value": "6,240 writes/s", "note": ""},
        ],
        "fix": 'indexes={"by_agent": Units(write=6_300)}',
        "acknowledged": None,
        "page": "docs/rules/CG4.md",
    }


PLANNED = PlanInput(
    "Conversations",
    Capacity.on_demand(warm=Units(write=6_240)),
    "stacks/baselines/conversations.json",
    "0123456789",
    Rollout(change_window=ChangeWindow("Sun 06-10"), alarms=("orders-errors",)),
    Margins(headroom=1.5),
    "eu-west-1",
)


def test_findings_when_a_table_can_be_planned_are_read_back_the_same(tmp_path: Path) -> None:
    found = Findings(NOW, (JudgedTable("Stack/Conversations", None, (INDEX,), PLANNED),))
    assert Findings.read(found.write(tmp_path)) == found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("table", 1),
        ("baseline", None),
        ("fingerprint", 7),
        ("region", 3),
        ("rollout", {}),
        ("margins", {"headroom": 0}),
        ("margins", {"unknown": 1}),
        ("declared", None),
    ],
)
def test_findings_when_a_plan_is_spoilt_name_the_field(tmp_path: Path, field: str, value: object) -> None:
    file = Findings(NOW, (JudgedTable("Stack/Conversations", None, (), PLANNED),)).write(tmp_path)
    data = json.loads(file.read_text())
    data["tables"][0]["plan"][field] = value
    file.write_text(json.dumps(data))
    with pytest.raises(InputError) as caught:
        Findings.read(file)
    assert "plan" in str(caught.value) or "Margins" in str(caught.value)


def test_schema_when_it_judges_the_file_accepts_it_and_refuses_one_without_a_field() -> None:
    schema = json.loads((resources.files("capacity_guard.findings") / "findings-1.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for findings in (FOUND, CALM, Findings(None, ())):
        validator.validate(json.loads(findings.to_json()))
    data = json.loads(FOUND.to_json())
    # no field that the schema does not tell of
    assert set(data) == set(schema["properties"])
    for name in ("tables", "findings"):
        assert set(data[name][0]) == set(schema["properties"][name]["items"]["properties"])
        for field in data[name][0]:
            assert not validator.is_valid(
                {**data, name: [{k: v for k, v in data[name][0].items() if k != field}]}
            )


def altered(change: Any) -> str:
    data = json.loads(FOUND.to_json())
    change(data)
    return json.dumps(data)


UNREADABLE: dict[str, tuple[str, str]] = {
    "no JSON": ("{", "is no JSON"),
    "no object": ("[]", "is no object"),
    "another file": ('{"version": "48.0.0"}', "schema: None is not capacity-guard/findings"),
    "a later version": (altered(lambda d: d.update(version=2)), "version: 2 is not known"),
    "no findings": (altered(lambda d: d.pop("findings")), "findings: is no list"),
    "a level": (altered(lambda d: d["findings"][0].update(level="FATAL")), "findings[0].level: 'FATAL'"),
    "a dimension": (altered(lambda d: d["findings"][1].update(dimension="index")), "is not a dimension"),
    "a title": (altered(lambda d: d["findings"][0].update(title=None)), "findings[0].title: is no text"),
    "a figure": (
        altered(lambda d: d["findings"][1]["figures"][0].update(value=7)),
        "figures[0].value: is no",
    ),
    "a line": (altered(lambda d: d["tables"][0].update(line=0)), "tables[0].line: 0 is no line"),
    "a moment": (altered(lambda d: d.update(judged_at="today")), "judged_at: 'today' is no moment"),
    "a stray finding": (
        altered(lambda d: d["tables"].pop(0)),
        "name Stack/Conversations, which is in no table",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_file_when_it_is_malformed_expects_one_error_that_names_the_field(case: str, tmp_path: Path) -> None:
    content, expected = UNREADABLE[case]
    file = tmp_path / FILE_NAME
    file.write_text(content)
    with pytest.raises(InputError) as raised:
        Findings.read(tmp_path)
    assert expected in str(raised.value)
    assert FILE_NAME in str(raised.value) or "dimension" in expected


def test_workflow_commands_when_printed_name_file_and_line_with_errors_first() -> None:
    first, second, third = workflow_commands(FOUND, app=Path("/repo"), repository=Path("/repo")).split("\n")
    assert first.startswith(
        "::error file=stacks/conversations.py,line=12,title=CG4 Conversations / by_agent%2C write::"
        "After the switch it serves less than it has carried.%0A"
        "recorded peak: 4,800 writes/s (Sat 4 Jul 1998 16:31 UTC)%0A"
    )
    assert 'Fix:%0A  indexes={"by_agent": Units(write=6_300)}%0A' in first
    assert second.startswith(
        "::warning file=stacks/conversations.py,line=12,title=CG2 Conversations::Is 100%25 stale."
    )
    assert "Fix:%0A  record it again%0A  or wait%0A" in second
    # no place known: the annotation stands on the run
    assert third.startswith("::warning title=CG4 Orders::")
    assert "Acknowledged: load test of 8 July" in third


def test_workflow_commands_when_the_app_runs_in_a_folder_name_the_file_from_the_root_of_the_checkout() -> (
    None
):
    deep = workflow_commands(FOUND, app=Path("/repo/infra"), repository=Path("/repo"))
    assert "file=infra/stacks/conversations.py,line=12," in deep
    shared = Findings(NOW, (JudgedTable("S/T", SourceLocation("../shared/tables.py", 4), (INDEX,)),))
    assert "file=shared/tables.py,line=4," in workflow_commands(
        shared, app=Path("/repo/infra"), repository=Path("/repo")
    )
    assert "file=../shared/tables.py," in workflow_commands(shared, app=Path("/repo/infra"), repository=None)


def parsed(command: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it (actions/runner, ActionCommand.TryParseV2)."""
    name, _, rest = command.removeprefix("::").partition("::")[0].partition(" ")
    data = command.removeprefix("::").partition("::")[2]
    properties = dict(part.split("=", 1) for part in rest.split(",") if part)

    def unescaped(value: str, *more: tuple[str, str]) -> str:
        for code, sign in (("%0D", "\r"), ("%0A", "\n"), *more, ("%25", "%")):
            value = value.replace(code, sign)
        return value

    return (
        name,
        {key: unescaped(value, ("%3A", ":"), ("%2C", ",")) for key, value in properties.items()},
        unescaped(data),
    )


@pytest.mark.parametrize("awkward", ["a,b:c", "100%", "%0A", "two\nlines\r", "::error::x", "%252C,"])
def test_workflow_command_when_text_is_awkward_gives_the_runner_the_same_text(awkward: str) -> None:
    finding = Finding("CG4", Level.ERROR, awkward, None, f"is {awkward}", (), "x")
    place = SourceLocation(f"{awkward.strip()}.py", 1)
    command = workflow_commands(
        Findings(NOW, (JudgedTable("S", place, (finding,)),)), app=Path("/"), repository=None
    )
    assert "\n" not in command
    assert "\r" not in command
    name, properties, data = parsed(command)
    assert name == "error"
    assert properties == {"file": place.file, "line": "1", "title": f"CG4 {awkward}"}
    assert data.startswith(f"Is {awkward}.")


def test_workflow_commands_when_nothing_was_found_say_so_in_a_notice() -> None:
    said = workflow_commands(CALM, app=Path("/"), repository=None)
    assert said == "::notice title=capacity-guard::nothing found; 1 table judged at 2026-07-09 15:40 UTC"


def test_markdown_when_written_holds_a_table_then_figures_and_fixes() -> None:
    said = markdown(FOUND)
    assert said.startswith(
        "## capacity-guard: 1 error, 2 warnings\n\n3 tables judged at 2026-07-09 15:40 UTC.\n"
    )
    row = (
        "| ERROR | CG4 | Conversations / by\\_agent, write | after the switch it serves less than it has carried | "
        "`stacks/conversations.py:12` |"
    )
    assert row in said
    assert "| recorded peak | 4,800 writes/s | Sat 4 Jul 1998 16:31 UTC |" in said
    assert '```python\nindexes={"by_agent": Units(write=6_300)}\n```' in said
    assert "Acknowledged: load test of 8 July" in said
    assert said.index("ERROR CG4") < said.index("WARN CG2")
    assert markdown(CALM) == "## capacity-guard: nothing found\n\n1 table judged at 2026-07-09 15:40 UTC.\n"


def test_markdown_when_text_is_awkward_breaks_neither_the_table_nor_the_block() -> None:
    finding = Finding(
        "CG4", Level.ERROR, "a|b", None, "is <b>\nbold</b>", (Figure("x|y", "1", "_z_"),), "```\nrm\n```"
    )
    said = markdown(Findings(NOW, (JudgedTable("S|T", SourceLocation("a|b.py", 1), (finding,)),)))
    rows = [line for line in said.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6, 4}
    assert "<b>" not in said
    assert "````python\n```\nrm\n```\n````" in said


def test_markdown_when_it_is_too_long_for_a_summary_leaves_out_details_and_counts_them() -> None:
    many = Findings(NOW, (JudgedTable("S/T", None, (INDEX,) * 30),))
    whole, short = markdown(many), markdown(many, longest=8_000)
    assert len(whole.encode()) > 8_000 >= len(short.encode())
    assert short.count("\n| ERROR |") == 30
    shown = short.count("### ERROR")
    assert 0 < shown < 30
    assert f"Details of {30 - shown} more" in short


def test_text_when_printed_holds_each_table_with_its_line_errors_first() -> None:
    said = text(FOUND)
    assert "Stack/Conversations  stacks/conversations.py:12\n\nCG4  ERROR" in said
    assert said.count("Stack/Conversations") == 1
    assert "Stack/Calm" not in said
    assert said.endswith("capacity-guard: 1 error, 2 warnings; 3 tables judged at 2026-07-09 15:40 UTC")


def findings(*arguments: str) -> int:
    return cli.main(["findings", *arguments])


def test_command_when_asked_prints_text_and_its_exit_code_tells_of_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    FOUND.write(tmp_path)
    assert findings(str(tmp_path)) == 1
    assert capsys.readouterr().out == text(FOUND) + "\n"
    CALM.write(tmp_path)
    assert findings(str(tmp_path / FILE_NAME)) == 0
    warned = Findings(NOW, FOUND.tables[2:])
    (tmp_path / "cdk.out").mkdir()
    warned.write(tmp_path / "cdk.out")
    monkeypatch.chdir(tmp_path)
    assert findings() == 0
    assert "0 errors, 1 warning" in capsys.readouterr().out


def test_command_when_asked_for_a_workflow_prints_commands_and_writes_the_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    FOUND.write(tmp_path)
    (tmp_path / "infra").mkdir()
    monkeypatch.chdir(tmp_path / "infra")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    summary = tmp_path / "summary.md"
    assert findings("..", "--github", "--markdown", str(summary)) == 1
    said = capsys.readouterr().out
    assert said.startswith("::error file=infra/stacks/conversations.py,line=12,")
    assert "##" not in said
    assert summary.read_text() == markdown(FOUND)
    assert findings("..", "--markdown", "-") == 1
    assert capsys.readouterr().out == markdown(FOUND) + "\n"
    monkeypatch.delenv("GITHUB_WORKSPACE")
    assert findings("..", "--github", "--markdown", "-") == 1
    said = capsys.readouterr().out
    assert said.startswith("::error file=stacks/conversations.py,line=12,")
    assert said.index("::warning") < said.index("## capacity-guard")


def test_command_when_there_are_no_findings_to_read_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert findings(str(tmp_path)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "capacity-guard.json: is missing. Run `cdk synth`" in said.err
    assert "CapacityGuardChecks" in said.err


def test_command_when_the_summary_cannot_be_written_expects_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FOUND.write(tmp_path)
    assert findings(str(tmp_path), "--github", "--markdown", str(tmp_path / "no" / "where.md")) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "--markdown" in said.err
    assert "No such file" in said.err
