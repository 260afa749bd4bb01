"""The domain of capacity-guard: plain data and plain functions, standard library alone.

It runs unchanged in a synthesis, on the command line and inside Lambda, so it imports nothing of AWS or the CDK.
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
