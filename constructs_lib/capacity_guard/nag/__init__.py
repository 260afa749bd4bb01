"""The cdk-nag pack: judges the tables of an app with the rules and reports the findings."""

from ..cdk.acknowledge import acknowledge
from .pack import CapacityGuardChecks

__all__ = ["CapacityGuardChecks", "acknowledge"]
