"""The services of an account with several tables."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from typing import Any

from tests.fakes.recording_aws import GLOBAL_TABLE, NAME, NOW, Services, declared_table


def services_by_table() -> dict[str, Services]:
    """Services of three tables by name; a stack owns the first."""
    tables: dict[str, Services] = {}
    for name in ("Orders", "Users", "Events"):
        services = Services()
        services.load()
        services.table["TableName"] = name
        services.table["TableArn"] = services.table["TableArn"].replace(NAME, name)
        services.respond = _responding_as(services, name)  # type: ignore[method-assign]
        tables[name] = services
    tables["Orders"].own(GLOBAL_TABLE, declared_table(writes=200))
    return tables


def _responding_as(services: Services, name: str) -> Any:
    """The services answer calls about a table of another name than NAME."""
    respond = services.respond

    def renamed(operation: str, parameters: dict[str, Any]) -> Any:
        return respond(operation, with_name(parameters, name))

    return renamed


def with_name(parameters: dict[str, Any], name: str) -> dict[str, Any]:
    """Parameters that name NAME where they named another table."""
    text = json.dumps(parameters, default=lambda time: {"$at": time.isoformat()})
    changed: dict[str, Any] = json.loads(text.replace(f'"{name}"', f'"{NAME}"'), object_hook=_decode_time)
    return changed


def _decode_time(data: dict[str, Any]) -> Any:
    return datetime.fromisoformat(data["$at"]) if set(data) == {"$at"} else data


class FleetServices(Services):
    """Passes each call to the services of the table that it names; other calls go to the first table.

    Two tables have the tags that are asked for, and the stack owns a table and a bucket.
    """

    def __init__(self, tables: dict[str, Services]) -> None:
        super().__init__()
        self._tables = tables
        self._lock = threading.Lock()

    def respond(self, operation: str, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if operation == "GetResources":
            return 200, _tagged(parameters)
        if operation == "ListStackResources":
            return 200, {"StackResourceSummaries": _STACK_RESOURCES}
        text = json.dumps(parameters, default=str)
        with self._lock:
            for name, services in self._tables.items():
                if f'"{name}' in text or f"/{name}" in text:
                    return services.respond(operation, parameters)
            return self._tables["Orders"].respond(operation, parameters)


def _tagged(parameters: dict[str, Any]) -> dict[str, Any]:
    tables = [
        {"ResourceARN": f"arn:aws:dynamodb:eu-west-1:1:table/{name}", "Tags": []}
        for name in ("Users", "Events")
    ]
    number = int(parameters.get("PaginationToken") or 0)
    following = str(number + 1) if number + 1 < len(tables) else ""
    return {"ResourceTagMappingList": tables[number : number + 1], "PaginationToken": following}


_STACK_RESOURCES = [
    {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": name,
        "ResourceType": resource_type,
        "ResourceStatus": "CREATE_COMPLETE",
        "LastUpdatedTimestamp": NOW,
    }
    for logical_id, name, resource_type in (
        ("Table", "Orders", GLOBAL_TABLE),
        ("bucket", "bucket", "AWS::S3::Bucket"),
    )
]


class CountedCalls:
    """The operations that each table was asked for."""

    def __init__(self, fleet: dict[str, Services]) -> None:
        self.operations: list[tuple[str, str]] = []
        for name, services in fleet.items():
            services.respond = self._counting(name, services.respond)  # type: ignore[method-assign]

    def _counting(self, name: str, respond: Any) -> Any:
        def counted(operation: str, parameters: dict[str, Any]) -> Any:
            self.operations.append((name, operation))
            return respond(operation, parameters)

        return counted

    def of(self, name: str) -> list[str]:
        """The operations of one table."""
        return [operation for table, operation in self.operations if table == name]
