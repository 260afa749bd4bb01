"""``AWS::Serverless::SimpleTable``: the ``AWS::DynamoDB::Table`` that AWS SAM makes of it, under the same logical id.

SAM Developer Guide: sam-resource-simpletable, sam-specification-generated-resources-simpletable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..capacity.errors import InputError
from ..capacity.structure import TableKind

SIMPLE_TABLE = "AWS::Serverless::SimpleTable"
_TYPES = {"String": "S", "Number": "N", "Binary": "B"}
_PASSED_ON = ("PointInTimeRecoverySpecification", "ProvisionedThroughput", "SSESpecification", "TableName")
_OWN = ("PrimaryKey", "Tags")


def as_table(resource: Mapping[str, Any], location: str) -> dict[str, Any]:
    """The table that SAM makes.

    Without ``PrimaryKey`` its key is the text ``id``, without ``ProvisionedThroughput`` it is on-demand.

    Args:
        resource: the resource of SAM.
        location: the resource, for errors.

    Raises:
        InputError: its key cannot be read, or it has a property that is not known.
    """
    given = resource.get("Properties", {})
    unknown = sorted(set(given) - {*_PASSED_ON, *_OWN})
    if unknown:
        raise InputError(
            f"{location}.{unknown[0]}",
            f"is not a property of {SIMPLE_TABLE} that is known",
            "Declare the table as AWS::DynamoDB::Table",
        )
    key = given.get("PrimaryKey") or {"Name": "id", "Type": "String"}
    name, of_type = (key.get("Name"), key.get("Type")) if isinstance(key, Mapping) else (None, None)
    if not isinstance(name, str) or of_type not in _TYPES:
        raise InputError(
            f"{location}.PrimaryKey", "is no Name with a Type", "Give the Type as String, Number or Binary"
        )
    properties = {member: given[member] for member in _PASSED_ON if given.get(member)}
    if "ProvisionedThroughput" not in properties:
        properties["BillingMode"] = "PAY_PER_REQUEST"
    properties["AttributeDefinitions"] = [{"AttributeName": name, "AttributeType": _TYPES[of_type]}]
    properties["KeySchema"] = [{"AttributeName": name, "KeyType": "HASH"}]
    if given.get("Tags"):
        properties["Tags"] = given["Tags"]
    return {**resource, "Type": TableKind.TABLE.value, "Properties": properties}


__all__ = ["SIMPLE_TABLE", "as_table"]
