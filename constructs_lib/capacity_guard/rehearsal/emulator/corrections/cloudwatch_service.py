"""What the corrections of CloudWatch share: MiniStack's module, one lock, and answers in the format of the request."""

from __future__ import annotations

import threading
from typing import Any, cast

from . import ministack
from .ministack import Response

API = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference"
GUIDE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring"

lock = threading.RLock()
"""Guards metrics and alarms, which requests and the thread that evaluates alarms use."""


def service() -> Any:
    """MiniStack's CloudWatch module."""
    return ministack.module("services.cloudwatch")


def respond(members: dict[str, Any], is_cbor: bool, is_json: bool) -> Response:
    """A successful answer in CBOR or JSON; an error for a request in the query protocol."""
    if is_cbor:
        return cast(Response, service()._cbor_ok(members))
    if is_json:
        return cast(Response, service()._json_ok(members))
    return cast(
        Response, service()._error("InvalidAction", "this operation is emulated in JSON and CBOR only", 400)
    )


def refuse(message: str, is_cbor: bool, is_json: bool, code: str = "ValidationError") -> Response:
    """A refusal with HTTP status 400."""
    return cast(Response, service()._error(code, message, 400, use_json=is_json, use_cbor=is_cbor))


def timestamp(seconds: Any, is_cbor: bool) -> Any:
    """A timestamp member of an answer (seconds since 1970)."""
    return service()._cbor_timestamp(seconds) if is_cbor else seconds


__all__ = ["API", "GUIDE", "lock", "refuse", "respond", "service", "timestamp"]
