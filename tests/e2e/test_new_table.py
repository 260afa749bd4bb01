"""A table that the code declares as new: its first deployment passes, and no change of its capacity until it is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.rehearsal.emulator import Emulator

from .lab import BAKE_MINUTES, REGION, START, Lab, provisioned

pytestmark = pytest.mark.e2e

LOWERED = provisioned(table=490, index=390)


def test_new_table_when_it_is_created_changed_and_recorded(tmp_path: Path) -> None:
    with Emulator(speed=60, start=START, region=REGION) as emulator:
        lab = Lab(emulator, tmp_path)
        assert lab.cdk("bootstrap", f"aws://000000000000/{REGION}").code == 0
        first = lab.change_to(provisioned())
        assert first.code == 0, first.output
        (gate,) = lab.gates()

        refused = lab.change_to(LOWERED)
        assert refused.code != 0
        assert "capacity-guard record" in " ".join(refused.output.split()), refused.output
        lab.assert_has(provisioned())
        assert lab.gates() == [gate]

        hotfix = lab.change_to(provisioned(), rollout={"bake_minutes": BAKE_MINUTES + 1})
        assert hotfix.code == 0, hotfix.output
        assert lab.gates() == [gate]

        # The gate of the new table leaves in the operation that has the first transition.
        lab.publish_history()
        lab.declare(provisioned(), rollout={"bake_minutes": BAKE_MINUTES})
        lab.record()
        changed = lab.change_to(LOWERED)
        assert changed.code == 0, changed.output
        lab.assert_has(LOWERED)
        assert gate not in lab.gates()
        assert len(lab.gates()) == 2
