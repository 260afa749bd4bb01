"""Context keys that look like the guard's own."""

from __future__ import annotations

import aws_cdk as cdk
import pytest

from capacity_guard.cdk.app.context_keys import KEYS, unknown_keys
from tests.builders.guarded import app, table


@pytest.mark.parametrize(
    "key",
    ["capacity-guard:break-glas", "capacity-guard:breakglass", "capacity_guard:now", "CapacityGuard:now"],
)
def test_key_that_is_misspelt_is_unknown_and_fails_the_synthesis(key: str) -> None:
    made = app(**{key: "INC-4711"})
    assert unknown_keys(made) == [key]
    table(cdk.Stack(made, "S"))
    with pytest.raises(RuntimeError, match="has no effect"):
        made.synth()


def test_keys_of_the_guard_and_of_others_are_no_mistake() -> None:
    made = app(**{"capacity-guard:break-glass": "INC-4711", "capacity": "7", "@aws-cdk/core:x": True})
    assert KEYS == ("capacity-guard:break-glass", "capacity-guard:now")
    assert unknown_keys(made) == []
