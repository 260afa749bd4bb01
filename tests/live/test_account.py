"""The checks before a run: account, Region, endpoint, credentials and bootstrap; `test_main.py` has every refusal."""

from __future__ import annotations

from typing import Any

import pytest

from capacity_guard.capacity.errors import InputError
from live.account import check_account, checked_arguments, checked_endpoint


def test_arguments_when_they_have_the_right_form_are_returned() -> None:
    assert checked_arguments("123456789012", "us-gov-west-1") == ("123456789012", "us-gov-west-1")


@pytest.mark.parametrize("endpoint", ["http://localhost:4566", "http://127.0.0.1:1", "http://[::1]:1"])
def test_endpoint_when_it_is_on_this_machine_replaces_aws(endpoint: str) -> None:
    assert checked_endpoint({"AWS_ENDPOINT_URL": endpoint}) == endpoint
    assert checked_endpoint({}) is None
    with pytest.raises(InputError, match="replaces one service only"):
        checked_endpoint({"AWS_ENDPOINT_URL": endpoint, "AWS_ENDPOINT_URL_S3": endpoint})


class Services:
    """STS and SSM of one account."""

    def __init__(self, bootstrap_version: str) -> None:
        self._bootstrap_version = bootstrap_version

    def client(self, service: str) -> Services:
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "123456789012"}

    def get_parameter(self, **_: Any) -> dict[str, dict[str, str]]:
        return {"Parameter": {"Value": self._bootstrap_version}}


def test_account_when_it_is_bootstrapped_with_the_lowest_version_is_accepted() -> None:
    check_account(Services("6"), "123456789012", "eu-west-1")
    with pytest.raises(InputError, match="has bootstrap version 5, older than 6"):
        check_account(Services("5"), "123456789012", "eu-west-1")
