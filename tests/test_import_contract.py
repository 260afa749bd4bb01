"""What the import contract in pyproject.toml cannot say: nothing but named packages, whatever their name."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.paths import ROOT

LIBRARY = ROOT / "constructs_lib" / "capacity_guard"
PLAIN = ("capacity", "checking", "findings", "handlers")


def modules_of(*packages: str) -> list[str]:
    return sorted(
        ".".join(path.relative_to(LIBRARY.parent).with_suffix("").parts).removesuffix(".__init__")
        for package in packages
        for path in (LIBRARY / package).rglob("*.py")
    )


def imported_from_outside(package: str) -> set[str]:
    found: set[str] = set()
    for path in (LIBRARY / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"capacity_guard"}


def test_capacity_when_read_imports_the_standard_library_alone() -> None:
    assert imported_from_outside("capacity") == set()


def test_handlers_when_read_import_the_standard_library_and_the_aws_client_alone() -> None:
    assert imported_from_outside("handlers") <= {"boto3", "botocore"}


@pytest.mark.parametrize("package", PLAIN)
def test_modules_when_the_cdk_cannot_be_imported_load_all_the_same(package: str) -> None:
    blocked = ["aws_cdk", "cdk_nag", "constructs", "jsii"]
    if package != "handlers":
        blocked += ["boto3", "botocore"]
    program = f"""
import importlib, sys
sys.modules.update(dict.fromkeys({blocked!r}))
for name in {modules_of(package)!r}:
    importlib.import_module(name)
"""
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
