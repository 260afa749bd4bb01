"""The hold of a table in Systems Manager: reading, creating, writing and deleting the SSM parameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ..capacity.hold import NONE
from ..capacity.limits import CALL_SECONDS
from .aws_error import AwsError, reading
from .calls import Calls, run_in_thread

_EXISTS = "ParameterAlreadyExists"
_DESCRIPTION = "capacity-guard: the change of capacity that is held (its fingerprint), or none"

_DESCRIPTION_CHARACTERS = 1_024
"""Longest description (API: PutParameter)."""


class _Client(Protocol):
    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]: ...


class HoldStore:
    """The calls on holds. Each raises ``AwsError`` if it fails.

    Args:
        client: boto3 client of ``ssm``.
        calls: how a call is made and repeated.
    """

    def __init__(self, client: _Client, calls: Calls | None = None) -> None:
        self._client = client
        self._calls = calls or Calls()

    @staticmethod
    def of_runtime() -> HoldStore:
        """A client of the function's own role and Region, which repeats no call by itself (``GateAws.of_runtime``)."""
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=3,
            read_timeout=CALL_SECONDS.value,
            retries={"mode": "standard", "total_max_attempts": 1},
        )
        client: Any = boto3.client("ssm", config=config)
        return HoldStore(client, Calls(run=run_in_thread))

    def look(self) -> HoldStore:
        """The same client for one look: every call of it shares a new deadline."""
        return HoldStore(self._client, self._calls.from_now())

    def read(self, name: str) -> str:
        """GetParameter: the value of a hold."""
        call = f"ssm:GetParameter of {name}"
        answer = self._calls.make(call, lambda: self._client.get_parameter(Name=name), repeats=True)
        with reading(call):
            return str(answer["Parameter"]["Value"])

    def create(self, name: str) -> bool:
        """PutParameter: create a hold that holds nothing. One that exists stays as it is (API: PutParameter, Overwrite).

        Returns:
            Whether it was absent.
        """
        try:
            self._put(name, NONE, _DESCRIPTION, overwrite=False)
        except AwsError as error:
            if error.detail.startswith(_EXISTS):
                return False
            raise
        return True

    def write(self, name: str, fingerprint: str, reason: str) -> None:
        """PutParameter: hold a change.

        Args:
            name: name of the SSM parameter.
            fingerprint: fingerprint of the change.
            reason: who holds it and why. It becomes the parameter's description, which its history keeps with the caller
                (API: GetParameterHistory).
        """
        self._put(name, fingerprint, reason, overwrite=True)

    def delete(self, name: str) -> None:
        """DeleteParameter: delete a hold; one that is gone is not an error."""
        call = f"ssm:DeleteParameter of {name}"
        try:
            self._calls.make(call, lambda: self._client.delete_parameter(Name=name), repeats=True)
        except AwsError as error:
            if error.kind != "missing":
                raise

    def _put(self, name: str, value: str, description: str, *, overwrite: bool) -> None:
        def put() -> dict[str, Any]:
            return self._client.put_parameter(
                Name=name,
                Value=value,
                Type="String",
                Overwrite=overwrite,
                # An argument that is not UTF-8 has unpaired surrogates, and a rollback must not fail for its reason.
                Description=description.encode(errors="replace").decode()[:_DESCRIPTION_CHARACTERS],
            )

        # The same value again is no other result, so a call that got no answer is repeated.
        self._calls.make(f"ssm:PutParameter of {name}", put, repeats=True)


__all__ = ["HoldStore"]
