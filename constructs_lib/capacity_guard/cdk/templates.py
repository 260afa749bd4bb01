"""The templates of a synthesis, with all overrides and escape hatches applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk

from .dependencies import Resources

if TYPE_CHECKING:
    from .guard import Guard

_NESTED_TEMPLATES = "*.nested.template.json"


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


__all__ = ["Templates"]
