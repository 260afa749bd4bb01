"""What a look does with a change that is not held: judge it by its minutes, and roll it back, or send a message."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ..capacity.dimension import Dimension
from ..capacity.errors import InputError
from ..capacity.evidence import MINUTE
from ..capacity.gate_plan import allowed_events
from ..dynamodb.describe_table import LiveTable
from ..handlers.aws_error import AwsError
from ..handlers.live_table import read_table
from ..handlers.live_traffic import LiveTraffic
from ..handlers.messages import format_resource, log_decision
from ..watch.control import Comparison, Verdict
from ..watch.judgment import Judgment, judge
from ..watch.settling import Verdict as Progress
from ..watch.states import Event, State
from . import texts
from .causes import can_affect, read_other_events
from .control import compare_with_control
from .obstacles import best_move, find_obstacles
from .pauses import without_handled
from .restoring import Looked, conclude, find_again, limits_of, table_name, way_back_of
from .running import Running, read_running
from .step import cancel, hold_change, take_step, write_hold
from .texts import deployed_text, slow_throttling_text, throttling_text
from .told import utc

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
        self._deployed = deployed_text(changed_at, one.now)
        self._compared: Comparison | None = None
        self._asked: LiveTraffic | None = None

    def judge(self) -> None:
        """Judge the change, and act on it.

        Raises:
            AwsError: something cannot be read.
        """
        one = self._one
        name = table_name(one)
        if name is None:
            one.tell(texts.gone(), again=None)
            return
        table = read_table(one.watcher.aws.table, name)
        traffic = one.watcher.memory.read(one.watcher.aws.table, table, self._changed_at, one.now)
        # What is asked of the table also counts where nobody has to act on it any more.
        self._asked = traffic
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
            self._slow(judgment, traffic)
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
        first, found = next(iter(judgment.fast.items()))
        one.throttles = throttling_text(first, found, allowed_events(self._plan, first))
        others = self._not_its_own(judgment, table, traffic)
        own = {resource: veto for resource, veto in judgment.fast.items() if resource not in others}
        resource, veto = next(iter((own or judgment.fast).items()))
        text = throttling_text(resource, veto, allowed_events(self._plan, resource))
        if len(others) == len(judgment.fast):
            one.throttles = ""
            if one.tell(texts.other_cause(text, self._deployed, others.values())):
                one.note(Event.PAGED, f"{text}; {'; '.join(others.values())}", events=sum(veto.events))
            return False
        status = str(one.described.get("StackStatus"))
        running = self._running(status)
        if running is not None and (running is not Running.OWN or one.change.hold is None):
            one.tell(texts.operation_runs(text, self._deployed, status, running.value), again=_AN_HOUR)
            return True
        settings, until = one.change.options.settings, veto.at + MINUTE
        span = (veto.at, min(until + (settings.fast_of_minutes - 1) * MINUTE, traffic.complete_until))
        obstacles = self._obstacles(table, traffic, needs_way_back=running is None)
        if not obstacles and one.change.options.on_common_veto == "page":
            obstacles = [*self._common(resource, traffic, span)]
        elif obstacles:
            self._compare(resource, traffic, span)
        if obstacles:
            told = texts.not_taken_back(
                text,
                self._deployed,
                obstacles,
                best_move(self._plan, resource),
                has_way_back=self._has_way_back(table),
            )
            if one.tell(told, again=_AN_HOUR):
                one.note(Event.PAGED, f"{text}; {'; '.join(obstacles)}", events=sum(veto.events))
            return True
        take_back = self._take_back if running is None else self._cancel
        take_back(table.name, text, sum(veto.events), lambda: self._compare(resource, traffic, span))
        return True

    def _running(self, status: str) -> Running | None:
        """What runs on the stack; ``None`` if nothing does."""
        if not status.endswith("_IN_PROGRESS"):
            return None
        change, watcher = self._one.change, self._one.watcher
        running = read_running(watcher.aws, watcher.stack, status, change.fingerprint, change.logical_id)
        log_decision("watch", "waits", table=self._plan.table, status=status, running=running.name.lower())
        return running

    def _cancel(self, table: str, why: str, events: float, compare: Callable[[], Comparison]) -> None:
        """Hold the change, and cancel the deployment that made it; CloudFormation takes it back as after a veto of Bake."""
        del table
        one = self._one
        aws, change = one.watcher.aws, one.change
        assert change.hold is not None
        write_hold(aws, change.hold, change.fingerprint, f"watch: {why}")
        step = cancel(aws, one.watcher.stack, f"stack {one.described.get('StackName')}")
        log_decision("watch", "cancelled", table=self._plan.table, why=why, step=step.text)
        one.note(Event.VETOED, f"{why}. {step.text}. {compare().text}", events=events)
        one.tell(texts.cancelled(why, self._deployed, step.text), again=None)

    def _common(self, resource: str, traffic: LiveTraffic, span: tuple[datetime, datetime]) -> Iterator[str]:
        """Why a veto that an unchanged cell has too is left to people."""
        if self._compare(resource, traffic, span).verdict is Verdict.BOTH:
            yield 'on_common_veto="page" asks for a person where an unchanged cell throttles too'

    def _compare(self, resource: str, traffic: LiveTraffic, span: tuple[datetime, datetime]) -> Comparison:
        """Compare a veto with an unchanged cell, and say so in the messages of this look."""
        one = self._one
        if self._compared is None:
            self._compared = compare_with_control(
                one.watcher.aws,
                one.change,
                resource,
                traffic,
                changed_at=self._changed_at,
                at=span[0],
                until=span[1],
            )
            one.compared = self._compared.text
            log_decision(
                "watch",
                "compared",
                table=self._plan.table,
                verdict=self._compared.verdict.name.lower(),
                text=self._compared.text,
            )
        return self._compared

    def _take_back(self, table: str, why: str, events: float, compare: Callable[[], Comparison]) -> None:
        one = self._one
        aws, way_back = one.watcher.aws, way_back_of(one, table)
        hold_change(aws, way_back, f"watch: {why}")
        # The hold decides from here on: what fails now is done by the next look.
        try:
            # Traffic and quotas were asked just now.
            limits = limits_of(one, self._changed_at, list)
            step = take_step(aws, way_back, lambda: find_again(one, table), limits, is_updated=False)
            log_decision("watch", "taken back", table=self._plan.table, why=why, step=step.text)
            did = step.text
        except (AwsError, InputError) as error:
            log_decision("watch", "held", table=self._plan.table, why=why, error=str(error))
            step, did = None, f"The change is held. Its update did not start yet: {error}"
        # After the update was started: a rollback waits for no other cell.
        one.note(Event.VETOED, f"{why}. {compare().text}", events=events)
        one.tell(texts.taken_back(why, self._deployed, did), again=None)
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
                    f"{utc(veto.at)}."
                )
        return found

    def _obstacles(self, table: LiveTable, traffic: LiveTraffic, *, needs_way_back: bool) -> list[str]:
        """Why the change is not taken back now. A deployment that is cancelled needs no way back in the template."""
        one = self._one
        if one.change.options.on_veto == "page":
            return ['on_veto="page" asks for a person']
        paused = one.journal.pause_at(one.now)
        if paused is not None:
            return [f"a person has paused the watch until {utc(paused)}"]
        try:
            if needs_way_back:
                way_back_of(one, table.name)
        except InputError as error:
            return [str(error)]
        asked = self._asked or traffic
        return find_obstacles(one.watcher.aws, self._plan, table, asked, one.watcher.stack, one.now)

    def _has_way_back(self, table: LiveTable) -> bool:
        try:
            way_back_of(self._one, table.name)
        except InputError:
            return False
        return True

    def _slow(self, judgment: Judgment, traffic: LiveTraffic) -> None:
        one = self._one
        resource, veto = next(iter(judgment.slow.items()))
        settings = one.change.options.settings
        last = timedelta(minutes=settings.slow_last_minutes)
        self._compare(resource, traffic, (traffic.complete_until - last, traffic.complete_until))
        text = slow_throttling_text(resource, veto, settings.slow_hours, settings.slow_last_minutes)
        if one.tell(texts.slow(text, self._deployed)):
            one.note(Event.PAGED, text, share=veto.share)

    def _blind(self, judgment: Judgment) -> None:
        one = self._one
        names = ", ".join(map(format_resource, judgment.blind))
        if one.tell(texts.metrics_missing(names, judgment.metered_until)):
            one.note(Event.PAGED, f"metrics are missing: {names}")

    def _progress(self, judgment: Judgment) -> None:
        one, progress = self._one, judgment.progress
        if progress.verdict is Progress.SETTLED and one.journal.state is State.WATCHING:
            one.note(Event.LOAD_CARRIED, "every changed dimension has carried its recorded load")
            one.tell(texts.settled(self._deployed), again=None)
        elif progress.verdict is Progress.UNPROVEN and one.journal.state is State.WATCHING:
            missing = {dimension: each for dimension, each in progress.dimensions.items() if each.missing}
            reasons = (f"{dimension.label}: {'; '.join(each.missing)}" for dimension, each in missing.items())
            one.note(Event.TIME_OVER, "; ".join(reasons))
            one.tell(texts.unproven(missing, self._deployed), again=None)


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


__all__ = ["JudgedChange"]
