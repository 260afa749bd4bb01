"""The answer to the findings of a table: one fix for all findings that it resolves, with its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..capacity.capacity import Capacity
from ..pricing.cost import Between

Language = Literal["python", "json", "text"]
"""What a block of code is: Python, the properties of a CloudFormation resource, or words."""


@dataclass(frozen=True)
class StepCost:
    """What a table costs once a step is deployed, under the recorded traffic.

    Attributes:
        currency: currency of all amounts.
        month: cost of a month; ``None`` where it is unknown.
        difference: what that is above today's cost of a month, negative where it is less; ``None`` where it is unknown.
        warm_units: units per second by which the deployment raises warm throughput.
        warm_charge: what that raise costs once; ``None`` where no source has the price.
        is_estimate: whether the month depends on traffic to come: on-demand, or moved by auto scaling.
    """

    currency: str
    month: Between | None
    difference: Between | None
    warm_units: int = 0
    warm_charge: float | None = 0.0
    is_estimate: bool = False


@dataclass(frozen=True)
class Step:
    """One deployment of a fix.

    Attributes:
        capacity: the capacity that it declares.
        code: the code that declares it, whole: it replaces what the code of the table states.
        language: language of the code.
        cost: what the table costs once it is deployed.
        before: commands to run before it, after which the table is recorded: without a guard nothing else raises warm
            throughput.
        note: what the deployment changes beside the capacity, and which indexes its code has; empty where the code is that of
            before in all else.
    """

    capacity: Capacity
    code: str
    language: Language
    cost: StepCost
    before: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Alternative:
    """One way to resolve findings.

    Attributes:
        name: what sets it apart from other alternatives; empty where there is no other one.
        steps: the deployments, in their order; the table is recorded between two.
        record: the command that records the table between two deployments.
        window: the change window that its last step declares; ``None`` where it leaves the declared one.
    """

    name: str
    steps: tuple[Step, ...]
    record: str
    window: str | None = None


@dataclass(frozen=True)
class Answer:
    """The fix of some findings of a table.

    Attributes:
        findings: positions of the findings that it resolves, in the order of the table's findings.
        alternatives: ways to resolve them, the cheapest first; empty where ``text`` is the fix.
        text: code or an instruction, where no capacity resolves them; else empty.
        prices: the prices of the costs, in words; empty without alternatives.
    """

    findings: tuple[int, ...]
    alternatives: tuple[Alternative, ...] = ()
    text: str = ""
    prices: str = ""


__all__ = ["Alternative", "Answer", "Language", "Step", "StepCost"]
