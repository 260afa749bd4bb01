"""The logical ids of a stack's resources."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from capacity_guard.cdk.app.logical_ids import LogicalIds


@pytest.fixture
def resource() -> cdk.CfnResource:
    return cdk.CfnResource(cdk.Stack(cdk.App(), "S"), "Orders", type="AWS::DynamoDB::Table")


def test_id_when_it_is_asked_for_before_it_is_final_follows_a_later_override(
    resource: cdk.CfnResource,
) -> None:
    ids = LogicalIds(resource.stack)
    assert ids.of(resource, final=False) == "Orders"
    resource.override_logical_id("Renamed")
    assert ids.of(resource, final=True) == "Renamed"


def test_id_when_it_was_final_once_is_not_asked_for_again(
    resource: cdk.CfnResource, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = LogicalIds(resource.stack)
    assert ids.of(resource, final=True) == "Orders"
    monkeypatch.setattr(cdk.Stack, "resolve", lambda *_: pytest.fail("the CDK's process was asked again"))
    assert ids.of(resource, final=False) == "Orders"


def test_id_when_it_is_known_is_the_known_one(resource: cdk.CfnResource) -> None:
    ids = LogicalIds(resource.stack)
    ids.know(resource, "Known")
    assert ids.of(resource, final=False) == ids.of(resource, final=True) == "Known"
