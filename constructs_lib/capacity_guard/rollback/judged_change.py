"""What a look does with a change that is not held: judge it by its minutes, and take it back, or tell people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..dynamodb.describe_table import LiveTable
from ..handlers.aws_error import AwsError
from ..handlers.live_table import read_table
from ..handlers.live_traffic import LiveTraffic
from ..handlers.messages import format_number, format_resource, log_decision
from ..watch.judgment import Judgment, judge
from ..watch.settling import Verdict
from ..watch.states import Event, State
from .causes import can_affect, read_other_events
from .obstacles import best_move, find_obstacles
from .pauses import without_handled
from .restoring import Looked, conclude, find_again, table_name, way_back_of
from .step import hold_change, take_step

_AN_HOUR = timedelta(hours=1)


class JudgedChange:
    """One change and what its minutes say.

    Args:
        one: the look.
        changed_at: when the table had its new capacity, UTC.
    """

    def __init__(self, one: Looked, changed_at: datetime) -> None:
        self._one, self._changed_at = one, changed_at
        self._plan = one.change.plan

    def judge(self) -> None:
        """Judge the change, and act on it.

        Raises:
            AwsError: something cannot be read.
        """
        one = self._one
        name = table_name(one)
        if name is None:
            one.tell("gone", "the table is gone", ["The stack does not have the table any more."], again=None)
            return
        table = read_table(one.watcher.aws.table, name)
        traffic = one.watcher.memory.read(one.watcher.aws.table, table, self._changed_at, one.now)
        traffic = replace(traffic, throttled=without_handled(traffic.throttled, one.journal, one.now))
        judgment = self._judgment(traffic)
        log_decision(
            "watch",
            "judged",
            table=self._plan.table,
            verdict=judgment.progress.verdict.value,
            fast=list(judgment.fast),
            slow=list(judgment.slow),
            blind=list(judgment.blind),
            until=judgment.metered_until,
        )
        vetoed = self._fast(judgment, table, traffic) if judgment.fast else False
        if not vetoed and judgment.slow:
            self._slow(judgment)
            vetoed = True
        if judgment.blind:
            self._blind(judgment)
        elif not vetoed:
            self._progress(judgment)

    def _judgment(self, traffic: LiveTraffic) -> Judgment:
        options = self._one.change.options
        return judge(
            self._plan,
            traffic.consumed,
            traffic.throttled,
            changed_at=self._changed_at,
            complete_until=traffic.complete_until,
            settings=options.settings,
            is_first_wave=not options.later_wave,
        )

    def _fast(self, judgment: Judgment, table: LiveTable, traffic: LiveTraffic) -> bool:
        """Act on throttling that vetoes at once.

        Returns:
            Whether it vetoes; not where only a cause throttles that the change cannot affect.
        """
        one = self._one
        resource, veto = next(iter(judgment.fast.items()))
        events = ", ".join(format_number(each) for each in veto.events)
        text = f"{format_resource(resource)} throttled from {_utc(veto.at)}: {events} events a minute"
        others = self._not_its_own(judgment, table, traffic)
        if len(others) == len(judgment.fast):
            lines = [f"{text}.", *others.values(), "The change is not taken back for it, and is watched on."]
            if one.tell("other cause", "throttles for another cause", lines):
                one.note(Event.PAGED, f"{text}; {'; '.join(others.values())}", events=sum(veto.events))
            return False
        if str(one.described.get("StackStatus")).endswith("_IN_PROGRESS"):
            status = one.described["StackStatus"]
            lines = [f"{text}.", f"The stack is {status}: the change is taken back when that has ended."]
            one.tell("busy", "throttles, and an operation runs", lines, again=_AN_HOUR)
            return True
        obstacles = self._obstacles(table, traffic)
        if obstacles:
            lines = [
                f"{text}.",
                *(f"Not taken back: {obstacle}." for obstacle in obstacles),
                f"Best move left: {best_move(self._plan, resource)}.",
            ]
            if one.tell("veto", "throttles, and is NOT taken back", lines, again=_AN_HOUR):
                one.note(Event.PAGED, f"{text}; {'; '.join(obstacles)}", events=sum(veto.events))
            return True
        self._take_back(table.name, text, sum(veto.events))
        return True

    def _take_back(self, table: str, why: str, events: float) -> None:
        one = self._one
        aws, way_back = one.watcher.aws, way_back_of(one, table)
        hold_change(aws, way_back, f"watch: {why}")
        # The hold decides from here on: what fails now is done by the next look.
        one.note(Event.VETOED, why, events=events)
        try:
            step = take_step(aws, way_back, lambda: find_again(one, table), is_updated=False)
            log_decision("watch", "taken back", table=self._plan.table, why=why, step=step.text)
            did = f"{step.text}."
        except (AwsError, InputError) as error:
            log_decision("watch", "held", table=self._plan.table, why=why, error=str(error))
            step, did = None, f"The change is held. Its update did not start yet: {error}."
        one.tell(
            "taken back",
            "throttles, and is taken back",
            [f"{why}.", did, "A further message says when table and indexes are shown to be as before."],
            again=None,
        )
        if step is not None:
            conclude(one, step, timedelta(0))

    def _not_its_own(self, judgment: Judgment, table: LiveTable, traffic: LiveTraffic) -> dict[str, str]:
        """Resources that throttle for a cause that the change cannot affect, each with a sentence."""
        found: dict[str, str] = {}
        for resource, veto in judgment.fast.items():
            name = format_resource(resource)
            if not can_affect(self._plan, resource):
                found[resource] = f"The change does not touch {name}."
                continue
            other = read_other_events(
                self._one.watcher.aws.table,
                self._plan,
                table.name,
                resource,
                self._changed_at.replace(second=0, microsecond=0),
                traffic.complete_until,
            )
            own = replace(traffic, throttled=_less(traffic.throttled, other))
            if resource not in self._judgment(own).fast:
                found[resource] = (
                    f"{name}: by the cause that DynamoDB reports (hot key, account), other capacity would not help since "
                    f"{_utc(veto.at)}."
                )
        return found

    def _obstacles(self, table: LiveTable, traffic: LiveTraffic) -> list[str]:
        """Why the change is not taken back now."""
        one = self._one
        if one.change.options.on_veto == "page":
            return ['on_veto="page" asks for a person']
        paused = one.journal.paused_until
        if not one.journal.is_on_duty(one.now) and paused is not None:
            return [f"a person has paused the watch until {_utc(paused)}"]
        try:
            way_back_of(one, table.name)
        except InputError as error:
            return [str(error)]
        return find_obstacles(one.watcher.aws, self._plan, table, traffic, one.watcher.stack, one.now)

    def _slow(self, judgment: Judgment) -> None:
        one = self._one
        resource, veto = next(iter(judgment.slow.items()))
        text = (
            f"{format_resource(resource)} throttles {veto.share:.2%} of its demand over the last hours ({veto.last_share:.2%} of "
            f"late); {veto.allowed:.2%} is the limit"
        )
        lines = [
            f"{text}.",
            "The change is not taken back for it: a person decides.",
            "capacity-guard rollback TABLE --reason TEXT takes it back.",
        ]
        if one.tell("slow veto", "throttles slowly", lines):
            one.note(Event.PAGED, text, share=veto.share)

    def _blind(self, judgment: Judgment) -> None:
        one = self._one
        names = ", ".join(map(format_resource, judgment.blind))
        lines = [
            f"The metrics of the last minutes are missing: {names}. The watch cannot tell how the change does.",
            "Nothing is taken back for it. Look at CloudWatch, and at the table.",
        ]
        if one.tell("inconclusive", "cannot be seen", lines):
            one.note(Event.PAGED, f"metrics are missing: {names}")

    def _progress(self, judgment: Judgment) -> None:
        one, progress = self._one, judgment.progress
        if progress.verdict is Verdict.SETTLED and one.journal.state is State.WATCHING:
            one.note(Event.LOAD_CARRIED, "every changed dimension has carried its recorded load")
            lines = [
                "Every changed dimension has carried its recorded load: the change has settled.",
                "Next: capacity-guard record --settled, commit the baseline and deploy.",
            ]
            one.tell("settled", "has settled", lines, again=None)
        elif progress.verdict is Verdict.UNPROVEN and one.journal.state is State.WATCHING:
            missing = [
                f"{dimension.label}: {'; '.join(each.missing)}"
                for dimension, each in progress.dimensions.items()
                if each.missing
            ]
            one.note(Event.TIME_OVER, "; ".join(missing))
            lines = [
                "The time is over, and the change has NOT carried its recorded load:",
                *missing,
                "It is watched on. A person decides: capacity-guard accept TABLE --reason TEXT, or rollback.",
            ]
            one.tell("unproven", "is UNPROVEN", lines, again=None)


def _less(
    events: Mapping[Dimension, Mapping[datetime, float]],
    other: Mapping[Dimension, Mapping[datetime, float]],
) -> dict[Dimension, dict[datetime, float]]:
    """Events without those of other causes."""
    return {
        dimension: {
            minute: max(0.0, value - other.get(dimension, {}).get(minute, 0.0))
            for minute, value in minutes.items()
        }
        for dimension, minutes in events.items()
    }


def _utc(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


__all__ = ["JudgedChange"]
