"""The answer of a gate to an Update. The way back imports nothing else of the guard."""

from __future__ import annotations

NOT_JUDGED = "not judged"
"""Attribute ``Judged`` of a Preflight that was updated. The change is deployed already: a Preflight stays in a stack only if
its Create passed and the operation was not rolled back. A Bake that is created beside it passes at once."""

DATA = {"Judged": NOT_JUDGED, "Loud": ""}
"""Every attribute that a Bake reads. CloudFormation resolves Fn::GetAtt against the newest answer, so an Update without them
would fail each deployment that edits a setting while a committed transition waits for its baseline."""
