"""CG2: a baseline that is missing, unreadable, stale, short, or of another table."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from ..capacity.change_conditions import AgeProblem, age_problem
from ..capacity.errors import InputError
from ..capacity.warm_throughput import initial_ceiling
from ..evidence.baseline import Baseline
from ..evidence.files import near_in
from .fix_code import text_code
from .formatting import days_text, rate_text, utc_text
from .model import Case, Figure, Finding, Level, Rule
from .record_fix import baseline_file, new_file, record_fix, with_command

_TOLERATED_GAP_MINUTES = 60
"""Minutes that may be missing from the shortest recording."""
_UNCUT = 100
"""Letters of a generated name that are compared; CloudFormation cuts names only beyond what a table's name can hold (255)."""

_UNREAD_GATE = "the gate before the table checks this; it lets a table pass that does not exist yet"
"""What the gate of an unreadable baseline does: docs/gates.md."""


def _condition(case: Case) -> Iterator[Finding]:
    baseline = case.baseline
    if isinstance(baseline, InputError):
        gated = case.break_glass is None and case.dialect != "template" and case.report_file is None
        yield case.finding(
            RULE,
            "its baseline cannot be used: the deployment is refused unless the live table already has the declared capacity"
            if gated
            else "its baseline cannot be used, so the effect of a change is unknown",
            figures=[
                Figure("baseline", baseline.location, baseline.problem),
                *([Figure("deployment", "Preflight", _UNREAD_GATE)] if gated else []),
            ],
            fix=_near(baseline) + with_command(baseline, lambda file: record_fix(case, file) + _if_new(case)),
        )
        return
    if baseline.is_new_table:
        file = new_file(case.table)
        yield case.finding(
            RULE,
            "it is declared as new: once it is deployed, its capacity can change only when it is recorded",
            fix=f"after the first deployment: {record_fix(case, file)}\n"
            f"then baseline={text_code(file)} in place of NewTable(...)",
            level=Level.WARN,
        )
        yield from _late_warm(case)
        if baseline.like is not None:
            # The predecessor may be gone, so nothing can be asked for: a warning at most.
            for finding in (*_stale(case, baseline), *_short(case, baseline)):
                title = finding.title.replace(
                    "its baseline", f"the traffic of {baseline.like.name}, which it is to carry,"
                )
                yield replace(finding, title=title, level=Level.WARN)
        return
    yield from _of_another_table(case, baseline)
    yield from _stale(case, baseline)
    yield from _short(case, baseline)


def _near(baseline: InputError) -> str:
    """The remedy for a mistyped path, which goes before the command that records into that path."""
    near = near_in(baseline.problem)
    return f"correct the path, if it is mistyped: there is {near}\nor: " if near else ""


def _if_new(case: Case) -> str:
    """What to do about a missing baseline of a table that was never deployed, which no command records."""
    if case.dialect != "guarded":
        return ""
    return f"\nor, until the table is deployed: baseline=NewTable({text_code(case.table)})"


def _late_warm(case: Case) -> Iterator[Finding]:
    """Warm throughput that a new table cannot have yet: a gate raises it, on a table that exists and was recorded."""
    late = [
        (dimension, warm)
        for dimension in case.declared.dimensions()
        if (warm := case.declared.warm(dimension) or 0) > initial_ceiling(dimension)
    ]
    if late:
        yield case.finding(
            RULE,
            "a new table starts without the warm throughput that it declares",
            figures=[
                Figure(
                    dimension.label,
                    rate_text(warm, dimension),
                    f"declared; {rate_text(initial_ceiling(dimension), dimension)} is what a new on-demand table or index has",
                )
                for dimension, warm in late
            ],
            fix="it takes effect with the first deployment after the table was recorded, when Preflight raises it:\n"
            "deploy that one before the table carries traffic",
            level=Level.WARN,
        )


def _of_another_table(case: Case, baseline: Baseline) -> Iterator[Finding]:
    """Compares only what both sides know: account and Region may be unresolved at synthesis."""
    table = baseline.table
    compared = (
        ("account", table.account, case.account),
        ("Region", table.region, case.region),
        ("stack", table.stack, case.stack),
        ("logical id", table.logical_id, case.logical_id),
        ("name", table.name, case.table_name),
    )
    differing = [
        (what, recorded, declared)
        for what, recorded, declared in compared
        if recorded is not None and declared not in (None, recorded)
    ]
    if differing:
        figures = [
            Figure(what, str(recorded), f"in the baseline; the code says {declared}")
            for what, recorded, declared in differing
        ]
        renamed = [what for what, _, _ in differing] == ["name"] and table.logical_id is not None
        if renamed and None not in (table.stack, case.stack, case.logical_id):
            # CloudFormation: Template Reference, AWS::DynamoDB::Table and GlobalTable, TableName: Replacement.
            yield case.finding(
                RULE,
                "the code gives it another name, so CloudFormation replaces it with a new, empty table",
                figures=figures,
                fix=f"keep the old name: table_name={text_code(table.name)}\n"
                "or make a second table and copy the items: capacity-guard docs life-of-a-table\n"
                f"or, where it was replaced already: {record_fix(case, baseline_file(case))}",
            )
            return
        yield case.finding(
            RULE,
            "its baseline is of another table",
            figures=figures,
            fix=_record_another(case, baseline, {what for what, _, _ in differing}),
        )
    elif _may_be_another(case, baseline):
        yield case.finding(
            RULE,
            "its baseline may be of another table: CloudFormation would have named this one differently",
            figures=[
                Figure("recorded", table.name, "without the stack and the logical id of the table"),
                Figure(
                    "expected",
                    f"{case.stack}-{case.logical_id}-...",
                    "unless the table was imported or moved",
                ),
            ],
            fix=_record_command(case, baseline),
            level=Level.WARN,
        )


def _record_another(case: Case, baseline: Baseline, differing: set[str]) -> str:
    """The command that records the declared table. A baseline of another name, account or Region is not overwritten by it
    (recording/store.py), and may be another table's still: that one gets a file of its own."""
    if differing.isdisjoint(("account", "Region", "name")):
        # Only the stack knows whether its table was moved and kept its name, or is another one, whose name differs.
        command = record_fix(case, baseline_file(case))
        if case.table_name is None:
            command += f"\nif that is not {baseline.table.name}, --out {shlex.quote(new_file(case.table, case.stack))}"
        return _moved(case, baseline) + command if "stack" not in differing else command
    apart = [case.account if "account" in differing else None, case.region if "Region" in differing else None]
    file = new_file(case.table, *apart)
    # A name that CloudFormation generated belongs to the other stack.
    differing = differing | {"name"} if "stack" in differing else differing
    given = (
        f"--baseline {shlex.quote(f'{case.logical_id}={file}')}"
        if case.dialect == "template"
        else f"baseline={text_code(file)}"
    )
    name = None if "name" in differing else baseline.table.name
    return (
        f"{record_fix(case, file, name)}\nthen {given}: a file of its own for each table, account and Region"
    )


def _moved(case: Case, baseline: Baseline) -> str:
    """What to do where the table has got another logical id in its stack, as each rename or move of its construct does: the CDK
    makes the id of the construct ids on its path (CDK Developer Guide, identifiers: logical IDs)."""
    old, new = baseline.table.logical_id, case.logical_id
    return (
        f"if its construct was renamed or moved, undo that: CloudFormation would make a new, empty table {new} and"
        f" remove or leave {old}; else record the table:\n"
    )


def _may_be_another(case: Case, baseline: Baseline) -> bool:
    """Whether a change is judged by a baseline that only its name ties to the table, and that name is not a name of this one.

    CloudFormation names a table ``<stack>-<logical id>-<random>`` and cuts what is too long (CloudFormation User Guide,
    aws-properties-name). A table that was imported, or moved from another stack, keeps its name. Preflight compares the
    exact name.
    """
    table = baseline.table
    if not table.is_known_by_name_only or not case.in_transition:
        return False
    if case.table_name is not None or case.stack is None or case.logical_id is None:
        return False  # compared already, or there is nothing to compare with
    if any(facts.is_named for facts in case.template):
        return False  # its code names it, by a value that only the deployment knows
    expected = f"{case.stack}-{case.logical_id}-"
    return not table.name.startswith(expected[:_UNCUT])


def _stale(case: Case, baseline: Baseline) -> Iterator[Finding]:
    recorded_until = baseline.recording.at
    if baseline.traffic is not None:
        recorded_until = min(recorded_until, baseline.traffic.end)
    oldest = case.margins.baseline_oldest_days
    age = case.now - recorded_until
    problem = age_problem(baseline.recording.at, recorded_until, case.now, case.margins)
    if problem is AgeProblem.FUTURE:
        yield case.finding(
            RULE,
            "its baseline was recorded after the time of judgment, so its age is unknown",
            figures=[
                Figure("recorded", utc_text(baseline.recording.at), baseline_file(case)),
                Figure("judged", utc_text(case.now)),
            ],
            fix=_record_command(case, baseline),
        )
    elif problem is AgeProblem.OLD:
        age_days = math.ceil(age / timedelta(days=0.1)) / 10  # rounded up, so it is never shown as the limit
        yield case.finding(
            RULE,
            "its baseline is too old to judge a change by",
            figures=[
                Figure("recorded until", utc_text(recorded_until), baseline_file(case)),
                Figure("age", days_text(age_days), f"at {utc_text(case.now)}"),
                Figure("oldest", days_text(oldest)),
            ],
            fix=_record_command(case, baseline),
        )


def _short(case: Case, baseline: Baseline) -> Iterator[Finding]:
    traffic = baseline.traffic
    if traffic is None:
        return
    shortest = case.margins.baseline_shortest_days
    recorded_minutes = traffic.minutes - traffic.gaps()
    if recorded_minutes < shortest * 1440 - _TOLERATED_GAP_MINUTES:
        yield case.finding(
            RULE,
            "its baseline covers too little time to know a week's peaks"
            if recorded_minutes
            else "its baseline holds no traffic, so the load that it must carry is unknown",
            figures=[
                Figure(
                    "recorded",
                    days_text(recorded_minutes / 1440),
                    f"{traffic.gaps():,} of {traffic.minutes:,} minutes missing",
                ),
                Figure("shortest", days_text(shortest)),
            ],
            fix=_record_command(case, baseline),
        )


def _record_command(case: Case, baseline: Baseline) -> str:
    return record_fix(case, baseline_file(case), (baseline.like or baseline.table).name)


RULE = Rule(
    id="CG2",
    level=Level.ERROR,
    title="Baseline missing, unreadable, stale, short, or of another table",
    refuses="a baseline older than 14 days, shorter than 7, or of another table; "
    "a missing or unreadable one, or NewTable, is a WARN and a gate that lets no change of capacity through",
    needs="the baseline",
    condition=_condition,
)
