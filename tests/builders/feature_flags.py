"""The feature flags of the CDK."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk


@cache
def recommended_flags() -> Mapping[str, Any]:
    """Every feature flag that ``cdk init`` sets, as the installed aws-cdk-lib lists them."""
    (archive,) = Path(aws_cdk.__file__).parent.glob("_jsii/aws-cdk-lib@*.tgz")
    # Read as a stream up to the file: to find it in the list of all members, the whole archive is unpacked.
    with tarfile.open(archive, "r|gz") as packed:
        member = next(one for one in packed if one.name == "package/recommended-feature-flags.json")
        file = packed.extractfile(member)
        assert file is not None
        flags: dict[str, Any] = json.load(file)
    assert flags["@aws-cdk/aws-lambda:useCdkManagedLogGroup"] is True
    return flags
