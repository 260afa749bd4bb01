"""The feature flags of the CDK."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import aws_cdk


def recommended_flags() -> dict[str, Any]:
    """Every feature flag that ``cdk init`` sets, as the installed aws-cdk-lib lists them."""
    (archive,) = Path(aws_cdk.__file__).parent.glob("_jsii/aws-cdk-lib@*.tgz")
    with tarfile.open(archive) as packed:
        member = packed.extractfile("package/recommended-feature-flags.json")
        assert member is not None
        flags: dict[str, Any] = json.load(member)
    assert flags["@aws-cdk/aws-lambda:useCdkManagedLogGroup"] is True
    return flags
