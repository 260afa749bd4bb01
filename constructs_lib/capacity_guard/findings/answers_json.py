"""Answers as plain data in ``capacity-guard.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from ..capacity.capacity import Capacity
from ..capacity.errors import InputError
from ..pricing.cost import Between
from ..rules import Alternative, Answer, Finding, Step, StepCost
from ..rules.answer import Language
from .plan_input import SYNTHESIZE_AGAIN


def answer_json(answer: Answer, findings: Sequence[Finding]) -> dict[str, Any]:
    """Plain data that ``read_answer`` reads back.

    Args:
        answer: the answer.
        findings: the findings of its table; the rules of those that it resolves are stated for readers.
    """
    return {
        "findings": list(answer.findings),
        "rules": list(dict.fromkeys(findings[number].rule for number in answer.findings)),
        "text": answer.text,
        "prices": answer.prices,
        "alternatives": [
            {
                "name": alternative.name,
                "change_window": alternative.window,
                "record": alternative.record,
                "deployments": [
                    {
                        "capacity": step.capacity.to_json(),
                        "code": step.code,
                        "language": step.language,
                        "cost": _cost_json(step.cost),
                        "before": list(step.before),
                        "note": step.note,
                    }
                    for step in alternative.steps
                ],
            }
            for alternative in answer.alternatives
        ],
    }


def _cost_json(cost: StepCost) -> dict[str, Any]:
    return {
        "currency": cost.currency,
        "month": _bounds_json(cost.month),
        "difference": _bounds_json(cost.difference),
        "is_estimate": cost.is_estimate,
        "warm_units": cost.warm_units,
        "warm_charge": cost.warm_charge,
    }


def _bounds_json(bounds: Between | None) -> list[float] | None:
    return None if bounds is None else [round(bounds.low, 2), round(bounds.high, 2)]


def read_answer(value: object, location: str, count: int) -> Answer:
    """Read what ``answer_json`` wrote.

    Args:
        value: the plain data.
        location: file and field, for errors.
        count: number of findings of the table.

    Raises:
        InputError: a field is missing or wrong.
    """
    try:
        assert isinstance(value, Mapping)
        numbers = tuple(value["findings"])
        assert numbers
        assert all(type(number) is int and 0 <= number < count for number in numbers)
        return Answer(
            numbers,
            tuple(
                _alternative(given, f"{location}.alternatives[{number}]")
                for number, given in enumerate(value["alternatives"])
            ),
            _text(value["text"]),
            _text(value["prices"]),
        )
    except (KeyError, TypeError, ValueError, AssertionError) as error:
        raise InputError(location, f"is not a readable answer ({error!r})", SYNTHESIZE_AGAIN) from None


def _alternative(value: Mapping[str, Any], location: str) -> Alternative:
    window = value["change_window"]
    steps = tuple(
        _step(given, f"{location}.deployments[{number}]") for number, given in enumerate(value["deployments"])
    )
    assert steps
    return Alternative(
        _text(value["name"]), steps, _text(value["record"]), None if window is None else _text(window)
    )


def _step(value: Mapping[str, Any], location: str) -> Step:
    cost, language = value["cost"], value["language"]
    assert language in get_args(Language)
    return Step(
        Capacity.from_json(value["capacity"], f"{location}.capacity"),
        _text(value["code"]),
        language,
        StepCost(
            _text(cost["currency"]),
            _bounds(cost["month"]),
            _bounds(cost["difference"]),
            int(cost["warm_units"]),
            None if cost["warm_charge"] is None else float(cost["warm_charge"]),
            bool(cost["is_estimate"]),
        ),
        tuple(map(_text, value["before"])),
        _text(value.get("note", "")),
    )


def _bounds(value: Any) -> Between | None:
    if value is None:
        return None
    low, high = map(float, value)
    return Between(low, high)


def _text(value: object) -> str:
    assert isinstance(value, str)
    return value


__all__ = ["answer_json", "read_answer"]
