"""Refusals of the emulated DynamoDB: error code and message as on the service."""

from __future__ import annotations

from dataclasses import dataclass


class Refusal(Exception):
    """The service refuses a request: error code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class TableLocation:
    """Names that a refusal states, and the account's use of its quota.

    table, region: names of the table and its Region.
    reserved: provisioned (read, write) units per second of all other tables and indexes in the account and Region.
    """

    table: str
    region: str
    reserved: tuple[int, int] = (0, 0)


def invalid(message: str) -> Refusal:
    """A ValidationException with the service's usual opening."""
    return Refusal("ValidationException", f"One or more parameter values were invalid: {message}")


def in_use(message: str) -> Refusal:
    """A ResourceInUseException with the service's usual opening."""
    opening = "Attempt to change a resource which is still in use: "
    return Refusal("ResourceInUseException", opening + message)


def limit_exceeded(message: str) -> Refusal:
    """A LimitExceededException."""
    return Refusal("LimitExceededException", message)


def above_table_quota(requested: str, access: str, location: TableLocation) -> Refusal:
    """A maximum or warm throughput above the quota of one table or index.

    requested: the member and its place, for example "MaxReadRequestUnits for OnDemandThroughput for table".
    access: "Read" or "Write".
    """
    return limit_exceeded(
        f"Subscriber limit exceeded: Requested {requested} "
        f"exceeds TableMax{access}CapacityUnits of the account in region {location.region}"
    )


__all__ = ["Refusal", "TableLocation", "above_table_quota", "in_use", "invalid", "limit_exceeded"]
