"""The domain of capacity-guard: plain data and plain functions that use the standard library only.

The same code runs in a synthesis, on the command line and in Lambda, so it imports neither an AWS client nor the CDK.
"""

from .capacity import AutoScaling, BillingMode, Capacity, OnDemand, Provisioned, Units
from .deployed import Deployed
from .dimension import Dimension
from .errors import InputError
from .settings import Acknowledgment, ChangeWindow, Margins, Rollout
from .structure import Structure, TableKind
from .transition import Change, Transition

__all__ = [
    "Acknowledgment",
    "AutoScaling",
    "BillingMode",
    "Capacity",
    "Change",
    "ChangeWindow",
    "Deployed",
    "Dimension",
    "InputError",
    "Margins",
    "OnDemand",
    "Provisioned",
    "Rollout",
    "Structure",
    "TableKind",
    "Transition",
    "Units",
]
