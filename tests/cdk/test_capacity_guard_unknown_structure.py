"""A baseline without the structure of the table: the type that the template states wins, nothing is taken for benign."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import AutoScaling, Capacity, CapacityGuard, CapacityGuardChecks
from capacity_guard.capacity.structure import TableKind
from tests.builders.adopted import KEY, recorded
from tests.builders.guarded import app


def test_cut_of_an_adopted_table_is_refused_although_the_baseline_has_no_structure() -> None:
    deployed = Capacity.provisioned(read=300, write=300)
    recording = recorded(deployed, units=250)
    assert recording.deployed is not None
    assert recording.deployed.structure is None
    made = app()
    stack = cdk.Stack(made, "S")
    declared = dynamodb.Table(stack, "Orders", partition_key=KEY, read_capacity=300, write_capacity=1)
    guard = CapacityGuard(stack, "Guard", table=declared, baseline=recording)
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    with pytest.raises(RuntimeError, match="CG5"):
        made.synth()
    assert guard.guard.transition is not None
    assert guard.guard.transition.kind is TableKind.TABLE
    assert guard.guard.gates is not None


def test_seed_of_an_adopted_table_that_is_cut_is_a_transition_although_its_bounds_stay() -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    declared = dynamodb.Table(stack, "Orders", partition_key=KEY, read_capacity=100, write_capacity=1)
    scaling = declared.auto_scale_write_capacity(min_capacity=1, max_capacity=2_000)
    scaling.scale_on_utilization(target_utilization_percent=70)
    deployed = Capacity.provisioned(read=100, write=AutoScaling(1, 2_000, 70, 300))
    guard = CapacityGuard(stack, "Guard", table=declared, baseline=recorded(deployed, units=250))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks())
    with pytest.raises(RuntimeError, match="CG"):
        made.synth()
    assert guard.guard.gates is not None
