"""The entry points: what they answer, and that the guard cannot block a rollback."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from datetime import datetime
from typing import Any

import pytest

from capacity_guard.capacity import (
    InputError,
)
from capacity_guard.handlers import gate
from capacity_guard.handlers.update_answer import DATA
from tests.handlers.gate_world import (
    STACK_ID,
    a_plan,
    an_aws,
    prepare_preflight,
    replace_aws,
)

HOSTILE: list[Any] = [
    None,
    {},
    {"Gate": "preflight", "Plan": "{not json"},
    {"Gate": "bake", "Plan": {"a": 1}},
    {"Gate": "unknown", "Plan": "\x00" * 10_000},
    "no properties at all",
]


@pytest.mark.parametrize("request_type", ["Update", "Delete", "Something", None])
@pytest.mark.parametrize("properties", HOSTILE)
def test_on_event_when_it_is_no_create_answers_at_once_whatever_the_plan(
    monkeypatch: pytest.MonkeyPatch, request_type: str | None, properties: Any
) -> None:
    def never() -> Any:
        raise AssertionError("asked AWS")

    monkeypatch.setattr(gate, "_aws", never)
    monkeypatch.setattr(gate, "_plan", lambda properties: never())
    event = {
        "RequestType": request_type,
        "PhysicalResourceId": "preflight-abc",
        "ResourceProperties": properties,
    }
    assert gate.on_event(event) == {"PhysicalResourceId": "preflight-abc"}
    data = {"Data": dict(DATA)} if request_type == "Update" else {}
    assert gate.is_complete(event) == {"IsComplete": True, **data}


def test_create_when_it_is_accepted_asks_aws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead or throttled AWS cannot fail a gate here; the first look, which the framework calls at once, asks again."""
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    result = preflight.start()
    assert aws.calls == []
    assert set(result) == {"PhysicalResourceId", "StartedAt"}


def test_on_event_when_a_delete_names_no_resource_answers_at_once() -> None:
    assert gate.on_event({"RequestType": "Delete"}) == {}


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_way_back_when_every_other_module_is_broken_still_succeeds(request_type: str) -> None:
    code = f"""
        import builtins, sys
        real = builtins.__import__
        def broken(name, globals=None, locals=None, fromlist=(), level=0):
            if level or name.split(".")[0] in ("boto3", "botocore"):
                raise ImportError(name)
            return real(name, globals, locals, fromlist, level)
        from capacity_guard.handlers import gate
        builtins.__import__ = broken
        print(gate.on_event({{"RequestType": {request_type!r}, "PhysicalResourceId": "x"}}))
        print(gate.is_complete({{"RequestType": {request_type!r}}}))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    data = {"Data": dict(DATA)} if request_type == "Update" else {}
    assert done.stdout.splitlines() == ["{'PhysicalResourceId': 'x'}", str({"IsComplete": True, **data})]


def test_import_when_the_cdk_is_blocked_works() -> None:
    code = """
        import sys
        class Block:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in ("aws_cdk", "constructs", "jsii", "cdk_nag", "numpy"):
                    raise ImportError(f"{name} is blocked")
        sys.meta_path.insert(0, Block())
        try:
            import aws_cdk
        except ImportError:
            pass
        else:
            raise SystemExit("the block does not block")
        import pkgutil, importlib
        import capacity_guard.handlers as handlers
        names = [module.name for module in pkgutil.iter_modules(handlers.__path__)]
        for name in names:
            importlib.import_module(f"capacity_guard.handlers.{name}")
        from capacity_guard.handlers.gate import on_event, is_complete
        print(sorted(names))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "preflight" in done.stdout


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"Gate": "preflight"}, "gate: Plan: is missing"),
        ({"Gate": "preflight", "Plan": "{not json"}, "gate: Plan: cannot be read"),
        ({"Gate": "preflight", "Plan": "{}"}, "gate: Plan: cannot be read"),
        ({"Gate": "other", "Plan": "{}"}, "gate: Gate: 'other' is unknown"),
        ({}, "gate: Gate: None is unknown"),
    ],
)
def test_on_event_when_a_create_has_a_malformed_plan_fails_closed(
    monkeypatch: pytest.MonkeyPatch, properties: dict[str, str], expected: str
) -> None:
    replace_aws(monkeypatch, an_aws(a_plan()))
    with pytest.raises(InputError, match=expected):
        gate.on_event({"RequestType": "Create", "StackId": STACK_ID, "ResourceProperties": properties})


def test_on_event_when_created_names_gate_and_fingerprint_and_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = a_plan()
    aws, preflight = prepare_preflight(monkeypatch, plan)
    result = preflight.start()
    assert result["PhysicalResourceId"] == f"preflight-{plan.transition.fingerprint}"
    assert datetime.fromisoformat(result["StartedAt"]) == aws.now
    assert "Data" not in result


@pytest.mark.parametrize("call", [gate.on_event, gate.is_complete])
@pytest.mark.parametrize("properties", [None, "text", [], {"Gate": ["preflight"]}, {"Gate": None}, {}])
def test_create_whose_properties_cannot_be_read_is_one_clear_error(call: Any, properties: Any) -> None:
    event = {"RequestType": "Create", "StackId": STACK_ID, "StartedAt": "2026-07-09T00:00:00+00:00"}
    for request in (event, {**event, "ResourceProperties": properties}):
        with pytest.raises(InputError, match=r"^gate: \w"):
            call(request)
