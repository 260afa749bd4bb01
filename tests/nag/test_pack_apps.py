"""Two apps of one process: each has its own guards, rules and findings."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from capacity_guard import CapacityGuard, CapacityGuardChecks
from capacity_guard.findings import Findings
from tests.builders import adopted, guarded


def app_with_guards(stack_name: str, *, changes: bool) -> cdk.App:
    made = guarded.app()
    stack = cdk.Stack(made, stack_name)
    declared = adopted.table_v2(stack, adopted.LOWERED if changes else adopted.PROVISIONED)
    CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded())
    guarded.table(stack, capacity=guarded.LOWERED if changes else guarded.PROVISIONED)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    return made


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("second_first", [True, False])
@pytest.mark.parametrize("second_name", ["S", "T"])
def test_two_apps_have_guards_and_findings_of_their_own(second_name: str, second_first: bool) -> None:
    apps = {
        "S": app_with_guards("S", changes=True),
        second_name + " of the second": app_with_guards(second_name, changes=False),
    }
    for name, made in sorted(apps.items(), key=lambda item: item[0] == "S", reverse=not second_first):
        stack, is_first = name.split()[0], name == "S"
        template = guarded.synthesize(made, stack)
        assert len(template.gates) == (4 if is_first else 0)
        judged = Findings.read(made.outdir).tables
        assert sorted(table.path for table in judged) == [f"{stack}/Conversations", f"{stack}/Guard"]
