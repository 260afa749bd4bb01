"""Records one live table: its capacity, the capacity of its template, and its last days of traffic."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .. import __version__
from ..capacity.deployed import Deployed
from ..capacity.errors import InputError
from ..capacity.limits import FIVE_MINUTE_DAYS, METRIC_RETENTION_DAYS
from ..dynamodb.names import NAMESPACE
from ..evidence.baseline import Baseline
from ..evidence.provenance import Recording, TableIdentity
from ..evidence.traffic import Traffic
from .aws import STALE_TOKEN_CODES, CallFailed, RecordingAws
from .journal import Journal, delete_journal
from .live_table import RecordedTable, read_live_table
from .metrics import read_causes, read_metrics
from .rollout import Verdict, rollout_state
from .stack_template import StackTemplate, read_stack_template
from .store import (
    carry_over,
    check_out,
    hidden_path,
    read_predecessor,
    store,
    without_unrecorded_ends,
)

RECORDED_BY = f"capacity-guard {__version__}"
DEFAULT_DAYS = 14
NO_VERDICT = Verdict()
LONGEST_DAYS = METRIC_RETENTION_DAYS.value - 1
"""One-minute metrics are kept for 15 days (CloudWatch Guide, cloudwatch_concepts). A start exactly 15 days ago would get no
points and no error, because older data has a period of 300 seconds (API: MetricStat.Period)."""
COMPLETE_AFTER = timedelta(minutes=3)
"""The metrics of a minute are complete about 2 minutes after it (``limits.METRIC_DELAY``); newer ones could still grow."""
LIMITS = (
    f"one-minute data is kept for {METRIC_RETENTION_DAYS.value} days, five-minute data for {FIVE_MINUTE_DAYS.value}; the newest "
    f"{COMPLETE_AFTER // timedelta(minutes=1)} minutes are left out: they may still grow"
)
"""CloudWatch's limits, as the file states them (CloudWatch Guide, cloudwatch_concepts; ``limits.METRIC_DELAY``)."""
NO_STACK = "No CloudFormation stack owns this table: the template's capacity is taken from the live table."


def check_days(days: int) -> None:
    """Check that a number of days can be recorded.

    Raises:
        InputError: it cannot.
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
    on_progress: Callable[[str], None] = lambda _: None,
    fleet: bool = False,
    verdict: Verdict = NO_VERDICT,
    traffic_folder: Path | None = None,
) -> Baseline:
    """Record a table into a baseline. Only reads AWS; writes both files of the baseline or none.

    Until then a journal beside the output keeps the answers of AWS. If the recording is interrupted, or calls fail for a
    cause that may end (credentials, network, throttling), the same recording within the hour continues from the journal and
    writes the same bytes. Any other error deletes the journal. If continuing fails, the recording starts again once.

    Args:
        aws: calls to AWS.
        name: name of the table.
        out: the JSON file; the traffic is written beside it as ``.csv.gz``.
        stack: name of its CloudFormation stack; ``None`` asks CloudFormation.
        days: days of one-minute traffic, ending with the last complete minute; 1 to 14.
        note: a note for readers of the file.
        on_progress: called with the IAM action of each call before it is made, and once if a recording continues.
        fleet: the table is one of several. The journal then stays and marks the table as finished, so that an interrupted
            fleet continues with the other tables; ``forget_recorded`` deletes it.
        verdict: whether a change that the stack's template can still take back has proved itself, or is accepted. Without it,
            the deployed capacity stays as the baseline at ``out`` has it while such a change is open.
        traffic_folder: where the traffic is written instead, under its checksum.

    Returns:
        The baseline, loaded from its files.

    Raises:
        InputError: names in one line what could not be read or written, and the remedy.
    """
    check_days(days)
    check_out(out)
    request = {
        "table": name,
        "out": out.name,
        "stack": stack,
        "days": days,
        "note": note,
        "by": RECORDED_BY,
        "fleet": fleet,
        **({"settled": True} if verdict.is_settled else {}),
        **({} if verdict.reason is None else {"accepted": verdict.reason}),
        **({} if traffic_folder is None else {"traffic": str(traffic_folder.resolve())}),
        **aws.target,
    }
    restarted = False
    while True:
        journal = Journal(_journal_path(out), request, datetime.now(UTC).replace(microsecond=0))
        try:
            baseline = _finished_earlier(aws, journal, name, out, on_progress, traffic_folder) or _record(
                aws.with_journal(journal, on_progress),
                journal.started,
                name,
                out,
                stack,
                days,
                note,
                verdict,
                traffic_folder,
            )
            if fleet:
                journal.finish(_digest(out))
            else:
                journal.delete()
            return baseline
        except Exception as error:  # an answer of any content fails this table alone, with one line
            if isinstance(error, CallFailed) and error.retryable:
                raise
            journal.delete()
            stale = isinstance(error, CallFailed) and error.code in STALE_TOKEN_CODES
            if not restarted and (journal.resumed or stale):
                restarted = True
            elif isinstance(error, InputError):
                raise
            else:
                text = " ".join(f"{type(error).__name__}: {error}".split())
                raise InputError(
                    f"table {name}",
                    f"cannot be recorded ({text})",
                    "Check endpoint and network, or record from files: capacity-guard docs recording",
                ) from error


def forget_recorded(out: Path) -> None:
    """Delete the journal that marks a table of a fleet as finished.

    Args:
        out: the JSON file of the table.
    """
    delete_journal(_journal_path(out))


def _journal_path(out: Path) -> Path:
    return hidden_path(out, "recording")


def _digest(out: Path) -> str:
    return hashlib.sha256(out.read_bytes()).hexdigest()


def _finished_earlier(
    aws: RecordingAws,
    journal: Journal,
    name: str,
    out: Path,
    on_progress: Callable[[str], None],
    traffic_folder: Path | None,
) -> Baseline | None:
    """The baseline if an earlier run has finished it; ``None`` if calls are still to be made.

    Raises:
        InputError: the journal is about another table, or the baseline is not the one that the earlier run wrote.
    """
    if not journal.resumed:
        return None
    # The name may belong to another table now: in another account, at another endpoint, or created again.
    before, now = (
        calls.call("dynamodb", "describe_table", TableName=name)["Table"]
        for calls in (aws.with_journal(journal, on_progress), aws)
    )
    if any(before.get(field) != now.get(field) for field in ("TableArn", "TableId")):
        raise InputError(f"table {name}", "is another one than an hour ago", "Record again")
    if journal.finished_digest is None:
        on_progress(f"continues with what was read since {journal.started:%H:%M:%S} UTC")
        return None
    if not out.exists() or _digest(out) != journal.finished_digest:
        raise InputError(f"--out {out}", "was changed while it was recorded", "Record again")
    return Baseline.load(out, traffic_folder=traffic_folder)


def _record(
    aws: RecordingAws,
    now: datetime,
    name: str,
    out: Path,
    stack: str | None,
    days: int,
    note: str | None,
    verdict: Verdict,
    folder: Path | None,
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
    predecessor = read_predecessor(out, identity)
    dimensions = live.capacity.dimensions()
    traffic = read_metrics(aws, name, dimensions, start, end)
    causes = read_causes(aws, name, traffic)
    kept = None if verdict.outcome is not None else _deployed_before(template, predecessor, name)
    still_open = None if kept is None or template is None else _OPEN.format(template.open_change)
    kept_traffic = without_unrecorded_ends(
        traffic, dimensions, f"CloudWatch {NAMESPACE} {name}", created_at=live.created_at
    )
    no_stack = NO_STACK if template is None else None
    no_traffic = _no_traffic_note(live, kept_traffic)
    notes = [text for text in (note, no_stack, _replica_note(live), still_open, no_traffic) if text]
    baseline = Baseline(
        identity,
        Recording(
            now,
            RECORDED_BY,
            f"CloudWatch {NAMESPACE}, Sum of 60 seconds, {days} days; {LIMITS}",
            " ".join(notes) or None,
            (start, end),
            causes,
        ),
        kept
        or Deployed(
            template=live.capacity if template is None else template.capacity,
            live=live.capacity,
            units=live.units,
            warm=live.warm,
            structure=None
            if template is None
            else live.structure(
                template.kind, template.guard, template.properties, template.replica_capacity or None
            ),
            schedules=live.schedules,
            scaling={} if template is None else template.scaling,
        ),
        kept_traffic,
        live.history,
    )
    recorded = carry_over(baseline, predecessor)
    rollout = rollout_state(
        recorded,
        predecessor,
        None if template is None else template.bake,
        held=template.open_change if template is not None and template.is_held else None,
        verdict=verdict,
    )
    return store(replace(recorded, rollout=rollout), out, folder)


def _replica_note(live: RecordedTable) -> str | None:
    """What a recording of a table with replicas does not hold. Billing mode and write capacity are the same in all Regions
    (Developer Guide: V2globaltables_reqs_bestpractices; Template Reference: GlobalTable WriteProvisionedThroughputSettings)."""
    if not live.replicas:
        return None
    regions = ", ".join(live.replicas)
    return (
        f"Replicas in {regions}: recorded are traffic, read capacity and warm throughput of {live.region} alone. "
        "Billing mode and write capacity are shared by all Regions."
    )


def _no_traffic_note(live: RecordedTable, traffic: Traffic) -> str | None:
    """What a recording of a new table does not hold, if no minute of it has a value."""
    if live.created_at is None or not all(
        math.isnan(units) for series in traffic.consumed.values() for units in series
    ):
        return None
    return (
        f"No traffic is known: the table was created {live.created_at:%Y-%m-%d %H:%M} UTC, and CloudWatch has no minute of it. "
        "Record again when it carries its traffic."
    )


_OPEN = "Change {} can still be taken back, so deployed capacity stays as it was recorded before it (capacity-guard docs watch)."


def _deployed_before(
    template: StackTemplate | None, predecessor: Baseline | None, name: str
) -> Deployed | None:
    """The deployed capacity of before a change that the template can still take back; ``None`` without such a change.

    A baseline with the declared capacity as deployed would end the transition, and the next deployment would take the way back
    out of the template.

    Raises:
        InputError: no baseline has it.
    """
    if template is None or template.open_change is None:
        return None
    if predecessor is None or predecessor.deployed is None:
        raise InputError(
            f"table {name}",
            f"has a change that can still be taken back ({template.open_change}), and --out names no baseline of before it",
            "Name the baseline that the table's guard has, or give --settled once the change has proved itself",
        )
    return predecessor.deployed
