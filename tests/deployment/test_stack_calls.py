"""The credentials of each stack, and what is read of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.deployment.assembly import AssemblyStack
from capacity_guard.deployment.stack_calls import Connections, read_live
from capacity_guard.rollback.calls import RollbackAws
from tests.fakes.models import client_error
from tests.rollback.world import NAME

from .deploy_world import DeployWorld

ROLE = "arn:${AWS::Partition}:iam::111122223333:role/lookup"


class Sts:
    """AssumeRole and GetCallerIdentity of one account."""

    def __init__(self, account: str, *, refuses: bool) -> None:
        self.account, self.refuses = account, refuses
        self.assumed: list[str] = []

    def assume_role(self, **request: Any) -> dict[str, Any]:
        self.assumed.append(request["RoleArn"])
        if self.refuses:
            raise client_error("AssumeRole", "AccessDenied", "not authorized", 403)
        return {"Credentials": {"AccessKeyId": "role", "SecretAccessKey": "s", "SessionToken": "t"}}

    def get_caller_identity(self) -> dict[str, Any]:
        return {"Account": self.account}


class Sessions:
    """The sessions that were made."""

    def __init__(self, sts: Sts) -> None:
        self.sts = sts
        self.made: list[dict[str, Any]] = []
        self.used: list[Any] = []


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> Sessions:
    import boto3

    kept = Sessions(Sts("111122223333", refuses=False))

    class Session(boto3.Session):
        def __init__(self, **given: Any) -> None:
            kept.made.append(given)
            super().__init__(**{name: value for name, value in given.items() if name != "profile_name"})

        def client(self, name: str, **options: Any) -> Any:
            return kept.sts if name == "sts" else super().client(name, **options)

    def of_session(session: Any, endpoint_url: str | None) -> object:
        kept.used.append(session)
        return object()

    monkeypatch.setattr(boto3, "Session", Session)
    monkeypatch.setattr(RollbackAws, "of_session", of_session)
    return kept


def stack(
    account: str | None = "111122223333", role: str | None = ROLE, region: str | None = "eu-west-1"
) -> AssemblyStack:
    return AssemblyStack("Cell", "Cell", account, region, role, Path("x"), ())


def test_role_for_reading_is_assumed_with_the_profile_that_was_given(sessions: Sessions) -> None:
    connections = Connections("prod", None)
    assert connections.of(stack()) is connections.of(stack())
    assert sessions.sts.assumed == ["arn:aws:iam::111122223333:role/lookup"]
    assert sessions.made[0] == {"region_name": "eu-west-1", "profile_name": "prod"}
    assert sessions.used[0].get_credentials().access_key == "role"


def test_role_of_another_partition_has_its_name(sessions: Sessions) -> None:
    Connections(None, None).of(stack(region="cn-north-1"))
    assert sessions.sts.assumed == ["arn:aws-cn:iam::111122223333:role/lookup"]


def test_own_credentials_are_used_where_the_role_is_refused_and_the_account_is_the_same(
    sessions: Sessions,
) -> None:
    sessions.sts.refuses = True
    Connections(None, None).of(stack())
    assert sessions.used[0].get_credentials().access_key != "role"


def test_account_of_somebody_else_is_refused_by_its_name(sessions: Sessions) -> None:
    sessions.sts.refuses = True
    with pytest.raises(
        InputError, match=r"Cell: is in account 999988887777, the credentials are of 111122223333"
    ):
        Connections(None, None).of(stack(account="999988887777"))


def test_stack_without_a_role_for_reading_is_read_with_own_credentials(sessions: Sessions) -> None:
    Connections(None, None).of(stack(role=None))
    assert sessions.sts.assumed == []


def test_region_that_nobody_names_is_refused(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="has no Region"):
        Connections(None, None).of(stack(region=None))


def test_stack_that_does_not_exist_has_neither_status_nor_template(tmp_path: Path) -> None:
    world = DeployWorld(tmp_path)
    world.exists = False
    live = read_live(world.calls(), NAME)
    assert (live.status, live.template, live.newest, live.runs) == (None, None, None, False)


def test_stack_has_its_template_its_status_and_its_newest_event(tmp_path: Path) -> None:
    world = DeployWorld(tmp_path)
    world.began()
    live = read_live(world.calls(), NAME)
    assert (live.status, live.runs, live.newest) == ("UPDATE_IN_PROGRESS", True, world.events[0]["EventId"])
    world.status = "REVIEW_IN_PROGRESS"
    live = read_live(world.calls(), NAME)
    assert (live.runs, live.template) == (False, None)
