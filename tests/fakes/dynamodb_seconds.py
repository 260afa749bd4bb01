"""How long the changes of the fake DynamoDB take: the shortest and the longest measurement, and one between them.

The rows of ``tests/conformance`` have the sources. They hold at each of the three.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seconds:
    """Seconds of each change; the defaults lie between the ends.

    Attributes:
        units: a change of a table's units.
        index: a change of an index's units or maxima.
        to_on_demand, to_on_demand_again: a switch to on-demand, the first and every later one.
        to_provisioned, to_provisioned_again: a switch to provisioned, the first and every later one.
        index_switch: how long an index of a table that becomes provisioned is UPDATING.
        index_lag: how long it is so after its table became ACTIVE: 0 for never (DDB-TABLE-152), or the reading of go-to-k/cdkd
            issue 1521.
        allocation, build: until a new index backfills, and is ACTIVE.
        deletion: until a deleted index is gone.
        stream: a change of the stream.
        rise, rise_again: the first raise of warm throughput, and a later one.
        index_to_on_demand: how long an index of a table that becomes on-demand is UPDATING. No source states it: 0, or as of a
            table that becomes provisioned.
    """

    units: float = 1.5
    index: float = 4.0
    to_on_demand: float = 150.0
    to_on_demand_again: float = 4.0
    to_provisioned: float = 75.0
    to_provisioned_again: float = 75.0
    index_switch: float = 6.1
    index_lag: float = 0.0
    allocation: float = 40.0
    build: float = 700.0
    deletion: float = 4.0
    stream: float = 5.0
    rise: float = 400.0
    rise_again: float = 2.0
    index_to_on_demand: float = 0.0


BETWEEN = Seconds()
QUICK = Seconds(
    1.0, 2.0, 16.2, 2.0, 54.8, 2.0, 6.0, 0.0, 24.3, 506.0, 2.6, 4.9, 271.6, 1.0, 0.0
)  # in the order of the attributes
SLOW = Seconds(2.3, 6.1, 218.0, 5.1, 98.2, 98.2, 6.2, 10.0, 56.3, 1_003.0, 6.0, 5.1, 513.0, 2.1, 6.2)
