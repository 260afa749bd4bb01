"""Roles in a running emulator that enforces IAM, and clients with their credentials."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from capacity_guard.rehearsal.emulator import Emulator

Statements = list[dict[str, Any]]


def make_role(
    emulator: Emulator, name: str, statements: Statements, *, service: str = "lambda", **options: Any
) -> str:
    """Create a role with one inline policy; returns its ARN.

    Args:
        service: the service that may assume it, without its domain.
        options: further parameters of CreateRole.
    """
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    client = emulator.client("iam")
    role = client.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        **options,
    )
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    client.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)
    return str(role["Role"]["Arn"])


def client_of(emulator: Emulator, role: str, service: str) -> Any:
    """A client with the credentials of a role.

    Args:
        role: its ARN.
    """
    found = emulator.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    return emulator.client(
        service,
        aws_access_key_id=found["AccessKeyId"],
        aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"],
    )


def code_of(call: Callable[[], Any]) -> str:
    """Code of the error that a call ends in; empty for none."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def message_of(call: Callable[[], Any]) -> str:
    """Message of the error that a call ends in; empty for none."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Message"])
    return ""


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


__all__ = ["allow", "client_of", "code_of", "make_role", "message_of"]
