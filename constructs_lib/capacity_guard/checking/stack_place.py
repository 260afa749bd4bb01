"""Where a template is deployed: stack, account and Region, as options give them or the cloud assembly beside it knows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..evidence.files import LARGEST_TEXT, displayed_path, read_limited
from ..evidence.strict_json import json_from

_ENVIRONMENT = re.compile("aws://([^/]+)/(.+)")
_REMEDY = "Synthesize again, or copy the template out of the cloud assembly"


@dataclass(frozen=True)
class StackPlace:
    """A place; ``None`` for what is not known.

    Attributes:
        stack: name of the stack.
        account: AWS account id.
        region: AWS Region.
    """

    stack: str | None = None
    account: str | None = None
    region: str | None = None

    def or_else(self, other: StackPlace) -> StackPlace:
        """This place, with what is not known of it from another one."""
        return StackPlace(
            self.stack or other.stack, self.account or other.account, self.region or other.region
        )


def place_in_assembly(template: Path) -> StackPlace:
    """What the cloud assembly of a template says about its stack; nothing where it is in none.

    The CDK writes ``manifest.json`` beside the templates (cloud assembly: AwsCloudFormationStackProperties).

    Args:
        template: file of the template.

    Raises:
        InputError: the manifest cannot be read.
    """
    manifest = template.parent / "manifest.json"
    try:
        content = read_limited(manifest, LARGEST_TEXT)
    except OSError:
        return StackPlace()
    data = json_from(content, displayed_path(manifest), _REMEDY)
    artifacts = data.get("artifacts") if isinstance(data, dict) else None
    for id, artifact in (artifacts if isinstance(artifacts, dict) else {}).items():
        properties = artifact.get("properties") if isinstance(artifact, dict) else None
        if isinstance(properties, dict) and properties.get("templateFile") == template.name:
            return _place_of(id, artifact, properties)
    return StackPlace()


def _place_of(id: str, artifact: dict[str, Any], properties: dict[str, Any]) -> StackPlace:
    match = _ENVIRONMENT.fullmatch(str(artifact.get("environment")))
    account, region = (
        (None, None)
        if match is None
        else (None if part.startswith("unknown-") else part for part in match.groups())
    )
    return StackPlace(str(properties.get("stackName") or id), account, region)


__all__ = ["StackPlace", "place_in_assembly"]
