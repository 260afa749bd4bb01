"""The stages of a transition as CDK constructs: the provider of a stack, its gates and its rollback alarms."""

from .alarms import rollback_alarm
from .gates import Gates, GateTimes, UnreadGate
from .provider import GuardProvider

__all__ = ["GateTimes", "Gates", "GuardProvider", "UnreadGate", "rollback_alarm"]
