"""CG12: a table without deletion protection, point-in-time recovery or retention."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk.assertions import Template

from capacity_guard.capacity.structure import TableKind
from capacity_guard.rules import Case, Dialect, TemplateFacts
from tests.builders.cases import case, findings, on_demand
from tests.rules.examples import compliant, other, refused, silent


def unprotected(dialect: Dialect = "guarded") -> Case:
    facts = TemplateFacts(deletion_protection=False, point_in_time_recovery=False, retained=False)
    return case(on_demand(), template=(facts,), dialect=dialect)


def in_two_branches(facts: TemplateFacts) -> Case:
    return case(on_demand(), template=(TemplateFacts(), facts))


EXAMPLES = (
    compliant("protected", lambda: case(on_demand(), template=(TemplateFacts(),))),
    refused("nothing protects it", lambda: unprotected()),
    silent("nothing synthesized", lambda: case(on_demand())),
)

OTHERS = (
    other("not retained in one branch", lambda: in_two_branches(TemplateFacts(retained=False))),
    other("no recovery in one branch", lambda: in_two_branches(TemplateFacts(point_in_time_recovery=False))),
    other("no protection in one branch", lambda: in_two_branches(TemplateFacts(deletion_protection=False))),
)


@pytest.mark.parametrize(
    ("dialect", "deletion_protection"),
    [
        ("guarded", "deletion_protection=True"),
        ("table-v2", "deletion_protection=True"),
        ("table", "deletion_protection=True"),
        ("l1", "DeletionProtectionEnabled true"),
        ("template", "DeletionProtectionEnabled true"),
    ],
)
def test_fix_when_nothing_protects_the_table_names_all_three_for_its_construct(
    dialect: Dialect, deletion_protection: str
) -> None:
    (finding,) = findings(unprotected(dialect), "CG12")
    assert [figure.value for figure in finding.figures] == [
        "deletion protection",
        "point-in-time recovery",
        "retention",
        "on its own",
    ]
    assert finding.fix.startswith(f"{deletion_protection}, ")
    assert len(finding.fix.split(", ")) == 3


def test_fix_of_a_cfn_table_when_run_protects_it() -> None:
    (finding,) = findings(replace(unprotected("l1"), kind=TableKind.TABLE), "CG12")
    stack = cdk.Stack(cdk.App(), "S")
    key = dynamodb.CfnTable.KeySchemaProperty(attribute_name="id", key_type="HASH")
    table = dynamodb.CfnTable(stack, "Orders", key_schema=[key])
    exec(finding.fix, {"table": table, "RemovalPolicy": cdk.RemovalPolicy})
    assert Template.from_stack(stack).to_json()["Resources"]["Orders"] == {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "DeletionProtectionEnabled": True,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
    }


def test_protection_when_one_branch_of_the_template_lacks_it_expects_the_finding() -> None:
    branches = (TemplateFacts(branch="Small = no"), TemplateFacts(branch="Small = yes", retained=False))
    (finding,) = findings(case(on_demand(), template=branches), "CG12")
    assert [figure.value for figure in finding.figures] == ["retention", "on its own"]


def test_protection_without_a_change_of_capacity_may_be_added_at_once() -> None:
    unchanged = replace(unprotected("table-v2"), declared=unprotected("table-v2").baseline.deployed.live)
    (finding,) = findings(unchanged, "CG12")
    assert "on its own" not in [figure.value for figure in finding.figures]
