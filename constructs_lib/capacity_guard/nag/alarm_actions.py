"""What the code of a guard's alarms says about whom they notify, which an override of the template may contradict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..cdk.guards.guard import Guard

_ACTIONS = {
    "AlarmActions": "alarmActions",
    "InsufficientDataActions": "insufficientDataActions",
    "OKActions": "okActions",
}
"""Lists of actions in a template, and what the CDK's construct calls them."""


def declared_actions(guard: Guard) -> Mapping[str, tuple[str, ...]]:
    """The lists of actions that the code gives the alarms of a guard, by resource key and their names in a template.

    An override changes the template alone, so the constructs still have what the code said.
    """
    # One call to the CDK's process for all of them: a list may be a token.
    lists = guard.stack.resolve(
        {
            key: {name: given.get(argument) for name, argument in _ACTIONS.items()}
            for key, alarm in guard.alarms.resources.items()
            for given in [alarm._cfn_properties]
        }
    )
    return {key: tuple(name for name, actions in given.items() if actions) for key, given in lists.items()}


__all__ = ["declared_actions"]
