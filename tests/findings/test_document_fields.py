"""capacity-guard.json field by field: the text of the file, and the one error that names a field at fault."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.findings import FILE_NAME, Findings, JudgedTable, SourceLocation
from capacity_guard.findings.document import SCHEMA, VERSION
from capacity_guard.rules import Figure, Finding, Level
from tests.builders.findings import ACCEPTED, FOUND, INDEX, NOW, PLANNED, STALE

AGAIN = "Synthesize again (cdk synth)"
ONE = Findings(NOW, (JudgedTable("S/T", SourceLocation("a.py", 1), (INDEX,), PLANNED),))


def read(data: object, folder: Path) -> Findings:
    file = folder / FILE_NAME
    file.write_text(json.dumps(data))
    return Findings.read(file)


def refusal(data: object, folder: Path) -> tuple[str, str, str]:
    """Place below the file, problem and remedy of the error."""
    with pytest.raises(InputError) as raised:
        read(data, folder)
    return (
        raised.value.location.removeprefix(str(folder / FILE_NAME)),
        raised.value.problem,
        raised.value.remedy,
    )


def data_of(findings: Findings = ONE) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(findings.to_json())
    return data


def test_file_of_a_table_without_a_place_is_written_exactly() -> None:
    found = Findings(None, (JudgedTable("S/T", None, (STALE,)),))
    assert found.to_json() == (
        "{\n"
        '  "schema": "capacity-guard/findings",\n'
        '  "version": 1,\n'
        '  "judged_at": null,\n'
        '  "tables": [\n'
        "    {\n"
        '      "path": "S/T",\n'
        '      "file": null,\n'
        '      "line": null,\n'
        '      "plan": null\n'
        "    }\n"
        "  ],\n"
        '  "findings": [\n'
        "    {\n"
        '      "rule": "CG2",\n'
        '      "level": "WARN",\n'
        '      "path": "S/T",\n'
        '      "file": null,\n'
        '      "line": null,\n'
        '      "table": "Conversations",\n'
        '      "dimension": null,\n'
        '      "subject": "Conversations",\n'
        '      "title": "is 100% stale",\n'
        '      "figures": [],\n'
        '      "fix": "record it again\\nor wait",\n'
        '      "deployments": [],\n'
        '      "acknowledged": null,\n'
        '      "page": "docs/rules/CG2.md"\n'
        "    }\n"
        "  ]\n"
        "}\n"
    )


def test_file_of_a_planned_table_holds_the_input_of_its_plan_and_the_reason_of_an_acknowledgment() -> None:
    found = Findings(NOW, (JudgedTable("S/T", None, (ACCEPTED,), PLANNED),))
    data = data_of(found)
    assert data["tables"][0]["plan"] == PLANNED.to_json()
    assert data["findings"][0]["acknowledged"] == "load test of 8 July"
    assert (SCHEMA, VERSION) == (data["schema"], data["version"]) == ("capacity-guard/findings", 1)


def test_findings_of_several_tables_return_to_their_own(tmp_path: Path) -> None:
    assert read(data_of(FOUND), tmp_path) == FOUND
    interleaved = data_of(FOUND)
    interleaved["findings"].reverse()
    assert [table.findings for table in read(interleaved, tmp_path).tables] == [
        (INDEX, STALE),
        (),
        (ACCEPTED,),
    ]


FINDING_TEXTS = ("rule", "level", "path", "table", "title", "fix")


@pytest.mark.parametrize("name", FINDING_TEXTS)
@pytest.mark.parametrize("value", [None, 7, ["x"]])
def test_finding_without_a_text_is_refused_at_its_field(tmp_path: Path, name: str, value: object) -> None:
    data = data_of(FOUND)
    data["findings"][1][name] = value
    assert refusal(data, tmp_path) == (f": findings[1].{name}", "is not text", AGAIN)


@pytest.mark.parametrize("name", ["dimension", "acknowledged"])
def test_finding_with_an_optional_text_of_another_type_is_refused_at_its_field(
    tmp_path: Path, name: str
) -> None:
    data = data_of()
    data["findings"][0][name] = 7
    assert refusal(data, tmp_path) == (f": findings[0].{name}", "is not text", AGAIN)


@pytest.mark.parametrize("name", ["label", "value", "note"])
def test_figure_without_a_text_is_refused_at_its_field(tmp_path: Path, name: str) -> None:
    data = data_of()
    del data["findings"][0]["figures"][1][name]
    assert refusal(data, tmp_path) == (f": findings[0].figures[1].{name}", "is not text", AGAIN)


@pytest.mark.parametrize("name", ["path", "file"])
def test_table_without_a_text_is_refused_at_its_field(tmp_path: Path, name: str) -> None:
    data = data_of(Findings(NOW, (*FOUND.tables[1:], *FOUND.tables[:1])))
    data["tables"][0][name] = 7
    assert refusal(data, tmp_path) == (f": tables[0].{name}", "is not text", AGAIN)


@pytest.mark.parametrize("line", [0, -1, True, "1", 1.0, None])
def test_line_that_is_none_of_a_file_is_refused(tmp_path: Path, line: object) -> None:
    data = data_of()
    data["tables"][0]["line"] = line
    assert refusal(data, tmp_path) == (": tables[0].line", f"{line!r} is not a line of a file", AGAIN)


@pytest.mark.parametrize("value", [[], "x", None])
@pytest.mark.parametrize("place", ["findings[0]", "tables[0]", "findings[0].figures[0]", ""])
def test_what_is_no_object_is_refused_at_its_place(tmp_path: Path, place: str, value: object) -> None:
    data: Any = data_of()
    if not place:
        data = value
    elif place.endswith("figures[0]"):
        data["findings"][0]["figures"][0] = value
    else:
        data[place.partition("[")[0]][0] = value
    assert refusal(data, tmp_path) == (f": {place}" if place else "", "is not an object", AGAIN)


@pytest.mark.parametrize("value", [{}, "x", None])
@pytest.mark.parametrize("name", ["findings", "tables", "figures"])
def test_what_is_no_list_is_refused_at_its_place(tmp_path: Path, name: str, value: object) -> None:
    data = data_of()
    (data["findings"][0] if name == "figures" else data)[name] = value
    within = ": findings[0]" if name == "figures" else ""
    assert refusal(data, tmp_path) == (f"{within}: {name}", "is not a list", AGAIN)


@pytest.mark.parametrize(
    "moment", ["today", "2026-07-09T15:40:00", "2026-07-09T15:40:00+02:00", 7, "2026-07-09"]
)
def test_moment_that_is_none_in_utc_is_refused(tmp_path: Path, moment: object) -> None:
    data = {**data_of(), "judged_at": moment}
    assert refusal(data, tmp_path) == (": judged_at", f"{moment!r} is not a moment in UTC", AGAIN)


@pytest.mark.parametrize("moment", ["2026-07-09T15:40:00Z", "2026-07-09T15:40:00+00:00"])
def test_moment_in_utc_is_read(tmp_path: Path, moment: str) -> None:
    found = read({**data_of(), "judged_at": moment}, tmp_path)
    assert found.judged_at == datetime(2026, 7, 9, 15, 40, tzinfo=UTC)


@pytest.mark.parametrize("level", ["FATAL", "error", ""])
def test_level_that_is_none_is_refused(tmp_path: Path, level: str) -> None:
    data = data_of()
    data["findings"][0]["level"] = level
    assert refusal(data, tmp_path) == (
        ": findings[0].level",
        f"{level!r} is neither ERROR nor WARN",
        AGAIN,
    )


def test_plan_that_is_no_object_is_refused_at_its_table(tmp_path: Path) -> None:
    data = data_of()
    data["tables"][0]["plan"] = []
    assert refusal(data, tmp_path) == (": tables[0].plan", "is not an object", AGAIN)


def test_findings_of_tables_that_are_not_listed_are_refused_in_the_order_of_their_names(
    tmp_path: Path,
) -> None:
    data = data_of(FOUND)
    data["tables"] = []
    data["findings"].reverse()
    for finding, path in zip(data["findings"], ("S/Zebra", "S/Ant", "S/Mole"), strict=True):
        finding["path"] = path
    assert refusal(data, tmp_path) == (
        ": findings",
        "name S/Ant, S/Mole, S/Zebra, which is in no table",
        AGAIN,
    )


@pytest.mark.parametrize(
    ("field", "value", "problem", "remedy"),
    [
        (
            "schema",
            "capacity-guard/plan",
            "is 'capacity-guard/plan', not capacity-guard/findings",
            "Name the directory of the cloud assembly, cdk.out by default",
        ),
        (
            "version",
            2,
            "is 2, not 1",
            "Use one version of capacity-guard for the synthesis and for this command",
        ),
    ],
)
def test_file_of_another_kind_or_version_is_refused(
    tmp_path: Path, field: str, value: object, problem: str, remedy: str
) -> None:
    assert refusal({**data_of(), field: value}, tmp_path) == (f": {field}", problem, remedy)
    without = data_of()
    del without[field]
    assert refusal(without, tmp_path)[0] == f": {field}"


def test_file_that_is_missing_or_unreadable_is_one_error_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / FILE_NAME
    for named in (tmp_path, file):
        with pytest.raises(InputError) as raised:
            Findings.read(named)
        assert (raised.value.location, raised.value.problem) == (str(file), "is missing")
        assert raised.value.remedy.startswith("Run `cdk synth` with Validations.of(app).add_plugins(")
    file.mkdir()
    with pytest.raises(InputError) as raised:
        Findings.read(tmp_path)
    assert (raised.value.location, raised.value.remedy) == (str(file), AGAIN)
    assert raised.value.problem.startswith("cannot be read (")


def test_file_that_is_no_json_is_refused_at_its_path(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{")
    with pytest.raises(InputError) as raised:
        Findings.read(tmp_path)
    assert (raised.value.location, raised.value.remedy) == (str(tmp_path / FILE_NAME), AGAIN)
    assert raised.value.problem.startswith("is not JSON")


def test_file_is_read_up_to_256_mebibytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def reader(path: Path, most: int) -> bytes:
        asked.append((path, most))
        return ONE.to_json().encode()

    monkeypatch.setattr("capacity_guard.evidence.document.read_limited", reader)
    assert Findings.read(tmp_path) == ONE
    assert asked == [(tmp_path / FILE_NAME, 268_435_456)]


@pytest.mark.parametrize(
    ("errors", "warnings", "headline"),
    [
        (0, 0, "nothing found"),
        (0, 1, "0 errors, 1 warning"),
        (1, 0, "1 error, 0 warnings"),
        (2, 3, "2 errors, 3 warnings"),
    ],
)
def test_headline_counts_errors_and_warnings(errors: int, warnings: int, headline: str) -> None:
    findings = tuple(
        Finding("CG4", level, "T", None, "is", (Figure("a", "1"),), "x")
        for level in [Level.WARN] * warnings + [Level.ERROR] * errors
    )
    found = Findings(NOW, (JudgedTable("S/T", None, findings),))
    assert (found.errors, found.headline, found.scope) == (
        errors,
        headline,
        "1 table judged at 2026-07-09 15:40 UTC",
    )


def test_findings_are_found_by_level_then_in_the_order_of_tables() -> None:
    first = JudgedTable("S/A", None, (STALE, INDEX))
    second = JudgedTable("S/B", None, (INDEX, ACCEPTED))
    found = Findings(NOW, (first, second)).found
    assert found == ((first, INDEX), (second, INDEX), (first, STALE), (second, ACCEPTED))


def test_place_is_written_as_file_and_line() -> None:
    assert str(SourceLocation("stacks/orders.py", 12)) == "stacks/orders.py:12"


@pytest.mark.parametrize(
    ("group", "name", "value"), [("margins", "table_quota", -1), ("rollout", "bake_minutes", -1)]
)
def test_setting_that_no_user_gave_is_refused_with_the_file(
    tmp_path: Path, group: str, name: str, value: object
) -> None:
    data = data_of()
    data["tables"][0]["plan"][group][name] = value
    with pytest.raises(InputError) as raised:
        read(data, tmp_path)
    assert raised.value.location.startswith(f"{tmp_path / FILE_NAME}: ")
    assert name in raised.value.location
    assert raised.value.remedy == AGAIN


def test_dimension_that_is_empty_is_refused_with_the_file(tmp_path: Path) -> None:
    data = data_of()
    data["findings"][0]["dimension"] = ""
    assert refusal(data, tmp_path) == ("", "is not a dimension", AGAIN)
