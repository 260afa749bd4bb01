"""``Watch``: whether a change is watched after its deployment, and what a veto does then."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import IConstruct

from ..capacity.errors import InputError
from ..watch.options import OnVeto, WatchOptions
from ..watch.settings import WatchSettings

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns


_TOPIC = re.compile(r"arn:[^:\s]*:sns:(?P<region>[^:\s]+)(:[^:\s]+){2}")
SHORTEST_HOURS = 0.5
"""Least hours before a change settles: the slow veto judges nothing before. What was deployed with fewer is still read."""

FOUND, NO_CONTROL = "found", "none"
"""Values of ``Watch.control``: the app's own choice, and no comparison."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Keeps the way back of a change in the template until the next baseline is recorded, and watches the change until then
    (``docs/watch.md``).

    While the table is in transition, a stack parameter decides between the deployed and the declared capacity. It reads an SSM
    parameter, which the guard creates as soon as the table has this option. So deploy the option before a change of capacity.

    Args:
        on_veto: ``"rollback"`` rolls the change back when it throttles; ``"page"`` only sends a message.
        notify: SNS topic for messages, as a construct or its ARN; ``None`` for the log alone, of which the synthesis warns. The
            same for all tables of a stack.
        later_wave: another cell with this change has settled before, so ``settings.later_wave_hours`` apply.
        control: the unchanged cell with which a veto is compared. ``"found"`` takes another stack of the app, in the same account
            and Region, that has the table at the same place and in no transition. A guarded table, or its guard, is that one.
            ``"none"`` compares before and after only.
        on_common_veto: what a fast veto does that the unchanged cell has in the same minutes too: ``"rollback"`` or ``"page"``.
        settings: when a change has settled, and what vetoes it.

    Raises:
        InputError: a value is not possible. The Region of the topic is compared when a table is watched.
    """

    on_veto: OnVeto = "rollback"
    notify: sns.ITopic | str | None = None
    later_wave: bool = False
    control: IConstruct | str = FOUND
    on_common_veto: OnVeto = "rollback"
    settings: WatchSettings = field(default_factory=WatchSettings)

    def __post_init__(self) -> None:
        _ = self.options
        for name in ("first_wave_hours", "later_wave_hours"):
            hours = getattr(self.settings, name)
            if hours < SHORTEST_HOURS:
                raise InputError(
                    f"WatchSettings.{name}",
                    f"is {hours:g}, so a change could settle before the slow veto has judged it",
                    f"Give at least {SHORTEST_HOURS:g} hours",
                )
        if self.control not in (FOUND, NO_CONTROL) and not hasattr(self.control, "node"):
            raise InputError(
                "Watch.control",
                f"is {self.control!r}"
                if isinstance(self.control, str)
                else f"is {type(self.control).__name__}",
                'Give a guarded table, "found" or "none"',
            )
        if self.notify is None:
            return
        topic = self.topic
        if topic is None or not (cdk.Token.is_unresolved(topic) or _TOPIC.fullmatch(topic)):
            said = f"is {type(self.notify).__name__}" if topic is None else f"{topic!r} is not a topic"
            raise InputError("Watch.notify", said, "Give an sns.Topic, or its ARN")
        if topic == cdk.Aws.NO_VALUE:
            raise InputError(
                "Watch.notify", "is AWS::NoValue, which is no topic", "Give a topic, or leave it out"
            )

    @property
    def options(self) -> WatchOptions:
        """The settings of the watch function."""
        return WatchOptions(self.on_veto, self.later_wave, self.settings, self.on_common_veto)

    @property
    def topic(self) -> str | None:
        """ARN of the topic, which may be a token."""
        if isinstance(self.notify, str):
            return self.notify
        found: str | None = getattr(self.notify, "topic_arn", None)
        return found

    def check_region(self, stack: cdk.Stack, location: str) -> None:
        """Refuse a topic of another Region: an alarm accepts no action there, and the SNS client of the watch does not reach it.

        Args:
            stack: stack of the alarms.
            location: what names the topic, for the error.

        Raises:
            InputError: topic and stack have different Regions. A Region that is a token is not compared.
        """
        if self.notify is None:
            return
        if isinstance(self.notify, str):
            arn = _TOPIC.fullmatch(self.notify)
            region = None if arn is None else arn["region"]
        else:
            region = getattr(getattr(self.notify, "env", None), "region", None)
        if region is None or region == stack.region:
            return
        if cdk.Token.is_unresolved(region) or cdk.Token.is_unresolved(stack.region):
            return
        raise InputError(
            location,
            f"is a topic in {region}, and the stack is in {stack.region}",
            f"Give a topic in {stack.region}: CloudWatch alarms notify topics of their own Region",
        )


__all__ = ["Watch"]
