"""The README matches the code: its example, its findings and its tables."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from capacity_guard.evidence.baseline import Baseline
from capacity_guard.findings.answer_text import answer_lines
from capacity_guard.report.plan_formatting import verdict
from capacity_guard.rules import Case, Level, evaluate, find_answers
from stacks.settings import environments
from tests.paths import ROOT
from tests.planning.test_plan import incident

README = (ROOT / "README.md").read_text()


def test_readme_when_it_shows_a_refusal_shows_what_the_rules_find() -> None:
    (cell,) = environments(change="incident", only="production-cell-1")
    assert isinstance(cell.baseline, Path)
    case = Case(
        table="Conversations",
        indexes=tuple(cell.capacity.indexes) or ("by_agent",),
        declared=cell.capacity.for_indexes(["by_agent"], "test"),
        baseline=Baseline.load(cell.baseline),
        now=datetime(2026, 7, 9, 15, 40, tzinfo=UTC),
    )
    findings = evaluate(case)
    printed = {finding.rule: finding.text(with_fix=False) for finding in findings}
    assert printed["CG4"] in README
    answer = find_answers(case, findings)[0]
    fix = "\n".join(answer_lines([findings[number] for number in answer.findings], answer))
    cheapest = fix.partition("\n  B, ")[0]
    assert cheapest != fix
    assert f"{cheapest}\n```" in README
    errors = sum(finding.level is Level.ERROR for finding in findings)
    assert (errors, len(answer.alternatives)) == (5, 2)  # as README says


def test_readme_when_it_shows_a_plan_shows_what_is_printed(tmp_path: Path) -> None:
    assert verdict(incident(tmp_path)) in " ".join(README.split())


def test_readme_when_it_shows_an_example_shows_the_file_and_it_is_short() -> None:
    example = (ROOT / "examples" / "orders.py").read_text()
    assert f"```python\n{example}```" in README
    assert len([line for line in example.splitlines() if line]) <= 15


def test_readme_when_it_links_pages_links_existing_ones() -> None:
    for target in re.findall(r"\]\(((?!http)[^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_pages_have_one_blank_line_between_paragraphs() -> None:
    for page in (ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")):
        prose = re.sub(r"^```.*?^```", "CODE", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        assert "\n\n\n" not in prose, page


def test_readme_names_the_way_for_readers_without_aws() -> None:
    assert "docs/recording.md#from-files" in README
    assert "\n## From files\n" in (ROOT / "docs" / "recording.md").read_text()


def test_readme_lists_every_extra_of_the_package() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    table = README.partition("| extra | for |\n|---|---|\n")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE)) == sorted(extras)


def test_readme_states_the_oldest_cdk_of_the_package() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (oldest,) = re.findall(r"^aws-cdk-lib>=([\d.]+),", "\n".join(needed), re.MULTILINE)
    assert f"`aws-cdk-lib` {oldest} or newer" in README


def test_readme_stays_short() -> None:
    assert len(README.splitlines()) <= 200


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("rollback", r"as before (\d+) s after the change"),
        ("watched", r"as before (\d+) s after the first throttled minute"),
    ],
)
def test_readme_when_it_describes_a_rollback_has_the_seconds_of_its_picture(name: str, title: str) -> None:
    picture = (ROOT / "docs" / "img" / f"{name}.svg").read_text()
    (seconds,) = set(re.findall(title, picture))
    assert f"**{seconds} s**" in README.partition(f"docs/img/{name}.svg")[2].partition("\n![")[0]


def test_stages_on_the_page_of_performance_add_up_to_the_seconds_of_the_picture() -> None:
    picture = (ROOT / "docs" / "img" / "watched.svg").read_text()
    (seconds,) = set(re.findall(r"as before (\d+) s after the first throttled minute", picture))
    page = (ROOT / "docs" / "performance.md").read_text()
    table = page.partition("## From the first throttled minute")[2].partition("| stage |")[2]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:] if line.startswith("|")]
    (*stages, together) = [[cell.strip("* ") for cell in row] for row in rows]
    ends = [[int(end) for end in (row[2].split(" to ") * 2)[:2]] for row in stages]
    assert sum(int(row[1]) for row in stages) == int(together[1]) == int(seconds)
    assert together[2] == f"{sum(low for low, _ in ends)} to {sum(high for _, high in ends)}"
    middle = sum(int(row[3]) for row in stages)
    assert [int(row[3]) for row in stages] == [(low + high) / 2 for low, high in ends]
    assert together[3].startswith(f"{middle}**") or together[3].split(",")[0].strip("* ") == str(middle)
    assert middle <= 7 * 60
