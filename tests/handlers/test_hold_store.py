"""The calls on holds: what is sent, and what an answer that cannot be read says."""

from __future__ import annotations

import pytest

from capacity_guard.handlers.aws_error import AwsError
from capacity_guard.handlers.hold_store import HoldStore
from tests.fakes.gate_aws import FakeAws
from tests.handlers.gate_world import a_plan, an_aws

NAME = "/capacity-guard/Conversations-production/T"


@pytest.fixture
def aws() -> FakeAws:
    return an_aws(a_plan())


def test_hold_when_created_twice_is_created_once(aws: FakeAws) -> None:
    holds = HoldStore(aws.clients()["ssm"])
    assert holds.create(NAME)
    assert not holds.create(NAME)
    assert holds.read(NAME) == "none"
    assert aws.ssm.parameters[NAME]["Type"] == "String"


def test_hold_when_written_keeps_the_last_value_and_its_type(aws: FakeAws) -> None:
    holds = HoldStore(aws.clients()["ssm"])
    holds.write(NAME, "0123456789", "Bake vetoed")
    holds.write(NAME, "abcdef0123", "x" * 2_000)
    assert holds.look().read(NAME) == "abcdef0123"
    holds.delete(NAME)
    holds.delete(NAME)
    with pytest.raises(AwsError, match=r"ssm:GetParameter of .* found nothing"):
        holds.read(NAME)


def test_answer_when_it_cannot_be_read_is_an_error(aws: FakeAws) -> None:
    aws.fail("ssm:GetParameter", {"Parameter": {}})
    with pytest.raises(AwsError, match="answered in a form that cannot be read"):
        HoldStore(aws.clients()["ssm"]).read(NAME)


def test_reason_that_is_not_utf_8_is_sent_without_what_is_none() -> None:
    sent: list[str] = []

    class Client:
        def put_parameter(self, **request: str) -> dict[str, str]:
            sent.append(request["Description"])
            return {}

    HoldStore(Client()).write(NAME, "0123456789", "ada: seen \udcff")
    assert sent == ["ada: seen ?"]
