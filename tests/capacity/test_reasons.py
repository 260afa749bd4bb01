"""Every reason of the guard has a runbook, every runbook is of a reason, and what they tell people to run exists."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import Session

from capacity_guard.capacity.reasons import Reason, runbook
from capacity_guard.commands.main import _parser
from tests.paths import ROOT

from . import runbook_index

SECTIONS = [
    "What happened",
    "What the guard did",
    "What is restored",
    "What to look at",
    "What to do next",
    "Whom to call",
]
CLI_OPTIONS = {"query", "region", "output", "max_items", "dimensions"}
"""Options of the AWS CLI itself."""
EACH = pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.code)


def text_of(reason: Reason) -> str:
    return (ROOT / reason.page).read_text(encoding="utf-8")


def test_codes_are_words_that_are_used_once() -> None:
    codes = [reason.code for reason in Reason]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) and len(code) <= 20 for code in codes)
    assert Reason.of("held") is Reason.HELD
    assert Reason.of("of tomorrow") is None


def test_pages_are_those_of_the_reasons_and_no_other() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert pages == {reason.code for reason in Reason} | {"README"}


def test_index_is_made_from_the_code() -> None:
    assert runbook_index.PAGE.read_text(encoding="utf-8") == runbook_index.page()


def code_files() -> list[Path]:
    return [path for path in (ROOT / "constructs_lib").rglob("*.py") if path.name != "reasons.py"]


@EACH
def test_reason_is_given_somewhere_in_the_code(reason: Reason) -> None:
    assert any(f"Reason.{reason.name}" in path.read_text(encoding="utf-8") for path in code_files())


@EACH
def test_page_says_what_happened_and_what_to_do_in_a_screen(reason: Reason) -> None:
    text = text_of(reason)
    assert text.startswith(f"# {reason.title}\n\nCode `{reason.code}`. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert all(len(part.strip()) > 5 for part in re.split(r"^## .+$", text, flags=re.MULTILINE))
    assert 20 <= len(text.splitlines()) <= 45


@pytest.mark.sampled(every=3)
@EACH
def test_commands_of_the_page_exist_with_their_options(reason: Reason) -> None:
    block = re.search(r"```sh\n(.*?)```", text_of(reason), re.DOTALL)
    assert block is not None
    inline = re.findall(r"`((?:aws|capacity-guard) [^`]+)`", text_of(reason))
    for line in [*block[1].splitlines(), *inline]:
        words = shlex.split(line)
        if words[0] == "aws" and len(words) > 2:
            check_aws(words[1:])
        elif words[0] == "capacity-guard":
            check_own(words[1:])
        else:
            assert words[0] in ("cdk", "date", "grep")


def check_aws(words: list[str]) -> None:
    """The operation and its options are those of the service's model."""
    service, command, *rest = words
    if (service, command) == ("logs", "tail"):  # of the AWS CLI alone
        return
    model = Session().get_service_model(service)
    operations = {xform_name(name).replace("_", "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[command]).input_shape
    assert shape is not None
    members = {xform_name(member) for member in shape.members}
    required = {xform_name(member) for member in shape.required_members}
    given = {word[2:].replace("-", "_") for word in rest if word.startswith("--")}
    assert given - CLI_OPTIONS <= members, words
    assert required <= given or not rest, words


def check_own(words: list[str]) -> None:
    parser = _parser()
    (commands,) = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    command = commands.choices[words[0]]
    known = {option for action in command._actions for option in action.option_strings}
    assert {word for word in words[1:] if word.startswith("--")} <= known, words
    if words[0] == "runbook":
        assert all(Reason.of(code) for code in words[1:])


def test_end_of_a_message_names_at_most_three_codes_each_once() -> None:
    reasons = [Reason.HELD, Reason.NOT_READ, Reason.HELD, Reason.REPLICAS, Reason.NOT_ALONE]
    assert runbook(reasons) == " [capacity-guard runbook held not-read replicas]"
    assert runbook([]) == ""
    longest = sorted(Reason, key=lambda reason: -len(reason.code))[:3]
    assert len(runbook(longest)) <= 90
