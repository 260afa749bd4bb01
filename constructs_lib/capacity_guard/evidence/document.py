"""Read a JSON file of this library's own: one that states its schema and its version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..capacity.errors import InputError
from ..capacity.plain_data import shown
from .files import LARGEST_TEXT, displayed_path, near_text, read_limited
from .strict_json import json_from

NEWER = "Install a newer capacity-guard"


@dataclass(frozen=True)
class Format:
    """A format of files.

    Attributes:
        schema: what its files state as ``schema``.
        fields: names of the fields that a file may have, by version; no names: any.
        remedy: what to do about a file that cannot be read.
        other: what to do about a file of another schema.
        newer: what to do about a file of another version.
        largest: most bytes of a file.
    """

    schema: str
    fields: Mapping[int, Sequence[str]]
    remedy: str
    other: str
    newer: str = NEWER
    largest: int = LARGEST_TEXT


def read_document(path: Path, form: Format, *, absent: str, name: str | None = None) -> dict[str, Any]:
    """Read a file of a format.

    Args:
        path: the file.
        form: its format.
        absent: what to do where there is no such file.
        name: how errors name the file; ``None``: by its path from the working directory.

    Returns:
        Its fields, with a schema and a version that are known. Their values are not checked otherwise.

    Raises:
        InputError: the file cannot be read, is no strict JSON, has another schema or version, or a field that is not known.
    """
    name = displayed_path(path) if name is None else name
    try:
        content = read_limited(path, form.largest)
        content.decode()
    except FileNotFoundError:
        raise InputError(name, f"is missing{near_text(path)}", absent) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(name, f"cannot be read ({error})", form.remedy) from None
    data = json_from(content, name, form.remedy)
    if not isinstance(data, dict):
        raise InputError(name, "is not an object", form.remedy)
    if data.get("schema") != form.schema:
        raise InputError(f"{name}: schema", f"is {shown(data.get('schema'))}, not {form.schema}", form.other)
    version = data.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version not in form.fields:
        known = " or ".join(map(str, form.fields))
        raise InputError(f"{name}: version", f"is {shown(version)}, not {known}", form.newer)
    fields = form.fields[version]
    for field in data if fields else ():
        if field not in fields:
            raise InputError(f"{name}: {field}", "is not a known field", f"Use {', '.join(fields)}")
    return data


__all__ = ["NEWER", "Format", "read_document"]
