"""CG1: a table of the app without a guard."""

from __future__ import annotations

from collections.abc import Iterator

from .fix_code import text_code
from .model import Case, Figure, Finding, Level, Rule
from .record_fix import record_fix


def _condition(case: Case) -> Iterator[Finding]:
    if case.guarded:
        return
    construct_id = case.table.rpartition("/")[2]
    file = case.report_file or _file(case, construct_id)
    where = "nested stack" if case.nested else "stack"
    fix = (
        f"CapacityGuard(self, {text_code(f'{construct_id}Guard')}, table=table, "
        f"baseline={text_code(file)})\n"
        "or for every table of the app: Aspects.of(app).add(GuardEveryTable(baselines=...)); of a Stage: Aspects.of(stage)"
    )
    if case.nested:
        fix = (
            "no guard works in a nested stack: move the table into a stack of its own, by retain and import "
            "(capacity-guard docs table-to-tablev2), not in code alone"
        )
    elif not case.publishes_assets:
        fix = (
            "no guard works in a stack with a BootstraplessSynthesizer, which publishes no assets: bootstrap the account, and "
            f"give the stack another synthesizer, for example DefaultStackSynthesizer()\nthen {fix}"
        )
    title = "it has no guard"
    if case.is_simple_table:
        title = "a guard cannot read an AWS::Serverless::SimpleTable"
        fix = (
            f"declare it as AWS::DynamoDB::Table with the same logical id ({case.logical_id or case.table}), which is what SAM "
            f"makes of it at the deployment: the table stays\nthen {fix}"
        )
    if case.awaited_baseline is not None:
        title = "GuardEveryTable leaves it alone until it is recorded"
        fix = record_fix(case, case.awaited_baseline)
    figures = [Figure("table", case.logical_id or case.table, f"in {where} {case.stack}")]
    if case.held_change is not None:
        title = "it has no guard, and its baseline states this change as held"
        figures.append(
            Figure("held", case.held_change, "taken back before; without a guard nothing reads its hold")
        )
        fix = f"declare the capacity of before\nor keep its guard: {fix}"
    yield case.finding(
        RULE,
        f"{title}: a change of its capacity is deployed without a check",
        figures=figures,
        fix=fix,
    )


def _file(case: Case, construct_id: str) -> str:
    """Where the aspects look for a baseline that does not say of which stack it is: the same id in two stacks is two files."""
    if case.stack is None:
        return f"baselines/{case.table}.json"
    # The construct id of several tables of a stack, whose path is then the name of each, names no file.
    name = construct_id if case.table == construct_id else case.logical_id or construct_id
    return f"baselines/{case.stack}/{name}.json"


RULE = Rule(
    id="CG1",
    level=Level.WARN,
    title="Table without a guard",
    refuses="a table of the app without a guard",
    needs="the templates",
    condition=_condition,
    judges_unguarded=True,
)
