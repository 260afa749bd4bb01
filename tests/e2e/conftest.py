"""Bootstrap, first deployment and 14 days of traffic are made once for each worker; scenarios start from copies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from capacity_guard.capacity import Capacity
from capacity_guard.rehearsal.emulator import Emulator

from .adopted import deploy_unguarded_tables
from .lab import REGION, START, Lab, on_demand, provisioned
from .watched import KINDS, Saved, Watched


def _first_deployment(folder: Path, capacity: Capacity) -> Path:
    """Deploy a new table, record its traffic, deploy again; return the saved state of the emulator."""
    folder.mkdir()
    saved = folder / "saved"
    with Emulator(speed=60, start=START, region=REGION) as emulator:
        lab = Lab(emulator, folder)
        # What the CLI takes by itself. The emulator loses it, which shows where it enforces IAM.
        execution = ("--cloudformation-execution-policies", "arn:aws:iam::aws:policy/AdministratorAccess")
        bootstrapped = lab.cdk("bootstrap", f"aws://000000000000/{REGION}", *execution)
        assert bootstrapped.code == 0, bootstrapped.output
        first = lab.change_to(capacity)
        assert first.code == 0, first.output
        lab.assert_has(capacity)
        assert len(lab.gates()) == 1, "the gate of a new table"
        lab.publish_history()
        lab.record()
        recorded = lab.deploy()
        assert recorded.code == 0, recorded.output
        assert lab.gates() == []
        emulator.save(saved)
    return saved


@pytest.fixture(scope="session")
def provisioned_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _first_deployment(tmp_path_factory.mktemp("state") / "provisioned", provisioned())


@pytest.fixture(scope="session")
def on_demand_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _first_deployment(tmp_path_factory.mktemp("state") / "on-demand", on_demand())


@pytest.fixture
def start_from(tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    """Start an emulator from a saved state, with a fresh recording as baseline; ``iam`` as for ``Emulator``."""
    with ExitStack() as stack:

        def start(saved: Path, capacity: Capacity, *, iam: bool = False) -> Lab:
            emulator = stack.enter_context(Emulator(speed=60, restore=saved, region=REGION, iam=iam))
            lab = Lab(emulator, tmp_path)
            lab.declare(capacity)
            lab.record()
            return lab

        yield start


@pytest.fixture
def lab(start_from: Callable[[Path, Capacity], Lab], provisioned_state: Path) -> Lab:
    """A deployed provisioned table with 14 days of recorded traffic."""
    return start_from(provisioned_state, provisioned())


@pytest.fixture
def on_demand_lab(start_from: Callable[[Path, Capacity], Lab], on_demand_state: Path) -> Lab:
    """A deployed on-demand table with 14 days of recorded traffic."""
    return start_from(on_demand_state, on_demand())


@pytest.fixture(scope="session")
def adopted_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables with data and without a guard."""
    return deploy_unguarded_tables(tmp_path_factory.mktemp("state") / "adopted", START, REGION)


@pytest.fixture(scope="session", params=KINDS)
def watched_state(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """A table of each kind whose change has baked a moment ago."""
    base = request.getfixturevalue(KINDS[request.param].base)
    return Saved.make(request.param, base, tmp_path_factory.mktemp("watched"))


@pytest.fixture
def watched(watched_state: Saved, tmp_path: Path) -> Iterator[Watched]:
    """The table in an emulator of its own."""
    with Emulator(speed=60, restore=watched_state.state, region=REGION) as emulator:
        yield watched_state.watched(emulator, tmp_path)
