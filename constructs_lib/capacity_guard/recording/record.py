"""Records one live table: its capacity, its template's, and its last days of traffic."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .. import __version__
from ..capacity.deployed import Deployed
from ..capacity.errors import InputError
from ..capacity.limits import FIVE_MINUTE_DAYS, METRIC_RETENTION_DAYS
from ..capacity.structure import Structure
from ..evidence.baseline import Baseline
from ..evidence.provenance import Recording, TableIdentity
from .aws import STALE, RecordingAws, Refused
from .journal import Journal, forget
from .live_table import RecordedTable, read_live_table
from .metrics import read_causes, read_metrics
from .stack_template import StackTemplate, read_stack_template
from .store import check_out, hidden, predecessor, store, succeed, trimmed

BY = f"capacity-guard {__version__}"
DEFAULT_DAYS = 14
LONGEST_DAYS = METRIC_RETENTION_DAYS.value - 1
"""One-minute metrics are kept for 15 days (CloudWatch Guide, cloudwatch_concepts); a start at that very edge would get
no points and no error, since older data has a period of 300 seconds (API: MetricStat.Period)."""
COMPLETE_AFTER = timedelta(minutes=3)
"""A minute's metrics are complete about 2 minutes after it (``limits.METRIC_DELAY``); the newest could still grow."""
LIMITS = (
    f"one-minute data is kept for {METRIC_RETENTION_DAYS.value} days, five-minute data for {FIVE_MINUTE_DAYS.value}; the newest "
    f"{COMPLETE_AFTER // timedelta(minutes=1)} minutes are left out: they may still grow"
)
"""What the file says of CloudWatch's limits (CloudWatch Guide, cloudwatch_concepts; ``limits.METRIC_DELAY``)."""
NO_STACK = "No CloudFormation stack owns this table: the template's capacity is taken from the live table."


def check_days(days: int) -> None:
    """Whether so many days can be recorded.

    Raises:
        InputError: they cannot.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise InputError(
            f"--days {days}", "is out of range", f"Choose 1 to {LONGEST_DAYS}: minutes are kept no longer"
        )


def record_table(
    aws: RecordingAws,
    name: str,
    out: Path,
    *,
    stack: str | None = None,
    days: int = DEFAULT_DAYS,
    note: str | None = None,
    told: Callable[[str], None] = lambda _: None,
    fleet: bool = False,
) -> Baseline:
    """Record a table into a baseline. Reads AWS only; writes the two files of the baseline or nothing.

    What was read is kept beside the output until then: a recording that was interrupted, or whose calls did not come
    through (credentials, network, throttling), goes on where it was when it is asked for again within the hour, and ends
    in the same bytes. After any other error nothing is left. Where going on fails, it starts again once.

    Args:
        aws: calls to AWS.
        name: name of the table.
        out: the JSON file; the traffic goes beside it as ``.csv.gz``.
        stack: name of its CloudFormation stack; ``None`` asks CloudFormation.
        days: days of one-minute traffic, ending with the last complete minute; 1 to 14.
        note: what a reader of the file should know.
        told: called with each operation that is about to be asked, and once where a recording goes on.
        fleet: it is one of several: that it is through is remembered beside the output, so that the others can go on
            without it, until ``forget_recorded``.

    Returns:
        The baseline, loaded from its files.

    Raises:
        InputError: one line: what could not be read or written, and the remedy.
    """
    check_days(days)
    check_out(out)
    request = {
        "table": name, "out": out.name, "stack": stack, "days": days, "note": note, "by": BY, "fleet": fleet, **aws.place
    }  # fmt: skip
    again = False
    while True:
        journal = Journal(_journal(out), request, datetime.now(UTC).replace(microsecond=0))
        try:
            baseline = _goes_on(aws, journal, name, out, told) or _recorded(
                aws.keeping(journal, told), journal.started, name, out, stack, days, note
            )
            if fleet:
                journal.finish(_digest(out))
            else:
                journal.drop()
            return baseline
        except Exception as error:  # whatever an answer holds, it costs this table alone, and one line
            if isinstance(error, Refused) and error.passes:
                raise
            journal.drop()
            if not again and (journal.resumed or (isinstance(error, Refused) and error.code in STALE)):
                again = True
            elif isinstance(error, InputError):
                raise
            else:
                text = " ".join(f"{type(error).__name__}: {error}".split())
                raise InputError(
                    f"table {name}",
                    f"cannot be recorded ({text})",
                    "Check endpoint and network, or record from files: docs/recording.md",
                ) from error


def forget_recorded(out: Path) -> None:
    """Forget that a table of a fleet is through: all of them are."""
    forget(_journal(out))


def _journal(out: Path) -> Path:
    return hidden(out, "recording")


def _digest(out: Path) -> str:
    return hashlib.sha256(out.read_bytes()).hexdigest()


def _goes_on(
    aws: RecordingAws, journal: Journal, name: str, out: Path, told: Callable[[str], None]
) -> Baseline | None:
    """The baseline if an earlier run was through with it; ``None`` if there is something to read.

    Raises:
        InputError: what was read is about another table, or the baseline is not the one that was written.
    """
    if not journal.resumed:
        return None
    # The same name may be another table: in another account, behind another endpoint, or created again meanwhile.
    tables = [
        one.call("dynamodb", "describe_table", TableName=name)["Table"]
        for one in (aws.keeping(journal, told), aws)
    ]
    if any(tables[0].get(field) != tables[1].get(field) for field in ("TableArn", "TableId")):
        raise InputError(f"table {name}", "is another one than an hour ago", "Record again")
    if journal.done is None:
        told(f"goes on with what was read since {journal.started:%H:%M:%S} UTC")
        return None
    if not out.exists() or _digest(out) != journal.done:
        raise InputError(f"--out {out}", "was changed while it was recorded", "Record again")
    return Baseline.load(out)


def _recorded(
    aws: RecordingAws, now: datetime, name: str, out: Path, stack: str | None, days: int, note: str | None
) -> Baseline:
    end = (now - COMPLETE_AFTER).replace(second=0)
    start = end - timedelta(days=days)
    live = read_live_table(aws, name)
    template = read_stack_template(aws, live, stack)
    identity = TableIdentity(
        name,
        live.account,
        live.region,
        None if template is None else template.stack,
        None if template is None else template.logical_id,
    )
    old = predecessor(out, identity)
    dimensions = live.capacity.dimensions()
    traffic = read_metrics(aws, name, dimensions, start, end)
    causes = read_causes(aws, name, traffic)
    notes = [one for one in (note, NO_STACK if template is None else None) if one]
    baseline = Baseline(
        identity,
        Recording(
            now,
            BY,
            f"CloudWatch AWS/DynamoDB, Sum of 60 seconds, {days} days; {LIMITS}",
            " ".join(notes) or None,
            (start, end),
            causes,
        ),
        Deployed(
            template=live.capacity if template is None else template.capacity,
            live=live.capacity,
            units=live.units,
            warm=live.warm,
            structure=None if template is None else _structure(live, template),
        ),
        trimmed(traffic, dimensions, f"CloudWatch AWS/DynamoDB {name}"),
        live.history,
    )
    return store(succeed(baseline, old), out)


def _structure(live: RecordedTable, template: StackTemplate) -> Structure:
    # Keys, indexes and stream as they are, type and guard as they are declared: only a template tells those.
    return Structure(template.kind, live.keys, live.indexes, live.stream, guard=template.guard)
