"""The file of settings of a check."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from capacity_guard.capacity import Acknowledgment, ChangeWindow, Margins, Rollout
from capacity_guard.capacity.errors import InputError
from capacity_guard.checking.check_settings import CheckSettings

ACCEPTED = {"table": "Orders", "rule": "CG4", "reason": "moves away", "until": "2026-12-31"}


def load(folder: Path, content: object) -> CheckSettings:
    path = folder / "settings.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return CheckSettings.load(path)


def test_settings_are_read_by_table(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        {
            "margins": {"headroom": 1.5},
            "change_window": "Sun 06-10 Europe/Berlin",
            "staffed_hours": "Mon-Fri 09-17 Europe/Berlin",
            "acknowledgments": [ACCEPTED, {"table": "Orders", "rule": "CG5", "reason": "seen"}],
        },
    )
    assert found.margins == Margins(headroom=1.5)
    assert found.rollout == Rollout(
        change_window=ChangeWindow("Sun 06-10 Europe/Berlin"),
        staffed_hours=ChangeWindow("Mon-Fri 09-17 Europe/Berlin"),
    )
    assert found.acknowledgments == {
        "Orders": (
            Acknowledgment("CG4", "moves away", date(2026, 12, 31)),
            Acknowledgment("CG5", "seen"),
        )
    }
    assert load(tmp_path, {}) == CheckSettings()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ([], "settings.json: is not an object"),
        ({"margin": {}}, "settings.json.margin: is not a known field"),
        ({"margins": {"head": 1}}, "margins.head: is not a known field"),
        ({"margins": {"headroom": 0}}, "margins: Margins.headroom: 0 is not a number of at least 1"),
        ({"change_window": "Someday"}, "settings.json: change_window: "),
        ({"staffed_hours": "Someday"}, "settings.json: staffed_hours: "),
        ({"change_window": 3}, "settings.json: change_window: 3 is not text"),
        ({"acknowledgments": {}}, "acknowledgments: is not a list"),
        ({"acknowledgments": [3]}, "acknowledgments[0]: is not an object"),
        ({"acknowledgments": [{**ACCEPTED, "rule": "X"}]}, "acknowledgments[0]: acknowledge: rule: 'X'"),
        ({"acknowledgments": [{**ACCEPTED, "reason": " "}]}, "acknowledgments[0].reason"),
        (
            {"acknowledgments": [{**ACCEPTED, "until": "soon"}]},
            "acknowledgments[0].until: 'soon' is not a date",
        ),
        ({"acknowledgments": [{**ACCEPTED, "until": 3}]}, "acknowledgments[0].until: 3 is not a date"),
    ],
)
def test_settings_that_are_wrong_are_bad_input_with_the_field(
    content: object, words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as raised:
        load(tmp_path, content)
    assert words in str(raised.value)


def test_settings_that_are_missing_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        CheckSettings.load(tmp_path / "none.json")
    (tmp_path / "settings.json").touch()
    with pytest.raises(InputError, match=r"there is .*settings\.json"):
        CheckSettings.load(tmp_path / "setings.json")
