"""A change is taken back after its deployment has ended, and stays taken back; one that Bake vetoed is held."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.paths import ROOT

from . import adopted
from .lab import CliResult, Lab, provisioned
from .test_adopted import Adopt, adopt, adopted_state  # noqa: F401 - fixtures

pytestmark = pytest.mark.e2e

LOWERED = provisioned(table=490, index=390)
TABLE_KEY = "table/write"


def rollback(lab: Lab, *arguments: str) -> CliResult:
    """Run ``capacity-guard rollback`` for the table."""
    environment = lab.emulator.env()
    environment["PYTHONPATH"] = f"{environment['PYTHONPATH']}:{ROOT}"
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "capacity_guard",
            "rollback",
            lab.table_name,
            "--reason",
            "INC-1: throttled",
            *arguments,
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return CliResult(run.returncode, run.stdout + run.stderr)


def hold(lab: Lab) -> dict[str, Any]:
    """The SSM parameter of the table's hold."""
    client = lab.emulator.client("ssm")
    (found,) = client.describe_parameters(
        ParameterFilters=[{"Key": "Name", "Option": "BeginsWith", "Values": ["/capacity-guard/"]}]
    )["Parameters"]
    value = client.get_parameter(Name=found["Name"])["Parameter"]["Value"]
    return {"name": found["Name"], "value": value, "description": found.get("Description")}


def template(lab: Lab) -> dict[str, Any]:
    body: Any = lab.emulator.client("cloudformation").get_template(StackName=lab.stack)["TemplateBody"]
    found: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return found


def operations(lab: Lab) -> int:
    """How many operations the stack had."""
    events = lab.emulator.client("cloudformation").describe_stack_events(StackName=lab.stack)["StackEvents"]
    return sum(
        event["ResourceType"] == "AWS::CloudFormation::Stack"
        and event["ResourceStatus"].endswith("_COMPLETE")
        for event in events
    )


@pytest.fixture
def armed(lab: Lab) -> Lab:
    """The table with a hold."""
    lab.spec["watch"] = True
    deployed = lab.deploy()
    assert deployed.code == 0, deployed.output
    assert hold(lab)["value"] == "none"
    lab.assert_has(provisioned())
    return lab


def test_change_when_it_is_taken_back_after_its_deployment_stays_taken_back(armed: Lab) -> None:
    lab = armed
    with lab.player():
        changed = lab.change_to(LOWERED)
        assert changed.code == 0, changed.output
    lab.assert_has(LOWERED)
    both = template(lab)
    assert len(both["Conditions"]) == 1
    lab.emulator.clock.jump(3_600)

    unasked = rollback(lab)
    assert unasked.code == 2, unasked.output
    assert "--yes" in unasked.output
    assert hold(lab)["value"] == "none"

    gates_before = sorted(lab.gates())
    taken_back = rollback(lab, "--yes")
    assert taken_back.code == 0, taken_back.output
    assert "have the capacity of before the change" in taken_back.output
    lab.assert_has(provisioned())
    assert template(lab) == both
    assert sorted(lab.gates()) == gates_before
    held = hold(lab)
    assert held["value"] in json.dumps(both["Conditions"])
    assert held["description"].endswith("INC-1: throttled")

    before = operations(lab)
    again = rollback(lab, "--yes")
    assert again.code == 0, again.output
    assert "was taken back before" in again.output
    assert operations(lab) == before

    hotfix = lab.change_to(LOWERED, companion=True)
    assert hotfix.code == 0, hotfix.output
    assert "Companion" in json.dumps(template(lab))
    lab.assert_has(provisioned())

    with lab.player():
        other = provisioned(table=495, index=395)
        planned = lab.change_to(other)
        assert planned.code == 0, planned.output
    lab.assert_has(other)


def test_change_when_bake_vetoed_it_is_held_and_refused_until_another_attempt(armed: Lab) -> None:
    lab = armed
    with lab.player() as player, lab.once_table_updated(lambda: player.surge(6, keys=[TABLE_KEY])):
        vetoed = lab.change_to(LOWERED)
    assert vetoed.code != 0
    assert "veto" in vetoed.output.lower(), vetoed.output
    lab.assert_has(provisioned())
    assert len(hold(lab)["value"]) == 10

    refused = lab.deploy()
    assert refused.code != 0
    assert "was taken back and is held" in refused.output, refused.output
    lab.assert_has(provisioned())

    nothing = rollback(lab, "--yes")
    assert nothing.code == 2, nothing.output
    assert "has no way back in the template" in nothing.output


@pytest.mark.parametrize("stack", ["PlainProvisioned", "PlainOnDemand"])
def test_adopted_plain_table_when_its_switch_is_taken_back_has_its_scaling_as_before(
    adopt: Adopt,  # noqa: F811
    stack: str,
) -> None:
    table = adopt(stack)
    before, after = adopted.provisioned(), adopted.on_demand()
    if stack == "PlainOnDemand":
        before, after = adopted.on_demand(maximum=20_000), adopted.provisioned()
    table.table_spec["watch"] = True
    armed = table.deploy_table()
    assert armed.code == 0, armed.output
    table.record()
    with table.users():
        changed = table.change(after)
        assert changed.code == 0, changed.output
    table.assert_live(after)

    table.emulator.clock.jump(3_600)
    taken_back = rollback(table, "--yes")
    assert taken_back.code == 0, taken_back.output
    table.assert_live(before)

    table.table_spec["hotfix"] = "a hotfix"
    hotfix = table.deploy_table()
    assert hotfix.code == 0, hotfix.output
    table.assert_live(before)

    # The code of before: the scaling resources come back without a condition, under the ids that they have.
    reverted = table.change(before)
    assert reverted.code == 0, reverted.output
    assert "Conditions" not in template(table)
    table.assert_live(before)
    table.assert_full()
