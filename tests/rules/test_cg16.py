"""CG16: a baseline that already throttles, so that throttling does not show the effect of the change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity_guard.capacity import Rollout
from tests.builders.cases import findings, throttled_index
from tests.rules.examples import Example, compliant, example_name, refused, refused_of, silent
from tests.rules.pasting import fix_lines, pasted

OR_NORMAL = "or decide that this is normal: "

EXAMPLES = (
    compliant("quiet", lambda: throttled_index(0)),
    refused("throttles in two minutes of a hundred", lambda: throttled_index(403)),
    silent("a few minutes of a fortnight", lambda: throttled_index(200)),
    silent(
        "a level that somebody decided",
        lambda: replace(throttled_index(403), rollout=Rollout(alarm_threshold=25)),
    ),
)


@pytest.mark.parametrize("example", refused_of(EXAMPLES), ids=example_name)
def test_noise_when_it_is_decided_to_be_normal_expects_silence(example: Example) -> None:
    judged = example.make()
    (code,) = fix_lines(findings(judged, "CG16"), OR_NORMAL)
    decided = replace(judged, rollout=pasted(code)["rollout"])
    assert findings(decided, "CG16") == []
    assert findings(decided, "CG8") == []
