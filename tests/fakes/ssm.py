"""The fake Systems Manager: Parameter Store, as far as the guard uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.fakes.models import Refusal


class Ssm:
    """The service.

    Args:
        now: its clock.

    Attributes:
        parameters: entries of GetParameter, by name.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.parameters: dict[str, dict[str, Any]] = {}

    def get_parameter(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """API: GetParameter."""
        return {"Parameter": self._found(request["Name"])}

    def put_parameter(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """API: PutParameter; without Overwrite, one that exists is refused (ParameterAlreadyExists)."""
        name, before = request["Name"], self.parameters.get(request["Name"])
        if before is not None and not request.get("Overwrite"):
            raise Refusal(
                "ParameterAlreadyExists",
                "The parameter already exists. To overwrite this value, set the overwrite option",
            )
        if len(request["Value"]) > 4_096:
            raise Refusal(
                "ValidationException",
                "Standard tier parameters support a maximum parameter value of 4096 characters.",
            )
        version = 1 if before is None else before["Version"] + 1
        self.parameters[name] = {
            "Name": name,
            "Type": request.get("Type", "String"),
            "Value": request["Value"],
            "Version": version,
            "LastModifiedDate": self._now(),
        }
        return {"Version": version, "Tier": "Standard"}

    def delete_parameter(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """API: DeleteParameter."""
        self._found(request["Name"])
        del self.parameters[request["Name"]]
        return {}

    def _found(self, name: str) -> dict[str, Any]:
        if name not in self.parameters:
            raise Refusal("ParameterNotFound", "")
        return self.parameters[name]


__all__ = ["Ssm"]
