"""The deployment after which no rule refuses a switch to on-demand that one refuses today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..capacity import AutoScaling, Capacity, Dimension, Provisioned
from ..capacity.bounds import same_bounds
from ..capacity.dimension import ACCESSES, index_of
from ..evidence.baseline import Baseline
from ..rules.after_deployment import after
from ..rules.prepared import prepared as prepared_for
from ..rules.rounding import round_up
from .judging import Asked, case_of, judge, refusing
from .search import throttled_dimensions


def opening(baseline: Baseline, option: Capacity, asked: Asked) -> Capacity | None:
    """A provisioned capacity that no rule refuses, and after whose deployment none refuses the option.

    Args:
        baseline: deployed capacity and recording.
        option: an on-demand capacity that a rule refuses today.
        asked: judgment time, margin and change window.

    Returns:
        ``None`` where the option is not on-demand, where the table is not provisioned, or where no such deployment was
        found.
    """
    assert baseline.deployed is not None
    template = baseline.deployed.template
    if template.is_on_demand or not option.is_on_demand:
        return None
    throttles = bool(throttled_dimensions(baseline, baseline.deployed.live, asked.margin))
    for prepared in _candidates(baseline, option, asked):
        if same_bounds(prepared, template) and not _adds_seeds(template, prepared):
            continue
        if throttles and throttled_dimensions(baseline, prepared, asked.margin):
            continue
        if not refusing(judge(baseline, prepared, asked)) and not refusing(
            judge(after(baseline, prepared), option, asked)
        ):
            return prepared
    return None


def _candidates(baseline: Baseline, option: Capacity, asked: Asked) -> Iterator[Capacity]:
    """The fix of the rules, then units that carry the busiest minute at the margin without auto scaling."""
    deployed = baseline.deployed
    assert deployed is not None
    assert baseline.traffic is not None
    fixed = prepared_for(case_of(baseline, option, asked))
    yield fixed
    ample: dict[str, Provisioned] = {}
    for key, resource in fixed.resources():
        assert isinstance(resource, Provisioned)
        raised = resource
        for access in ACCESSES:
            dimension = Dimension(index_of(key), access)
            series = baseline.traffic.consumed.get(dimension, ())
            peak = max((units for units in series if units == units), default=0.0) / 60
            raised = _raised(raised, access, max(1, round_up(peak * asked.margin)))
        ample[key] = raised
    yield _capacity(deployed.template, ample)


def _raised(resource: Provisioned, access: str, units: int) -> Provisioned:
    throughput = resource.read if access == "read" else resource.write
    if isinstance(throughput, AutoScaling):
        minimum = max(throughput.minimum, units)
        seed = max(throughput.seed or 1, minimum)
        raised: int | AutoScaling = replace(
            throughput, minimum=minimum, maximum=max(throughput.maximum, seed), seed=seed
        )
    else:
        raised = max(throughput, units)
    return replace(resource, read=raised) if access == "read" else replace(resource, write=raised)


def _capacity(template: Capacity, resources: Mapping[str, Provisioned]) -> Capacity:
    named = {index_of(key): resource for key, resource in resources.items()}
    return replace(
        template,
        table=named[None],
        indexes={name: resource for name, resource in named.items() if name is not None},
    )


def _adds_seeds(before: Capacity, after_: Capacity) -> bool:
    """Whether a seed is stated that was not: bounds do not show it, and a rollback needs it."""
    return any(before.throughput(d) != after_.throughput(d) for d in before.dimensions())


__all__ = ["opening"]
