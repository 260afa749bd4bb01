"""Which file is the baseline of a table: the recorded account, Region, stack and logical id say so, whatever its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from capacity_guard import Baseline, CapacityGuardChecks, GuardEveryTable, InputError, ReportEveryTable
from capacity_guard.cdk.fleet.registry import tables_of
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.findings import Findings
from tests.builders.adopted import KEY, ON_DEMAND, PROVISIONED, recorded, table, table_v2
from tests.builders.guarded import app

ACCOUNT, REGION = "222222222222", "eu-west-1"
HERE = {"account": ACCOUNT, "region": REGION}


def save(file: Path, name: str, recording: Baseline | None = None, **identity: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    replace(recording or recorded(), table=TableIdentity(name, **identity)).save(file)
    return file


def logical_id(construct: Any) -> str:
    resource = construct.node.default_child
    return str(cdk.Stack.of(resource).resolve(resource.logical_id))


def fleet(stack_name: str = "Shop", **env: str) -> tuple[cdk.App, cdk.Stack]:
    made = app()
    return made, cdk.Stack(made, stack_name, env=cdk.Environment(**(env or HERE)))


def file_of(made: cdk.App, baselines: Path) -> dict[str, str]:
    """File, or error, of the baseline of every guard, by the path of its table."""
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=baselines))
    made.synth()
    found = {}
    for guard in tables_of(made):
        baseline = guard.baseline
        text = str(baseline) if isinstance(baseline, InputError) else baseline.file
        found[guard.resource_path.removesuffix("/Resource")] = text.replace(f"{baselines}/", "")
    return found


def test_files_that_record_names_by_the_table_are_found_by_what_they_record(tmp_path: Path) -> None:
    made, stack = fleet()
    orders, carts = table(stack, PROVISIONED), table_v2(stack, PROVISIONED, "carts", "Carts")
    job = tmp_path / ACCOUNT / REGION
    for construct, name in ((orders, "Shop-OrdersA9B65338-C374EF55D9762"), (carts, "carts")):
        save(job / f"{name}.json", name, stack="Shop", logical_id=logical_id(construct), **HERE)
    assert file_of(made, tmp_path) == {
        "Shop/Orders": f"{ACCOUNT}/{REGION}/Shop-OrdersA9B65338-C374EF55D9762.json",
        "Shop/Carts": f"{ACCOUNT}/{REGION}/carts.json",
    }


def test_files_without_a_stack_are_found_by_the_name_that_the_table_has_or_gets(tmp_path: Path) -> None:
    made, stack = fleet()
    orders = table(stack, PROVISIONED)
    table(stack, PROVISIONED, "carts", "Carts")
    generated = f"Shop-{logical_id(orders)}-C374EF55D9762"
    for name in (generated, "carts", f"Shop-{logical_id(orders)}2-C374EF55D9762", "cart"):
        save(tmp_path / "exported" / f"{name}.json", name)
    assert file_of(made, tmp_path) == {
        "Shop/Orders": f"exported/{generated}.json",
        "Shop/Carts": "exported/carts.json",
    }


@pytest.mark.parametrize("other", [{"account": "333333333333"}, {"region": "us-east-1"}])
def test_file_of_another_account_or_region_is_not_taken(other: dict[str, str], tmp_path: Path) -> None:
    made, stack = fleet()
    identity = {"stack": "Shop", "logical_id": logical_id(table(stack, PROVISIONED)), **HERE}
    for place, differing in (("a", {}), ("b", other)):
        save(tmp_path / place / "x.json", "x", **{**identity, **differing})
    assert file_of(made, tmp_path) == {"Shop/Orders": "a/x.json"}


@pytest.mark.parametrize("place", ["Shop/Orders.json", "z/copy.json"])
def test_two_files_for_one_table_are_one_finding_and_a_closed_gate(place: str, tmp_path: Path) -> None:
    made, stack = fleet()
    identity = {"stack": "Shop", "logical_id": logical_id(table(stack, PROVISIONED)), **HERE}
    for file in ("job/x.json", place):
        save(tmp_path / file, "x", **identity)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    cdk.Aspects.of(made).add(GuardEveryTable(baselines=tmp_path))
    made.synth()
    (judged,) = Findings.read(made.outdir).tables
    (finding,) = (each for each in judged.findings if each.rule == "CG2")
    said = f"{finding.figures[0].value} {finding.figures[0].note}"
    for file in ("job/x.json", place):
        assert (tmp_path / file).as_posix() in said
    assert "Keep the newest" in finding.fix
    (guard,) = tables_of(made)
    assert type(guard.gates).__name__ == "UnreadGate"


def test_files_of_two_accounts_for_a_stack_without_one_say_to_give_it(tmp_path: Path) -> None:
    made = app()
    stack = cdk.Stack(made, "Shop")
    identity = {"stack": "Shop", "logical_id": logical_id(table(stack, PROVISIONED)), "region": REGION}
    for account in ("111111111111", "222222222222"):
        save(tmp_path / account / "x.json", "x", account=account, **identity)
    (said,) = file_of(made, tmp_path).values()
    assert "env=" in said
    assert "111111111111" in said


class Entity(Construct):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.table = dynamodb.Table(
            self, "Table", partition_key=KEY, billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST
        )


def entities(stack: cdk.Stack) -> dict[str, dynamodb.Table]:
    return {name: Entity(stack, name).table for name in ("Orders", "Customers", "Carts")}


def test_construct_ids_that_repeat_are_told_apart_in_every_file_and_every_text(tmp_path: Path) -> None:
    made, stack = fleet("Data")
    tables = entities(stack)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    said = file_of(made, tmp_path / "none")
    for name, declared in tables.items():
        assert f"Data/{logical_id(declared)}.json: is missing" in said[f"Data/{name}/Table"]
    judged = Findings.read(made.outdir).tables
    assert {
        (judged_table.path, finding.table) for judged_table in judged for finding in judged_table.findings
    } == {(f"Data/{name}/TableCapacityGuard", f"Data/{name}/Table") for name in tables}


def test_file_named_by_an_id_that_repeats_belongs_to_the_table_that_it_records(tmp_path: Path) -> None:
    made, stack = fleet("Data")
    tables = entities(stack)
    identity = {"stack": "Data", "logical_id": logical_id(tables["Orders"]), **HERE}
    name = f"Data-{logical_id(tables['Orders'])}-ABCDEFGHIJKL"
    save(tmp_path / "Data" / "Table.json", name, recorded(ON_DEMAND), **identity)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    found = file_of(made, tmp_path)
    assert found.pop("Data/Orders/Table") == "Data/Table.json"
    for name, text in found.items():
        assert f"{logical_id(tables[name.split('/')[1]])}.json: is missing" in text
    fixes = [
        finding.fix
        for judged in Findings.read(made.outdir).tables
        for finding in judged.findings
        if finding.rule == "CG2"
    ]
    assert len(fixes) == 2
    assert not any("Data/Table.json" in fix or "OrdersTable" in fix for fix in fixes)


def test_report_finds_the_same_files(tmp_path: Path) -> None:
    made, stack = fleet("Data")
    tables = entities(stack)
    for name, declared in tables.items():
        identity = {"stack": "Data", "logical_id": logical_id(declared), **HERE}
        save(tmp_path / "job" / f"{name}-x.json", f"{name}-x", **identity)
    cdk.Aspects.of(made).add(ReportEveryTable(baselines=tmp_path, warn_until=date(2026, 7, 9)))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    made.synth()
    found = Findings.read(made.outdir).tables
    assert not [finding for judged in found for finding in judged.findings if finding.rule == "CG2"]
    assert {finding.table for judged in found for finding in judged.findings} == {
        f"Data/{name}/Table" for name in tables
    }
