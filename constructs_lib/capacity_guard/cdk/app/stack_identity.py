"""``StackIdentity``: what the guards of a stack ask of it, asked once, since each question is a call to the CDK's process."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk


@dataclass(frozen=True)
class StackIdentity:
    """Name and place of a stack.

    Attributes:
        name: its name.
        account: its account, ``None`` where it is not known at synthesis.
        region: its Region, ``None`` where it is not known at synthesis.
        template_file: file name of its template in the cloud assembly.
    """

    name: str
    account: str | None
    region: str | None
    template_file: str

    @staticmethod
    def of(stack: cdk.Stack, name: str) -> StackIdentity:
        """The identity of a stack.

        Args:
            stack: the stack.
            name: its name.
        """
        # aws://<account>/<Region>, each known or one of these words (Stack.environment): both with one call to the CDK's process.
        account, region = stack.environment.removeprefix("aws://").split("/")
        return StackIdentity(
            name,
            None if account == "unknown-account" else account,
            None if region == "unknown-region" else region,
            stack.template_file,
        )


__all__ = ["StackIdentity"]
