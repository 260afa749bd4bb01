"""Texts that many small parts make together, kept letter by letter in a folder beside their test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

WRITE = "--write"


@dataclass(frozen=True)
class KeptTexts:
    """Texts of one module of scenarios, each in a file of its own.

    Attributes:
        folder: the folder that keeps them.
        groups: what makes the lines of each text, by the name of its file.
    """

    folder: Path
    groups: Mapping[str, Callable[[], Iterator[str]]]

    def made(self, group: str) -> str:
        """What the library makes of the scenarios."""
        return "\n".join(self.groups[group]()) + "\n"

    def kept(self, group: str) -> str:
        """What is kept of it."""
        return (self.folder / f"{group}.txt").read_text(encoding="utf-8")

    def main(self, *arguments: str) -> None:
        """Print the named texts, all without a name; with ``--write``, keep them."""
        for group in [name for name in arguments if name != WRITE] or self.groups:
            if WRITE in arguments:
                self.folder.mkdir(exist_ok=True)
                (self.folder / f"{group}.txt").write_text(self.made(group), encoding="utf-8")
            else:
                print(self.made(group), end="")
