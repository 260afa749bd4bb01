"""``TableAccess``: permission on the guarded tables of a stack, in as many policies as IAM's sizes ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from ...capacity.errors import InputError
from ...capacity.limits import (
    INLINE_POLICY_CHARACTERS,
    MANAGED_POLICIES_OF_ROLE,
    MANAGED_POLICY_CHARACTERS,
)
from ..app.late_values import late_list

TABLE_ACTIONS = ("dynamodb:DescribeTable", "dynamodb:UpdateTable")

INLINE_CHARACTERS = INLINE_POLICY_CHARACTERS.value
"""Characters that the inline policies of a role may have in sum."""
MANAGED_CHARACTERS = MANAGED_POLICY_CHARACTERS.value
"""Characters that a managed policy may have."""
MANAGED_POLICIES = MANAGED_POLICIES_OF_ROLE.value
"""Managed policies that a role may have by default. One is ``AWSLambdaBasicExecutionRole``."""

# Longest values, for what is known only at the deployment: partition aws-us-gov, Region us-isof-south-1, names of
# CloudFormation stacks (128 characters), and any other text, as a table's name (255 characters).
_LONGEST = {"AWS::Partition": 10, "AWS::Region": 15, "AWS::AccountId": 12, "AWS::StackName": 128}
_LONGEST_NAME = 255
_RANDOM_PART = 13
_LONGEST_STACK_ID = len("arn::cloudformation:::stack//") + 10 + 15 + 12 + 128 + 36


class TableAccess:
    """One statement with the ARNs of the guarded tables; when a policy is full, the next one continues it.

    The first ARNs go into the inline policy of the role. Then managed policies follow, which the role attaches. The role
    refers to them, so CloudFormation creates them before the role and its functions, and deletes them after both. (A
    policy that refers to the role could be deleted before a function that still needs it.)

    Where even these are full, one pattern for all tables that CloudFormation names in this stack, ``<stack>-*``,
    replaces their own ones. Room for it is kept.

    Args:
        scope: the provider.
        role: the role of the guard's functions.
        inline: the inline policy of the role, with its other statements.
        stack: the stack of the provider.
        name: its name.
        prefix: what the ARN of a table of the stack begins with, up to its name.
        written_prefix: the same as the template has it.
        used: characters of the inline policy, as IAM counts them.
    """

    def __init__(
        self,
        scope: Construct,
        role: iam.Role,
        inline: iam.PolicyDocument,
        *,
        stack: cdk.Stack,
        name: str,
        prefix: str,
        written_prefix: Any,
        used: int,
    ) -> None:
        self._scope = scope
        self._role = role
        self._stack = stack
        self._names: set[str] = set()
        self._managed = 0
        self._all_are_named = False
        self._every_name = f"{name}-*"
        self._prefix, self._written_prefix = prefix, written_prefix
        self._arn_characters = count_characters(written_prefix) + len(",")
        self._open(INLINE_CHARACTERS - used - self._size(self._every_name))
        inline.add_statements(self._statement)

    def add(self, name: str, *, is_generated: bool, written: str | None = None) -> str | None:
        """Add a table.

        Args:
            name: its name, or a pattern of it. It must not refer to the table.
            is_generated: whether it is the pattern of a name that CloudFormation generates, with the stack's name in front.
            written: its text in the template, where it holds a token; ``None`` where that is not known.

        Returns:
            The ARN that the policies now name, ``None`` if they did before.

        Raises:
            InputError: the policies have no room, and no pattern covers the name.
        """
        if name in self._names or (is_generated and self._all_are_named):
            return None
        size = self._size(name if written is None else written)
        if size > self._room and self._managed < MANAGED_POLICIES - 1:
            self._add_managed_policy()
        arn = self._arn(name)
        if size <= self._room:
            self._names.add(name)
            self._arns.append(arn)
            self._room -= size
        elif is_generated:
            arn = self._arn(self._every_name)
            self._inline_arns.append(arn)
            self._all_are_named = True
        else:
            raise InputError(
                self._stack.node.path,
                "has so many guarded tables with long names that the policies of one role cannot hold them",
                "Spread the tables over several stacks",
            )
        return arn

    def _open(self, room: int) -> None:
        """Begin a statement, in a policy that has room for so many characters."""
        self._arns: list[str] = []
        if not self._managed:
            self._inline_arns = self._arns
        sid = f"Tables{self._managed + 1}" if self._managed else "Tables"
        # After the first rendering the CDK accepts no further ARN for a statement.
        self._statement = iam.PolicyStatement(
            sid=sid, actions=list(TABLE_ACTIONS), resources=late_list(self._arns)
        )
        empty = {"Sid": sid, "Effect": "Allow", "Action": [*TABLE_ACTIONS], "Resource": []}
        self._room = room - count_characters(empty) - len(",")

    def _add_managed_policy(self) -> None:
        self._managed += 1
        self._open(MANAGED_CHARACTERS - count_characters({"Version": "2012-10-17", "Statement": []}))
        policy = iam.ManagedPolicy(
            self._scope,
            f"Tables{self._managed + 1}",
            description="capacity-guard: further guarded tables of this stack",
            statements=[self._statement],
        )
        self._role.add_managed_policy(policy)

    def _arn(self, name: str) -> str:
        return self._prefix + name

    def written_arn(self, written: str) -> dict[str, Any]:
        """The ARN of a table as the template has it.

        Args:
            written: the text of the table's name in the template.
        """
        return {"Fn::Join": ["", [self._written_prefix, written]]}

    def _size(self, name: str) -> int:
        written = self._stack.resolve(name) if "$" in name and cdk.Token.is_unresolved(name) else name
        return self._arn_characters + count_characters(written) - len('""')


def generated_name_pattern(stack: str, logical_id: str, *, token: str | None = None) -> str:
    """The pattern of a name that CloudFormation generates: ``<stack>-<logical id>-<random>`` (User Guide: Name type).

    A name has at most 255 characters. Which part of a longer one CloudFormation cuts is not published, so the pattern of
    such a name is the first 64 characters of the stack's name.

    Args:
        stack: name of the stack.
        logical_id: logical id of the table.
        token: the text for the logical id in the result, if it may still be overridden.
    """
    if len(f"{stack}-{logical_id}-") + _RANDOM_PART > _LONGEST_NAME:
        return f"{stack[:64]}*"
    return f"{stack}-{token or logical_id}-*"


def count_characters(value: Any) -> int:
    """Characters of a resolved policy document, or a part of it, as IAM counts them.

    A reference counts with the longest value that it may have.
    """
    return len(json.dumps(_longest(value), separators=(",", ":")))


def _longest(value: Any) -> Any:
    if isinstance(value, Mapping):
        if len(value) == 1 and (key := next(iter(value))) in ("Ref", "Fn::Join", "Fn::Sub", "Fn::GetAtt"):
            return "x" * _length_of(key, value[key])
        return {key: _longest(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_longest(item) for item in value]
    return value


def _length_of(function: str, argument: Any) -> int:
    if function == "Fn::Join":
        separator, parts = argument
        return sum(len(str(_longest(part))) for part in parts) + len(separator) * (len(parts) - 1)
    if function == "Ref" and argument == "AWS::StackId":
        return _LONGEST_STACK_ID
    return _LONGEST.get(argument, _LONGEST_NAME) if isinstance(argument, str) else _LONGEST_NAME


__all__ = [
    "INLINE_CHARACTERS",
    "MANAGED_CHARACTERS",
    "MANAGED_POLICIES",
    "TABLE_ACTIONS",
    "TableAccess",
    "count_characters",
    "generated_name_pattern",
]
