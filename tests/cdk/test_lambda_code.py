"""The Lambda code: which parts of the package it contains."""

from __future__ import annotations

from pathlib import Path

from capacity_guard.cdk.lambda_code import stage_lambda_code


def test_lambda_code_has_what_the_gates_need_and_no_construct() -> None:
    folder = Path(stage_lambda_code())
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert "capacity_guard/handlers/gate.py" in names
    assert "capacity_guard/capacity/gate_plan.py" in names
    assert {name.split("/")[1] for name in names} == {"__init__.py", "capacity", "dynamodb", "handlers"}
    assert not [name for name in names if name.endswith(".pyc")]
    assert stage_lambda_code() == stage_lambda_code()
