"""The watch takes back the change of an L1 ``CfnTable``, which states its capacity itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from capacity_guard.capacity import Capacity, Provisioned
from capacity_guard.rehearsal.emulator import Emulator

from . import adopted
from .adopted import Adopted
from .lab import INDEX, REGION
from .watched import LITTLE, SURGE, Watched, arm_adopted, events_of

pytestmark = pytest.mark.e2e

BEFORE = adopted.on_demand(maximum=20_000)
AFTER = Capacity.provisioned(read=100, write=550, indexes={INDEX: Provisioned(read=100, write=350)})


def test_change_of_a_cfn_table_that_throttles_later_is_taken_back(
    adopted_state: Path, tmp_path: Path
) -> None:
    with Emulator(speed=60, restore=adopted_state, region=REGION) as emulator:
        lab = Adopted(emulator, tmp_path, stack="PlainOnDemand")
        lab.table_spec["l1"] = True
        watched = Watched("Table", lab, BEFORE, AFTER)
        arm_adopted(lab)
        watched.assert_live(BEFORE)
        with watched.player() as player:
            watched.change()
            player.surge(LITTLE)
            player.surge(SURGE, from_when=emulator.clock.now() + timedelta(minutes=1))
            emulator.clock.jump(timedelta(minutes=4).total_seconds())
            emulator.clock.set_speed(10)
            lab.until(lambda: "watch vetoed" in events_of(lab))
            emulator.clock.set_speed(60)
            watched.assert_taken_back()
