"""A change is taken back after its deployment has ended, and stays taken back; one that Bake vetoed is held."""

from __future__ import annotations

import json
from typing import Any

import pytest

from capacity_guard.evidence.baseline import Baseline

from . import adopted
from .lab import CliResult, Lab, command, provisioned
from .test_adopted import Adopt, adopt  # noqa: F401 - fixtures
from .watched import LOWERED, TABLE_KEY, Watched, assert_not_drifted, hold, journal

pytestmark = pytest.mark.e2e


def rollback(lab: Lab, *arguments: str) -> CliResult:
    """Run ``capacity-guard rollback`` for the table."""
    return command(lab, "rollback", lab.table_name, "--reason", "INC-1: throttled", *arguments)


def template(lab: Lab) -> dict[str, Any]:
    body: Any = lab.emulator.client("cloudformation").get_template(StackName=lab.stack)["TemplateBody"]
    found: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return found


def operations(lab: Lab) -> int:
    """How many operations the stack had."""
    pages = lab.emulator.client("cloudformation").get_paginator("describe_stack_events")
    return sum(
        event["ResourceType"] == "AWS::CloudFormation::Stack"
        and event["ResourceStatus"].endswith("_COMPLETE")
        for event in pages.paginate(StackName=lab.stack).build_full_result()["StackEvents"]
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


NEW_PLANS = {"TableV2": provisioned(table=495, index=395), "Table": adopted.provisioned(minimum=520)}


def test_change_that_was_taken_back_stays_so_whatever_deploys_something_else(watched: Watched) -> None:
    lab = watched.lab
    with watched.player():
        assert_recorded_as_before(watched)
        taken_back = rollback(lab, "--yes")
        assert taken_back.code == 0, taken_back.output
        watched.assert_live(watched.before)
        held = hold(lab)

        for text, deploy in (
            ("by the CDK CLI", deploy_by_cli),
            ("by CDK Pipelines", deploy_by_pipeline),
            ("by hand", update_by_hand),
        ):
            watched.edit(text)
            before = operations(lab)
            deploy(watched, text)
            assert operations(lab) == before + 1
            assert lab.status() == "UPDATE_COMPLETE"
            assert text in json.dumps(template(lab))
            assert hold(lab) == held
            watched.assert_live(watched.before)
        assert_not_drifted(lab)

        new = NEW_PLANS[watched.name]
        watched.deploy(new)
        watched.assert_live(new)


def test_change_that_was_taken_back_when_it_is_tried_again_has_gates_of_its_own(watched: Watched) -> None:
    lab = watched.lab
    with watched.player():
        taken_back = rollback(lab, "--yes")
        assert taken_back.code == 0, taken_back.output
        gates, held = {*lab.gates()}, hold(lab)["value"]
        assert_recorded_as_before(watched)
        tried = command(lab, "retry", str(watched.baseline))
        assert tried.code == 0, tried.output
        watched.deploy(watched.after)
        watched.assert_live(watched.after)
        assert len(lab.gates()) == 2
        assert not gates & {*lab.gates()}
        lab.until(lambda: journal(lab)["state"] == "watching")
        assert journal(lab)["fingerprint"] != held


def assert_recorded_as_before(watched: Watched) -> None:
    """A weekly ``record`` refreshes the traffic, and leaves as deployed what was deployed before the change."""
    lab = watched.lab
    before = Baseline.load(watched.baseline)
    recorded = command(lab, "record", "--table", lab.table_name, "--out", str(watched.baseline))
    assert recorded.code == 0, recorded.output
    after = Baseline.load(watched.baseline)
    assert after.deployed == before.deployed
    assert after.recording.at > before.recording.at


def deploy_by_cli(watched: Watched, text: str) -> None:
    """``cdk deploy`` of the app as it is."""
    del text
    deployed = watched.lab.deploy()
    assert deployed.code == 0, deployed.output


def deploy_by_pipeline(watched: Watched, text: str) -> None:
    """What the two actions of CDK Pipelines call for a stack: a change set is created with the role of the stack's artifact, and
    executed (``aws_cdk.pipelines``: CloudFormationCreateReplaceChangeSetAction, CloudFormationExecuteChangeSetAction)."""
    del text
    lab = watched.lab
    synthesized = lab.cdk("synth", "-q")
    assert synthesized.code == 0, synthesized.output
    deploy_role, role = roles(lab)
    # Without its line breaks: CloudFormation takes 51,200 bytes as a body. A pipeline has the file in a bucket.
    body = json.dumps(json.loads((lab.folder / "cdk.out" / f"{lab.stack}.template.json").read_text()))
    session = lab.emulator.client("sts").assume_role(RoleArn=deploy_role, RoleSessionName="pipeline")
    client = lab.emulator.client(
        "cloudformation",
        aws_access_key_id=session["Credentials"]["AccessKeyId"],
        aws_secret_access_key=session["Credentials"]["SecretAccessKey"],
        aws_session_token=session["Credentials"]["SessionToken"],
    )
    names = {"StackName": lab.stack, "ChangeSetName": "PipelineChange"}
    client.create_change_set(
        **names,
        ChangeSetType="UPDATE",
        TemplateBody=body,
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        RoleARN=role,
    )
    lab.until(
        lambda: client.describe_change_set(**names)["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS")
    )
    assert client.describe_change_set(**names)["Status"] == "CREATE_COMPLETE"
    before = operations(lab)
    client.execute_change_set(**names)
    lab.until(lambda: operations(lab) > before)


def update_by_hand(watched: Watched, text: str) -> None:
    """``aws cloudformation update-stack --role-arn`` with the template that the stack has, edited."""
    lab = watched.lab
    changed = template(lab)
    (topic,) = (each for each in changed["Resources"].values() if each["Type"] == "AWS::SNS::Topic")
    topic["Properties"]["DisplayName"] = text
    before = operations(lab)
    lab.emulator.client("cloudformation").update_stack(
        StackName=lab.stack,
        TemplateBody=json.dumps(changed),
        Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in changed["Parameters"]],
        Capabilities=["CAPABILITY_NAMED_IAM"],
        RoleARN=roles(lab)[1],
    )
    lab.until(lambda: operations(lab) > before)


def roles(lab: Lab) -> tuple[str, str]:
    """The roles that the stack's artifact names: the one that deploys, and the one that CloudFormation gets."""
    manifest = json.loads((lab.folder / "cdk.out" / "manifest.json").read_text())
    stated = manifest["artifacts"][lab.stack]["properties"]
    deploy, execution = (
        str(stated[name]).replace("${AWS::Partition}", "aws")
        for name in ("assumeRoleArn", "cloudFormationExecutionRoleArn")
    )
    return deploy, execution


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
