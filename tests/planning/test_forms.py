"""The code of a recommendation is that of the form that was asked for, and only of one that the table can have."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from capacity_guard.capacity import Capacity, InputError, OnDemand, Units
from capacity_guard.capacity.structure import Structure, TableKind
from capacity_guard.commands import recommend
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.planning.forms import FORMS, form_code
from capacity_guard.planning.judging import Asked
from capacity_guard.planning.recommend import recommend as recommend_capacity
from capacity_guard.report.recommendations import recommendation_text
from tests.builders.guarded import INDEX, baseline

ASKED = Asked(datetime(2026, 7, 9, 15, 40, tzinfo=UTC))
WARM = Capacity.on_demand(warm=Units(write=5_000), indexes={INDEX: OnDemand(warm=Units(write=6_000))})
MARKS = {
    "guarded-table": "capacity=Capacity.on_demand(",
    "table-v2": "table = TableV2(",
    "table": "table = Table(",
    "cfn-table": "table = CfnTable(",
    "cfn-global-table": "table = CfnGlobalTable(",
}


def recorded(kind: TableKind | None = None) -> Baseline:
    found = baseline()
    assert found.deployed is not None
    structure = None if kind is None else Structure(kind, "id:S HASH", {INDEX: "agent_id:S HASH; ALL"})
    return replace(found, deployed=replace(found.deployed, structure=structure))


def test_option_offers_every_form() -> None:
    assert set(FORMS) == set(recommend.FORMS)


def test_recommendation_in_a_form_says_so_and_guesses_nothing() -> None:
    found = recommend_capacity(recorded(), replace(ASKED, form="cfn-table"))
    assert found.chosen is not None
    assert "table = CfnTable(" in found.code()[0]
    assert found.to_json()["form"] == "cfn-table"
    assert "form         unknown" not in recommendation_text(found)
    guessed = recommend_capacity(recorded(), ASKED)
    assert "form" not in guessed.to_json()
    assert "form         unknown: the baseline has no structure" in recommendation_text(guessed)


@pytest.mark.parametrize("form", MARKS)
def test_code_is_of_the_form_that_was_asked_for(form: str) -> None:
    (code,) = form_code(recorded(), WARM, form, ASKED)
    assert MARKS[form] in code
    assert [mark for mark in MARKS.values() if mark in code] == [MARKS[form]]
    ast.parse(f"f({code})" if form == "guarded-table" else code)


def test_code_for_a_template_comes_after_the_commands_that_raise_warm_throughput() -> None:
    *commands, fragment = form_code(recorded(), WARM, "template", ASKED)
    assert [command.split()[:3] for command in commands] == [["aws", "dynamodb", "update-table"]] * 2
    assert json.loads(fragment)["conversations"]["Type"] == "AWS::DynamoDB::Table"


@pytest.mark.parametrize("kind", TableKind)
@pytest.mark.parametrize("form", FORMS)
def test_form_of_another_resource_type_is_refused_with_the_forms_that_fit(form: str, kind: TableKind) -> None:
    made = FORMS[form][1]
    if made in (None, kind):
        assert form_code(recorded(kind), WARM, form, ASKED)
        return
    with pytest.raises(InputError) as raised:
        form_code(recorded(kind), WARM, form, ASKED)
    assert f"--form {form}" in str(raised.value)
    for name in raised.value.remedy.removeprefix("Choose ").split(", "):
        assert FORMS[name][1] in (None, kind)
