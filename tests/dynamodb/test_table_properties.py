"""Which properties of a table may change in the operation that changes its capacity."""

from __future__ import annotations

from pathlib import Path

import aws_cdk.aws_dynamodb as dynamodb
import pytest

from capacity_guard.dynamodb.table_properties import (
    CAPACITY,
    CONTAINERS,
    REFUSED,
    REFUSED_SETTINGS,
    REFUSED_STRUCTURE,
    TRAVELS,
    UNKNOWN,
    holds_no_capacity,
    refusal,
)
from tests.paths import ROOT

KNOWN = {*CAPACITY, *CONTAINERS, *REFUSED, *TRAVELS}


@pytest.mark.parametrize(
    "declares",
    [
        dynamodb.CfnTableProps,
        dynamodb.CfnTable.GlobalSecondaryIndexProperty,
        dynamodb.CfnGlobalTableProps,
        dynamodb.CfnGlobalTable.GlobalSecondaryIndexProperty,
        dynamodb.CfnGlobalTable.ReplicaSpecificationProperty,
        dynamodb.CfnGlobalTable.ReplicaGlobalSecondaryIndexSpecificationProperty,
    ],
    ids=lambda declares: declares.__qualname__,
)
def test_properties_when_the_installed_cdk_knows_them_have_a_verdict(declares: type) -> None:
    names = {
        "".join(part.capitalize() for part in name.split("_"))
        for name, value in vars(declares).items()
        if isinstance(value, property)
    }
    names = {name.replace("SseSpecification", "SSESpecification") for name in names}
    assert names
    assert names - KNOWN == set()


def test_properties_when_they_have_a_verdict_have_one_only() -> None:
    assert len(KNOWN) == len(CAPACITY) + len(CONTAINERS) + len(REFUSED) + len(TRAVELS)


def test_property_when_it_is_unknown_is_refused() -> None:
    assert refusal("SomethingNew") == UNKNOWN
    assert refusal("TimeToLiveSpecification") == REFUSED["TimeToLiveSpecification"]
    assert refusal("Tags") is None
    assert refusal("BillingMode") is None


def test_property_when_an_edit_could_change_capacity_is_none_without_capacity() -> None:
    """A deployment that edits it beside a change that is deployed already is judged."""
    assert all(map(holds_no_capacity, (*TRAVELS, *REFUSED_SETTINGS)))
    assert not any(map(holds_no_capacity, (*CAPACITY, *CONTAINERS, *REFUSED_STRUCTURE, "SomethingNew", "")))
    assert not {*REFUSED_SETTINGS} & {*REFUSED_STRUCTURE}


def test_page_when_it_lists_the_properties_has_each() -> None:
    page = (Path(ROOT) / "docs" / "gates.md").read_text()
    assert [name for name in sorted({*REFUSED, *TRAVELS}) if f"`{name}`" not in page] == []
