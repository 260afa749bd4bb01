"""Guards in stacks whose synthesizer is not the CDK's default: what a company's own bootstrapping needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
import pytest

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardEveryTable
from tests.builders import adopted, guarded
from tests.builders.guarded import BAKE, PREFLIGHT, Synthesized

STACKS = {
    "Steady": (guarded.PROVISIONED, adopted.PROVISIONED),
    "Changed": (guarded.LOWERED, adopted.LOWERED),
}
"""Capacity of the guarded table and of those that other code declares, by the name of the stack."""


class Subclass(cdk.DefaultStackSynthesizer):
    """A company's own one, with its names in one place."""

    def __init__(self) -> None:
        super().__init__(qualifier="shop1234", file_assets_bucket_name="shop-assets-${AWS::Region}")


class OfOnesOwn(cdk.StackSynthesizer):
    """One that publishes as another does; the CDK binds it itself, not a copy."""

    def __init__(self) -> None:
        super().__init__()
        self._publisher = cdk.DefaultStackSynthesizer()

    def bind(self, stack: cdk.Stack) -> None:
        super().bind(stack)
        self._publisher.bind(stack)

    def add_file_asset(self, asset: Any) -> Any:  # type: ignore[override]
        return self._publisher.add_file_asset(**asset._values)

    def add_docker_image_asset(self, asset: Any) -> Any:  # type: ignore[override]
        return self._publisher.add_docker_image_asset(**asset._values)

    def synthesize(self, session: cdk.ISynthesisSession) -> None:
        self._synthesize_template(session)
        self._emit_artifact(session)


@jsii.implements(cdk.IStackSynthesizer)
class WithoutBase:
    """One that only keeps to the interface, and is no ``StackSynthesizer``."""

    def __init__(self) -> None:
        self._whole = OfOnesOwn()

    @property
    def bootstrap_qualifier(self) -> str | None:
        return None

    def bind(self, stack: cdk.Stack) -> None:
        self._whole.bind(stack)

    def add_file_asset(self, asset: Any) -> Any:
        return self._whole.add_file_asset(asset)

    def add_docker_image_asset(self, asset: Any) -> Any:
        return self._whole.add_docker_image_asset(asset)

    def synthesize(self, session: cdk.ISynthesisSession) -> None:
        self._whole.synthesize(session)


SYNTHESIZERS: dict[str, Callable[[], Any]] = {
    "default": cdk.DefaultStackSynthesizer,
    "qualifier": lambda: cdk.DefaultStackSynthesizer(qualifier="shop1234"),
    "legacy": cdk.LegacyStackSynthesizer,
    "credentials of the CLI": cdk.CliCredentialsStackSynthesizer,
    "subclass": Subclass,
}
OF_ONE_STACK: dict[str, Callable[[], Any]] = {"of one's own": OfOnesOwn, "interface only": WithoutBase}
"""Those of which each stack needs one of its own."""
CASES = [
    *((name, place) for name in SYNTHESIZERS for place in ("on the app", "on the stack")),
    *((name, "on the stack") for name in OF_ONE_STACK),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("baselines")
    for stack in (*STACKS, *(f"Production-{name}" for name in STACKS)):
        file = made / stack / "Every.json"
        file.parent.mkdir()
        adopted.recorded().save(file)
    return made


def templates_with(synthesizer: Callable[[], Any], place: str, folder: Path) -> Mapping[str, dict[str, Any]]:
    """Templates of an app with a table for each kind of guard in each stack, in the app itself and in a stage."""
    given = {"default_stack_synthesizer": synthesizer()} if place == "on the app" else {}
    made = cdk.App(context={"capacity-guard:now": guarded.NOW}, analytics_reporting=False, **given)
    stage = cdk.Stage(made, "Production")
    every = GuardEveryTable(baselines=folder)
    for scope in (made, stage):
        cdk.Aspects.of(scope).add(every)
        for name, (of_guarded, of_adopted) in STACKS.items():
            own = synthesizer() if place == "on the stack" else None
            stack = cdk.Stack(scope, name, synthesizer=own)
            guarded.table(stack, capacity=of_guarded)
            declared = adopted.table_v2(stack, of_adopted)
            CapacityGuard(stack, "Guard", table=declared, baseline=adopted.recorded())
            adopted.table(stack, of_adopted, id="Every")
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    assembly = made.synth()
    nested = assembly.get_nested_assembly("assembly-Production")
    return {stack.stack_name: stack.template for stack in (*assembly.stacks, *nested.stacks)}


def without_code(template: Mapping[str, Any]) -> dict[str, Any]:
    """Resources without where their code lies, and without what the CDK adds for itself."""
    return {
        id: {**resource, "Properties": {**resource.get("Properties", {}), "Code": None}}
        for id, resource in template["Resources"].items()
    }


@pytest.fixture(scope="module")
def usual(folder: Path) -> Mapping[str, dict[str, Any]]:
    return templates_with(lambda: None, "on the stack", folder)


@pytest.mark.sampled(every=12)
@pytest.mark.parametrize(("name", "place"), CASES)
def test_guards_are_the_same_whatever_the_synthesizer(
    name: str, place: str, folder: Path, usual: Mapping[str, dict[str, Any]]
) -> None:
    found = templates_with({**SYNTHESIZERS, **OF_ONE_STACK}[name], place, folder)
    assert sorted(found) == ["Changed", "Production-Changed", "Production-Steady", "Steady"]
    for stack, template in found.items():
        resources = Synthesized(template["Resources"])
        gates = 3 if stack.endswith("Changed") else 0
        assert len(resources.of(PREFLIGHT)) == len(resources.of(BAKE)) == gates
        assert len(resources.of(guarded.ALARM)) == 6
        assert without_code(template) == without_code(usual[stack])
