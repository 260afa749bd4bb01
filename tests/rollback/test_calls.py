"""The calls of a rollback: what is not an error, and what is."""

from __future__ import annotations

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.rollback.calls import RollbackAws

from .world import World


def test_table_of_no_stack_has_no_owner() -> None:
    world = World()
    world.owned = False
    assert world.calls().owner("Conversations-XYZ") is None
    world.owned = True
    assert world.calls().owner("another table") is None


def test_update_that_changes_nothing_is_no_error() -> None:
    world = World()
    world.refusals = ["No updates are to be performed."]
    assert not world.calls().update("s")


def test_update_that_is_refused_is_not_repeated() -> None:
    world = World()
    world.refusals = ["Parameters: [X] must have values", "never asked"]
    with pytest.raises(AwsError, match="must have values"):
        world.calls().update("s")
    assert world.refusals == ["never asked"]


def test_connection_without_a_region_names_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(InputError, match="Check --region, profile and credentials"):
        RollbackAws.connect(None, None)
