"""What hostile code tries with the credentials of a role of the guard: one call for each attack."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

Call = tuple[str, str, dict[str, Any]]
"""Service, method of its client, parameters."""

DENIALS = ("AccessDenied", "AccessDeniedException", "AuthorizationError")
CODE = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    client = boto3.client(event["service"])
    try:
        getattr(client, event["method"])(**event["parameters"])
    except ClientError as error:
        return error.response["Error"]
    return {"Code": "", "Message": ""}
"""
ITEM = {"order_id": {"S": "1"}}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def event(source: str) -> dict[str, str]:
    return {"Source": source, "DetailType": "x", "Detail": "{}"}


def attacks(names: Mapping[str, str]) -> dict[str, Call]:
    """The attacks, by name.

    Args:
        names: names of the ``stack``, the ``table``, the ``journals``, the ``hold``, the ``role`` whose credentials are used, the
            functions ``gate`` and ``watch``, the ``rule`` and an ``alarm``; ARNs of the table (``table_arn``), of the role of a
            ``rollback``, of the role that deploys (``deployer``), of the state ``machine`` of the framework, and of a ``topic``.
    """
    stack, table, role = names["stack"], names["table"], names["role"]
    previous = {"UsePreviousTemplate": True, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    with_role = previous | {"RoleARN": names["rollback"]}
    policy = json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}
    )
    key = {"TableName": table, "Key": ITEM}
    other_journal = {"TableName": "Other-CapacityGuardWatchJournals-1", "Key": {"table": {"S": "T"}}}
    journal = {"TableName": names["journals"]}
    rule, alarm, hold = names["rule"], names["alarm"], names["hold"]
    trust = json.dumps(ALL)
    schema = {
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return {
        # stacks
        "read the stack": ("cloudformation", "describe_stacks", {"StackName": stack}),
        "read its template": ("cloudformation", "get_template", {"StackName": stack}),
        "update the stack as the rollback role": (
            "cloudformation",
            "update_stack",
            {"StackName": stack} | with_role,
        ),
        "update the stack as itself": ("cloudformation", "update_stack", {"StackName": stack} | previous),
        "update the stack as another role": (
            "cloudformation",
            "update_stack",
            {"StackName": stack, "RoleARN": names["deployer"]} | previous,
        ),
        "update the stack with a policy for it": (
            "cloudformation",
            "update_stack",
            {"StackName": stack, "StackPolicyDuringUpdateBody": policy} | with_role,
        ),
        "update the stack and its policy": (
            "cloudformation",
            "update_stack",
            {"StackName": stack, "StackPolicyBody": policy} | with_role,
        ),
        "set the stack's policy": (
            "cloudformation",
            "set_stack_policy",
            {"StackName": stack, "StackPolicyBody": policy},
        ),
        "make a change set": (
            "cloudformation",
            "create_change_set",
            {"StackName": stack, "ChangeSetName": "mine"} | with_role,
        ),
        "execute a change set": (
            "cloudformation",
            "execute_change_set",
            {"StackName": stack, "ChangeSetName": "mine"},
        ),
        "cancel an update": ("cloudformation", "cancel_update_stack", {"StackName": stack}),
        "continue a rollback": ("cloudformation", "continue_update_rollback", {"StackName": stack}),
        "continue a rollback as another role": (
            "cloudformation",
            "continue_update_rollback",
            {"StackName": stack, "RoleARN": names["deployer"]},
        ),
        "delete the stack": ("cloudformation", "delete_stack", {"StackName": stack}),
        "end its termination protection": (
            "cloudformation",
            "update_termination_protection",
            {"StackName": stack, "EnableTerminationProtection": False},
        ),
        "read another stack": ("cloudformation", "describe_stacks", {"StackName": "Other"}),
        "read another stack of a name that begins alike": (
            "cloudformation",
            "describe_stacks",
            {"StackName": f"{stack}2"},
        ),
        "update another stack": ("cloudformation", "update_stack", {"StackName": "Other"} | with_role),
        "delete another stack": ("cloudformation", "delete_stack", {"StackName": "Other"}),
        "list all stacks": ("cloudformation", "list_stacks", {}),
        # tables
        "describe the table": ("dynamodb", "describe_table", {"TableName": table}),
        "update the table": (
            "dynamodb",
            "update_table",
            {"TableName": table, "DeletionProtectionEnabled": False},
        ),
        "delete the table": ("dynamodb", "delete_table", {"TableName": table}),
        "read an item": ("dynamodb", "get_item", key),
        "write an item": ("dynamodb", "put_item", {"TableName": table, "Item": ITEM}),
        "update an item": ("dynamodb", "update_item", key),
        "delete an item": ("dynamodb", "delete_item", key),
        "scan": ("dynamodb", "scan", {"TableName": table}),
        "scan an index": ("dynamodb", "scan", {"TableName": table, "IndexName": "by_customer"}),
        "read items in a batch": ("dynamodb", "batch_get_item", {"RequestItems": {table: {"Keys": [ITEM]}}}),
        "read items in a transaction": ("dynamodb", "transact_get_items", {"TransactItems": [{"Get": key}]}),
        "write items in a transaction": (
            "dynamodb",
            "transact_write_items",
            {"TransactItems": [{"Put": {"TableName": table, "Item": ITEM}}]},
        ),
        "read items by a statement": (
            "dynamodb",
            "execute_statement",
            {"Statement": f'SELECT * FROM "{table}"'},
        ),
        "write an item by a statement": (
            "dynamodb",
            "execute_statement",
            {"Statement": f"INSERT INTO \"{table}\" VALUE {{'order_id':'1'}}"},
        ),
        "delete items by a batch of statements": (
            "dynamodb",
            "batch_execute_statement",
            {"Statements": [{"Statement": f"DELETE FROM \"{table}\" WHERE order_id='1'"}]},
        ),
        "make a table": (
            "dynamodb",
            "create_table",
            {"TableName": "mine", "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]} | schema,
        ),
        "back the table up": ("dynamodb", "create_backup", {"TableName": table, "BackupName": "mine"}),
        "tag the table": (
            "dynamodb",
            "tag_resource",
            {"ResourceArn": names["table_arn"], "Tags": [{"Key": "a", "Value": "b"}]},
        ),
        "describe another table": ("dynamodb", "describe_table", {"TableName": "Other-T-1"}),
        "update another table": (
            "dynamodb",
            "update_table",
            {"TableName": "Other-T-1", "BillingMode": "PAY_PER_REQUEST"},
        ),
        "read an item of another table": ("dynamodb", "get_item", {"TableName": "Other-T-1", "Key": ITEM}),
        # journals
        "read the journal": ("dynamodb", "get_item", journal | {"Key": {"table": {"S": "T"}}}),
        "write the journal": ("dynamodb", "put_item", journal | {"Item": {"table": {"S": "T"}}}),
        "delete from the journal": ("dynamodb", "delete_item", journal | {"Key": {"table": {"S": "T"}}}),
        "scan the journals": ("dynamodb", "scan", journal),
        "delete the journals": ("dynamodb", "delete_table", journal),
        "read the journal of another stack": ("dynamodb", "get_item", other_journal),
        "write the journal of another stack": (
            "dynamodb",
            "put_item",
            {"TableName": other_journal["TableName"], "Item": {"table": {"S": "T"}}},
        ),
        # parameters
        "read the hold": ("ssm", "get_parameter", {"Name": hold}),
        "write the hold": (
            "ssm",
            "put_parameter",
            {"Name": hold, "Value": "none", "Type": "String", "Overwrite": True},
        ),
        "read the hold of another stack": ("ssm", "get_parameter", {"Name": "/capacity-guard/Other/T"}),
        "write the hold of another stack": (
            "ssm",
            "put_parameter",
            {"Name": "/capacity-guard/Other/T", "Value": "none", "Type": "String", "Overwrite": True},
        ),
        "delete the hold of another stack": ("ssm", "delete_parameter", {"Name": "/capacity-guard/Other/T"}),
        "read another parameter": ("ssm", "get_parameter", {"Name": "/secret"}),
        "read another parameter among others": ("ssm", "get_parameters", {"Names": [hold, "/secret"]}),
        "read the hold and the version of the bootstrapping": (
            "ssm",
            "get_parameters",
            {"Names": [hold, "/cdk-bootstrap/hnb659fds/version"]},
        ),
        "read parameters by path": ("ssm", "get_parameters_by_path", {"Path": "/"}),
        "write another parameter": (
            "ssm",
            "put_parameter",
            {"Name": "/secret", "Value": "x", "Type": "String"},
        ),
        "write the version of the bootstrapping": (
            "ssm",
            "put_parameter",
            {"Name": "/cdk-bootstrap/hnb659fds/version", "Value": "1", "Type": "String", "Overwrite": True},
        ),
        # permissions
        "change its own policy": (
            "iam",
            "put_role_policy",
            {"RoleName": role, "PolicyName": "all", "PolicyDocument": json.dumps(ALL)},
        ),
        "attach a policy": (
            "iam",
            "attach_role_policy",
            {"RoleName": role, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        ),
        "change who may take its role": (
            "iam",
            "update_assume_role_policy",
            {"RoleName": role, "PolicyDocument": trust},
        ),
        "remove its boundary": ("iam", "delete_role_permissions_boundary", {"RoleName": role}),
        "make a user": ("iam", "create_user", {"UserName": "mine"}),
        "take the rollback role": (
            "sts",
            "assume_role",
            {"RoleArn": names["rollback"], "RoleSessionName": "hostile"},
        ),
        "take the role that deploys": (
            "sts",
            "assume_role",
            {"RoleArn": names["deployer"], "RoleSessionName": "hostile"},
        ),
        # functions
        "invoke a gate": ("lambda", "invoke", {"FunctionName": names["gate"]}),
        "invoke the watch": ("lambda", "invoke", {"FunctionName": names["watch"]}),
        "change the code of a function": (
            "lambda",
            "update_function_code",
            {"FunctionName": names["watch"], "S3Bucket": "mine", "S3Key": "code.zip"},
        ),
        "give a function another role": (
            "lambda",
            "update_function_configuration",
            {"FunctionName": names["watch"], "Role": names["deployer"]},
        ),
        "start the state machine": (
            "stepfunctions",
            "start_execution",
            {"stateMachineArn": names["machine"]},
        ),
        "start another state machine": (
            "stepfunctions",
            "start_execution",
            {"stateMachineArn": names["machine"] + "2"},
        ),
        # alarms, metrics, events, logs, messages
        "delete the alarms": ("cloudwatch", "delete_alarms", {"AlarmNames": [alarm]}),
        "mute the alarms": ("cloudwatch", "disable_alarm_actions", {"AlarmNames": [alarm]}),
        "write false metrics": (
            "cloudwatch",
            "put_metric_data",
            {"Namespace": "AWS/X", "MetricData": [{"MetricName": "m", "Value": 1.0}]},
        ),
        "delete the rule": ("events", "delete_rule", {"Name": rule}),
        "disable the rule": ("events", "disable_rule", {"Name": rule}),
        "send events as the guard": ("events", "put_events", {"Entries": [event("capacity-guard")]}),
        "send events of another source": ("events", "put_events", {"Entries": [event("orders")]}),
        "send events of another source among its own": (
            "events",
            "put_events",
            {"Entries": [event("capacity-guard"), event("orders")]},
        ),
        "delete the log": ("logs", "delete_log_group", {"logGroupName": "/aws/lambda/x"}),
        "publish to a topic": ("sns", "publish", {"TopicArn": names["topic"], "Message": "all is well"}),
        # auto scaling
        "read scaling targets": (
            "application-autoscaling",
            "describe_scalable_targets",
            {"ServiceNamespace": "dynamodb"},
        ),
        "register a scaling target": (
            "application-autoscaling",
            "register_scalable_target",
            {
                "ServiceNamespace": "dynamodb",
                "ResourceId": "table/Other-T-1",
                "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
                "MinCapacity": 1,
                "MaxCapacity": 1,
            },
        ),
        "remove a scaling target": (
            "application-autoscaling",
            "deregister_scalable_target",
            {
                "ServiceNamespace": "dynamodb",
                "ResourceId": "table/Other-T-1",
                "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
            },
        ),
        "remove a scaling target of another service": (
            "application-autoscaling",
            "deregister_scalable_target",
            {
                "ServiceNamespace": "ecs",
                "ResourceId": "service/c/s",
                "ScalableDimension": "ecs:service:DesiredCount",
            },
        ),
    }


def take_over(client: Any, function: str) -> None:
    """Replace the code of a function by the hostile one.

    Args:
        client: a client of Lambda that may do it.
        function: name of a Python function.
    """
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("hostile.py", CODE)
    client.update_function_code(FunctionName=function, ZipFile=code.getvalue())
    client.update_function_configuration(FunctionName=function, Handler="hostile.handler")


def by_function(client: Any, function: str) -> Callable[[Call], dict[str, str]]:
    """Makes a call with the credentials of a function that was taken over; returns the error, with an empty code for none."""

    def make(call: Call) -> dict[str, str]:
        service, method, parameters = call
        event = {"service": service, "method": method, "parameters": parameters}
        answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        found: dict[str, str] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, found
        return found

    return make


def by_credentials(
    new_client: Callable[..., Any], credentials: Mapping[str, str]
) -> Callable[[Call], dict[str, str]]:
    """The same with credentials of a role, for a role that no Python function has."""
    options = {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }

    def make(call: Call) -> dict[str, str]:
        service, method, parameters = call
        try:
            getattr(new_client(service, **options), method)(**parameters)
        except ClientError as error:
            return {"Code": error.response["Error"]["Code"], "Message": str(error)}
        return {"Code": "", "Message": ""}

    return make


def succeed(make: Callable[[Call], dict[str, str]], tried: Mapping[str, Call]) -> set[str]:
    """The attacks that were not denied."""
    return {name for name, call in tried.items() if make(call)["Code"] not in DENIALS}
