"""Checks the account, the Region and the endpoint of a run. It only reads from AWS."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from capacity_guard.capacity.errors import InputError

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
"""The SSM parameter that `cdk bootstrap` creates (CDK Guide: bootstrapping-env, default qualifier)."""
LOWEST_BOOTSTRAP = 6
"""The version that the CDK's default synthesizer requires."""


class Clients(Protocol):
    """Creates boto3 clients for the account and Region."""

    def client(self, service: str) -> Any:
        """A client of one service."""


def checked_arguments(account: str | None, region: str | None) -> tuple[str, str]:
    """Account and Region of the command line, checked.

    Raises:
        InputError: one is missing, or has not the form of one.
    """
    if not account:
        raise InputError(
            "--account", "is missing", "Name the account that may be used: --account 123456789012"
        )
    if not re.fullmatch(r"\d{12}", account):
        raise InputError("--account", f"{account!r} is not an account id", "Give its twelve digits")
    if not region:
        raise InputError("--region", "is missing", "Name the Region that may be used: --region eu-west-1")
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        raise InputError("--region", f"{region!r} is no Region", "Give one like eu-west-1")
    return account, region


def checked_endpoint(environment: Mapping[str, str]) -> str | None:
    """The endpoint that replaces AWS, ``None`` for AWS.

    Args:
        environment: environment variables of the process.

    Raises:
        InputError: it is not on this machine, or replaces only some services.
    """
    single = sorted(name for name in environment if name.startswith("AWS_ENDPOINT_URL_"))
    if single:
        raise InputError(single[0], "replaces one service only", "Unset it: a run has one AWS")
    endpoint = environment.get("AWS_ENDPOINT_URL")
    if not endpoint:
        return None
    host = urlsplit(endpoint).hostname or ""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InputError(
            "AWS_ENDPOINT_URL",
            f"{endpoint!r} is not on this machine",
            "Unset it to use AWS, or use 127.0.0.1",
        )
    return endpoint


def check_account(aws: Clients, account: str, region: str) -> None:
    """Check that the credentials belong to the account and that it is bootstrapped for the CDK.

    Raises:
        InputError: the credentials belong to another account, or the account is not bootstrapped.
    """
    try:
        actual = aws.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise InputError(
            "credentials", f"cannot be used ({error})", "Log in, or set AWS_PROFILE, then start again"
        ) from None
    if actual != account:
        raise InputError(
            f"--account {account}",
            f"is not the account of these credentials, which is {actual}",
            "Use the credentials of the account that you named",
        )
    remedy = f"Run: npx cdk bootstrap aws://{account}/{region}"
    try:
        version = aws.client("ssm").get_parameter(Name=BOOTSTRAP_VERSION)["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise InputError(
                BOOTSTRAP_VERSION, f"cannot be read ({error})", "Allow ssm:GetParameter on it"
            ) from None
        raise InputError(f"account {account}, {region}", "is not bootstrapped for the CDK", remedy) from None
    except BotoCoreError as error:
        raise InputError(BOOTSTRAP_VERSION, f"cannot be read ({error})", "Check the network") from None
    if not str(version).isdigit() or int(version) < LOWEST_BOOTSTRAP:
        raise InputError(
            f"account {account}, {region}",
            f"has bootstrap version {version}, older than {LOWEST_BOOTSTRAP}",
            remedy,
        )
