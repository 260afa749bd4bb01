"""Fields of a recorded structure: each is needed, and is named when it is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity import InputError, Structure, TableKind

WHOLE = Structure(TableKind.TABLE, "id:S HASH", {"by_agent": "agent_id:S HASH; ALL"}).to_json()
NAMES = ("kind", "keys", "indexes", "stream", "replicas", "guard")


def problem(value: object) -> tuple[str, str]:
    with pytest.raises(InputError) as raised:
        Structure.from_json(value, "deployed.structure")
    assert raised.value.remedy
    return raised.value.location, raised.value.problem


@pytest.mark.parametrize("name", NAMES)
def test_structure_without_a_field_names_it(name: str) -> None:
    assert set(WHOLE) >= set(NAMES)
    fields = {key: value for key, value in WHOLE.items() if key != name}
    assert problem(fields) == (f"deployed.structure.{name}", "is missing")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"surplus": 1}, ("deployed.structure.surplus", "is not a known field")),
        ({"kind": "AWS::S3::Bucket"}, ("deployed.structure.kind", "is 'AWS::S3::Bucket'")),
        ({"indexes": []}, ("deployed.structure.indexes", "is not an object")),
        ({"replicas": {}}, ("deployed.structure.replicas", "is not a list")),
    ],
)
def test_structure_with_a_wrong_field_names_it(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert problem({**WHOLE, **changes}) == expected


@pytest.mark.parametrize("value", [None, [], "text"])
def test_structure_that_is_no_object_is_refused(value: object) -> None:
    assert problem(value) == ("deployed.structure", "is not an object")
