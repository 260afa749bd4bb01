"""``Watch``: whether a table's way back stays in the template after a deployment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Keeps the way back of a change in the template until the next baseline is recorded (``docs/watch.md``).

    While the table is in transition, a stack parameter decides between the deployed and the declared capacity. It reads an SSM
    parameter, which the guard creates as soon as the table has this option. So deploy the option before a change of capacity.
    """


__all__ = ["Watch"]
