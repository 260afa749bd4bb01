"""Every reason that the guard gives people, with a stable code that names its page ``docs/runbooks/<code>.md``.

Codes are interface: messages, events and pages have them. A code that was released keeps its meaning.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Literal

Urgency = Literal["now", "soon", "info"]
"""``now``: a table throttles, or a change is not watched or not restored. ``soon``: a person decides or repairs something.
``info``: nothing to do."""
FOLDER = "docs/runbooks"
_SHOWN = 3
"""Codes that a message names; the log has all reasons."""


class Reason(Enum):
    """Why the guard refused, vetoed, took back or reported something: its code, its title and how urgent it is."""

    def __init__(self, code: str, title: str, urgency: Urgency) -> None:
        self.code = code
        """The stable code, which is the name of the page."""
        self.title = title
        """The title of the page."""
        self.urgency: Urgency = urgency
        """How soon a person should look."""

    # Preflight refused. Nothing of the table was changed.
    HELD = "held", "The change was taken back and is held", "soon"
    OPERATION_UNSAFE = "operation-unsafe", "The operation cannot be judged, or would not roll back", "soon"
    WRONG_PLACE = "wrong-place", "The baseline is of another account, Region or table", "soon"
    NOT_ARMED = "not-armed", "The guard is not deployed yet", "soon"
    NOT_ALONE = "not-alone", "Something else changes in the same operation", "soon"
    SERVICE_REFUSES = "service-refuses", "An AWS service would refuse the change", "soon"
    REPLICAS = "replicas", "The table has replicas in other Regions", "soon"
    THROTTLES_NOW = "throttles-now", "The table throttles before the change", "now"
    ALARM_UNUSABLE = "alarm-unusable", "An alarm is not OK, or cannot veto", "soon"
    NOT_ACTIVE = "not-active", "The table or an index is being changed", "soon"
    QUOTA_SPENT = "quota-spent", "A quota of switches or decreases is spent", "soon"
    UNITS_TOO_FEW = "units-too-few", "The units at the time of the change do not carry the traffic", "soon"
    WAY_BACK_TOO_SMALL = "way-back-too-small", "A rollback would not carry the traffic", "soon"
    TABLE_DIFFERS = "table-differs", "The live table is not as recorded", "soon"
    BASELINE_OUTDATED = "baseline-outdated", "The baseline is too old, or the traffic has outgrown it", "soon"
    OUTSIDE_WINDOW = "outside-window", "The change window is closed", "soon"
    WARM_THROUGHPUT = "warm-throughput", "Warm throughput is not reached in time", "soon"
    NOT_READ = "not-read", "Preflight could not read something", "soon"
    NOT_A_RELIEF = "not-a-relief", "A raise or a return is not what it seems", "soon"
    CLOSED_GATE = "closed-gate", "Baseline or capacity cannot be read, so no change passes", "soon"
    GATE_FAILED = "gate-failed", "A gate could not do its work", "soon"
    # Bake vetoed or failed. CloudFormation rolls the operation back.
    BAKE_THROTTLED = "bake-throttled", "Bake vetoed: throttling after the change", "now"
    BAKE_ALARM = "bake-alarm", "Bake vetoed: an alarm of yours is in ALARM", "now"
    BAKE_CANNOT_SEE = "bake-cannot-see", "Bake failed: it could not watch the change", "soon"
    BAKE_DIFFERENT = "bake-different", "Bake failed: the live table is not what was declared", "soon"
    # The watch.
    TAKEN_BACK = "taken-back", "The watch takes a change back", "now"
    RESTORED = "restored", "The capacity before the change is restored", "soon"
    NOT_RESTORED = "not-restored", "A change is held, and the table is not restored yet", "now"
    NOT_TAKEN_BACK = (
        "not-taken-back",
        "The table throttles, and the watch does not take the change back",
        "now",
    )
    STACK_POLICY = "stack-policy", "The stack's own policy cannot be kept in full for a rollback", "soon"
    OTHER_CAUSE = "other-cause", "The table throttles for a cause that the change cannot affect", "now"
    OPERATION_RUNS = "operation-runs", "The table throttles while an operation of the stack runs", "now"
    SLOW_VETO = "slow-veto", "The table throttles a little, for hours", "soon"
    METRICS_MISSING = "metrics-missing", "The metrics of the last minutes are missing", "soon"
    NOT_WATCHED = "not-watched", "A change is not watched", "now"
    HOLD_MISSING = "hold-missing", "The hold of a change is gone", "soon"
    JOURNAL_UNREAD = "journal-unread", "The journal of a change cannot be read or written", "soon"
    SETTLED = "settled", "A change has carried its recorded load", "info"
    PERSON_DECIDED = "person-decided", "A person accepted, paused, resumed or rolled back", "info"
    STAGE = "stage", "A change entered another stage", "info"
    UNPROVEN = "unproven", "The time is over, and the change has not carried its load", "soon"

    @property
    def page(self) -> str:
        """The page in the repository and, without ``docs/``, on the site."""
        return f"{FOLDER}/{self.code}.md"

    @property
    def command(self) -> str:
        """The command that prints the page."""
        return f"capacity-guard runbook {self.code}"

    @staticmethod
    def of(code: object) -> Reason | None:
        """The reason with a code; ``None`` if no reason of this version has it.

        Args:
            code: the code.
        """
        return next((reason for reason in Reason if reason.code == code), None)


def runbook(reasons: Iterable[Reason]) -> str:
    """The end of a message: codes, as the command that prints their pages. Empty without a reason.

    Args:
        reasons: the reasons, the most important first; a repeated one is left out.
    """
    codes = list(dict.fromkeys(reason.code for reason in reasons))[:_SHOWN]
    return f" [capacity-guard runbook {' '.join(codes)}]" if codes else ""


__all__ = ["FOLDER", "Reason", "Urgency", "runbook"]
