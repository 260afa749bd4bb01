"""Checks requests and answers with botocore's models, so that neither a caller nor a fake uses an unknown field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator


class Refusal(Exception):
    """A service refuses a call: its error code, its message and the HTTP status."""

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
    """Check a request like botocore before it sends it. Raises AssertionError."""
    shape = model(service).operation_model(operation).input_shape
    errors = _report(dict(parameters), shape)
    assert not errors, f"{service}:{operation}: {errors}"


def check_fields(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Check that a request has no unknown field and no wrong type. Raises AssertionError.

    The service itself refuses values out of range and missing members (``constraint_errors``).
    """
    shape = model(service).operation_model(operation).input_shape
    errors = [
        line for line in _report(dict(parameters), shape) if "Unknown parameter" in line or "type" in line
    ]
    assert not errors, f"{service}:{operation}: {errors}"


def check_answer(service: str, operation: str, answer: Mapping[str, Any]) -> None:
    """Check that botocore could parse an answer. Raises AssertionError."""
    shape = model(service).operation_model(operation).output_shape
    if shape is None:
        assert not answer, f"{service}:{operation} answers nothing"
        return
    # the models have the limits of requests for answers too: 0 decreases of a table are below "valid min value: 1"
    errors = [line for line in _report(dict(answer), shape) if "valid min value" not in line]
    assert not errors, f"{service}:{operation} answer: {errors}"


def constraint_errors(service: str, operation: str, parameters: Mapping[str, Any]) -> str | None:
    """The message of a JSON service for missing members and values out of range, ``None`` without any (DDB-TABLE-437)."""
    shape = model(service).operation_model(operation).input_shape
    violations = list(_violations(parameters, shape, ""))
    if not violations:
        return None
    noun = "error" if len(violations) == 1 else "errors"
    return f"{len(violations)} validation {noun} detected: {'; '.join(violations)}"


def _report(value: Any, shape: Any) -> list[str]:
    if shape is None:
        return [] if not value else ["the operation takes no parameters"]
    # A gate asks the same again and again: what validation looks at decides, and that repeats.
    key = shape.name, id(shape), _looked_at(value)
    if key not in _accepted:
        report: str = ParamValidator().validate(value, shape).generate_report()
        if report:
            return report.splitlines()
        _accepted.add(key)
    return []


_accepted: set[Any] = set()
"""What botocore found no fault in; see ``_looked_at``."""
_LONGEST, _HIGHEST = 64, 100
"""No lower limit of a length, or of a number, of these services is higher."""


def _looked_at(value: Any) -> Any:
    """What ``ParamValidator`` looks at: members, types, and lengths and numbers up to the highest lower limit."""
    kind = type(value)
    if kind is dict:
        return (*((key, _looked_at(member)) for key, member in value.items()),)
    if kind is list:
        return min(len(value), _LONGEST), frozenset(_looked_at(item) for item in value)
    if kind is str:
        return kind, min(len(value), _LONGEST)
    if kind is int or kind is float:
        return kind, min(value, _HIGHEST)
    return kind


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
        for position, item in enumerate(value, 1):
            yield from _violations(item, shape.member, f"{path}.{position}.member")
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


_SHARED = frozenset({str, int, float, bool, type(None), datetime})


def copied(value: Any) -> Any:
    """A deep copy of dicts and lists; other values are shared, which is much faster than ``copy.deepcopy``."""
    kind = type(value)
    if kind in _SHARED:
        return value
    if kind is dict or isinstance(value, Mapping):
        return {key: copied(member) for key, member in value.items()}
    if kind is list or isinstance(value, list | tuple):
        return [copied(item) for item in value]
    return value
