#!/usr/bin/env python3
"""The example app: one stack for each environment, checked by CapacityGuardChecks and AwsSolutions.

Context: ``-c change=incident|fixed|switch|provisioned|quiet`` declares a change of the first production cell,
``-c baseline=<file>`` uses another baseline for it, ``-c watch=yes`` watches it after its deployments,
``-c only=<environments>`` synthesizes only these environments.
"""

from __future__ import annotations

import sys

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from capacity_guard import CapacityGuardChecks, InputError
from stacks.conversations_stack import ConversationsStack
from stacks.settings import environments


def build(app: cdk.App) -> cdk.App:
    """Add the stacks to an app, as its context selects them.

    Raises:
        InputError: a context value or a setting is wrong.
    """

    def context(name: str) -> str | None:
        value = app.node.try_get_context(name)
        return None if value is None else str(value)

    watch = context("watch")
    if watch not in (None, "yes"):
        raise InputError("context watch", f"{watch!r} is not yes", "Write -c watch=yes, or leave it out")
    for settings in environments(
        change=context("change"),
        baseline=context("baseline"),
        only=context("only"),
        watched=watch is not None,
    ):
        ConversationsStack(app, settings)
    # CapacityGuardChecks first: its findings are printed before all others.
    cdk.Validations.of(app).add_plugins(CapacityGuardChecks(app), AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    try:
        build(cdk.App()).synth()
    except InputError as error:
        sys.exit(f"error: {error}")
