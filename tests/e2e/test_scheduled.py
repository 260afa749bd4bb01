"""Scheduled actions move the bounds of auto scaling beside a guarded change: what was recorded is let pass, the rest is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from .lab import BAKE_MINUTES, NOON, Shop, shop_at_noon

pytestmark = pytest.mark.e2e

DAY_AND_NIGHT = {"day": ("cron(0 7 * * ? *)", 50, 200), "night": ("cron(0 20 * * ? *)", 45, 60)}
FIVE_MINUTES = {"day": ("cron(5/10 * * * ? *)", 50, 200), "night": ("cron(0/10 * * * ? *)", 45, 60)}
"""The bounds move every five minutes, so before, during and after each gate."""
WRITES = "dynamodb:table:WriteCapacityUnits"


@dataclass
class ScheduledShop(Shop):
    """The stack of the app with scheduled actions."""

    app: Path = Path(__file__).parent / "scheduled_app" / "app.py"
    spec: dict[str, Any] = field(
        default_factory=lambda: {
            "baseline": None,
            "bake_minutes": BAKE_MINUTES,
            "minimum": 50,
            "index": 120,
            "actions": DAY_AND_NIGHT,
        }
    )

    def guard(self) -> None:
        """Record and deploy the guard, while people use the table, and record again."""
        self.emulator.clock.sleep(600)
        self.record()
        self.deploy_well()
        self.record()

    def bounds(self) -> tuple[int, int]:
        """Live bounds of the table's writes."""
        targets = self.emulator.client("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="dynamodb"
        )["ScalableTargets"]
        (target,) = targets
        return target["MinCapacity"], target["MaxCapacity"]

    def index_writes(self) -> int:
        """Provisioned write units of the index."""
        (index,) = self.describe()["GlobalSecondaryIndexes"]
        return int(index["ProvisionedThroughput"]["WriteCapacityUnits"])

    def action_names(self) -> list[str]:
        """Names of the live scheduled actions, as the CDK generated them."""
        found = self.emulator.client("application-autoscaling").describe_scheduled_actions(
            ServiceNamespace="dynamodb"
        )["ScheduledActions"]
        return [action["ScheduledActionName"] for action in found]

    def put_by_hand(self, minimum: int, maximum: int) -> None:
        """A scheduled action that is in no template; its time comes in ten minutes and passes."""
        at = self.emulator.clock.now() + timedelta(minutes=10)
        self.emulator.client("application-autoscaling").put_scheduled_action(
            ServiceNamespace="dynamodb",
            ResourceId=f"table/{self.table_name}",
            ScalableDimension=WRITES,
            ScheduledActionName="by-hand",
            Schedule=f"at({at:%Y-%m-%dT%H:%M:%S})",
            ScalableTargetAction={"MinCapacity": minimum, "MaxCapacity": maximum},
        )
        self.until(lambda: self.bounds() == (minimum, maximum))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ScheduledShop]:
    with shop_at_noon(ScheduledShop, tmp_path) as made:
        yield made


def test_bounds_that_a_scheduled_action_moved_are_no_difference_while_another_dimension_changes(
    shop: ScheduledShop,
) -> None:
    shop.begin(actions=DAY_AND_NIGHT)
    assert shop.bounds() == (50, 200)
    evening = NOON.replace(hour=20, minute=1)
    shop.emulator.clock.jump(evening.timestamp() - shop.emulator.clock.seconds())
    shop.until(lambda: shop.bounds() == (45, 60))
    shop.publish_history()
    with shop.player():
        shop.guard()
        shop.spec["index"] = 100
        output = shop.deploy_well()
        assert "CG14" not in output  # the action moves another dimension, and was recorded

    assert len(shop.gates()) == 2
    assert shop.status() == "UPDATE_COMPLETE"
    assert shop.index_writes() == 100
    assert shop.bounds() == (45, 60)


def test_bounds_that_scheduled_actions_move_between_and_during_the_gates_are_no_difference(
    shop: ScheduledShop,
) -> None:
    shop.begin(actions=FIVE_MINUTES)
    shop.publish_history()
    with shop.player():
        shop.guard()
        shop.spec["index"] = 100
        shop.deploy_well()

    assert len(shop.gates()) == 2
    assert shop.index_writes() == 100
    activities = shop.emulator.client("application-autoscaling").describe_scaling_activities(
        ServiceNamespace="dynamodb"
    )["ScalingActivities"]
    causes = {activity["Cause"] for activity in activities}
    assert causes == {f"scheduled action name {name} was triggered" for name in shop.action_names()}


def test_scheduled_action_that_was_not_recorded_is_told_with_what_it_throttles_and_its_bounds_are_refused(
    shop: ScheduledShop,
) -> None:
    shop.begin(actions={})
    shop.publish_history()
    with shop.player():
        shop.guard()

        shop.spec["actions"] = {"night": ("cron(0 20 * * ? *)", 5, 10)}
        told = shop.cdk("synth", "-q")
        assert told.code == 0, told.output
        assert "CG14" in told.output, told.output
        assert "that were not recorded throttle recorded traffic" in told.output
        assert "below the recorded peak of 30 writes/s" in told.output

        shop.spec["actions"] = {}
        shop.put_by_hand(45, 60)
        shop.spec["index"] = 100
        refused = shop.deploy()

    assert refused.code != 0
    assert shop.status() == "UPDATE_ROLLBACK_COMPLETE"
    said = " ".join(refused.output.split())
    assert "table, write: scales 45 to 60, not 50 to 200: record the baseline again" in said
    assert shop.index_writes() == 120
