"""The cdk-nag pack over ``capacity/rules``: it turns guarded tables into plain facts and shows what the rules find."""

from ..cdk.acknowledge import acknowledge
from .pack import CapacityGuardChecks

__all__ = ["CapacityGuardChecks", "acknowledge"]
