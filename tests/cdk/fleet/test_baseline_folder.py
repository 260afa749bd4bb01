"""Whether a table without a baseline file is expected to have one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from capacity_guard.capacity.errors import InputError
from capacity_guard.cdk.fleet.baseline_folder import BaselineFolder, SoughtTable
from capacity_guard.evidence.provenance import TableIdentity
from tests.builders.guarded import baseline


def sought(stack: str = "S", **properties: Any) -> SoughtTable:
    given = {
        "account": None,
        "region": None,
        "logical_id": "OrdersA9B65338",
        "construct_id": "Orders",
        "repeats": False,
        "name": lambda: None,
    }
    return SoughtTable(stack, **{**given, **properties})


def test_folder_that_does_not_exist_expects_every_table(tmp_path: Path) -> None:
    expected = BaselineFolder(tmp_path / "none").why_expected(sought())
    assert expected is not None
    assert "none does not exist" in expected


def test_stack_that_was_never_recorded_expects_none(tmp_path: Path) -> None:
    (tmp_path / "S").mkdir()
    (tmp_path / "S" / "notes.txt").touch()
    (tmp_path / "other.json").write_text("{}")
    baseline().save(tmp_path / "unknown-stack.json")
    assert BaselineFolder(tmp_path).why_expected(sought()) is None


def test_stack_with_other_files_expects_the_table(tmp_path: Path) -> None:
    (tmp_path / "S").mkdir()
    (tmp_path / "S" / "Orders.csv.gz").touch()
    assert "there are other files in" in str(BaselineFolder(tmp_path).why_expected(sought()))


def test_stack_of_which_a_baseline_elsewhere_was_recorded_expects_the_table(tmp_path: Path) -> None:
    recorded = replace(baseline(), table=TableIdentity("orders", stack="S"))
    recorded.save(tmp_path / "renamed" / "Orders.json")
    expected = str(BaselineFolder(tmp_path).why_expected(sought()))
    assert "renamed/Orders.json was recorded of a table of this stack" in expected
    assert BaselineFolder(tmp_path).why_expected(sought("T")) is None


def test_stack_of_the_same_name_in_another_account_or_region_expects_none(tmp_path: Path) -> None:
    recorded = replace(baseline(), table=TableIdentity("orders", "111111111111", "eu-west-1", "S", "Other"))
    recorded.save(tmp_path / "job" / "orders.json")
    folder = BaselineFolder(tmp_path)
    assert folder.why_expected(sought(account="111111111111", region="eu-west-1")) is not None
    assert folder.why_expected(sought(account="222222222222", region="eu-west-1")) is None
    assert folder.why_expected(sought(account="111111111111", region="us-east-1")) is None


def save(file: Path, *identity: str | None) -> Path:
    replace(baseline(), table=TableIdentity(*identity)).save(file)  # type: ignore[arg-type]
    return file


def test_file_of_the_stack_and_logical_id_comes_before_one_by_path_that_states_another(
    tmp_path: Path,
) -> None:
    by_path = save(tmp_path / "S" / "Orders.json", "x", None, None, "S", "OldId")
    assert BaselineFolder(tmp_path).find(sought()) == by_path
    by_identity = save(tmp_path / "job" / "x.json", "x", None, None, "S", "OrdersA9B65338")
    assert BaselineFolder(tmp_path).find(sought()) == by_identity
    # an id that repeats says nothing, and the file is about a known table
    assert BaselineFolder(tmp_path).find(sought(logical_id="Other", repeats=True)) is None


def test_damaged_file_is_that_of_the_table_that_its_name_says(tmp_path: Path) -> None:
    generated = tmp_path / "job" / "S-OrdersA9B65338-1ABCDEFG.json"
    generated.parent.mkdir()
    for damaged in ("", '{"schema": "capacity-guard/baseline", "version": 2, <<<<<<< HEAD'):
        generated.write_text(damaged)
        assert BaselineFolder(tmp_path).find(sought()) == generated
        assert BaselineFolder(tmp_path).find(sought(logical_id="OrdersA9B6533")) is None
    named = generated.rename(generated.with_name("orders.json"))
    assert BaselineFolder(tmp_path).find(sought(name=lambda: "orders")) == named


def test_table_that_kept_its_name_when_its_logical_id_changed_is_found_by_the_name(tmp_path: Path) -> None:
    file = save(tmp_path / "job" / "orders.json", "orders", "111111111111", "eu-west-1", "S", "OldId")
    here = {"account": "111111111111", "region": "eu-west-1"}
    assert BaselineFolder(tmp_path).find(sought(name=lambda: "orders", **here)) == file
    assert (
        BaselineFolder(tmp_path).find(sought(name=lambda: "orders", **{**here, "region": "us-east-1"}))
        is None
    )
    assert BaselineFolder(tmp_path).find(sought("T", name=lambda: "orders", **here)) is None


def test_files_of_several_accounts_are_told_apart_by_the_account_alone(tmp_path: Path) -> None:
    files = {
        account: save(tmp_path / account / "x.json", "x", account, "eu-west-1", "S", "OrdersA9B65338")
        for account in ("111111111111", "222222222222")
    }
    folder = BaselineFolder(tmp_path)
    for account, file in files.items():
        assert folder.find(sought(account=account)) == file
    several = folder.find(sought(region="eu-west-1"))
    assert isinstance(several, InputError)
    assert several.location == " and ".join(str(file) for file in files.values())
    assert several.remedy == (
        "Give the stack its account and Region, env=Environment(...): they differ "
        "(111111111111 eu-west-1, 222222222222 eu-west-1)"
    )
    copy = save(tmp_path / "copy.json", "x", "111111111111", "eu-west-1", "S", "OrdersA9B65338")
    several = BaselineFolder(tmp_path).find(sought(account="111111111111"))
    assert isinstance(several, InputError)
    assert several.location == f"{files['111111111111']} and {copy}"
    assert (several.problem, several.remedy) == (
        "are each the baseline of this table",
        "Keep the newest and delete the others",
    )


def test_name_that_the_code_gives_is_not_asked_where_the_file_states_stack_and_logical_id(
    tmp_path: Path,
) -> None:
    def ask() -> str:
        raise AssertionError("it is a call to the CDK's process")

    file = save(tmp_path / "x.json", "x", None, None, "S", "OrdersA9B65338")
    assert BaselineFolder(tmp_path).find(sought(name=ask)) == file


NESTED = sought("Part", generated_stack="Shop-PartNestedStackResource1A2B-[0-9A-Z]+")


def saved(file: Path, stack: str, logical_id: str = "OrdersA9B65338") -> Path:
    file.parent.mkdir(exist_ok=True)
    replace(baseline(), table=TableIdentity("orders", stack=stack, logical_id=logical_id)).save(file)
    return file


def test_table_of_a_nested_stack_is_found_by_the_name_that_cloudformation_gives_the_stack(
    tmp_path: Path,
) -> None:
    file = saved(tmp_path / "job" / "1.json", "Shop-PartNestedStackResource1A2B-XYZ123")
    saved(tmp_path / "job" / "2.json", "Shop-PartNestedStackResource1A2B-XYZ123", "Others")
    saved(tmp_path / "job" / "3.json", "Shop-PartNestedStackResource1A2B-XYZ123-More-ABC")
    saved(tmp_path / "job" / "4.json", "Part")
    assert BaselineFolder(tmp_path).find(NESTED) == file


def test_table_of_a_nested_stack_whose_name_was_cut_is_found_by_its_path(tmp_path: Path) -> None:
    file = saved(tmp_path / "Part" / "Orders.json", "Shop-PartNestedStackRes-XYZ123")
    assert BaselineFolder(tmp_path).find(NESTED) == file


def test_two_files_of_one_table_of_a_nested_stack_are_an_error(tmp_path: Path) -> None:
    for number in range(2):
        saved(tmp_path / "job" / f"{number}.json", f"Shop-PartNestedStackResource1A2B-XYZ12{number}")
    found = BaselineFolder(tmp_path).find(NESTED)
    assert isinstance(found, InputError)
    assert "are each the baseline of this table" in found.problem
