"""Files with a schema and a version are read by one piece of code, with the same errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.evidence.cell_settings import CellSettings
from capacity_guard.evidence.document import NEWER, Format, read_document
from capacity_guard.evidence.waves import Waves
from capacity_guard.findings import Findings

FORM = Format(
    "capacity-guard/test",
    {1: ("schema", "version", "a"), 2: ("schema", "version", "a", "b")},
    remedy="Correct it",
    other="Give another",
    largest=1_000,
)
SOUND: dict[str, Any] = {"schema": "capacity-guard/test", "version": 2, "a": 1, "b": 2}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "f.json"


def problem(file: Path, content: object) -> str:
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(InputError) as failed:
        read_document(file, FORM, absent="Write it")
    return str(failed.value)


def test_file_of_each_version_gives_its_fields(file: Path) -> None:
    for data in (SOUND, {"schema": "capacity-guard/test", "version": 1}):
        file.write_text(json.dumps(data))
        assert read_document(file, FORM, absent="Write it") == data


def test_file_that_is_absent_says_how_to_make_it(file: Path) -> None:
    with pytest.raises(InputError, match=r"^f\.json: is missing\. Write it\.$"):
        read_document(file, FORM, absent="Write it")
    with pytest.raises(InputError, match=r"^the file: is missing\. Write it\.$"):
        read_document(file, FORM, absent="Write it", name="the file")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "f.json: is not JSON ("),
        (b"\xff", "f.json: cannot be read ("),
        (b"null", "f.json: is not an object. Correct it."),
        ([], "f.json: is not an object. Correct it."),
        (b'{"schema": 1, "schema": 1}', "is there twice"),
        ({**SOUND, "schema": "x"}, "f.json: schema: is 'x', not capacity-guard/test. Give another."),
        ({"version": 2}, "f.json: schema: is None, not capacity-guard/test. Give another."),
        ({**SOUND, "version": 3}, f"f.json: version: is 3, not 1 or 2. {NEWER}."),
        ({**SOUND, "version": 3, "c": 3}, "version: is 3"),
        ({**SOUND, "version": True}, "version: is True"),
        ({**SOUND, "version": 1.0}, "version: is 1.0"),
        ({**SOUND, "version": [1]}, "version: is [1]"),
        ({**SOUND, "version": None}, "version: is None"),
        ({**SOUND, "version": 1}, "f.json: b: is not a known field. Use schema, version, a."),
        ({**SOUND, "a": "x" * 1_000}, "holds more than"),
    ],
)
def test_file_of_another_form_is_refused_with_the_place_and_the_remedy(
    file: Path, content: object, said: str
) -> None:
    assert said in problem(file, content)


def test_folder_is_refused(file: Path) -> None:
    file.mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_document(file, FORM, absent="Write it")


def test_format_without_fields_takes_any(file: Path) -> None:
    file.write_text(json.dumps({"schema": "any", "version": 1, "more": 1}))
    form = Format("any", {1: ()}, remedy="Correct it", other="Give another")
    assert read_document(file, form, absent="Write it")["more"] == 1


READERS: dict[str, Callable[[Path], object]] = {
    "capacity-guard/baseline": Baseline.load,
    "capacity-guard/cell": CellSettings.load,
    "capacity-guard/findings": Findings.read,
    "capacity-guard/waves": Waves.load,
}


@pytest.mark.parametrize("schema", sorted(READERS))
def test_reader_of_each_format_says_the_same(file: Path, schema: str) -> None:
    def said(content: object) -> str:
        if content is not None:
            file.write_text(json.dumps(content))
        with pytest.raises(InputError) as failed:
            READERS[schema](file)
        return (
            f"{failed.value.location.removeprefix(str(file)).removeprefix('f.json')}: {failed.value.problem}"
        )

    assert said(None) == ": is missing"
    assert said([]) == ": is not an object"
    assert said({"schema": "x", "version": 1}) == f": schema: is 'x', not {schema}"
    assert said({"schema": schema, "version": 9}).startswith(": version: is 9, not 1")
    assert said({"schema": schema, "version": True}).startswith(": version: is True, not 1")
