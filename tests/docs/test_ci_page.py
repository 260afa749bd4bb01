"""The page about workflows says what the file of a synthesis does not have."""

from __future__ import annotations

import re

from tests.paths import ROOT

CDK = ROOT / "constructs_lib" / "capacity_guard" / "cdk"


def test_page_lists_everything_that_the_guard_says_beside_its_rules() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in CDK.rglob("*.py"))
    said = set(re.findall(r'\bviolation\(\s*[\w\[\]]+,\s*"([a-z-]+)"', code))
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    listed = page.partition("It does not have what the guard itself says")[2].partition("Of these")[0]
    assert set(re.findall(r"`([a-z-]+)`", listed)) == said
    assert len(said) > 10
