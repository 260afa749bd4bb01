"""Which baseline is of which table."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.capacity import Capacity
from capacity_guard.capacity.errors import InputError
from capacity_guard.checking.matching import GivenBaseline, match_baselines
from capacity_guard.checking.stack_place import StackPlace
from tests.checking.checked import saved

FIXED = Capacity.provisioned(read=100, write=1_000)
SHOP = StackPlace("Shop", "111122223333", "eu-west-1")
TABLES = {"Orders": None, "Carts": "carts"}


def matched(
    *given: GivenBaseline, tables: dict[str, str | None] = TABLES, place: StackPlace = SHOP
) -> list[str]:
    return list(match_baselines(given, tables, place))


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("b/orders.json", GivenBaseline(Path("b/orders.json"))),
        ("Orders=b/o.json", GivenBaseline(Path("b/o.json"), "Orders")),
        ("./a=b.json", GivenBaseline(Path("a=b.json"))),
        ("a-b=c.json", GivenBaseline(Path("a-b=c.json"))),
    ],
)
def test_option_names_a_file_or_a_table_and_a_file(text: str, given: GivenBaseline) -> None:
    assert GivenBaseline.parse(text) == given


@pytest.mark.parametrize(
    ("identity", "table"),
    [
        ({"name": "x", "logical_id": "Orders"}, "Orders"),
        ({"name": "x", "logical_id": "Orders", "stack": "Shop", "region": "eu-west-1"}, "Orders"),
        ({"name": "carts", "logical_id": "Carts"}, "Carts"),
    ],
)
def test_recorded_logical_id_decides(identity: dict[str, str], table: str, tmp_path: Path) -> None:
    assert matched(GivenBaseline(saved(tmp_path, FIXED, **identity))) == [table]


def by_name(folder: Path, name: str) -> GivenBaseline:
    """A baseline that was recorded without its stack."""
    path = saved(folder, FIXED, name=name, logical_id="LOGICAL")
    path.write_text(path.read_text().replace(',\n    "logical_id": "LOGICAL"', ""))
    return GivenBaseline(path)


def test_name_alone_decides_where_nothing_else_was_recorded(tmp_path: Path) -> None:
    assert matched(by_name(tmp_path, "carts")) == ["Carts"]
    assert matched(by_name(tmp_path, "Shop-Orders-1ABC2")) == ["Orders"]
    assert matched(by_name(tmp_path, "Other-Orders-1ABC2"), place=StackPlace()) == ["Orders"]


def test_baseline_of_no_table_or_of_several_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is of no table of the template \(table Other-Orders-1ABC2\)"):
        matched(by_name(tmp_path, "Other-Orders-1ABC2"))
    with pytest.raises(InputError, match=r"is of no table of the template \(table x, logical id Gone\)"):
        matched(GivenBaseline(saved(tmp_path, FIXED, name="x", logical_id="Gone")))
    both: dict[str, str | None] = {"A": "same", "B": "same"}
    with pytest.raises(InputError, match=r"may be of any of A, B \(table same\)\. Leave it out, or say"):
        matched(by_name(tmp_path, "same"), tables=both)


def test_baseline_of_another_place_is_bad_input(tmp_path: Path) -> None:
    file = saved(tmp_path, FIXED, stack="Till", region="eu-north-1")
    with pytest.raises(
        InputError, match="was recorded in stack Till and Region eu-north-1, which is not where"
    ):
        matched(GivenBaseline(file))
    assert matched(GivenBaseline(file, "Orders")) == ["Orders"]


def test_table_of_the_option_must_be_one_and_have_one_baseline(tmp_path: Path) -> None:
    file = saved(tmp_path, FIXED)
    with pytest.raises(InputError, match=r"names Gone, which is not a table of the template\. Name one"):
        matched(GivenBaseline(file, "Gone"))
    with pytest.raises(InputError, match=r"is of Orders, and so is .*\. Give one baseline for each table"):
        matched(GivenBaseline(file), GivenBaseline(file, "Orders"))
    with pytest.raises(InputError, match="is missing"):
        matched(GivenBaseline(tmp_path / "none.json"))
