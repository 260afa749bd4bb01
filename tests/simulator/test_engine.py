"""The choice of the simulator, with and without the compiled twin."""

from __future__ import annotations

from array import array

import pytest

from capacity_guard.simulator import compiled, dimension_replay, engine
from capacity_guard.simulator.supply import OnDemandSupply
from tests.simulator.builders import EVEN, WRITE_PARTITION


def test_runner_when_the_twin_was_built_expects_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "available", lambda: True)
    assert engine.runner() is compiled.run


def test_runner_when_the_twin_was_not_built_expects_plain_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_compiled", None)
    assert engine.runner() is dimension_replay.run


@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize(
    ("rate", "throttles"), [(100.0, False), (100.0 + 1e-6, False), (100.0 + 1e-4, True), (200.0, True)]
)
def test_throttles_when_asked_of_either_simulator_expects_more_than_rounding(
    built: bool, rate: float, throttles: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if built and not compiled.available():
        pytest.skip("no C compiler: the compiled twin was not built")
    if not built:
        monkeypatch.setattr(compiled, "_compiled", None)
    demand = [60 * rate]
    for series in (demand, array("d", demand)):
        assert engine.throttles(OnDemandSupply(100, 100), series, WRITE_PARTITION, EVEN) is throttles
