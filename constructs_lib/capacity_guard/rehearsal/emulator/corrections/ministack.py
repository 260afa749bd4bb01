"""Typed access to MiniStack's modules, which carry no types and change between versions."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Mapping
from typing import Any

_THROTTLED_SECONDS = 30
"""A throttled call of the control plane asks for a wait of at most 15 seconds (DDB-TABLE-445)."""

Response = tuple[int, dict[str, str], bytes]
"""What a function of MiniStack returns for one request: HTTP status, headers and body."""


def module(name: str) -> Any:
    """The module `ministack.<name>`. Look up its functions at every call, so that corrections compose."""
    return importlib.import_module(f"ministack.{name}")


class ServiceError(ValueError):
    """An emulated service refused a request.

    code: exception name of the service, for example "ResourceInUseException".
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} (Service: DynamoDb, Error Code: {code})")
        self.code = code


def dynamodb(operation: str, **request: Any) -> dict[str, Any]:
    """Call DynamoDB inside the emulator by the name of MiniStack's function, for example "_update_table".

    The call uses the same function as a request over HTTP: refusals, durations and quotas apply. A throttled call is
    repeated after a second of the emulator's clock, as the services that call DynamoDB do.
    Raises ServiceError with the service's message.
    """
    for _ in range(_THROTTLED_SECONDS):
        status, _headers, body = getattr(module("services.dynamodb"), operation)(request)
        answer: dict[str, Any] = json.loads(body)
        if not str(answer.get("__type", "")).endswith("ThrottlingException"):
            break
        time.sleep(1)
    if status >= 400:
        raise ServiceError(str(answer.get("__type", "")).rsplit("#", 1)[-1], str(answer.get("message", body)))
    return answer


def table_description(name: str) -> dict[str, Any]:
    """DescribeTable's description of table `name`. Raises ServiceError when the table does not exist."""
    description: dict[str, Any] = dynamodb("_describe_table", TableName=name)["Table"]
    return description


def integer(settings: Mapping[str, Any] | None, key: str) -> int | None:
    """An integer of a template, which may state it as text; None when it is absent."""
    value = (settings or {}).get(key)
    return None if value is None else int(value)


def flag(value: Any) -> bool | None:
    """A boolean of a template, which may state it as text; None when it is absent."""
    return None if value is None else str(value).lower() == "true"


__all__ = ["Response", "ServiceError", "dynamodb", "flag", "integer", "module", "table_description"]
