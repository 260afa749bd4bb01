"""The stacks of an assembly, and which of them are meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.deployment.assembly import AssemblyStack, choose, fits, read_assembly

from .deploy_world import write_assembly

TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


@pytest.fixture
def stacks(tmp_path: Path) -> tuple[AssemblyStack, ...]:
    write_assembly(tmp_path, {"Network": TEMPLATE, "Orders-1": TEMPLATE, "Orders-2": TEMPLATE})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["artifacts"]["Orders-1"]["dependencies"] = ["Network", "Orders-1.assets"]
    manifest["artifacts"]["Tree"] = {"type": "cdk:tree", "properties": {"file": "tree.json"}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return read_assembly(tmp_path)


def test_assembly_has_its_stacks_with_place_template_and_what_they_need(
    stacks: tuple[AssemblyStack, ...], tmp_path: Path
) -> None:
    network, first, _ = stacks
    assert (first.id, first.name, first.account, first.region) == (
        "Orders-1",
        "Orders-1",
        "111122223333",
        "eu-west-1",
    )
    assert (network.needs, first.needs, first.lookup_role) == ((), ("Network",), None)
    assert first.read_template() == TEMPLATE
    assert first.place == "111122223333, eu-west-1"


def test_stacks_of_a_stage_have_its_id_and_their_own_name(tmp_path: Path) -> None:
    write_assembly(
        tmp_path / "assembly-Prod", {"Cell": TEMPLATE}, stackName="Prod-Cell", lookupRole={"arn": "arn:x"}
    )
    nested = json.loads((tmp_path / "assembly-Prod" / "manifest.json").read_text())
    nested["artifacts"]["Cell"]["displayName"] = "Prod/Cell"
    nested["artifacts"]["Cell"]["environment"] = "aws://unknown-account/unknown-region"
    (tmp_path / "assembly-Prod" / "manifest.json").write_text(json.dumps(nested))
    (tmp_path / "manifest.json").write_text(
        json.dumps(
            {
                "artifacts": {
                    "assembly-Prod": {
                        "type": "cdk:cloud-assembly",
                        "properties": {"directoryName": "assembly-Prod"},
                    }
                }
            }
        )
    )
    (stack,) = read_assembly(tmp_path)
    assert (stack.id, stack.name, stack.account, stack.region) == ("Prod/Cell", "Prod-Cell", None, None)
    assert stack.lookup_role == "arn:x"
    assert choose([stack], ["Prod/*"], everything=False, alone=False) == (stack,)
    with pytest.raises(InputError, match="Prod-Cell: is not a stack"):
        choose([stack], ["Prod-Cell"], everything=False, alone=False)


@pytest.mark.parametrize(
    ("patterns", "everything", "alone", "chosen"),
    [
        (["Orders-1"], False, False, ["Network", "Orders-1"]),
        (["Orders-1"], False, True, ["Orders-1"]),
        (["Orders-*"], False, False, ["Network", "Orders-1", "Orders-2"]),
        (["Orders-2", "Orders-?"], False, True, ["Orders-2", "Orders-1"]),
        ([], True, False, ["Network", "Orders-1", "Orders-2"]),
    ],
)
def test_stacks_that_are_meant_come_after_those_that_they_need(
    stacks: tuple[AssemblyStack, ...], patterns: list[str], everything: bool, alone: bool, chosen: list[str]
) -> None:
    found = choose(stacks, patterns, everything=everything, alone=alone)
    assert [stack.id for stack in found] == chosen


@pytest.mark.parametrize(
    ("patterns", "everything", "problem"),
    [
        ([], False, r"the app has several \(Network, Orders-1, Orders-2\)"),
        (["Other"], False, "Other: is not a stack of the app"),
        (["Orders-1"], True, "are both given"),
    ],
)
def test_stacks_that_are_not_clear_are_refused(
    stacks: tuple[AssemblyStack, ...], patterns: list[str], everything: bool, problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        choose(stacks, patterns, everything=everything, alone=False)


def test_app_without_a_stack_is_refused() -> None:
    with pytest.raises(InputError, match="has no stack"):
        choose([], [], everything=True, alone=False)


@pytest.mark.parametrize(
    "text",
    [
        *(None, "{", "[]", "[" * 100_000),
        '{"artifacts": 1}',
        '{"artifacts": {"A": {"type": "cdk:cloud-assembly"}}}',
    ],
)
def test_assembly_that_cannot_be_read_is_refused(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json"):
        read_assembly(tmp_path)


@pytest.mark.parametrize(
    ("pattern", "named"),
    [
        ("*", ["A", "A.b"]),
        ("**", ["A", "A.b", "Prod/A", "Prod/Eu/A"]),
        ("Prod/*", ["Prod/A"]),
        ("Prod/**", ["Prod/A", "Prod/Eu/A"]),
        ("A?b", ["A.b"]),
        ("A.b", ["A.b"]),
        ("prod/A", []),
        ("[A]", []),
    ],
)
def test_pattern_names_the_stacks_that_it_names_to_the_cdk_cli(pattern: str, named: list[str]) -> None:
    assert [stack for stack in ("A", "A.b", "Prod/A", "Prod/Eu/A") if fits(pattern, stack)] == named
