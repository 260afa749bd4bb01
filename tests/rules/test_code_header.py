"""The comments above printed code: imports, variables, and a construct id that is not known."""

from __future__ import annotations

import importlib

import pytest

from capacity_guard.rules.code_header import _MODULES, header
from capacity_guard.rules.code_names import CodeNames

STATEMENTS = [
    'table = TableV2(\n    self,\n    "Orders",\n    # and Units, as they are\n'
    "    billing=Billing.provisioned(read_capacity=Capacity.fixed(5)),\n)",
    'CapacityGuard(self, "Guard of Table", table=table)',
]


@pytest.mark.parametrize("module", _MODULES)
def test_modules_have_the_names_that_are_imported_from_them(module: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in _MODULES[module] if not hasattr(found, name)] == []


def test_imports_are_those_of_the_code_and_not_of_its_texts_and_comments() -> None:
    lines = header(CodeNames("Orders"), STATEMENTS).splitlines()
    assert [line for line in lines if " import " in line] == [
        "# from aws_cdk.aws_dynamodb import Billing, Capacity, TableV2",
        "# from capacity_guard import CapacityGuard",
    ]
    assert lines[0] == "# self: the scope of the table; table: your variable."


def test_construct_id_that_is_not_known_is_said_to_be_the_users() -> None:
    unknown = CodeNames("StorageOrders12345678", table_unknown=True)
    code = ['table = TableV2(self, "StorageOrders12345678")']
    assert [line for line in header(unknown, code).splitlines() if "means the construct id" in line] == [
        "# StorageOrders12345678 means the construct id of your table: with another id, CloudFormation makes a new, "
        "empty table."
    ]
    assert "means the construct id" not in header(CodeNames("Orders"), code)
    assert "means the construct id" not in header(unknown, ['CapacityGuard(self, "Guard", table=table)'])
