"""The templates of a synthesis, with all overrides and escape hatches applied."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from ...cloudformation.scaling_elsewhere import NESTED, ScalingElsewhere, find_scaling
from ..app.dependencies import Resources

if TYPE_CHECKING:
    from ..guards.guard import Guard

_NESTED_TEMPLATES = f"*{NESTED}"
_SCALING = "AWS::ApplicationAutoScaling::"
_REFERRED_TO = ('"Export"', '"AWS::CloudFormation::Stack"')
"""In each template that another one may refer to."""
_ENVIRONMENT = re.compile("aws://([^/]+)/(.+)")


class Templates:
    """The templates of a synthesis. Each is read once.

    Args:
        context: the context that the CDK passes to a validation plugin.
    """

    def __init__(self, context: cdk.IPolicyValidationContext) -> None:
        listed = [Path(path) for path in context.template_paths]
        # The templates of nested stacks are in the same folder, but the CDK does not list them.
        folders = {path.parent for path in listed}
        nested = [path for folder in folders for path in folder.glob(_NESTED_TEMPLATES)]
        self._paths = {path.name: path for path in (*listed, *nested)}
        self._read: dict[str, dict[str, Any]] = {}
        self._environments: dict[Path, dict[str, tuple[str | None, str | None]]] = {}

    def named(self, file: str) -> dict[str, Any]:
        """The template in a file.

        Args:
            file: name of the file, as in ``Stack.template_file``.
        """
        if file not in self._read:
            self._read[file] = json.loads(self._paths[file].read_bytes())
        return self._read[file]

    def holding(self, text: str) -> list[str]:
        """Names of the files that contain a text. Cheaper than parsing every template of a large app."""
        return [name for name, path in self._paths.items() if text.encode() in path.read_bytes()]

    @cached_property
    def scaling(self) -> list[ScalingElsewhere]:
        """The scaling targets and policies of DynamoDB tables in all templates, looked for once."""
        files = self.holding(_SCALING)
        if files:
            files += [file for text in _REFERRED_TO for file in self.holding(text)]
        return find_scaling({file: self.named(file) for file in dict.fromkeys(files)})

    def environment_of(self, file: str) -> tuple[str | None, str | None]:
        """Account and Region of the stack of a template, ``None`` where the synthesis does not know them.

        That of a nested stack is the one of all stacks of its folder.

        Args:
            file: file name of the template.
        """
        folder = self._paths[file].parent
        if folder not in self._environments:
            self._environments[folder] = _environments(folder)
        known = self._environments[folder]
        if file in known:
            return known[file]
        return next(iter(known.values())) if len(set(known.values())) == 1 else (None, None)

    def of(self, table: Guard) -> Mapping[str, Any]:
        """The template of the stack of a guarded table."""
        return self.named(table.provider.identity.template_file)

    def bytes_of(self, table: Guard) -> int:
        """Bytes of the file with the template of the stack of a guarded table."""
        return self._paths[table.provider.identity.template_file].stat().st_size

    def resources_of(self, table: Guard) -> Resources:
        """Resources of the stack of a guarded table, by logical id."""
        resources: Resources = self.of(table)["Resources"]
        return resources


def _environments(folder: Path) -> dict[str, tuple[str | None, str | None]]:
    """Account and Region of each stack of a cloud assembly, by the file name of its template (cloud assembly, manifest)."""
    manifest = folder / "manifest.json"
    artifacts = json.loads(manifest.read_bytes()).get("artifacts", {}) if manifest.exists() else {}
    found: dict[str, tuple[str | None, str | None]] = {}
    for artifact in artifacts.values():
        file, place = artifact.get("properties", {}).get("templateFile"), artifact.get("environment")
        match = _ENVIRONMENT.fullmatch(place or "")
        if file is not None and match is not None:
            account, region = (None if part.startswith("unknown-") else part for part in match.groups())
            found[file] = account, region
    return found


__all__ = ["Templates"]
