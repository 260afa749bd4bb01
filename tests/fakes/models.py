"""Requests and answers against botocore's own models, so that neither a caller nor a fake can invent a field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator


class Refusal(Exception):
    """A service refuses a call: error code and message as the service words them, and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def client_error(operation: str, code: str, message: str, status: int = 400) -> ClientError:
    """The error that botocore raises for a refused request."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, operation)


@cache
def model(service: str) -> Any:
    """The model of a service."""
    return botocore.session.get_session().get_service_model(service)


@cache
def operation_of(service: str, method: str) -> str | None:
    """The API's name of a client's method, ``None`` where the service has no such operation."""
    return next((name for name in model(service).operation_names if xform_name(name) == method), None)


def check_request(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """What botocore checks before it sends a request. Raises AssertionError."""
    shape = model(service).operation_model(operation).input_shape
    errors = _report(dict(parameters), shape)
    assert not errors, f"{service}:{operation}: {errors}"


def check_fields(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """That a request has no field and no type that the model does not know. Raises AssertionError.

    Values out of range and missing members are the service's to refuse, in its own words.
    """
    shape = model(service).operation_model(operation).input_shape
    errors = [
        line for line in _report(dict(parameters), shape) if "Unknown parameter" in line or "type" in line
    ]
    assert not errors, f"{service}:{operation}: {errors}"


def check_answer(service: str, operation: str, answer: Mapping[str, Any]) -> None:
    """That an answer is one that botocore could have parsed. Raises AssertionError."""
    shape = model(service).operation_model(operation).output_shape
    if shape is None:
        assert not answer, f"{service}:{operation} answers nothing"
        return
    # the models give answers the bounds of requests: a table without decreases today answers 0, "valid min value: 1"
    errors = [line for line in _report(dict(answer), shape) if "valid min value" not in line]
    assert not errors, f"{service}:{operation} answer: {errors}"


def constraint_errors(service: str, operation: str, parameters: Mapping[str, Any]) -> str | None:
    """What a JSON service says of a request that misses a member or has a value out of range (DDB-TABLE-437)."""
    shape = model(service).operation_model(operation).input_shape
    found = list(_violations(parameters, shape, ""))
    if not found:
        return None
    noun = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {noun} detected: {'; '.join(found)}"


def _report(value: Any, shape: Any) -> list[str]:
    if shape is None:
        return [] if not value else ["the operation takes no parameters"]
    report: str = ParamValidator().validate(_sampled(value), shape).generate_report()
    return report.splitlines()


def _sampled(value: Any) -> Any:
    """The same with long lists of numbers and moments cut: one of them is like the other."""
    if isinstance(value, dict):
        return {key: _sampled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_sampled(one) for one in (value if value and isinstance(value[0], dict | str) else value[:2])]
    return value


def _violations(value: Any, shape: Any, path: str) -> Iterator[str]:
    if shape.type_name == "structure":
        # the service names the members in the reverse of the model's order (DDB-TABLE-038)
        for name in reversed(list(shape.members)):
            inner = f"{path}.{_camel(name)}" if path else _camel(name)
            if name in value:
                yield from _violations(value[name], shape.members[name], inner)
            elif name in shape.required_members:
                yield f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"
    elif shape.type_name == "list":
        for position, one in enumerate(value, 1):
            yield from _violations(one, shape.member, f"{path}.{position}.member")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        allowed = ", ".join(shape.enum)
        yield (
            f"Value '{value}' at '{path}' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{allowed}]"
        )
    elif shape.type_name in ("integer", "long") and value < shape.metadata.get("min", value):
        yield (
            f"Value '{value}' at '{path}' failed to satisfy constraint: "
            f"Member must have value greater than or equal to {shape.metadata['min']}"
        )


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def copied(value: Any) -> Any:
    """A copy of plain data: what cannot be changed is shared, which ``copy.deepcopy`` takes much longer to find out."""
    if isinstance(value, Mapping):
        return {key: copied(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [copied(one) for one in value]
    return value
