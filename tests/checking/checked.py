"""Templates, baselines and apps that checks are made of."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from capacity_guard import Baseline, Capacity, CapacityGuard, CapacityGuardChecks
from capacity_guard.checking.check import Check
from capacity_guard.checking.matching import GivenBaseline
from capacity_guard.checking.stack_place import place_in_assembly
from capacity_guard.checking.template_file import TemplateFile
from capacity_guard.evidence.provenance import TableIdentity
from capacity_guard.findings import Findings
from tests.builders.adopted import MAKERS, recorded
from tests.builders.guarded import app

NOW = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)
KEY = {
    "AttributeDefinitions": [{"AttributeName": "order_id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "order_id", "KeyType": "HASH"}],
}
ON_DEMAND: dict[str, Any] = {**KEY, "BillingMode": "PAY_PER_REQUEST"}


def provisioned(read: Any = 100, write: Any = 1_000) -> dict[str, Any]:
    """Properties of a table in provisioned mode."""
    return {**KEY, "ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}


def template(properties: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """A template with one table, ``Orders``."""
    return {"Resources": {"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}, **sections}


def written(folder: Path, content: object, name: str = "template.json") -> Path:
    """The file of a template."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


def saved(folder: Path, deployed: Capacity, file: str = "orders.json", **identity: str) -> Path:
    """The file of a baseline of table ``Orders`` of stack ``S``, without an index."""
    was = recorded(units=500)
    assert was.deployed is not None
    assert was.traffic is not None
    alone = Capacity(deployed.billing_mode, deployed.table, {})
    of_table = replace(
        was.deployed,
        template=alone,
        live=alone,
        units={key: units for key, units in was.deployed.units.items() if key == "table"},
        warm={key: units for key, units in was.deployed.warm.items() if key == "table"},
    )
    traffic = was.traffic.only([d for d in was.traffic.consumed if d.index is None])
    found = replace(
        was,
        table=TableIdentity(**{"name": "S-Orders-1A2B", "logical_id": "Orders", **identity}),
        deployed=of_table,
        traffic=traffic,
    )
    path = folder / file
    found.save(path)
    return path


class Both:
    """An app with one guarded table, judged by a synthesis; then its template, judged by a check."""

    def __init__(self, folder: Path, maker: str, declared: Capacity, deployed: Capacity) -> None:
        # As the CDK CLI sets it: construct paths in the template.
        made = app(**{"aws:cdk:enable-path-metadata": True})
        stack = cdk.Stack(made, "S")
        table = MAKERS[maker](stack, declared)
        resource = table if isinstance(table, cdk.CfnResource) else table.node.default_child
        assert isinstance(resource, cdk.CfnResource)
        self.logical_id = str(stack.resolve(resource.logical_id))
        file = folder / "orders.json"
        baseline: Baseline = replace(
            recorded(deployed),
            table=TableIdentity(name=f"S-{self.logical_id}-1A2B", stack="S", logical_id=self.logical_id),
        )
        baseline.save(file)
        CapacityGuard(stack, "Guard", table=table, baseline=str(file))
        cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
        with suppress(RuntimeError):  # an error fails the synthesis; its findings are written all the same
            made.synth()
        self.template = Path(made.outdir, "S.template.json")
        self.by_synthesis = Findings.read(made.outdir)
        self.by_check = Check(
            TemplateFile.load(self.template), place_in_assembly(self.template), NOW, [GivenBaseline(file)]
        ).findings()
