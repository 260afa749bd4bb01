"""``record --from-csv --template``: the capacity of a template, completed by answers of the AWS CLI in files."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name

from capacity_guard.capacity import AutoScaling, Dimension, Units
from capacity_guard.capacity.structure import TableKind
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from tests.fakes.recording_aws import (
    ACCOUNT,
    GLOBAL_TABLE,
    NAME,
    REGION,
    STACK,
    FixedClock,
    Services,
    declared_table,
)
from tests.recording.record_command import RecordCommand
from tests.recording.sessions import CSV

TABLE = "AWS::DynamoDB::Table"
WRITE, INDEX_WRITE = Dimension(None, "write"), Dimension("by_day", "write")
KEYS = {
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "day", "AttributeType": "N"},
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


def with_keys(properties: dict[str, Any]) -> dict[str, Any]:
    index = {
        "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    indexes = [{**index, **each} for each in properties["GlobalSecondaryIndexes"]]
    return {
        **properties,
        **KEYS,
        "GlobalSecondaryIndexes": indexes,
        "TimeToLiveSpecification": {"Enabled": 1},
    }


def scaled_services() -> Services:
    """A table whose writes and whose index's writes a stack scales; auto scaling has raised the index."""
    services = Services()
    services.load()
    services.own(GLOBAL_TABLE, with_keys(declared_table(writes=200)))
    services.table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"].update(
        ReadCapacityUnits=100, WriteCapacityUnits=460
    )
    services.scale(f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", 200, 900, 70)
    services.scale(f"table/{NAME}/index/by_day", "dynamodb:index:WriteCapacityUnits", 40, 900, 70)
    return services


class Inputs:
    """The input files of a table, and the command that reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out" / "orders.json"
        self.services = scaled_services()
        (folder / "traffic.csv").write_text(CSV)
        self.give("stack.template.json", self.services.template)

    def give(self, file: str, content: object) -> str:
        # The AWS CLI prints times in ISO 8601.
        path = self.folder / file
        path.write_text(json.dumps(content, default=datetime.isoformat))
        return str(path)

    def answers(self) -> list[str]:
        """Files as the four commands of the AWS CLI write them, for all tables of the account where they list several."""
        others = [
            {**entry, "ResourceId": "table/Users"}
            for entry in (*self.services.targets, *self.services.policies)
        ]
        targets = [entry for entry in others if "MinCapacity" in entry]
        policies = [entry for entry in others if "MinCapacity" not in entry]
        return [
            self.give("users.json", {"Table": {"TableName": "Users"}}),
            self.give("table.json", {"Table": self.services.table}),
            self.give("targets.json", {"ScalableTargets": [*targets, *self.services.targets]}),
            self.give("policies.json", {"ScalingPolicies": [*policies, *self.services.policies]}),
            self.give("actions.json", {"ScheduledActions": self.services.scheduled}),
        ]

    def run(self, *more: str, template: str = "stack.template.json") -> int:
        given = f"--from-csv {self.folder}/traffic.csv --template {self.folder}/{template} --out {self.out}"
        at = "--recorded-at 2026-07-02T00:00:00Z"
        return cli.main(["record", "--table", NAME, *given.split(), *at.split(), *more])

    def baseline(self) -> Baseline:
        return Baseline.load(self.out)


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    return Inputs(tmp_path)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (CSV.replace("by_day", "by_hour"), "index/by_hour/read: is of an index that {} does not have. "),
        (
            "minute,table/read,table/write\n2026-07-01T00:00Z,1,2\n",
            "index/by_day/read: is missing, {} has it. ",
        ),
    ],
)
@pytest.mark.parametrize("answered", [False, True])
def test_traffic_of_other_indexes_is_refused_with_what_states_the_indexes(
    columns: str, problem: str, answered: bool, inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    (inputs.folder / "traffic.csv").write_text(columns)
    answers = ["--answers", *inputs.answers()] if answered else []
    assert inputs.run("--region", REGION, "--stack", STACK, *answers) == 2
    stated_by = f"the live table {NAME}" if answered else "the table Table of the template"
    assert f"traffic.csv: {problem.format(stated_by)}" in capsys.readouterr().err
    assert not inputs.out.exists()


def test_template_alone_records_its_capacity_and_leaves_the_rest_unknown(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inputs.run("--region", REGION, "--stack", STACK) == 0
    baseline = inputs.baseline()
    deployed = baseline.deployed
    assert deployed is not None
    assert deployed.template.throughput(WRITE) == AutoScaling(200, 900, 70)
    assert deployed.live == deployed.template
    assert (dict(deployed.units), dict(deployed.warm)) == ({}, {})
    assert (deployed.provisioned_now(INDEX_WRITE), deployed.most_provisioned(INDEX_WRITE)) == (40, 900)
    assert deployed.structure is not None
    assert (deployed.structure.kind, list(deployed.structure.properties or ())) == (
        TableKind.GLOBAL_TABLE,
        ["TimeToLiveSpecification"],
    )
    identity = baseline.table
    assert (identity.stack, identity.logical_id, identity.region, identity.account) == (
        STACK,
        "Table",
        REGION,
        None,
    )
    note = str(baseline.recording.note)
    assert (
        "Taken from the template, not from AWS: units that auto scaling has reached (its minimum counts)"
        in note
    )
    out = capsys.readouterr().out
    assert (
        "      aws dynamodb describe-table --table-name Orders --region eu-west-1 > Orders.table.json\n"
        in out
    )
    assert out.endswith(
        "record again with --answers Orders.table.json scalable-targets.json scaling-policies.json scheduled-actions.json\n"
    )


def test_template_with_every_answer_records_what_a_recording_from_aws_does(
    inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs.services.scheduled = [
        {
            "ResourceId": f"table/{NAME}",
            "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
            "ScheduledActionName": "morning",
            "Schedule": "cron(0 6 * * ? *)",
            "ScalableTargetAction": {"MinCapacity": 400},
            "StartTime": datetime(2026, 7, 1, 6, tzinfo=UTC),
        }
    ]
    assert inputs.run("--stack", STACK, "--answers", *inputs.answers()) == 0
    assert "does not state" not in capsys.readouterr().out
    command = RecordCommand(tmp_path)
    command.services = inputs.services
    monkeypatch.setattr("capacity_guard.recording.aws.RecordingAws.connect", command.connect)
    monkeypatch.setattr("capacity_guard.recording.record.datetime", FixedClock)
    assert command.run() == 0
    recorded, from_files = Baseline.load(command.out), inputs.baseline()
    assert from_files.deployed == recorded.deployed
    assert from_files.history == recorded.history
    assert from_files.table == recorded.table
    assert from_files.recording.note is None
    assert from_files.deployed is not None
    assert from_files.deployed.units["index/by_day"] == Units(100, 460)


def test_describe_table_alone_gives_units_and_keeps_the_template_s_scaling(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs.services.scale(f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", 1, 2, 70)  # not given
    assert inputs.run("--answers", *inputs.answers()[:2]) == 0
    deployed = inputs.baseline().deployed
    assert deployed is not None
    assert deployed.live.throughput(INDEX_WRITE) == AutoScaling(40, 900, 70)
    assert deployed.provisioned_now(INDEX_WRITE) == 460
    assert deployed.warm["table"] == Units(100, 250)
    out = capsys.readouterr().out
    assert "describe-table" not in out
    assert f"describe-scalable-targets --service-namespace dynamodb --region {REGION} > " in out
    assert inputs.baseline().table.account == ACCOUNT


def test_printed_commands_name_operations_and_parameters_of_the_services(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs.run("--region", REGION)
    commands = [
        line.strip() for line in capsys.readouterr().out.splitlines() if line.strip().startswith("aws ")
    ]
    assert len(commands) == 4
    for command in commands:
        _, service, operation, *options = shlex.split(command.partition(" > ")[0])
        model = boto3.client(service, region_name=REGION).meta.service_model
        named = {xform_name(name, "-"): name for name in model.operation_names}
        members = model.operation_model(named[operation]).input_shape.members
        given = {option for option in options if option.startswith("--")} - {"--region"}
        assert given <= {f"--{xform_name(member, '-')}" for member in members}
        required = model.operation_model(named[operation]).input_shape.required_members
        assert {f"--{xform_name(member, '-')}" for member in required} <= given


def test_times_of_version_1_of_the_cli_are_read(inputs: Inputs) -> None:
    inputs.services.table["ProvisionedThroughput"]["LastDecreaseDateTime"] = 1782864000.25
    inputs.services.table["BillingModeSummary"] = {
        "BillingMode": "PROVISIONED",
        "LastUpdateToPayPerRequestDateTime": "2026-06-30T12:00:00.500000+02:00",
    }
    assert inputs.run("--answers", *inputs.answers()) == 0
    history = inputs.baseline().history
    assert history.last_switch_to_on_demand == datetime(2026, 6, 30, 10, tzinfo=UTC)


def test_live_table_with_another_capacity_is_warned_of(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs.services.targets[0]["MaxCapacity"] = 5_000
    assert inputs.run("--answers", *inputs.answers()) == 0
    assert "the live table has another capacity than the template states" in capsys.readouterr().out


def test_answer_of_get_template_is_a_template(inputs: Inputs) -> None:
    inputs.give("answer.json", {"TemplateBody": inputs.services.template, "StagesAvailable": ["Processed"]})
    assert inputs.run(template="answer.json") == 0
    assert inputs.baseline().deployed is not None


def test_scaling_of_a_plain_table_is_kept_for_a_way_back(inputs: Inputs) -> None:
    target = {
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ResourceId": {"Fn::Join": ["", ["table/", {"Ref": "Orders"}]]},
            "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
            "ServiceNamespace": "dynamodb",
            "MinCapacity": 5,
            "MaxCapacity": 50,
            "ScheduledActions": [
                {
                    "ScheduledActionName": "night",
                    "Schedule": "cron(0 1 * * ? *)",
                    "ScalableTargetAction": {"MaxCapacity": 20},
                }
            ],
        },
    }
    policy = {
        "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
        "Properties": {
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": "Target"},
            "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60},
        },
    }
    units = {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 7}}
    index = {
        "IndexName": "by_day",
        "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
        **units,
    }
    properties = {**KEYS, **units, "GlobalSecondaryIndexes": [index]}
    other = {"Type": TABLE, "Properties": properties}
    resources = {"Orders": other, "Users": other, "Target": target, "Policy": policy}
    inputs.give("stack.template.json", {"Resources": resources})
    assert inputs.run("--logical-id", "Orders") == 0
    deployed = inputs.baseline().deployed
    assert deployed is not None
    assert sorted(deployed.scaling) == ["Policy", "Target"]
    assert [action.name for action in deployed.schedules] == ["night"]
    assert deployed.template.throughput(WRITE) == AutoScaling(5, 50, 60, 7)
    assert deployed.live.throughput(WRITE) == AutoScaling(5, 50, 60)


def held(inputs: Inputs) -> None:
    template = {
        **inputs.services.template,
        "Parameters": {"Held": {"Type": "String", "Default": f"/capacity-guard/{STACK}/Table"}},
        "Conditions": {"IsHeld": {"Fn::Equals": [{"Ref": "Held"}, "0123456789"]}},
    }
    inputs.give("stack.template.json", template)


def of_a_parameter(inputs: Inputs) -> None:
    properties = dict(inputs.services.template["Resources"]["Table"]["Properties"])
    properties["BillingMode"] = {"Fn::If": ["IsBusy", "PAY_PER_REQUEST", "PROVISIONED"]}
    inputs.give(
        "stack.template.json",
        {
            "Parameters": {"Load": {"Type": "String"}},
            "Conditions": {"IsBusy": {"Fn::Equals": [{"Ref": "Load"}, "high"]}},
            "Resources": {"Table": {"Type": GLOBAL_TABLE, "Properties": properties}},
        },
    )


def in_any_region(inputs: Inputs) -> None:
    replicas = inputs.services.template["Resources"]["Table"]["Properties"]["Replicas"]
    replicas[0]["Region"] = {"Ref": "AWS::Region"}
    inputs.give("stack.template.json", inputs.services.template)
    inputs.answers()


def two_tables(inputs: Inputs) -> None:
    table = inputs.services.template["Resources"]["Table"]
    inputs.give("stack.template.json", {"Resources": {"Table": table, "Other": table}})


def test_parameter_decides_what_the_template_states(inputs: Inputs) -> None:
    of_a_parameter(inputs)
    assert inputs.run("--parameter", "Load=high") == 0
    deployed = inputs.baseline().deployed
    assert deployed is not None
    assert deployed.live.is_on_demand
    assert inputs.run("--parameter", "Load=low") == 0


BAD: dict[str, tuple[Callable[[Inputs], object], str, str]] = {
    "a change that can be rolled back": (
        held,
        "",
        "Table: has a change that can still be rolled back (0123456789)",
    ),
    "a parameter without a value": (of_a_parameter, "", "Give what it depends on: --parameter NAME=VALUE"),
    "several tables": (
        two_tables,
        "",
        "--logical-id: is missing: the template has several tables. Give one of",
    ),
    "no such table": (
        two_tables,
        "--logical-id Orders",
        "--logical-id 'Orders': is not a table of the template. Give one of Table, Other",
    ),
    "no tables": (
        lambda inputs: inputs.give("stack.template.json", {"Resources": {}}),
        "",
        "stack.template.json: declares no table",
    ),
    "no template": (
        lambda inputs: (inputs.folder / "stack.template.json").unlink(),
        "",
        "stack.template.json: is missing",
    ),
    "both sources": (
        lambda _: None,
        "--capacity FOLDER/x.json",
        "both state the deployed capacity. Give one",
    ),
    "no answer": (
        lambda inputs: inputs.give("a.json", {"Stacks": []}),
        "--answers FOLDER/a.json",
        "a.json: has not one of Table, ScalableTargets, ScalingPolicies, ScheduledActions",
    ),
    "no file": (lambda _: None, "--answers FOLDER/none.json", "none.json: cannot be read (No such file"),
    "a page of an answer": (
        lambda inputs: inputs.give("a.json", {"ScalableTargets": [], "NextToken": "x"}),
        "--answers FOLDER/a.json",
        "a.json: is a part of an answer: NextToken",
    ),
    "no list": (
        lambda inputs: inputs.give("a.json", {"ScalableTargets": {}}),
        "--answers FOLDER/a.json",
        "a.json: ScalableTargets: is not a list",
    ),
    "another table": (
        lambda inputs: inputs.give("a.json", {"Table": {"TableName": "Users"}}),
        "--answers FOLDER/a.json",
        "a.json is about table Users, and none is about Orders",
    ),
    "an answer twice": (
        lambda inputs: inputs.answers(),
        "--answers FOLDER/table.json FOLDER/table.json",
        "states Table a second time",
    ),
    "scaling without a table": (
        lambda inputs: inputs.answers(),
        "--answers FOLDER/targets.json FOLDER/policies.json",
        "no answer of DescribeTable is given. Give the answer of aws dynamodb describe-table too",
    ),
    "half of auto scaling": (
        lambda inputs: inputs.answers(),
        "--answers FOLDER/table.json FOLDER/targets.json",
        "states ScalableTargets alone: auto scaling is both",
    ),
    "another Region": (
        in_any_region,
        "--region eu-north-1 --answers FOLDER/table.json",
        "is about Orders in Region eu-west-1, and the template is deployed in eu-north-1",
    ),
    "an incomplete answer": (
        lambda inputs: inputs.give("a.json", {"Table": {"TableName": NAME, "TableStatus": "ACTIVE"}}),
        "--answers FOLDER/a.json",
        "a.json: is not a complete answer (KeyError",
    ),
    "a table that is changing": (
        lambda inputs: inputs.give("a.json", {"Table": {**inputs.services.table, "TableStatus": "UPDATING"}}),
        "--answers FOLDER/a.json",
        "table Orders: is UPDATING",
    ),
    "no time": (
        lambda inputs: inputs.give(
            "a.json",
            {
                "Table": {
                    **inputs.services.table,
                    "BillingModeSummary": {"LastUpdateToPayPerRequestDateTime": "x"},
                }
            },
        ),
        "--answers FOLDER/a.json",
        "LastUpdateToPayPerRequestDateTime: 'x' is not a time",
    ),
    "an output that is an input": (
        lambda inputs: inputs.answers(),
        "--answers FOLDER/table.json --out FOLDER/table.json",
        "table.json: exists and is not a sound baseline",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_template_or_answer_that_is_bad_is_one_line(
    name: str, inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare, options, expected = BAD[name]
    prepare(inputs)
    before = {file: file.read_bytes() for file in inputs.folder.iterdir()}
    assert inputs.run(*options.replace("FOLDER", str(inputs.folder)).split()) == 2
    error = capsys.readouterr().err
    assert expected in error
    assert len(error.splitlines()) == 1
    assert not inputs.out.exists()
    assert {file: file.read_bytes() for file in inputs.folder.iterdir() if file.is_file()} == before


def test_provisioned_table_of_an_on_demand_template_needs_its_scaling(
    inputs: Inputs, capsys: pytest.CaptureFixture[str]
) -> None:
    properties = {"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [{"IndexName": "by_day"}]}
    replicas = {"Replicas": [{"Region": REGION}]}
    inputs.give(
        "stack.template.json",
        {"Resources": {"Table": {"Type": GLOBAL_TABLE, "Properties": {**properties, **replicas}}}},
    )
    answers = inputs.answers()
    assert inputs.run("--region", REGION, "--answers", answers[1]) == 2
    assert "its auto scaling is not known" in capsys.readouterr().err
    assert inputs.run("--region", REGION, "--answers", *answers) == 0
    assert "is this the template that is deployed?" in capsys.readouterr().out
