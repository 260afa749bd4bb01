"""Compare a tag with the version of the package and print that version's section of CHANGELOG.md.

``python .github/release_notes.py v0.2.0``: exit code 2 and one line where they do not agree, so that a release stops.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class Disagreement(Exception):
    """Tag, version and changelog do not agree."""


def version(root: Path = ROOT) -> str:
    """The version that the package states; nothing is imported."""
    tree = ast.parse((root / "constructs_lib" / "capacity_guard" / "__init__.py").read_text(encoding="utf-8"))
    (stated,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and [ast.unparse(target) for target in node.targets] == ["__version__"]
    ]
    return str(ast.literal_eval(stated))


def section(changelog: str, version: str) -> str:
    """The section of a version, without its heading.

    Args:
        changelog: the text of CHANGELOG.md.
        version: ``0.2.0``.

    Raises:
        Disagreement: it has no such section, the section is empty or without a date, or entries are still under
            ``Unreleased``.
    """
    parts = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    named = {part.partition("\n")[0].strip(): part.partition("\n")[2].strip() for part in parts}
    if re.search(r"^- ", named.get("[Unreleased]", ""), re.MULTILINE):
        raise Disagreement(f"CHANGELOG.md has entries under [Unreleased]: move them to [{version}]")
    found = [(name, text) for name, text in named.items() if name.startswith(f"[{version}]")]
    if not found or not found[0][1]:
        raise Disagreement(f"CHANGELOG.md has no section [{version}]: write it")
    if not re.fullmatch(rf"\[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d", found[0][0]):
        raise Disagreement(
            f"the section [{version}] of CHANGELOG.md has no date: write [{version}] - YYYY-MM-DD"
        )
    return found[0][1]


def main(tag: str, root: Path = ROOT) -> int:
    """Print the notes of a release.

    Args:
        tag: the tag that is released: ``v0.2.0``.
        root: folder of the repository.

    Returns:
        0, or 2 where tag, version and changelog do not agree.
    """
    stated = version(root)
    try:
        if tag != f"v{stated}":
            raise Disagreement(f"the tag is {tag}, the package states {stated}: correct one of them")
        print(section((root / "CHANGELOG.md").read_text(encoding="utf-8"), stated))
    except Disagreement as problem:
        print(f"release: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
