"""The error for invalid input: place, problem and remedy."""

from __future__ import annotations

import pickle

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.capacity.errors import pip_install

ERROR = InputError("orders.json: table.name", "is missing", "Record the baseline again")


def test_error_when_printed_expects_place_problem_and_remedy() -> None:
    assert str(ERROR) == "orders.json: table.name: is missing. Record the baseline again."


def test_error_when_it_comes_from_another_process_expects_its_three_parts() -> None:
    received = pickle.loads(pickle.dumps(ERROR))
    assert (received.location, received.problem, received.remedy) == (
        "orders.json: table.name",
        "is missing",
        "Record the baseline again",
    )
    assert str(received) == str(ERROR)


@pytest.mark.parametrize("remedy", ["Is it table_name?", "Roll back."])
def test_error_when_its_remedy_ends_itself_has_no_second_mark(remedy: str) -> None:
    assert str(InputError("orders.json", "is missing", remedy)) == f"orders.json: is missing. {remedy}"


def test_command_that_installs_a_package_names_the_package_itself() -> None:
    assert pip_install("boto3") == "pip install boto3"
